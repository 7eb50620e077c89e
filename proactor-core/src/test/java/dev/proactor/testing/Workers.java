package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Threads that run the loop of an application until the proactor is closed. What goes wrong in them is told by close. */
public final class Workers implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    public final Proactor proactor;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    public Workers(Proactor proactor, int count, Driver.Handler handler) {
        this.proactor = proactor;
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(() -> loop(handler), "worker-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void loop(Driver.Handler handler) {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    Event event = batch.next();
                    assertThat(event).as("first event of a batch").isNotNull();
                    for (; event != null; event = batch.next()) {
                        handler.on(event);
                    }
                }
            }
        } catch (ProactorClosedException end) {
            // The way out.
        } catch (Exception | Error failure) {
            failures.add(failure);
        }
    }

    /** Closes the proactor, and fails with what failed in a thread, or if one does not end. */
    @Override
    public void close() {
        proactor.close();
        for (Thread thread : threads) {
            try {
                thread.join(LIMIT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
            assertThat(thread.isAlive()).as("thread after the proactor's close").isFalse();
        }
        assertThat(failures).as("failures in the workers' threads").isEmpty();
    }
}
