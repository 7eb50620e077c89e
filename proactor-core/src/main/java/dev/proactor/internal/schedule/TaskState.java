package dev.proactor.internal.schedule;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The whole state of a task's scheduling in one atomic word: a phase in the low bits, the reasons to run above them.
 *
 * <pre>
 *              schedule                 begin
 *      IDLE ------------&gt; QUEUED --------------&gt; RUNNING ------------&gt; FINAL
 *        ^                   ^                    |   |     finish
 *        |                   |  release (reasons) |   |
 *        |                   +--------------------+   |     kill: from any phase to FINAL
 *        |                      requeue               |
 *        +--------------------------------------------+
 *                       release (no reasons)
 * </pre>
 *
 * <p>In every phase but FINAL {@code schedule} adds reasons; only the step from IDLE to QUEUED makes the caller put the task
 * into the run queue, so a task is in the queue exactly while it is QUEUED, and has one owner exactly while it is RUNNING.
 * Reasons that come while it runs are found by {@code takeReasons} or {@code release}: none is lost, and that equal ones
 * coalesce follows by itself.
 *
 * <p>Each transition is a compare-and-set on the one word, also where it changes nothing: what a thread wrote before it
 * scheduled is seen by the owner that takes the reason, and what an owner wrote before it released is seen by the next owner.
 */
public final class TaskState {

    /** Bytes can be read. */
    public static final int READ = 1 << 2;
    /** Bytes can be written. */
    public static final int WRITE = 1 << 3;
    /** A peer can be accepted. */
    public static final int ACCEPT = 1 << 4;
    /** A connect has ended, well or not. */
    public static final int CONNECT = 1 << 5;
    /** Somebody asked for a wake. */
    public static final int WAKE = 1 << 6;
    /** A deadline is over. */
    public static final int TICK = 1 << 7;
    /** The subject is to end. */
    public static final int DISCONNECT = 1 << 8;
    /** Somebody interrupted the proactor. */
    public static final int INTERRUPT = 1 << 9;
    /** The proactor may have become inactive. */
    public static final int INACTIVE = 1 << 10;
    /** The task is new, or a name look-up has ended. */
    public static final int RESOLVED = 1 << 11;
    /** A closed channel has left the selector; its descriptor is free. */
    public static final int DEREGISTERED = 1 << 12;
    /** Nothing new: the owner has not finished and gave others their turn. */
    public static final int CONTINUE = 1 << 13;

    private static final int PHASE = 3;
    private static final int IDLE = 0;
    private static final int QUEUED = 1;
    private static final int RUNNING = 2;
    private static final int FINAL = 3;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(TaskState.class, "word", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused") // by the handle
    private volatile int word = IDLE;

    /**
     * Adds reasons. Any thread.
     *
     * @param reasons one or more of the reasons
     * @return whether the caller must put the task into the run queue
     */
    public boolean schedule(int reasons) {
        for (; ; ) {
            int now = word;
            switch (now & PHASE) {
                case IDLE -> {
                    if (WORD.compareAndSet(this, now, QUEUED | reasons)) {
                        return true;
                    }
                }
                case FINAL -> {
                    return false;
                }
                default -> {
                    if (WORD.compareAndSet(this, now, now | reasons)) {
                        return false;
                    }
                }
            }
        }
    }

    /**
     * Adds reasons only if the task is idle. Any thread.
     *
     * @param reasons one or more of the reasons
     * @return whether it was idle: the caller must put it into the run queue; if not, nothing was changed
     */
    public boolean scheduleIfIdle(int reasons) {
        return WORD.compareAndSet(this, IDLE, QUEUED | reasons);
    }

    /**
     * From QUEUED to RUNNING: the caller has just taken the task from the run queue and owns it now.
     *
     * @return the reasons to run, which are taken; 0 if the task was killed, then the caller does not own it
     */
    public int begin() {
        for (; ; ) {
            int now = word;
            if ((now & PHASE) == FINAL) {
                return 0;
            }
            if ((now & PHASE) != QUEUED) {
                throw illegal("begin", now);
            }
            if (WORD.compareAndSet(this, now, RUNNING)) {
                return now & ~PHASE;
            }
        }
    }

    /** {@return the reasons that came while it ran, which are taken; the owner only} */
    public int takeReasons() {
        for (; ; ) {
            int now = word;
            if ((now & PHASE) == FINAL) {
                return 0;
            }
            if ((now & PHASE) != RUNNING) {
                throw illegal("takeReasons", now);
            }
            if (WORD.compareAndSet(this, now, RUNNING)) {
                return now & ~PHASE;
            }
        }
    }

    /**
     * The owner lets go: to IDLE, or to QUEUED if reasons have come.
     *
     * @return whether the caller must put the task into the run queue; after {@code false} it must not touch the task
     */
    public boolean release() {
        for (; ; ) {
            int now = word;
            if ((now & PHASE) == FINAL) {
                return false;
            }
            if ((now & PHASE) != RUNNING) {
                throw illegal("release", now);
            }
            int reasons = now & ~PHASE;
            if (WORD.compareAndSet(this, now, reasons == 0 ? IDLE : QUEUED | reasons)) {
                return reasons != 0;
            }
        }
    }

    /**
     * The owner lets go and wants another turn behind the others.
     *
     * @param reasons why
     * @return whether the caller must put the task into the run queue: always, unless the task was killed
     */
    public boolean requeue(int reasons) {
        for (; ; ) {
            int now = word;
            if ((now & PHASE) == FINAL) {
                return false;
            }
            if ((now & PHASE) != RUNNING) {
                throw illegal("requeue", now);
            }
            if (WORD.compareAndSet(this, now, (now & ~PHASE) | QUEUED | reasons)) {
                return true;
            }
        }
    }

    /**
     * The owner ends the task: no reason counts any more.
     *
     * @return whether it was this call that ended it
     */
    public boolean finish() {
        for (; ; ) {
            int now = word;
            if ((now & PHASE) == FINAL) {
                return false;
            }
            if ((now & PHASE) != RUNNING) {
                throw illegal("finish", now);
            }
            if (WORD.compareAndSet(this, now, FINAL)) {
                return true;
            }
        }
    }

    /**
     * Ends the task whatever its phase. Any thread; an owner goes on with what it has in hand, and its release does nothing.
     *
     * @return whether it was this call that ended it
     */
    public boolean kill() {
        return ((int) WORD.getAndSet(this, FINAL) & PHASE) != FINAL;
    }

    /**
     * {@return whether any of these reasons has come and was not taken yet} Any thread.
     *
     * @param reasons one or more of the reasons
     */
    public boolean isAskedFor(int reasons) {
        int now = word;
        return (now & PHASE) != FINAL && (now & reasons) != 0;
    }

    /** {@return whether the task has an owner now} Any thread. */
    public boolean isRunning() {
        return (word & PHASE) == RUNNING;
    }

    /** {@return whether the task has ended} */
    public boolean isFinal() {
        return (word & PHASE) == FINAL;
    }

    private static IllegalStateException illegal(String transition, int word) {
        return new IllegalStateException(transition + " of a task that is " + describe(word));
    }

    private static String describe(int word) {
        String phase = switch (word & PHASE) {
            case IDLE -> "IDLE";
            case QUEUED -> "QUEUED";
            case RUNNING -> "RUNNING";
            default -> "FINAL";
        };
        return phase + " 0x" + Integer.toHexString(word & ~PHASE);
    }

    @Override
    public String toString() {
        return describe(word);
    }
}
