package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The proactor's own events: time-out, interrupt, inactive, in this order.
 *
 * <p>The time-out counts as something alive from when it is set until its event has been handled or it is cancelled: the
 * proactor is inactive when nothing at all is alive.
 */
final class ProactorTask extends Task implements TaskBatch.Subject {

    private enum Timer {
        UNSET,
        SET,
        /** Its time is over and the event is on its way or being handled. */
        FIRED
    }

    private static final int TIMEOUT = 1;
    private static final int INTERRUPT = 2;
    private static final int INACTIVE = 4;

    private final DefaultProactor proactor;

    private final Object timerLock = new Object();
    // Guarded by timerLock.
    private Timer timer = Timer.UNSET;
    private long timerNanos;

    // Owned by the RUNNING task.
    private int due;
    private boolean timeoutHandedOut;
    private int events;
    private long openedNanos;
    private final SimpleEvent event;

    ProactorTask(DefaultProactor proactor) {
        this.proactor = proactor;
        this.event = new SimpleEvent(proactor, null);
    }

    // ---- any thread

    void setTimeout(long atNanos) {
        synchronized (timerLock) {
            if (timer == Timer.UNSET) {
                proactor.alive();
            }
            timer = Timer.SET;
            timerNanos = atNanos;
        }
        // Deadlines belong to the owner of a task: it takes over what was set here.
        proactor.loop().schedule(this, TaskState.CONTINUE);
    }

    void cancelTimeout() {
        boolean wasAlive;
        synchronized (timerLock) {
            // One that has fired has its batch already: too late, and its owner takes it off the living.
            wasAlive = timer == Timer.SET;
            if (wasAlive) {
                timer = Timer.UNSET;
            }
        }
        if (wasAlive) {
            proactor.dead();
        } else {
            proactor.checkInactive();
        }
    }

    // ---- the owner

    @Override
    public @Nullable EventBatch run(int reasons, long nowNanos) {
        collect(reasons, nowNanos);
        if (due == INACTIVE && !proactor.isInactive()) {
            due = 0;
        }
        if (due == 0) {
            done(nowNanos);
            return null;
        }
        openedNanos = nowNanos;
        events = 0;
        proactor.batchOpened();
        return new TaskBatch(proactor, this);
    }

    /** All that happens here is events. */
    @Override
    public void runIo(int reasons, long nowNanos) {
        proactor.loop().leaveToHandlers(this, reasons, 0);
    }

    private void collect(int reasons, long nowNanos) {
        if ((reasons & TaskState.INTERRUPT) != 0) {
            due |= INTERRUPT;
        }
        if ((reasons & TaskState.INACTIVE) != 0) {
            due |= INACTIVE;
        }
        synchronized (timerLock) {
            if (timer == Timer.SET && timerNanos <= nowNanos) {
                timer = Timer.FIRED;
                due |= TIMEOUT;
            }
        }
    }

    @Override
    public @Nullable Event advance() {
        if (timeoutHandedOut) {
            timeoutHandedOut = false;
            timeoutHandled();
        }
        if ((due & TIMEOUT) != 0) {
            due &= ~TIMEOUT;
            timeoutHandedOut = true;
            proactor.countTimeout();
            return handOut(EventType.PROACTOR_TIMEOUT);
        }
        if ((due & INTERRUPT) != 0) {
            due &= ~INTERRUPT;
            proactor.countInterrupt();
            return handOut(EventType.PROACTOR_INTERRUPT);
        }
        if ((due & INACTIVE) != 0) {
            due &= ~INACTIVE;
            if (events > 0 && !proactor.isInactive()) {
                // The handler of the event before it has begun something. As the first event it was judged in run().
                return null;
            }
            return handOut(EventType.PROACTOR_INACTIVE);
        }
        return null;
    }

    private Event handOut(EventType type) {
        events++;
        return event.is(type);
    }

    /** INACTIVE is judged after the time-out was handled: its handler may have set another, or connected. */
    private void timeoutHandled() {
        boolean over;
        synchronized (timerLock) {
            over = timer == Timer.FIRED;
            if (over) {
                timer = Timer.UNSET;
            }
        }
        if (over && proactor.deadQuietly()) {
            due |= INACTIVE;
        }
    }

    @Override
    public void closeBatch() {
        if (timeoutHandedOut) {
            timeoutHandedOut = false;
            timeoutHandled();
        }
        long now = proactor.loop().nowNanos();
        proactor.batchClosed(EventSource.PROACTOR, events);
        proactor.recordOwnBatch(readyNanos(), openedNanos, now, events);
        done(now);
    }

    private void done(long nowNanos) {
        long deadline;
        synchronized (timerLock) {
            deadline = timer == Timer.SET ? timerNanos : Deadlines.NONE;
        }
        proactor.loop().deadline(this, deadline);
        boolean again = due != 0 ? state.requeue(TaskState.CONTINUE) : state.release();
        if (again) {
            proactor.loop().enqueue(this);
        }
    }

    @Override
    public void crashed(Throwable failure) {
        // Its own events are lost at worst; the proactor goes on.
        due = 0;
        if (state.release()) {
            proactor.loop().enqueue(this);
        }
    }

    @Override
    public EventSource source() {
        return EventSource.PROACTOR;
    }

    @Override
    public @Nullable Connection connection() {
        return null;
    }

    @Override
    public @Nullable Listener listener() {
        return null;
    }

    @Override
    public String toString() {
        return "the proactor's own events";
    }
}
