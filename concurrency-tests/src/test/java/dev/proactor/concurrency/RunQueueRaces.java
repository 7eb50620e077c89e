package dev.proactor.concurrency;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.RunQueue;
import dev.proactor.internal.schedule.RunQueue.Decision;
import dev.proactor.internal.schedule.RunQueue.Turn;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLZ_Result;
import org.openjdk.jcstress.infra.results.LZZ_Result;
import org.openjdk.jcstress.infra.results.ZZZ_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * Races for the run queue. Nobody really parks here: a {@link Turn} that waits stands for a thread that would stay parked, and a
 * leader that is asleep and was not woken for one that would stay in its poll.
 */
public class RunQueueRaces {

    private RunQueueRaces() {}

    /** The queue, with all that is in the tests below: leader, followers, task. */
    private abstract static class Players {
        final Deadlines deadlines = new Deadlines();
        final Task task = new QuietTask();
        volatile boolean leaderWoken;
        final RunQueue queue = new RunQueue(() -> leaderWoken = true);
        final Turn leader = new Turn();
        final Turn follower = new Turn();
        final Turn other = new Turn();

        Decision ask(Turn turn) {
            return queue.next(turn, true, true, 0);
        }

        boolean fallsAsleep() {
            return queue.fallAsleep(deadlines, Deadlines.NONE, 0) == Deadlines.NONE;
        }
    }

    /** A task is added while a follower asks: it takes it, or is signalled, or the leader that sleeps is woken. */
    @JCStressTest
    @Outcome(id = "RUN, true, false", expect = ACCEPTABLE, desc = "the follower has it")
    @Outcome(id = "RUN, true, true", expect = ACCEPTABLE, desc = "the follower has it, the leader was woken as well")
    @Outcome(id = "PARK, false, false", expect = ACCEPTABLE, desc = "parked and signalled")
    @Outcome(id = "PARK, true, true", expect = ACCEPTABLE, desc = "parked after the leader was woken")
    @State
    public static class AddAgainstPark extends Players {

        public AddAgainstPark() {
            ask(leader);
            fallsAsleep();
        }

        @Actor
        public void anyone(LZZ_Result r) {
            queue.add(task, 0);
        }

        @Actor
        public void follower(LZZ_Result r) {
            r.r1 = ask(follower);
        }

        @Arbiter
        public void later(LZZ_Result r) {
            r.r2 = follower.waits();
            r.r3 = leaderWoken;
        }
    }

