package dev.proactor.spring.boot.internal.dispatch;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The messages that handlers have and that are not settled yet, and whether new ones are taken. Thread-safe.
 *
 * <p>A message is counted before it is asked whether new ones are taken, and {@link #stop} forbids them before it looks at
 * the count: so none slips through between the two.
 */
public final class InFlight {

    private final AtomicInteger running = new AtomicInteger();
    private final LongAdder finished = new LongAdder();
    private final LongAdder released = new LongAdder();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private volatile boolean taking;

    /** Takes messages, from now on. */
    public void start() {
        released.reset();
        taking = true;
    }

    /** {@return whether messages are taken} */
    public boolean isTaking() {
        return taking;
    }

    /** {@return whether a message may be handled now} If so, {@link #end} must follow; if not, it is to be released. */
    boolean begin() {
        running.incrementAndGet();
        if (taking) {
            return true;
        }
        released.increment();
        left();
        return false;
    }

    /** A message was settled, or can't be any more. */
    void end() {
        if (!taking) {
            finished.increment();
        }
        left();
    }

    private void left() {
        if (running.decrementAndGet() == 0 && !taking) {
            lock.lock();
            try {
                idle.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Takes no more messages, and waits for those that handlers have.
     *
     * @param patience how long to wait
     * @param hurry called in between: nothing is to be put off any more
     * @return how it went
     * @throws InterruptedException if the thread is interrupted
     */
    public Farewell stop(Duration patience, Runnable hurry) throws InterruptedException {
        finished.reset();
        taking = false;
        hurry.run();
        long nanos = patience.toNanos();
        lock.lock();
        try {
            while (running.get() > 0 && nanos > 0) {
                nanos = idle.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
        return new Farewell(finished.sum(), released.sum(), running.get(), patience.minusNanos(Math.max(0, nanos)));
    }

    /** {@return how many messages came since {@link #stop} and were released} */
    public long released() {
        return released.sum();
    }

    /** {@return how many messages handlers have} */
    public int running() {
        return running.get();
    }

    /**
     * How a stop went.
     *
     * @param finished messages that were finished and settled in that time
     * @param released messages that came too late and were released
     * @param unfinished messages that handlers still have
     * @param waited how long it took
     */
    public record Farewell(long finished, long released, int unfinished, Duration waited) {

        /** {@return the time in milliseconds} */
        public long waitedMillis() {
            return TimeUnit.NANOSECONDS.toMillis(waited.toNanos());
        }
    }
}
