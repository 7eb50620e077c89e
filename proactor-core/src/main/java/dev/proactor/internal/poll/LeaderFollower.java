package dev.proactor.internal.poll;

import dev.proactor.EventBatch;
import dev.proactor.ProactorClosedException;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.RunQueue;
import dev.proactor.internal.schedule.RunQueue.Turn;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loop of every thread that waits for a batch: take a ready task and run it; if there is none, lead; if somebody leads,
 * park. A leader that has found something stops leading, takes a task itself and wakes a follower to lead on. One more thread may
 * stand by, and do the input and output while all others are in handlers.
 *
 * <p>All decisions are made in {@link RunQueue}; here they are only carried out.
 */
public final class LeaderFollower {

    private static final Logger LOG = System.getLogger("dev.proactor");

    /** Work that waited less than this for a leader is no starvation: any handler takes a moment. */
    private static final long STARVATION_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long WARN_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long WARN_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final Poller poller;
    private final LongSupplier clock;
    private final RunQueue queue;
    private final Deadlines deadlines = new Deadlines();
    private final LongAdder starvation = new LongAdder();

    private final Poller.Ready readyTasks = new Poller.Ready() {
        @Override
        public void ready(Task task) {
            found = true;
            queue.addByLeader(task, clock.getAsLong());
        }

        @Override
        public void scheduled(Task task, int reasons) {
            if (queue.promote(task, reasons)) {
                found = true;
            }
        }
    };

    private final AtomicLong quietUntilNanos = new AtomicLong(Long.MIN_VALUE);

    // Owned by the leader.
    private boolean found;

    /**
     * Makes the loop.
     *
     * @param poller where input and output are waited for
     * @param clock the time in nanoseconds, as {@link System#nanoTime}
     */
    public LeaderFollower(Poller poller, LongSupplier clock) {
        this.poller = poller;
        this.clock = clock;
        this.queue = new RunQueue(poller::wakeup);
    }

    /**
     * Finds a batch.
     *
     * @param untilNanos when to give up; a time that is over for a look without waiting, {@link Deadlines#NONE} for ever
     * @return the batch, or {@code null} if there was none in time
     * @throws InterruptedException if the thread is interrupted
     */
    public @Nullable EventBatch await(long untilNanos) throws InterruptedException {
        return search(untilNanos, true);
    }

    /** {@return a batch if there is one now, else {@code null}} The thread's interrupt status does not matter. */
    public @Nullable EventBatch poll() {
        try {
            return search(Long.MIN_VALUE, false);
        } catch (InterruptedException never) {
            throw new AssertionError(never);
        }
    }

    private @Nullable EventBatch search(long untilNanos, boolean interruptibly) throws InterruptedException {
        Turn turn = new Turn();
        try {
            EventBatch batch = search(turn, untilNanos, interruptibly);
            if (batch == null) {
                queue.leave(turn);
            }
            return batch;
        } catch (Throwable failure) {
            // It led, or was signalled, and does not come back: somebody else must.
            queue.leave(turn);
            throw failure;
        }
    }

    private @Nullable EventBatch search(Turn turn, long untilNanos, boolean interruptibly) throws InterruptedException {
        boolean polled = false;
        // How many tasks it still runs once its time is over: those that are ready then, or that its poll has found.
        // Tasks that go on and on without an event must not hold it.
        int last = -1;
        for (; ; ) {
            if (interruptibly && Thread.interrupted()) {
                throw new InterruptedException();
            }
            long now = clock.getAsLong();
            boolean over = untilNanos <= now;
            if (over && last < 0) {
                last = queue.size() + 1;
            } else if (over && last == 0) {
                return null;
            }
            switch (queue.next(turn, !over, !over || !polled, now)) {
                case RUN -> {
                    EventBatch batch = run(turn.task(), now, true);
                    if (batch != null) {
                        return batch;
                    }
                    if (over) {
                        last--;
                    }
                }
                case LEAD -> {
                    lead(over ? now : untilNanos);
                    polled = true;
                    if (over) {
                        last = Math.max(1, queue.size());
                    }
                }
                case PARK -> park(turn, untilNanos, interruptibly);
                case NOTHING -> {
                    return null;
                }
                case CLOSED -> throw new ProactorClosedException("the proactor is closed");
            }
        }
    }

