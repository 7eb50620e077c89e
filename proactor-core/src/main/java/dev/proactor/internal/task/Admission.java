package dev.proactor.internal.task;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections a listener has at once: those that wait, and those that were accepted and are not over.
 *
 * <p>Only the listener's owner takes places; any thread gives them back. Who gives one back of a full listener tells it so after
 * the count is down: either its owner, which looks at the count before it lets go of the task, sees the place, or the word comes
 * after that look and makes the task run again.
 */
final class Admission {

    /** The place of one peer, from the moment when the system gave it to us until its descriptor is free again. */
    final class Place {

        private final AtomicBoolean given = new AtomicBoolean();

        /** Gives it back. Any thread, any number of times. */
        void giveBack() {
            if (given.compareAndSet(false, true) && taken.getAndDecrement() >= limit) {
                roomAgain.run();
            }
        }
    }

    private final int limit;
    private final Runnable roomAgain;
    private final AtomicInteger taken = new AtomicInteger();

    /**
     * Makes one with all places free.
     *
     * @param roomAgain told by whoever gives a place back when there was none
     */
    Admission(int limit, Runnable roomAgain) {
        this.limit = limit;
        this.roomAgain = roomAgain;
    }

    /** {@return a place, which there must be} The owner only. */
    Place take() {
        taken.incrementAndGet();
        return new Place();
    }

    /** {@return whether there is no place now} */
    boolean isFull() {
        return taken.get() >= limit;
    }

    /** {@return how many places are taken} */
    int taken() {
        return taken.get();
    }
}
