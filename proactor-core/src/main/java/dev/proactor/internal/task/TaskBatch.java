package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Proactor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The handle of an open batch. A task gives out a new one for each batch, so that a handle kept too long can't close the next
 * batch.
 */
abstract class TaskBatch implements EventBatch {

    private static final int OPEN = 0;
    private static final int DETACHED = 1;
    private static final int CLOSED = 2;

    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(TaskBatch.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final DefaultProactor proactor;
    private volatile int state = OPEN;

    TaskBatch(DefaultProactor proactor) {
        this.proactor = proactor;
    }

    /** {@return the next event of the task} */
    abstract @Nullable Event advance();

    /** Ends the batch: the task is released. */
    abstract void done();

    /** {@return a new handle of the same batch} */
    abstract TaskBatch again();

    @Override
    public final @Nullable Event next() {
        if (state != OPEN) {
            throw used("next()");
        }
        return advance();
    }

    @Override
    public final Proactor proactor() {
        return proactor;
    }

    @Override
    public final EventBatch detach() {
        if (!STATE.compareAndSet(this, OPEN, DETACHED)) {
            throw used("detach()");
        }
        return again();
    }

    @Override
    public final void close() {
        if (STATE.compareAndSet(this, OPEN, CLOSED)) {
            done();
        } else if (state == CLOSED) {
            throw used("close()");
        }
    }

    private IllegalStateException used(String call) {
        return new IllegalStateException(call + " of a batch that was "
                + (state == DETACHED ? "detached: use the one that detach() gave" : "closed"));
    }
}
