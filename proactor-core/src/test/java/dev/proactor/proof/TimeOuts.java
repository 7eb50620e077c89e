package dev.proactor.proof;

import dev.proactor.Proactor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The one time-out of a proactor, as its calls and events should have it. Set and cancel are made one at a time, so that there is an
 * order in which they were; the event comes when it likes.
 *
 * <p>The rule: an event needs a time-out of its own that was due before the batch was given out and before it was cancelled or
 * replaced. One that was cancelled later than that may come or not.
 */
final class TimeOuts {

    /** Compared by identity. */
    private static final class Set {
        final long dueNanos;

        Set(long dueNanos) {
            this.dueNanos = dueNanos;
        }

        boolean isDueAt(long nanos) {
            return dueNanos - nanos <= 0;
        }
    }

    private final Proactor proactor;
    private final Life life;
    private final Object lock = new Object();
    private final List<Set> mayFire = new ArrayList<>();
    private Set current;

    /** Whether the current one must come. */
    private boolean owed;

    TimeOuts(Proactor proactor, Life life) {
        this.proactor = proactor;
        this.life = life;
    }

    void set(Duration delay) {
        synchronized (lock) {
            // Not later than the proactor's own reckoning.
            Set next = new Set(System.nanoTime() + delay.toNanos());
            Set former = current;
            // Listed before the call, which may fire it at once.
            mayFire.add(next);
            current = next;
            owed = true;
            proactor.setTimeout(delay);
            end(former);
        }
    }

    void cancel() {
        synchronized (lock) {
            proactor.cancelTimeout();
            end(current);
            current = null;
            owed = false;
        }
    }

    private void end(Set set) {
        if (set != null && !set.isDueAt(System.nanoTime())) {
            mayFire.remove(set);
        }
    }

    /**
     * There was an event.
     *
     * @param givenNanos when its batch was given out
     */
    void fired(long givenNanos) {
        synchronized (lock) {
            for (Set set : mayFire) {
                if (set.isDueAt(givenNanos)) {
                    mayFire.remove(set);
                    if (current != null && current.isDueAt(givenNanos)) {
                        // It was this one, or an older one that came late: then this one is still to come.
                        owed = false;
                    }
                    if (set == current) {
                        current = null;
                    }
                    return;
                }
            }
        }
        life.violated("PROACTOR_TIMEOUT without a time-out that was due and not cancelled before");
    }

    /**
     * The proactor's batch has no more events, and is not closed: what was cancelled or replaced by now can't come in a later one.
     */
    void isDrained() {
        synchronized (lock) {
            mayFire.removeIf(set -> set != current);
        }
    }

    /** All that was due has come: what is listed still was cancelled in time. */
    void forget() {
        synchronized (lock) {
            mayFire.clear();
            current = null;
            owed = false;
        }
    }

    /** {@return whether one was set and has neither come nor been cancelled} */
    boolean isOwed() {
        synchronized (lock) {
            return owed;
        }
    }
}
