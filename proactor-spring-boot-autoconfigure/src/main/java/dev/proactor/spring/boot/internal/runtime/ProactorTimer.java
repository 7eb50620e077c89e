package dev.proactor.spring.boot.internal.runtime;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** One daemon thread for what the starter waits for: time-outs of sends, attempts to connect. The user's time-out stays theirs. */
public final class ProactorTimer implements AutoCloseable {

    private final ScheduledThreadPoolExecutor executor;

    /** Starts no thread before something is scheduled. */
    public ProactorTimer() {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "proactor-timer");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
    }

    /** {@return the executor} */
    public ScheduledExecutorService executor() {
        return executor;
    }

    /** Drops what is scheduled. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
