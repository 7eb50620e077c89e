package dev.proactor.internal.poll;

import dev.proactor.internal.schedule.Task;
import java.io.IOException;
import java.nio.channels.SelectableChannel;

/** Finds out which tasks have input, output, a peer to accept or a connect that ended. */
public interface Poller {

    /** Hears of the tasks that a poll has scheduled. */
    @FunctionalInterface
    interface Ready {
        /**
         * A task is ready.
         *
         * @param task the task, QUEUED and in no queue yet
         */
        void ready(Task task);

        /**
         * A task that was not idle has one more reason to run.
         *
         * @param task the task, which may be in a queue, may have an owner, or may have ended
         * @param reasons for which it was scheduled
         */
        default void scheduled(Task task, int reasons) {}
    }

    /** A channel's place in the poller. Only the owner of the channel's task calls it, and not after the channel is closed. */
    interface Registration {

        /**
         * Arms for these operations and no others.
         *
         * @param ops operations of {@link java.nio.channels.SelectionKey}
         * @return whether that changed anything, so that a leader that sleeps must look again
         */
        boolean arm(int ops);

        /**
         * Has the next poll look, once, whether the channel has an error pending, whatever is armed; if so it schedules the task
         * with {@code CONNECT}. For a connected channel that is armed for nothing, and would not be heard of.
         */
        void lookForError();
    }

    /**
     * Waits until something is ready, a wake-up, or the end of the time. The leader only.
     *
     * @param nanos how long at most; 0 or less does not wait, {@link Long#MAX_VALUE} is for ever
     * @param ready hears of each task that was scheduled
     * @throws IOException if polling itself fails
     */
    void poll(long nanos, Ready ready) throws IOException;

    /** Makes a {@link #poll} that waits, or the next one, return at once. Any thread. */
    void wakeup();

    /**
     * Registers a channel. The owner of its task only.
     *
     * @param channel a channel that does not block
     * @param task the task to schedule
     * @param ops operations to begin with
     * @return its registration
     * @throws IOException if it can't be registered
     */
    Registration register(SelectableChannel channel, Task task, int ops) throws IOException;

    /**
     * After a registered channel was closed: has the task scheduled with {@code DEREGISTERED} once the channel has left the
     * poller and its descriptor is free. Any thread.
     *
     * @param task the channel's task
     */
    void awaitDeregistered(Task task);

    /** Closes the poller; what is registered is forgotten. Any thread. */
    void close();
}
