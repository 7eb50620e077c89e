package dev.proactor.concurrency;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.RunQueue;
import dev.proactor.internal.schedule.RunQueue.Turn;
import dev.proactor.internal.schedule.Task;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Races between a task's owner, who moves its deadline without the lock, and the leader. */
public class DeadlinesRaces {

    private DeadlinesRaces() {}

    private static int expired(Deadlines deadlines, long nowNanos) {
        int[] count = {0};
        deadlines.expire(nowNanos, task -> count[0]++);
        return count[0];
    }

    /** Moved later while it expires: it may tick for the former time, it ticks at the new one, never between, never later. */
    @JCStressTest
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "moved first")
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "expired first")
    @State
    public static class SetLaterAgainstExpire {
        private final Deadlines deadlines = new Deadlines();
        private final Task task = new QuietTask();

        {
            deadlines.set(task, 10);
        }

        @Actor
        public void owner(III_Result r) {
            deadlines.set(task, 20);
        }

        @Actor
        public void leader(III_Result r) {
            r.r1 = expired(deadlines, 10);
        }

        @Arbiter
        public void later(III_Result r) {
            r.r2 = expired(deadlines, 19);
            r.r3 = deadlines.earliestNanos() <= 20 ? expired(deadlines, 20) : -1;
        }
    }

    /** Moved earlier while the leader puts it back for its later time: it ticks at the earlier one. */
    @JCStressTest
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "in time")
    @State
    public static class SetEarlierAgainstExpire {
        private final Deadlines deadlines = new Deadlines();
        private final Task task = new QuietTask();

        {
            deadlines.set(task, 10);
            deadlines.set(task, 30);
        }

        @Actor
        public void owner(III_Result r) {
            deadlines.set(task, 20);
        }

        @Actor
        public void leader(III_Result r) {
            r.r1 = expired(deadlines, 10);
        }

        @Arbiter
        public void later(III_Result r) {
            r.r2 = expired(deadlines, 19);
            r.r3 = deadlines.earliestNanos() <= 20 ? expired(deadlines, 20) : -1;
        }
    }

    /** Set anew while the leader drops the one that was taken back: it is not dropped with it. */
    @JCStressTest
    @Outcome(id = "0, 0, 1", expect = ACCEPTABLE, desc = "in time")
    @State
    public static class SetAnewAgainstExpire {
        private final Deadlines deadlines = new Deadlines();
        private final Task task = new QuietTask();

        {
            deadlines.set(task, 10);
            deadlines.set(task, Deadlines.NONE);
        }

        @Actor
        public void owner(III_Result r) {
            deadlines.set(task, 20);
        }

        @Actor
        public void leader(III_Result r) {
            r.r1 = expired(deadlines, 10);
        }

        @Arbiter
        public void later(III_Result r) {
            r.r2 = expired(deadlines, 19);
            r.r3 = deadlines.earliestNanos() <= 20 ? expired(deadlines, 20) : -1;
        }
    }

    /** Set while the leader falls asleep: it sleeps no longer than that, or it is woken. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "the leader has seen it")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "the leader is woken")
    @State
    public static class SetAgainstFallingAsleep {
        private final Deadlines deadlines = new Deadlines();
        private final Task task = new QuietTask();
        private volatile boolean woken;
        private final RunQueue queue = new RunQueue(() -> woken = true);

        {
            queue.next(new Turn(), true, true, 0);
        }

        @Actor
        public void owner(ZZ_Result r) {
            if (deadlines.set(task, 10)) {
                queue.wakeLeaderBefore(10);
            }
        }

        @Actor
        public void leader(ZZ_Result r) {
            r.r1 = queue.fallAsleep(deadlines, Deadlines.NONE, 0) == 10;
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = woken;
        }
    }
}
