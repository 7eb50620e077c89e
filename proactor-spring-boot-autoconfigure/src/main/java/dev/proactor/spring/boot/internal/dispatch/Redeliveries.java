package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionEndedException;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * Settlements that are put off, by deadlines: no thread waits. Thread-safe.
 *
 * <p>When the application stops they are made at once. One is noted before it is asked whether it still has time, and {@link #hurry} forbids
 * it before it looks at those that are noted: so none is left waiting.
 */
public final class Redeliveries {

    private final class Entry implements Runnable {
        private final Connection connection;
        private final Runnable settlement;
        private final Runnable otherwise;
        private final AtomicBoolean begun = new AtomicBoolean();
        private volatile @Nullable Future<?> alarm;

        Entry(Connection connection, Runnable settlement, Runnable otherwise) {
            this.connection = connection;
            this.settlement = settlement;
            this.otherwise = otherwise;
        }

        @Override
        public void run() {
            if (!begun.compareAndSet(false, true)) {
                return;
            }
            entries.remove(this);
            try {
                proactor.execute(connection, settlement);
            } catch (ConnectionEndedException | ProactorClosedException over) {
                otherwise.run(); // the peer sends it again, on another connection
            }
        }
    }

    private final Proactor proactor;
    private final ScheduledExecutorService timer;
    private final Set<Entry> entries = ConcurrentHashMap.newKeySet();
    private volatile boolean patient = true;

    /**
     * Makes an empty one.
     *
     * @param proactor leads into a connection's sequence
     * @param timer keeps the time; it stays the caller's
     */
    public Redeliveries(Proactor proactor, ScheduledExecutorService timer) {
        this.proactor = proactor;
        this.timer = timer;
    }

    /**
     * Settles later.
     *
     * @param connection whose message it is
     * @param delay when
     * @param settlement settles, in the connection's sequence
     * @param otherwise called instead if the connection is over by then, on any thread
     * @return what takes that back, where the connection is over before: then neither is called
     */
    Runnable later(Connection connection, Duration delay, Runnable settlement, Runnable otherwise) {
        Entry entry = new Entry(connection, settlement, otherwise);
        entries.add(entry);
        try {
            entry.alarm = timer.schedule(entry, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException over) {
            entry.run();
        }
        if (!patient) {
            entry.run();
        }
        return () -> takeBack(entry);
    }

    private void takeBack(Entry entry) {
        if (entry.begun.compareAndSet(false, true)) {
            entries.remove(entry);
            Future<?> alarm = entry.alarm;
            if (alarm != null) {
                alarm.cancel(false);
            }
        }
    }

    /** {@return how many settlements are put off} */
    int waiting() {
        return entries.size();
    }

    /** Waits again, when the application is started again. */
    public void start() {
        patient = true;
    }

    /** Makes all settlements now, and from now on at once. */
    public void hurry() {
        patient = false;
        entries.forEach(Entry::run);
    }
}
