package dev.proactor.spring.boot.internal.dispatch;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;

/**
 * The messages that handlers have and that are not settled yet, and whether new ones are taken. Thread-safe.
 *
 * <p>A message is counted before it is asked whether new ones are taken, and {@link #stop} forbids them before it looks at
 * the count: so none slips through between the two.
 */
public final class InFlight {

    /** What is counted, until it ends. */
    interface Counted {
        /** A message was settled, or can't be any more. */
        void end();
    }

    /** A message that is settled later. Whoever ends it first does. Thread-safe. */
    static final class Ticket implements Counted {
        private final Counted counted;
        private final AtomicBoolean ended = new AtomicBoolean();

        /** In the connection's sequence. */
        private Runnable undo = () -> {};

        Ticket(Counted counted) {
            this.counted = counted;
        }

        /** Something is to be undone if nothing can come of the message any more. In the connection's sequence. */
        void orElse(Runnable undoing) {
            undo = undoing;
        }

        /** Nothing can come of the message any more. In the connection's sequence. */
        void forget() {
            undo.run();
            end();
        }

        @Override
        public void end() {
            if (ended.compareAndSet(false, true)) {
                counted.end();
            }
        }
    }

    /** The messages of one handler method that came over connections of one name. Each of them ends once. */
    final class Tally implements Counted {
        private final String handler;
        private final String source;
        private final AtomicInteger running = new AtomicInteger();

        private Tally(String handler, String source) {
            this.handler = handler;
            this.source = source;
        }

        @Override
        public void end() {
            running.decrementAndGet();
            if (!taking) {
                finished.increment();
            }
            left();
        }
    }

    private record Subject(String handler, String source) {}

    private final Map<Subject, Tally> tallies = new ConcurrentHashMap<>();
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

    /**
     * {@return where the messages of a handler are counted}
     *
     * @param handler the handler method
     * @param source the name of the connection or listener
     */
    Tally tally(String handler, String source) {
        return tallies.computeIfAbsent(
                new Subject(handler, source), subject -> new Tally(subject.handler(), subject.source()));
    }

    /** {@return whether a message may be handled now} If so, {@link Tally#end} must follow; if not, it is to be released. */
    boolean begin(Tally tally) {
        running.incrementAndGet();
        if (taking) {
            tally.running.incrementAndGet();
            return true;
        }
        released.increment();
        left();
        return false;
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

    /** Takes no more messages. */
    public void stop() {
        finished.reset();
        taking = false;
    }

    /**
     * Waits for the messages that handlers have, once {@link #stop} was called.
     *
     * @param patience how long to wait
     * @return how it went
     * @throws InterruptedException if the thread is interrupted
     */
    public Farewell awaitHandlers(Duration patience) throws InterruptedException {
        long nanos = patience.toNanos();
        lock.lock();
        try {
            while (running.get() > 0 && nanos > 0) {
                nanos = idle.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
        return new Farewell(
                finished.sum(), released.sum(), running.get(), whose(), patience.minusNanos(Math.max(0, nanos)));
    }

    private String whose() {
        return tallies.values().stream()
                .filter(tally -> tally.running.get() > 0)
                .map(tally -> tally.handler + " " + tally.running.get() + " of '" + tally.source + "'")
                .sorted()
                .collect(Collectors.joining(", "));
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
     * @param whose which handlers, and how many of which connection or listener; empty if none has any
     * @param waited how long it took
     */
    public record Farewell(long finished, long released, int unfinished, String whose, Duration waited) {

        /** {@return the time in milliseconds} */
        public long waitedMillis() {
            return TimeUnit.NANOSECONDS.toMillis(waited.toNanos());
        }
    }
}
