package dev.proactor.concurrency;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.proactor.internal.schedule.TaskState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.ZIZ_Result;
import org.openjdk.jcstress.infra.results.ZZI_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;

/** Races for the one word of a task's state. In the outcomes 4 is READ, 64 is WAKE and -1 is a task that was not queued. */
public class TaskStateRaces {

    private TaskStateRaces() {}

    private static TaskState running() {
        TaskState state = new TaskState();
        state.schedule(TaskState.READ);
        state.begin();
        return state;
    }

    /** {@return the reasons of a task that is queued, 0 if it has ended, -1 if it is neither} */
    private static int beginIfQueued(TaskState state) {
        try {
            return state.begin();
        } catch (IllegalStateException notQueued) {
            return -1;
        }
    }

    /** A reason that comes while the owner lets go is kept, and exactly one of the two puts the task into the queue. */
    @JCStressTest
    @Outcome(id = "true, false, 64", expect = ACCEPTABLE, desc = "released first")
    @Outcome(id = "false, true, 64", expect = ACCEPTABLE, desc = "scheduled first")
    @State
    public static class ScheduleAgainstRelease {
        private final TaskState state = running();

        @Actor
        public void anyone(ZZI_Result r) {
            r.r1 = state.schedule(TaskState.WAKE);
        }

        @Actor
        public void owner(ZZI_Result r) {
            r.r2 = state.release();
        }

        @Arbiter
        public void next(ZZI_Result r) {
            r.r3 = beginIfQueued(state);
        }
    }

    /** Of two that schedule an idle task exactly one enqueues it, and both reasons count. */
    @JCStressTest
    @Outcome(id = "true, false, 68", expect = ACCEPTABLE, desc = "the first enqueues")
    @Outcome(id = "false, true, 68", expect = ACCEPTABLE, desc = "the second enqueues")
    @State
    public static class ScheduleAgainstSchedule {
        private final TaskState state = new TaskState();

        @Actor
        public void first(ZZI_Result r) {
            r.r1 = state.schedule(TaskState.READ);
        }

        @Actor
        public void second(ZZI_Result r) {
            r.r2 = state.schedule(TaskState.WAKE);
        }

        @Arbiter
        public void next(ZZI_Result r) {
            r.r3 = beginIfQueued(state);
        }
    }

    /** Schedule if idle does all or nothing. */
    @JCStressTest
    @Outcome(id = "true, false, 4", expect = ACCEPTABLE, desc = "released first")
    @Outcome(id = "false, false, -1", expect = ACCEPTABLE, desc = "still running, nothing was changed")
    @State
    public static class ScheduleIfIdleAgainstRelease {
        private final TaskState state = running();

        @Actor
        public void leader(ZZI_Result r) {
            r.r1 = state.scheduleIfIdle(TaskState.READ);
        }

        @Actor
        public void owner(ZZI_Result r) {
            r.r2 = state.release();
        }

        @Arbiter
        public void next(ZZI_Result r) {
            r.r3 = beginIfQueued(state);
        }
    }

    /** The leader disarms a key and then schedules, the owner arms it and then lets go: it is armed, or the task runs again. */
    @JCStressTest
    @Outcome(id = "true, -1, true", expect = ACCEPTABLE, desc = "armed")
    @Outcome(id = "true, 4, .*", expect = ACCEPTABLE, desc = "it runs again")
    @Outcome(id = "false, 4, .*", expect = ACCEPTABLE, desc = "it runs again")
    @State
    public static class DisarmAgainstArm {
        private final TaskState state = running();
        private volatile boolean armed = true;
        private volatile boolean queued;

        @Actor
        public void leader(ZIZ_Result r) {
            if (state.scheduleIfIdle(TaskState.READ)) {
                queued = true;
                return;
            }
            armed = false;
            if (state.schedule(TaskState.READ)) {
                queued = true;
            }
        }

        @Actor
        public void owner(ZIZ_Result r) {
            if (!armed) {
                armed = true;
            }
            if (state.release()) {
                queued = true;
            }
        }

        @Arbiter
        public void next(ZIZ_Result r) {
            r.r2 = beginIfQueued(state);
            r.r1 = queued == (r.r2 != -1);
            r.r3 = armed;
        }
    }

    /** A reason is taken exactly once: now, at the release, or by the next owner. */
    @JCStressTest
    @Outcome(id = "0, 64, -1", expect = ACCEPTABLE, desc = "taken now")
    @Outcome(id = "2, 0, 64", expect = ACCEPTABLE, desc = "found by the release")
    @Outcome(id = "1, 0, 64", expect = ACCEPTABLE, desc = "after the release")
    @State
    public static class ScheduleAgainstTakeReasons {
        private final TaskState state = running();
        private volatile boolean byScheduler;
        private volatile boolean byOwner;

