package dev.proactor.internal.poll;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/** A batch without events, of a task that it releases when it is closed. */
record TestBatch(LeaderFollower loop, Task task) implements EventBatch {

    @Override
    public void close() {
        if (task.state().release()) {
            loop.enqueue(task);
        }
    }

    /** Done, and it wants another turn. */
    void closeUnfinished() {
        if (task.state().requeue(TaskState.CONTINUE)) {
            loop.enqueue(task);
        }
    }

    @Override
    public @Nullable Event next() {
        return null;
    }

    @Override
    public EventSource source() {
        return EventSource.CONNECTION;
    }

    @Override
    public Proactor proactor() {
        throw new UnsupportedOperationException();
    }

    @Override
    public @Nullable Connection connection() {
        return null;
    }

    @Override
    public @Nullable Listener listener() {
        return null;
    }

    @Override
    public @Nullable RawConnection rawConnection() {
        return null;
    }

    @Override
    public EventBatch detach() {
        throw new UnsupportedOperationException();
    }
}
