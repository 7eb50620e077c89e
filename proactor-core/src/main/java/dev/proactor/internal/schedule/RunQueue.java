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
 *
 * <p><b>Standing by.</b> One more thread may {@linkplain #standBy stand by}. It is never among the parked; it acts when the queue
 * is <i>deserted</i>, nobody leading and nobody parked, for {@value #STAND_BY_MILLIS} ms (twice the time after which busy threads
 * look themselves, so that it does not race with them), and until somebody else leads or parks.
 *
 * <pre>
 *               deserted: unpark              still, {@value #STAND_BY_MILLIS} ms later
 *   OFF (parked) ----------------&gt; WATCHING ------------------&gt; ACTING: leads, runs input and output
 *        ^                         | ^  (parked for that time)   |
 *        +-------------------------+ +---------------------------+
 *          not deserted in a whole           somebody leads, or is parked
 *          look's time
 * </pre>
 *
 * <p>OFF is the only phase in which it has to be signalled, and that by whoever leaves the queue deserted: who takes a task, or
 * leaves, with nobody to signal. While it watches that costs them one field, and it wakes once in {@value #STAND_BY_MILLIS} ms.
 *
 * <p>It takes tasks from {@code ready} only. One that needs a handler it puts into {@code forHandlers}, from which only the others
 * take: of the two heads that which is ready for longer. If such a task is then scheduled for a reason that needs no handler
 * ({@code Task.promoteFor}), it is {@linkplain #promote promoted} back to {@code ready}. Who schedules adds the reason first and
 * then looks whether the task is in {@code forHandlers}; who puts it there does so first and then looks at the reasons: at least
 * one of the two sees the other.
 *
 * <p>It sleeps in its poll only while nobody is parked: who parks wakes it, and it hands the lead over. So the invariant holds
 * with it as with any leader.
 */
public final class RunQueue {

    /** A thread in search of a task, and what it is to do next. One object a call of {@code await}. */
    public static final class Turn {
        private final Thread thread = Thread.currentThread();
        private volatile boolean signalled;
        private @Nullable Turn nextParked;
        private @Nullable Task task;
        private long lookNanos;

        /** {@return how long the thread that stands by parks at most, {@link Long#MAX_VALUE} for until it is signalled} */
        public long lookNanos() {
            return lookNanos;
        }

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

    private static final int STAND_BY_MILLIS = 2 * POLL_MILLIS;
    private static final long STAND_BY_NANOS = TimeUnit.MILLISECONDS.toNanos(STAND_BY_MILLIS);

    private enum StandBy {
        OFF,
        WATCHING,
        ACTING
    }

    private enum Leader {
        NONE,
        AWAKE,
        ASLEEP
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Runnable wakeLeader;

    // All below is guarded by the lock; leader and the sizes may be read without it, as a hint.
    private final ReadyList ready = new ReadyList();
    private final ReadyList forHandlers = new ReadyList();
    private @Nullable Turn parked;
    private volatile Leader leader = Leader.NONE;
    private long asleepUntilNanos;
    private boolean leaderWoken;
    private int untilPoll;
    private long polledNanos;
    private @Nullable Turn standBy;
    private StandBy standByIs = StandBy.OFF;
    private boolean standByLeads;
    private boolean deserted;
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
        return ready.size() + forHandlers.size();
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
        tell(signal, wake);
    }

    /**
     * Adds a task that has just become QUEUED again by the thread that stands by, for those who handle events. If it was asked
     * meanwhile for a reason that needs no handler it is ready for that thread, too.
     *
     * @param task the task
     * @param promoteFor the reasons that need no handler, or 0
     */
    public void addForHandlers(Task task, int promoteFor) {
        Turn signal = null;
        boolean wake = false;
        lock.lock();
        try {
            task.promoteFor = promoteFor;
            // First into the list, then a look at the reasons: who adds one looks at the list after that.
            forHandlers.insertByAge(task);
            if (task.state.isAskedFor(promoteFor)) {
                makeReady(task);
            }
            signal = popParked();
            if (signal == null) {
                wake = leaderMustWake();
            }
        } finally {
            lock.unlock();
        }
        tell(signal, wake);
    }

    /**
     * A task was scheduled that was not idle: if it waits for a handler, and the reasons need none, it is made ready for the
     * thread that stands by, too. Any thread.
     *
     * @param task the task
     * @param reasons for which it was scheduled
     * @return whether it was made ready
     */
    public boolean promote(Task task, int reasons) {
        if (forHandlers.size() == 0) {
            return false;
        }
        Turn signal = null;
        boolean wake = false;
        lock.lock();
        try {
            if (task.readyIn != forHandlers || (task.promoteFor & reasons) == 0) {
                return false;
            }
            makeReady(task);
            signal = popParked();
            if (signal == null) {
                wake = leaderMustWake();
            }
        } finally {
            lock.unlock();
        }
        tell(signal, wake);
        return true;
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
        boolean wake = false;
        Decision decision;
        turn.task = null;
        lock.lock();
        try {
            if (closed) {
                return Decision.CLOSED;
            }
            Task task = oldest();
            if (mayLead && leader == Leader.NONE && (task == null || pollIsDue(nowNanos))) {
                leader = Leader.AWAKE;
                standByLeads = false;
                return Decision.LEAD;
            }
            if (task != null) {
                take(turn, task);
                if (leader == Leader.NONE || oldest() != null) {
                    signal = popParked();
                }
                if (leader == Leader.NONE && signal == null) {
                    if (leaderlessSinceNanos == Deadlines.NONE) {
                        leaderlessSinceNanos = nowNanos;
                    }
                    signal = desert();
                }
                decision = Decision.RUN;
            } else if (mayPark) {
                turn.signalled = false;
                turn.nextParked = parked;
                parked = turn;
                wake = standByLeads && leaderMustWake();
                decision = Decision.PARK;
            } else {
                decision = Decision.NOTHING;
            }
        } finally {
            lock.unlock();
        }
        tell(signal, wake);
        return decision;
    }

    /**
     * Has a thread stand by, if none does. It then asks {@link #nextStandingBy} again and again, and ends with
     * {@link #endStandBy}.
     *
     * @param turn the thread
     * @param nowNanos the time now
     * @return whether it is the one that stands by now
     */
    public boolean standBy(Turn turn, long nowNanos) {
        lock.lock();
        try {
            if (standBy != null) {
                return false;
            }
            standBy = turn;
            standByIs = StandBy.WATCHING;
            if (untilPoll <= 0) {
                // Perhaps nobody has ever led. A poll is due in any case, so nothing else goes by the last one's time.
                polledNanos = nowNanos;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Asks what the thread that stands by is to do next: {@link Decision#PARK} for {@link Turn#lookNanos},
     * {@link Decision#LEAD}, {@link Decision#RUN} for the task's input and output only, or {@link Decision#CLOSED}.
     *
     * @param turn the thread that stands by
     * @param nowNanos the time now
     * @return what to do
     */
    public Decision nextStandingBy(Turn turn, long nowNanos) {
        Turn signal = null;
        Decision decision;
        turn.task = null;
        lock.lock();
        try {
            if (closed) {
                return Decision.CLOSED;
            }
            if (leader != Leader.NONE || parked != null) {
                if (leader == Leader.NONE) {
                    // It has led, and somebody came meanwhile and parked.
                    signal = popParked();
                }
                decision = park(turn, STAND_BY_NANOS);
                if (standByIs == StandBy.WATCHING && !deserted) {
                    standByIs = StandBy.OFF;
                    turn.lookNanos = Long.MAX_VALUE;
                } else {
                    standByIs = StandBy.WATCHING;
                }
                deserted = false;
            } else if (standByIs != StandBy.ACTING && nowNanos - polledNanos < STAND_BY_NANOS) {
                standByIs = StandBy.WATCHING;
                decision = park(turn, polledNanos + STAND_BY_NANOS - nowNanos);
            } else {
                standByIs = StandBy.ACTING;
                Task task = ready.first();
                if (task == null || pollIsDue(nowNanos)) {
                    leader = Leader.AWAKE;
                    standByLeads = true;
                    decision = Decision.LEAD;
                } else {
                    take(turn, task);
                    decision = Decision.RUN;
                }
            }
        } finally {
            lock.unlock();
        }
        tell(signal, false);
        return decision;
    }

    private static Decision park(Turn turn, long nanos) {
        turn.signalled = false;
        turn.lookNanos = nanos;
        return Decision.PARK;
    }

    /**
     * The thread stands by no more. It does not lead; what came meanwhile is passed on.
     *
     * @param turn the thread that stood by
     */
    public void endStandBy(Turn turn) {
        Turn signal = null;
        lock.lock();
        try {
            if (standBy == turn) {
                standBy = null;
                if (leader == Leader.NONE) {
                    signal = popParked();
                }
            }
        } finally {
            lock.unlock();
        }
        tell(signal, false);
    }

    /** Nobody leads and nobody is parked. {@return whom to signal for that} */
    private @Nullable Turn desert() {
        deserted = true;
        if (standByIs == StandBy.OFF && standBy != null) {
            standByIs = StandBy.WATCHING;
            return standBy;
        }
        return null;
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
            if (closed || ready.first() != null || (standByLeads ? parked != null : forHandlers.first() != null)) {
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
            untilPoll = size();
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
            if (leader == Leader.NONE || oldest() != null) {
                signal = popParked();
                // It may have been signalled for a task that the leader, asleep, knows nothing of.
                wake = signal == null && leaderMustWake();
            }
            if (leader == Leader.NONE && signal == null) {
                signal = desert();
            }
        } finally {
            lock.unlock();
        }
        tell(signal, wake);
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
            if (standBy != null) {
                standBy.unpark();
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

    private void tell(@Nullable Turn signal, boolean wake) {
        if (signal != null) {
            signal.unpark();
        } else if (wake) {
            wakeLeader.run();
        }
    }

    private void append(Task task, long nowNanos) {
        task.readyNanos = nowNanos;
        ready.append(task);
    }

    private void makeReady(Task task) {
        forHandlers.remove(task);
        ready.append(task);
    }

    /** {@return the task that one who handles events is to take} */
    private @Nullable Task oldest() {
        Task task = ready.first();
        Task other = forHandlers.first();
        return task == null || (other != null && other.readyNanos - task.readyNanos < 0) ? other : task;
    }

    private void take(Turn turn, Task task) {
        ReadyList list = task.readyIn;
        if (list == null) {
            throw new IllegalStateException("a task is in the queue and knows nothing of it: " + task);
        }
        list.remove(task);
        untilPoll--;
        turn.task = task;
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