        @Actor
        public void anyone(III_Result r) {
            byScheduler = state.schedule(TaskState.WAKE);
        }

        @Actor
        public void owner(III_Result r) {
            r.r2 = state.takeReasons();
            byOwner = state.release();
        }

        @Arbiter
        public void next(III_Result r) {
            r.r1 = (byScheduler ? 1 : 0) + (byOwner ? 2 : 0);
            r.r3 = beginIfQueued(state);
        }
    }

    /** What was written before a schedule is seen by a run that follows, though the reason was there already. */
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "seen by this run")
    @Outcome(id = "1, .*, 1", expect = ACCEPTABLE, desc = "seen, and another run follows")
    @Outcome(id = "0, .*, 1", expect = ACCEPTABLE, desc = "not seen, but another run follows")
    @State
    public static class WhatWasScheduledIsSeen {
        private final TaskState state = running();
        private int inbox;

        {
            state.schedule(TaskState.WAKE);
        }

        @Actor
        public void anyone(III_Result r) {
            inbox = 1;
            r.r2 = state.schedule(TaskState.WAKE) ? 1 : 0;
        }

        @Actor
        public void owner(III_Result r) {
            state.takeReasons();
            r.r1 = inbox;
            state.release();
        }

        @Arbiter
        public void next(III_Result r) {
            r.r3 = beginIfQueued(state) > 0 ? 1 : 0;
        }
    }

    /** What an owner wrote is seen by the next owner. */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "owned after the release")
    @Outcome(id = "1, 0, 0", expect = ACCEPTABLE, desc = "the former owner goes on")
    @State
    public static class WhatAnOwnerWroteIsSeen {
        private final TaskState state = running();
        private int owned;

        @Actor
        public void owner(III_Result r) {
            owned = 1;
            r.r1 = state.release() ? 1 : 0;
        }

        @Actor
        public void next(III_Result r) {
            if (state.schedule(TaskState.READ)) {
                state.begin();
                r.r2 = owned == 1 ? 1 : -1;
            }
        }
    }

    /** Of a kill and a finish exactly one has ended the task. */
    @JCStressTest
    @Outcome(id = "true, false, true", expect = ACCEPTABLE, desc = "killed")
    @Outcome(id = "false, true, true", expect = ACCEPTABLE, desc = "finished")
    @State
    public static class KillAgainstFinish {
        private final TaskState state = running();

        @Actor
        public void closer(ZZZ_Result r) {
            r.r1 = state.kill();
        }

        @Actor
        public void owner(ZZZ_Result r) {
            r.r2 = state.finish();
        }

        @Arbiter
        public void end(ZZZ_Result r) {
            r.r3 = state.isFinal();
        }
    }

    /** A killed task stays so, whether its owner lets go before or after; what is in the queue is then passed over. */
    @JCStressTest
    @Outcome(id = "true, true, 0", expect = ACCEPTABLE, desc = "released first, its place in the queue is void")
    @Outcome(id = "true, false, 0", expect = ACCEPTABLE, desc = "killed first")
    @State
    public static class KillAgainstRelease {
        private final TaskState state = running();

        {
            state.schedule(TaskState.WAKE);
        }

        @Actor
        public void closer(ZZI_Result r) {
            r.r1 = state.kill();
        }

        @Actor
        public void owner(ZZI_Result r) {
            r.r2 = state.release();
        }

        @Arbiter
        public void end(ZZI_Result r) {
            r.r3 = beginIfQueued(state);
        }
    }

    /** Nobody ends a task twice, also where it is killed between its queue and its owner. */
    @JCStressTest
    @Outcome(id = "true, 0, false", expect = ACCEPTABLE, desc = "killed in the queue: no owner")
    @Outcome(id = "true, 4, false", expect = ACCEPTABLE, desc = "killed under its owner")
    @Outcome(id = "false, 4, true", expect = ACCEPTABLE, desc = "finished")
    @State
    public static class KillAgainstBegin {
        private final TaskState state = new TaskState();

        {
            state.schedule(TaskState.READ);
        }

        @Actor
        public void closer(ZIZ_Result r) {
            r.r1 = state.kill();
        }

        @Actor
        public void owner(ZIZ_Result r) {
            r.r2 = state.begin();
            r.r3 = state.finish();
        }
    }
}
