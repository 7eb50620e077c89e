package dev.proactor.concurrency;

import dev.proactor.EventBatch;
import dev.proactor.internal.schedule.Task;

/** A task that nobody runs. */
class QuietTask extends Task {

    @Override
    public EventBatch run(int reasons, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void runIo(int reasons, long nowNanos) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void crashed(Throwable failure) {
        throw new UnsupportedOperationException();
    }
}
