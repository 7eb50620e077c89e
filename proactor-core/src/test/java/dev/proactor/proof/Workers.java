package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Driver;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Threads that wait for batches of one proactor, as an application's do. What any of them throws fails the test at the end. */
final class Workers implements AutoCloseable {

    private static final int MOST_FAILURES = 20;

    final Proactor proactor;

    private final Driver.Handler handler;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Integer> ports = new LinkedBlockingQueue<>();
    private volatile boolean closing;

    Workers(int count, Driver.Handler handler) {
        this(Proactor.create(), count, handler);
    }

    Workers(Proactor proactor, int count, Driver.Handler handler) {
        this.proactor = proactor;
        this.handler = handler;
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(this::work, "worker-" + i);
            threads.add(thread);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void work() {
        while (!closing) {
            try (EventBatch batch = proactor.await()) {
                for (Event event = batch.next(); event != null; event = batch.next()) {
                    if (event.type() == EventType.LISTENER_OPEN) {
                        ports.add(event.listener().localPort());
                    }
                    handler.on(event);
                }
            } catch (ProactorClosedException end) {
                return;
            } catch (Throwable thrown) {
                if (!closing && failures.size() < MOST_FAILURES) {
                    failures.add(thrown);
                }
            }
        }
    }

    /** {@return the port that it listens on, once it does} */
    int listen(ListenerOptions.Builder options) throws InterruptedException {
        proactor.listen(options.build());
        Integer port = ports.poll(10, TimeUnit.SECONDS);
        assertThat(port).as("port").isNotNull();
        return port;
    }

    int listen() throws InterruptedException {
        return listen(ListenerOptions.on("127.0.0.1:0"));
    }

    /** {@return what {@code await}, {@code next}, {@code close} or a handler threw so far} */
    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    /** {@return whether no batch is open, and all threads but the one that leads are parked} */
    boolean areIdle() {
        long waiting = threads.stream()
                .map(Thread::getState)
                .filter(state -> state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING)
                .count();
        return proactor.counts().openBatches() == 0 && waiting == threads.size() - 1;
    }

    @Override
    public void close() throws InterruptedException {
        closing = true;
        proactor.close();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        for (Thread thread : threads) {
            thread.interrupt();
            thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())));
        }
        assertThat(threads).as("threads after the proactor was closed").noneMatch(Thread::isAlive);
        assertThat(failures).as("what threads of the application caught").isEmpty();
    }
}