    /** A task is added while the leader falls asleep and nobody is parked: it stays awake, or it is woken. */
    @JCStressTest
    @Outcome(id = "false, false", expect = ACCEPTABLE, desc = "it has seen the task")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "it is woken")
    @State
    public static class AddAgainstFallingAsleep extends Players {

        public AddAgainstFallingAsleep() {
            ask(leader);
        }

        @Actor
        public void anyone(ZZ_Result r) {
            queue.add(task, 0);
        }

        @Actor
        public void leader(ZZ_Result r) {
            r.r1 = fallsAsleep();
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = leaderWoken;
        }
    }

    /** The interest of a key changes while the leader falls asleep: its poll sees that, or it is woken. */
    @JCStressTest
    @Outcome(id = "true, .*", expect = ACCEPTABLE, desc = "its poll sees it")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "it is woken")
    @State
    public static class InterestAgainstFallingAsleep extends Players {
        private volatile boolean changed;

        public InterestAgainstFallingAsleep() {
            ask(leader);
        }

        @Actor
        public void owner(ZZ_Result r) {
            changed = true;
            queue.wakeLeader();
        }

        @Actor
        public void leader(ZZ_Result r) {
            fallsAsleep();
            r.r1 = changed;
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = leaderWoken;
        }
    }

    /** The leader leaves while a follower asks: the follower leads, or it is signalled to. */
    @JCStressTest
    @Outcome(id = "LEAD, true, false", expect = ACCEPTABLE, desc = "the follower leads")
    @Outcome(id = "PARK, false, false", expect = ACCEPTABLE, desc = "parked and signalled")
    @State
    public static class LeaderLeavesAgainstPark extends Players {

        public LeaderLeavesAgainstPark() {
            ask(leader);
            fallsAsleep();
        }

        @Actor
        public void leader(LZZ_Result r) {
            queue.awake();
            queue.stopLeading(0);
            queue.leave(leader);
        }

        @Actor
        public void follower(LZZ_Result r) {
            r.r1 = ask(follower);
        }

        @Arbiter
        public void later(LZZ_Result r) {
            r.r2 = follower.waits();
            r.r3 = leaderWoken;
        }
    }

    /** The one parked thread leaves while a task is added: the signal that it takes along reaches the leader. */
    @JCStressTest
    @Outcome(id = ".*, true", expect = ACCEPTABLE, desc = "the leader is woken")
    @State
    public static class AddAgainstTheLastThatLeaves extends Players {

        public AddAgainstTheLastThatLeaves() {
            ask(leader);
            fallsAsleep();
            ask(follower);
        }

        @Actor
        public void anyone(ZZ_Result r) {
            queue.add(task, 0);
        }

        @Actor
        public void follower(ZZ_Result r) {
            queue.leave(follower);
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r1 = follower.waits();
            r.r2 = leaderWoken;
        }
    }

    /** One of two parked threads leaves while a task is added: the signal that it takes along reaches the other. */
    @JCStressTest
    @Outcome(id = "false, .*", expect = ACCEPTABLE, desc = "the other is signalled")
    @State
    public static class AddAgainstOneThatLeaves extends Players {

        public AddAgainstOneThatLeaves() {
            ask(leader);
            fallsAsleep();
            ask(other);
            ask(follower);
        }

        @Actor
        public void anyone(ZZ_Result r) {
            queue.add(task, 0);
        }

        @Actor
        public void follower(ZZ_Result r) {
            queue.leave(follower);
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r1 = other.waits();
            r.r2 = leaderWoken;
        }
    }

    /** The leader takes the task that it has found while a follower asks: somebody leads on. */
    @JCStressTest
    @Outcome(id = "RUN, LEAD, true", expect = ACCEPTABLE, desc = "the follower leads")
    @Outcome(id = "RUN, PARK, false", expect = ACCEPTABLE, desc = "the follower is signalled to")
    @Outcome(id = "LEAD, RUN, true", expect = ACCEPTABLE, desc = "the follower has taken the task, the leader leads on")
    @State
    public static class HandOverAgainstPark extends Players {

        public HandOverAgainstPark() {
            ask(leader);
        }

        @Actor
        public void leader(LLZ_Result r) {
            queue.addByLeader(task, 0);
            queue.stopLeading(0);
            r.r1 = ask(leader);
        }

        @Actor
        public void follower(LLZ_Result r) {
            r.r2 = ask(follower);
        }

        @Arbiter
        public void later(LLZ_Result r) {
            r.r3 = follower.waits();
        }
    }

    /** Two ask at once: exactly one leads. */
    @JCStressTest
    @Outcome(id = "LEAD, PARK, true", expect = ACCEPTABLE, desc = "the first leads")
    @Outcome(id = "PARK, LEAD, true", expect = ACCEPTABLE, desc = "the second leads")
    @State
    public static class OneLeads extends Players {

        @Actor
        public void first(LLZ_Result r) {
            r.r1 = ask(follower);
        }

        @Actor
        public void second(LLZ_Result r) {
            r.r2 = ask(other);
        }

        @Arbiter
        public void later(LLZ_Result r) {
            r.r3 = follower.waits() && other.waits();
        }
    }

    /** The queue is closed while a thread asks: it is told so, or it is signalled. */
    @JCStressTest
    @Outcome(id = "CLOSED, true, true", expect = ACCEPTABLE, desc = "told")
    @Outcome(id = "PARK, false, true", expect = ACCEPTABLE, desc = "parked and signalled")
    @State
    public static class CloseAgainstPark extends Players {

        public CloseAgainstPark() {
            ask(leader);
            fallsAsleep();
        }

        @Actor
        public void closer(LZZ_Result r) {
            queue.close();
        }

        @Actor
        public void follower(LZZ_Result r) {
            r.r1 = ask(follower);
        }

        @Arbiter
        public void later(LZZ_Result r) {
            r.r2 = follower.waits();
            r.r3 = leaderWoken;
        }
    }

    /** The queue with a thread that stands by and acts. */
    private abstract static class WithStandBy extends Players {
        static final long LONG = 1_000_000_000;
        static final int WRITE = TaskState.WRITE;
        final Turn standBy = new Turn();

        WithStandBy() {
            queue.standBy(standBy, 0);
        }

        Decision look(long nowNanos) {
            return queue.nextStandingBy(standBy, nowNanos);
        }

        /** The one that stands by owns the task and has found an event. */
        void ownsTask() {
            task.state().schedule(TaskState.READ);
            queue.add(task, 0);
            look(LONG);
            queue.stopLeading(LONG);
            look(LONG);
            task.state().begin();
        }

        void leavesToHandlers() {
            task.state().requeue(TaskState.CONTINUE);
            queue.addForHandlers(task, WRITE);
        }

        boolean schedulesWrite() {
            return !task.state().schedule(WRITE) && queue.promote(task, WRITE);
        }
    }

    /** A task that waits for a handler is promoted while a thread takes it: it has one owner, who sees the reason. */
    @JCStressTest
    @Outcome(id = "true, true, true", expect = ACCEPTABLE, desc = "promoted, then taken, with the reason")
    @Outcome(id = "true, false, true", expect = ACCEPTABLE, desc = "taken; the reason came before it began")
    @Outcome(id = "true, false, false", expect = ACCEPTABLE, desc = "taken; the reason waits for its release")
    @State
    public static class PromoteAgainstTake extends WithStandBy {

        public PromoteAgainstTake() {
            ownsTask();
            leavesToHandlers();
            look(LONG);
        }

        @Actor
        public void handler(ZZZ_Result r) {
            r.r1 = ask(other) == Decision.RUN && other.task() == task;
            r.r3 = (task.state().begin() & WRITE) != 0;
        }

        @Actor
        public void anyone(ZZZ_Result r) {
            r.r2 = schedulesWrite();
        }

        @Arbiter
        public void later(ZZZ_Result r) {
            if (queue.size() != 0 || (!r.r3 && (task.state().takeReasons() & WRITE) == 0)) {
                r.r1 = false;
            }
        }
    }

    /** A task is left to handlers while it is asked for what needs none: the one that stands by gets it once more. */
    @JCStressTest
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen by who left it")
    @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "promoted by who asked")
    @State
    public static class PromoteAgainstLeaveToHandlers extends WithStandBy {

        public PromoteAgainstLeaveToHandlers() {
            ownsTask();
        }

        @Actor
        public void standBy(ZZ_Result r) {
            leavesToHandlers();
        }

        @Actor
        public void anyone(ZZ_Result r) {
            r.r1 = schedulesWrite();
        }

        @Arbiter
        public void later(ZZ_Result r) {
            if (look(LONG) == Decision.LEAD) {
                queue.stopLeading(LONG);
                look(LONG);
            }
            r.r2 = standBy.task() == task;
        }
    }

    /** The one that stands by falls asleep as the leader while the last thread parks: it stays awake, or it is woken. */
    @JCStressTest
    @Outcome(id = "PARK, false, false", expect = ACCEPTABLE, desc = "it has seen the one that parked")
    @Outcome(id = "PARK, true, true", expect = ACCEPTABLE, desc = "it is woken")
    @State
    public static class StandByFallsAsleepAgainstPark extends WithStandBy {

        public StandByFallsAsleepAgainstPark() {
            look(LONG);
        }

        @Actor
        public void follower(LZZ_Result r) {
            r.r1 = ask(follower);
        }

        @Actor
        public void standBy(LZZ_Result r) {
            r.r2 = fallsAsleep();
        }

        @Arbiter
        public void later(LZZ_Result r) {
            r.r3 = leaderWoken;
        }
    }

    /** The one that stands by has led and asks again while the last thread parks: one of the two leads, or is signalled to. */
    @JCStressTest
    @Outcome(id = "PARK, PARK, false", expect = ACCEPTABLE, desc = "parked, and signalled to lead")
    @Outcome(id = "LEAD, PARK, true", expect = ACCEPTABLE, desc = "the one that came leads")
    @Outcome(id = "PARK, LEAD, true", expect = ACCEPTABLE, desc = "the one that stands by leads on and will be woken")
    @State
    public static class StandByGoesOnAgainstPark extends WithStandBy {

        public StandByGoesOnAgainstPark() {
            look(LONG);
        }

        @Actor
        public void follower(LLZ_Result r) {
            r.r1 = ask(follower);
        }

        @Actor
        public void standBy(LLZ_Result r) {
            queue.stopLeading(LONG);
            r.r2 = look(LONG);
        }

        @Arbiter
        public void later(LLZ_Result r) {
            r.r3 = follower.waits();
        }
    }

    /** The one that stands by goes to its long sleep while the last thread takes a task: it sleeps for a time, or is signalled. */
    @JCStressTest
    @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "signalled")
    @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "it looks again by itself")
    @State
    public static class StandByParksAgainstTheLastThatTakes extends WithStandBy {

        public StandByParksAgainstTheLastThatTakes() {
            ask(leader);
            queue.addByLeader(task, 0);
        }

        @Actor
        public void leader(ZZ_Result r) {
            queue.stopLeading(0);
            ask(leader);
        }

        @Actor
        public void standBy(ZZ_Result r) {
            look(1);
            r.r1 = standBy.lookNanos() == Long.MAX_VALUE;
        }

        @Arbiter
        public void later(ZZ_Result r) {
            r.r2 = standBy.waits();
        }
    }
}
