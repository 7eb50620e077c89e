package dev.proactor.internal.schedule;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The ready tasks, the threads that wait for one, and who of them leads, that is, polls for input and output. All of it under
 * one short lock: no call that is made with the lock held can block.
 *
 * <p><b>Invariant.</b> A thread stays parked only while a leader polls and the queue is empty, or while a signal is on its
 * way: a thread that was signalled, or that has just stopped leading, and has not asked for its next turn. So
 * <ul>
 *   <li>whoever takes a task signals one parked thread if the queue is not empty or nobody leads;
 *   <li>whoever makes a task ready from outside signals one parked thread, or wakes the leader if it sleeps and none is parked;
 *   <li>whoever leaves (its time is over, it was interrupted) signals as one who takes a task does, or wakes the leader if it
 *       sleeps while a task is ready and none is parked.
 * </ul>
 *
 * <p>The last thread parked is the first one woken: its caches are warm. Where the queue never runs empty and nobody leads, one
 * round of the tasks that were ready is run between two polls, so that a busy connection can't keep others from being seen; a
 * round that is long is interrupted by a poll every {@value #POLL_MILLIS} ms.
 */
public final class RunQueue {

    /** A thread in search of a task, and what it is to do next. One object a call of {@code await}. */
    public static final class Turn {
        private final Thread thread = Thread.currentThread();
        private volatile boolean signalled;
        private @Nullable Turn nextParked;
        private @Nullable Task task;

        /** {@return the task to run, after {@link Decision#RUN}; not held after the next question, for it may end} */
        public @Nullable Task task() {
            return task;
        }

        private void unpark() {
            signalled = true;
            LockSupport.unpark(thread);
        }

        /**
         * Parks until signalled, until the time is over or until interrupted.
         *
         * @param nanos the longest time, or {@link Long#MAX_VALUE} for ever
         */
        public void park(long nanos) {
            if (signalled) {
                return;
            }
            if (nanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else if (nanos > 0) {
                LockSupport.parkNanos(this, nanos);
            }
        }

        /** {@return whether it is still parked in its queue's eyes} Only a hint: it may be signalled at any time. */
        public boolean waits() {
            return !signalled;
        }
    }

    /** What a thread is to do. */
    public enum Decision {
        /** Run {@link Turn#task()}. */
        RUN,
        /** Lead: poll, then call {@link RunQueue#stopLeading}. */
        LEAD,
        /** Park: it has been entered among the parked. */
        PARK,
        /** There is nothing to do now, and it did not want to wait. */
        NOTHING,
        /** The queue was closed. */
        CLOSED
    }

    private static final int POLL_MILLIS = 10;
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS);

    private enum Leader {
        NONE,
        AWAKE,
        ASLEEP
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Runnable wakeLeader;

    // All below is guarded by the lock; leader and size may be read without it, as a hint.
    private @Nullable Task head;
    private @Nullable Task tail;
    private volatile int size;
    private @Nullable Turn parked;
    private volatile Leader leader = Leader.NONE;
    private long asleepUntilNanos;
    private boolean leaderWoken;
    private int untilPoll;
    private long polledNanos;
    private boolean closed;
    private long leaderlessSinceNanos = Deadlines.NONE;

    /**
     * Makes an empty queue.
     *
     * @param wakeLeader makes the poll of a leader that sleeps return soon; called without the lock
     */
    public RunQueue(Runnable wakeLeader) {
        this.wakeLeader = wakeLeader;
    }

    /** {@return how many tasks are ready} Any thread. */
    public int size() {
        return size;
    }

    /**
     * Adds a task that has just become QUEUED, and sees to it that somebody takes it. Any thread.
     *
     * @param task the task
     * @param nowNanos the time now
     */
    public void add(Task task, long nowNanos) {
        Turn signal = null;
        boolean wake = false;
        lock.lock();
        try {
            append(task, nowNanos);
            signal = popParked();
            if (signal == null) {
                wake = leaderMustWake();
            }
        } finally {
            lock.unlock();
        }
        if (signal != null) {
            signal.unpark();
        } else if (wake) {
            wakeLeader.run();
        }
    }

    /**
     * Adds a task that the leader itself found ready. It tells nobody: the leader stops leading soon.
     *
     * @param task the task
     * @param nowNanos the time now
     */
    public void addByLeader(Task task, long nowNanos) {
        lock.lock();
        try {
            append(task, nowNanos);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Asks what to do next. After {@link Decision#RUN} the task must be taken over with {@link TaskState#begin}.
     *
     * @param turn the thread that asks
     * @param mayPark whether it would wait
     * @param mayLead whether it would lead
     * @param nowNanos the time now
     * @return what to do
     */
    public Decision next(Turn turn, boolean mayPark, boolean mayLead, long nowNanos) {
        Turn signal = null;
        Decision decision;
        turn.task = null;
        lock.lock();
        try {
            if (closed) {
                return Decision.CLOSED;
            }
            if (mayLead && leader == Leader.NONE && (head == null || pollIsDue(nowNanos))) {
                leader = Leader.AWAKE;
                return Decision.LEAD;
            }
            Task task = removeFirst();
            if (task != null) {
                untilPoll--;
                turn.task = task;
                if (head != null || leader == Leader.NONE) {
                    signal = popParked();
                }
                if (leader == Leader.NONE && signal == null && leaderlessSinceNanos == Deadlines.NONE) {
                    leaderlessSinceNanos = nowNanos;
                }
                decision = Decision.RUN;
            } else if (mayPark) {
                turn.signalled = false;
                turn.nextParked = parked;
                parked = turn;
                decision = Decision.PARK;
            } else {
                decision = Decision.NOTHING;
            }
        } finally {
            lock.unlock();
        }
        if (signal != null) {
            signal.unpark();
        }
        return decision;
    }

    /**
     * The leader is about to sleep in its poll. The deadlines are looked at under the lock, so that one that is set to an
     * earlier time from now on finds a leader to wake.
     *
     * @param deadlines the deadlines of tasks
     * @param untilNanos when its own time is over, or {@link Deadlines#NONE}
     * @param nowNanos the time now
     * @return until when it may sleep; {@code nowNanos} or earlier for not at all
     */
    public long fallAsleep(Deadlines deadlines, long untilNanos, long nowNanos) {
        lock.lock();
        try {
            if (head != null || closed) {
                return nowNanos;
            }
            // First the flag, then the deadlines: who sets an earlier one writes it first and then looks at the flag.
            leader = Leader.ASLEEP;
            leaderWoken = false;
            asleepUntilNanos = Math.min(untilNanos, deadlines.earliestNanos());
            if (asleepUntilNanos <= nowNanos) {
                leader = Leader.AWAKE;
            }
            return asleepUntilNanos;
        } finally {
            lock.unlock();
        }
    }

    /** The leader's poll has returned. */
    public void awake() {
        if (leader == Leader.ASLEEP) {
            lock.lock();
            try {
                leader = Leader.AWAKE;
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * The leader leads no more; it goes on to ask for its next turn, or leaves.
     *
     * @param nowNanos the time now
     * @return since when nobody had led before, while every thread was busy; or {@link Deadlines#NONE}
     */
    public long stopLeading(long nowNanos) {
        lock.lock();
        try {
            leader = Leader.NONE;
            untilPoll = size;
            polledNanos = nowNanos;
            long since = leaderlessSinceNanos;
            leaderlessSinceNanos = Deadlines.NONE;
            return since;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The thread leaves without a task. What was signalled to it is passed on.
     *
     * @param turn the thread
     */
    public void leave(Turn turn) {
        Turn signal = null;
        boolean wake = false;
        lock.lock();
        try {
            unlink(turn);
            if (head != null || leader == Leader.NONE) {
                signal = popParked();
                // It may have been signalled for a task that the leader, asleep, knows nothing of.
                wake = signal == null && leaderMustWake();
            }
        } finally {
            lock.unlock();
        }
        if (signal != null) {
            signal.unpark();
        } else if (wake) {
            wakeLeader.run();
        }
    }

    /** What a sleeping leader polls for has changed: it must look again. Any thread. */
    public void wakeLeader() {
        if (leader == Leader.ASLEEP) {
            boolean wake;
            lock.lock();
            try {
                wake = leaderMustWake();
            } finally {
                lock.unlock();
            }
            if (wake) {
                wakeLeader.run();
            }
        }
    }

    /**
     * The earliest deadline has become earlier. Any thread.
     *
     * @param deadlineNanos the new one
     */
    public void wakeLeaderBefore(long deadlineNanos) {
        if (leader != Leader.NONE) {
            boolean wake;
            lock.lock();
            try {
                wake = deadlineNanos < asleepUntilNanos && leaderMustWake();
            } finally {
                lock.unlock();
            }
            if (wake) {
                wakeLeader.run();
            }
        }
    }

    /** Closes the queue: every thread that asks or waits is told so. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            for (Turn turn = popParked(); turn != null; turn = popParked()) {
                turn.unpark();
            }
        } finally {
            lock.unlock();
        }
        wakeLeader.run();
    }

    /** {@return whether it was closed} */
    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private boolean pollIsDue(long nowNanos) {
        return untilPoll <= 0 || nowNanos - polledNanos >= POLL_NANOS;
    }

    private boolean leaderMustWake() {
        if (leader == Leader.ASLEEP && !leaderWoken) {
            leaderWoken = true;
            return true;
        }
        return false;
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // written under the lock only
    private void append(Task task, long nowNanos) {
        task.readyNanos = nowNanos;
        task.nextReady = null;
        if (tail == null) {
            head = task;
        } else {
            tail.nextReady = task;
        }
        tail = task;
        size++;
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // written under the lock only
    private @Nullable Task removeFirst() {
        Task task = head;
        if (task != null) {
            head = task.nextReady;
            task.nextReady = null;
            if (head == null) {
                tail = null;
            }
            size--;
        }
        return task;
    }

    private @Nullable Turn popParked() {
        Turn turn = parked;
        if (turn != null) {
            parked = turn.nextParked;
            turn.nextParked = null;
        }
        return turn;
    }

    private void unlink(Turn turn) {
        Turn before = null;
        for (Turn at = parked; at != null; before = at, at = at.nextParked) {
            if (at == turn) {
                if (before == null) {
                    parked = at.nextParked;
                } else {
                    before.nextParked = at.nextParked;
                }
                at.nextParked = null;
                return;
            }
        }
    }
}
