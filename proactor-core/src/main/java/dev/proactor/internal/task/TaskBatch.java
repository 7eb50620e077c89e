package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The handle of an open batch. A task gives out a new one for each batch, so that a handle kept too long can't close the next
 * batch.
 */
final class TaskBatch implements EventBatch {

    /** What the events of a batch are about; its task. Called by the owner of the batch. */
    interface Subject {

        /** {@return the next event, or {@code null} if there is none now} */
        @Nullable Event advance();

        /** Ends the batch: the task is released, and not touched after it. */
        void closeBatch();

        EventSource source();

        @Nullable Connection connection();

        @Nullable Listener listener();

        default @Nullable RawConnection rawConnection() {
            return null;
        }
    }

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

    private final Proactor proactor;
    private final Subject subject;
    private volatile int state = OPEN;

    TaskBatch(Proactor proactor, Subject subject) {
        this.proactor = proactor;
        this.subject = subject;
    }

    @Override
    public EventSource source() {
        return subject.source();
    }

    @Override
    public @Nullable Connection connection() {
        return subject.connection();
    }

    @Override
    public @Nullable Listener listener() {
        return subject.listener();
    }

    @Override
    public @Nullable RawConnection rawConnection() {
        return subject.rawConnection();
    }

    @Override
    public @Nullable Event next() {
        if (state != OPEN) {
            throw used("next()");
        }
        return subject.advance();
    }

    @Override
    public Proactor proactor() {
        return proactor;
    }

    @Override
    public EventBatch detach() {
        if (!STATE.compareAndSet(this, OPEN, DETACHED)) {
            throw used("detach()");
        }
        return new TaskBatch(proactor, subject);
    }

    @Override
    public void close() {
        if (STATE.compareAndSet(this, OPEN, CLOSED)) {
            subject.closeBatch();
        } else if (state == CLOSED) {
            throw used("close()");
        }
    }

    private IllegalStateException used(String call) {
        return new IllegalStateException(call + " of a batch that was "
                + (state == DETACHED ? "detached: use the one that detach() gave" : "closed"));
    }
}
