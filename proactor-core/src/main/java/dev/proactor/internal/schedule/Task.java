package dev.proactor.internal.schedule;

import dev.proactor.EventBatch;
import org.jspecify.annotations.Nullable;

/**
 * What a thread can be given to run: a connection, a listener or the proactor itself.
 *
 * <p>Who may touch what: {@link #state} anyone; {@code readyIn}, {@code nextReady}, {@code previousReady}, {@code readyNanos}
 * and {@code promoteFor} whoever holds the run queue's lock ({@code readyNanos} also who has just taken the task from it); the deadline fields as {@link Deadlines} says; all of a subclass's own state only the
 * owner of a RUNNING task, where the subclass does not say otherwise.
 */
public abstract class Task {

    /** The state of its scheduling. */
    protected final TaskState state = new TaskState();

    @Nullable ReadyList readyIn;

    @Nullable Task nextReady;

    @Nullable Task previousReady;

    long readyNanos;

    /** While it waits for a handler: the reasons for which a thread that may not handle its events has to look at it again. */
    int promoteFor;

    volatile long deadlineNanos = Deadlines.NONE;
    volatile long heapNanos = Deadlines.NONE;
    int heapIndex = -1;

    /** {@return the state of its scheduling} */
    public final TaskState state() {
        return state;
    }

    /** {@return when the task became ready, for its owner} */
    public final long readyNanos() {
        return readyNanos;
    }

    /**
     * Runs the task: its input and output, up to the first event. Called by the thread that has just become its owner.
     *
     * @param reasons why, at least one
     * @param nowNanos the time now
     * @return a batch with at least one event, which owns the task from here on; or {@code null}, then the task has been
     *     released
     */
    public abstract @Nullable EventBatch run(int reasons, long nowNanos);

    /**
     * Runs the task's input and output, for the thread that stands by and handles no events: what it can do alone it does, and
     * where there are events, or anything else that needs a handler, it leaves itself to those who wait in {@code await}. While
     * events are pending it reads nothing more, or they would pile up. Called by the thread that has just become its owner; when
     * it returns the task has been released.
     *
     * @param reasons why, at least one
     * @param nowNanos the time now
     */
    public abstract void runIo(int reasons, long nowNanos);

    /**
     * {@link #run} or {@link #runIo} threw, which they never should: the task must end, and with it only its own subject. Called by its owner.
     *
     * @param failure what was thrown
     */
    public abstract void crashed(Throwable failure);
}