    /**
     * Lends the thread for the times when all others are in handlers, until the loop is closed.
     *
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalStateException if another thread stands by
     */
    public void standBy() throws InterruptedException {
        Turn turn = new Turn();
        if (queue.isClosed()) {
            return;
        }
        if (!queue.standBy(turn, clock.getAsLong())) {
            throw new IllegalStateException("another thread stands by already");
        }
        try {
            for (; ; ) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                long now = clock.getAsLong();
                switch (queue.nextStandingBy(turn, now)) {
                    case RUN -> run(turn.task(), now, false);
                    case LEAD -> lead(Deadlines.NONE);
                    // For whatever reason it ends: what is to be done is asked next.
                    case PARK -> turn.park(turn.lookNanos());
                    case CLOSED -> {
                        return;
                    }
                    case NOTHING -> throw new AssertionError("who stands by always waits");
                }
            }
        } finally {
            // It may have led, or been the only one whom a sleeping follower counts on.
            queue.endStandBy(turn);
        }
    }

    private static @Nullable EventBatch run(@Nullable Task task, long now, boolean handles) {
        int reasons = task == null ? 0 : task.state().begin();
        if (task == null || reasons == 0) {
            return null;
        }
        try {
            if (handles) {
                return task.run(reasons, now);
            }
            task.runIo(reasons, now);
            return null;
        } catch (Throwable failure) { // checked ones, too: of callbacks in languages that know none
            crashed(task, failure);
            return null;
        }
    }

    /**
     * A fault of ours, or no memory. The thread is the application's and must live; the task must not hang. Called by its owner.
     *
     * @param task what failed; it ends
     * @param failure what was thrown
     * @throws VirtualMachineError if it was one
     */
    public static void crashed(Task task, Throwable failure) {
        try {
            LOG.log(Level.ERROR, "an internal error ends " + task, failure);
        } catch (Throwable unable) {
            // There may be no memory for words. The task must end all the same.
        }
        task.crashed(failure);
        if (failure instanceof VirtualMachineError error) {
            throw error;
        }
    }

    private void park(Turn turn, long untilNanos, boolean interruptibly) {
        long left = Long.MAX_VALUE;
        while (turn.waits() && !(interruptibly && Thread.currentThread().isInterrupted())) {
            if (untilNanos != Deadlines.NONE) {
                left = untilNanos - clock.getAsLong();
                if (left <= 0) {
                    break;
                }
            }
            turn.park(left);
        }
        if (turn.waits()) {
            queue.leave(turn);
        }
    }

    private void lead(long untilNanos) {
        long began = clock.getAsLong();
        long ended = began;
        boolean waited;
        long leaderlessSince;
        found = false;
        try {
            poll(untilNanos, began);
            queue.awake();
            ended = clock.getAsLong();
            deadlines.expire(ended, this::foundExpired);
        } finally {
            // What the leader owns belongs to the next one from here on.
            waited = found;
            leaderlessSince = queue.stopLeading(ended);
        }
        if (leaderlessSince != Deadlines.NONE && waited && ended - began < STARVATION_NANOS) {
            // It was there already when this thread came to look.
            starved(began - leaderlessSince, ended);
        }
    }

    private void poll(long untilNanos, long now) {
        long sleepUntil = queue.fallAsleep(deadlines, untilNanos, now);
        long nanos = sleepUntil == Deadlines.NONE ? Long.MAX_VALUE : Math.max(0, sleepUntil - now);
        try {
            poller.poll(nanos, readyTasks);
        } catch (IOException e) {
            LOG.log(Level.ERROR, "polling for input and output failed; it is tried again", e);
        }
    }

    private void foundExpired(Task task) {
        if (task.state().schedule(TaskState.TICK)) {
            readyTasks.ready(task);
        } else {
            readyTasks.scheduled(task, TaskState.TICK);
        }
    }

    private void starved(long nanos, long now) {
        if (nanos < STARVATION_NANOS) {
            return;
        }
        starvation.add(nanos);
        // Not the leader any more: another may be here too.
        long quietUntil = quietUntilNanos.get();
        if (nanos >= WARN_NANOS
                && now >= quietUntil
                && quietUntilNanos.compareAndSet(quietUntil, now + WARN_INTERVAL_NANOS)) {
            LOG.log(
                    Level.WARNING,
                    "for {0} ms every thread was in a handler: nothing was read or written and no heartbeat was sent, on any"
                            + " connection. Let more threads call await, or one stand by, or handlers block less.",
                    TimeUnit.NANOSECONDS.toMillis(nanos));
        }
    }

    /**
     * Puts a task that has just become QUEUED into the queue, and sees to it that somebody takes it. Any thread.
     *
     * @param task the task
     */
    public void enqueue(Task task) {
        queue.add(task, clock.getAsLong());
    }

    /**
     * Schedules a task. Any thread.
     *
     * @param task the task
     * @param reasons why
     */
    public void schedule(Task task, int reasons) {
        if (task.state().schedule(reasons)) {
            enqueue(task);
        } else {
            queue.promote(task, reasons);
        }
    }

    /**
     * Releases a task that needs a handler, to those who wait for one. Its owner, in {@link Task#runIo}, which touches it no
     * more after this.
     *
     * @param task the task
     * @param reasons what it is to be run for, at least one
     * @param promoteFor the reasons upon which {@link Task#runIo} can do more meanwhile, or 0
     * @return whether it was released; not if it was killed
     */
    public boolean leaveToHandlers(Task task, int reasons, int promoteFor) {
        if (!task.state().requeue(reasons)) {
            return false;
        }
        queue.addForHandlers(task, promoteFor);
        return true;
    }

    /**
     * Sets a task's deadline. The task's owner only.
     *
     * @param task the task
     * @param deadlineNanos when it is to be scheduled with {@code TICK}, or {@link Deadlines#NONE}
     */
    public void deadline(Task task, long deadlineNanos) {
        if (deadlines.set(task, deadlineNanos)) {
            queue.wakeLeaderBefore(deadlineNanos);
        }
    }

    /**
     * Forgets the deadline of a task that has ended.
     *
     * @param task the task
     */
    public void forget(Task task) {
        deadlines.remove(task);
    }

    /** What the poller polls for was changed by someone who does not lead: a leader that sleeps must look again. */
    public void interestChanged() {
        queue.wakeLeader();
    }

    /** {@return how many tasks are ready and wait for a thread} */
    public int ready() {
        return queue.size();
    }

    /** {@return how long work waited, all in all, while every thread was in a handler} */
    public Duration starvation() {
        return Duration.ofNanos(starvation.sum());
    }

    /** {@return the time now, in nanoseconds of the clock} */
    public long nowNanos() {
        return clock.getAsLong();
    }

    /** Sends every thread away that waits or will wait. */
    public void close() {
        queue.close();
    }

    /** {@return whether it was closed} */
    public boolean isClosed() {
        return queue.isClosed();
    }
}
