package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.spring.boot.internal.dispatch.Dispatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The threads of the proactor: so many that wait for batches and handle them, and one that stands by to read, write and send
 * heartbeats while all of them are in handlers. All are daemons: what keeps the application alive is {@link KeepAlive}.
 *
 * <p>With an executor they only wait: each batch moves to it as a whole, and is handled and closed there. So the sequence of a
 * connection holds, however many threads the executor has. A batch that it rejects is handled by the thread that had it.
 */
public final class Workers {

    private static final Log log = LogFactory.getLog("dev.proactor");

    private final Proactor proactor;
    private final Dispatcher dispatcher;
    private final int count;
    private final @Nullable Executor executor;

    /** Batches that the executor has. */
    private final AtomicInteger moved = new AtomicInteger();

    private final Object allBack = new Object();

    /** The threads of one start. One that a stop leaves behind in a handler must not go on as one of the next start. */
    private final class Crew {
        final List<Thread> threads = new ArrayList<>();
        final AtomicInteger waiting = new AtomicInteger(count);
        volatile boolean dismissed;
    }

    private @Nullable Crew crew; // guarded by this
    private volatile boolean running;

    /**
     * Makes no threads yet.
     *
     * @param proactor whose batches they wait for
     * @param dispatcher what handles them
     * @param count how many threads wait for batches
     * @param executor what handles batches, or {@code null} for those threads themselves
     */
    public Workers(Proactor proactor, Dispatcher dispatcher, int count, @Nullable Executor executor) {
        this.proactor = proactor;
        this.dispatcher = dispatcher;
        this.count = count;
        this.executor = executor;
    }

    /** Starts the threads. Does nothing if they run. */
    synchronized void start() {
        if (running) {
            return;
        }
        running = true;
        Crew next = new Crew();
        crew = next;
        for (int i = 1; i <= count; i++) {
            start(next, "proactor-" + i, () -> handle(next));
        }
        start(next, "proactor-io", () -> standBy(next));
    }

    private static void start(Crew of, String name, Runnable loop) {
        Thread thread = new Thread(() -> keepUp(loop), name);
        thread.setDaemon(true);
        of.threads.add(thread);
        thread.start();
    }

    /**
     * A loop ends when it is told to, and not else. Where memory runs out the virtual machine may take back all of a compiled method, with the
     * handlers of its exceptions: so there is one more around it, in a method that is called once and gives the compiler no reason.
     */
    private static void keepUp(Runnable loop) {
        for (; ; ) {
            try {
                loop.run();
                return;
            } catch (Throwable failure) {
                survive("a thread", failure);
            }
        }
    }

    private void handle(Crew of) {
        while (!of.dismissed) {
            try {
                EventBatch batch = proactor.await();
                if (executor == null) {
                    handle(batch);
                } else {
                    move(batch, executor);
                }
            } catch (InterruptedException stopped) {
                // By a handler's own doing, and the thread goes on; or by stop(), which has lost patience.
            } catch (ProactorClosedException closed) {
                return;
            } catch (Throwable failure) { // whatever it is: languages without checked exceptions throw them, too
                // No memory, as a rule. The core has ended the connection for which it happened.
                survive("waiting for a batch", failure);
            }
        }
        if (of.waiting.decrementAndGet() > 0) {
            proactor.interrupt(); // one thread tells the next one
        }
    }

    private void move(EventBatch batch, Executor to) {
        Moved task = new Moved(batch);
        moved.incrementAndGet();
        try {
            to.execute(task);
        } catch (Throwable rejected) {
            // Full, or shut down before us. The connection must not wait for ever.
            task.run();
        }
    }

    /** A batch on its way to the executor. Handled once, also where the executor throws after it has run the task. */
    private final class Moved implements Runnable {
        private final AtomicBoolean begun = new AtomicBoolean();
        private final EventBatch batch;

        Moved(EventBatch batch) {
            this.batch = batch;
        }

        @Override
        public void run() {
            if (begun.compareAndSet(false, true)) {
                try {
                    handle(batch);
                } finally {
                    back();
                }
            }
        }
    }

    private void back() {
        if (moved.decrementAndGet() == 0 && !running) {
            synchronized (allBack) {
                allBack.notifyAll();
            }
        }
    }

    private void handle(EventBatch batch) {
        try (batch) {
            if (running || batch.source() != EventSource.PROACTOR) {
                dispatcher.dispatch(batch);
            }
        } catch (Throwable failure) {
            survive("handling a batch", failure);
        }
    }

    /** The threads are few, and connections beyond number: none of these may end one of those. */
    private static void survive(String what, Throwable failure) {
        try {
            log.error(what + " failed; this thread goes on with the next one", failure);
        } catch (RuntimeException | Error unable) {
            // There may be no memory for words.
        }
    }

    private void standBy(Crew of) {
        while (!of.dismissed) {
            try {
                proactor.standBy();
                return;
            } catch (InterruptedException stopped) {
                // By stop().
            } catch (Throwable failure) {
                survive("input and output while all threads are in handlers", failure);
            }
        }
    }

    /**
     * Ends the threads.
     *
     * @param patience how long to wait for those that are in handlers
     * @return whether all have ended
     * @throws InterruptedException if the calling thread is interrupted
     */
    synchronized boolean stop(Duration patience) throws InterruptedException {
        Crew leaving = crew;
        if (leaving == null) {
            return true;
        }
        crew = null;
        running = false;
        leaving.dismissed = true;
        // Not Thread.interrupt: it would hit handlers, and class loading, in the middle of what they do.
        proactor.interrupt();
        leaving.threads.get(count).interrupt(); // the one that stands by runs no handler
        long deadline = System.nanoTime() + patience.toNanos();
        boolean ended = true;
        for (Thread thread : leaving.threads) {
            long millis = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
            thread.join(millis);
            if (thread.isAlive()) {
                ended = false;
                thread.interrupt();
                log.warn("thread " + thread.getName() + " is still in a handler after " + patience.toMillis()
                        + " ms; it is interrupted and left behind. It is at: " + at(thread));
            }
        }
        return awaitBatches(deadline) && ended;
    }

    private boolean awaitBatches(long deadline) throws InterruptedException {
        synchronized (allBack) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            while (moved.get() > 0 && millis > 0) {
                allBack.wait(millis);
                millis = (deadline - System.nanoTime()) / 1_000_000;
            }
        }
        int left = moved.get();
        if (left > 0) {
            log.warn(left + " handlers on " + executor + " have not ended; they are left behind");
        }
        return left == 0;
    }

    private static String at(Thread thread) {
        StackTraceElement[] trace = thread.getStackTrace();
        return trace.length == 0 ? "its end" : trace[0].toString();
    }
}
