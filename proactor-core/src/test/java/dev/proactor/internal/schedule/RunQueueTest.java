package dev.proactor.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.internal.schedule.RunQueue.Decision;
import dev.proactor.internal.schedule.RunQueue.Turn;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One thread plays all of them: a {@link Turn} stands for a thread, and one that does not wait any more was signalled. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RunQueueTest {

    private static final long NOW = 1000;

    private final Deadlines deadlines = new Deadlines();
    private final TestTask a = queued("a");
    private final TestTask b = queued("b");
    private final TestTask c = queued("c");
    private int leaderWakeups;
    private final RunQueue queue = new RunQueue(() -> leaderWakeups++);

    private static TestTask queued(String name) {
        TestTask task = new TestTask(name);
        task.state().schedule(TaskState.READ);
        return task;
    }

    private Decision ask(Turn turn) {
        return queue.next(turn, true, true, NOW);
    }

    private Turn leader() {
        Turn turn = new Turn();
        assertThat(ask(turn)).isEqualTo(Decision.LEAD);
        return turn;
    }

    private Turn sleepingLeader() {
        Turn turn = leader();
        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, NOW)).isEqualTo(Deadlines.NONE);
        return turn;
    }

    private Turn parked() {
        Turn turn = new Turn();
        assertThat(ask(turn)).isEqualTo(Decision.PARK);
        assertThat(turn.waits()).isTrue();
        return turn;
    }

    private void stopLeading() {
        queue.awake();
        queue.stopLeading(NOW);
    }

    private void assertRuns(Turn turn, Task task) {
        assertThat(ask(turn)).isEqualTo(Decision.RUN);
        assertThat(turn.task()).isSameAs(task);
    }

    // ---- the decisions

    @Test
    void theFirstThreadLeads() {
        assertThat(ask(new Turn())).isEqualTo(Decision.LEAD);
    }

    @Test
    void onlyOneLeads() {
        leader();

        assertThat(ask(new Turn())).isEqualTo(Decision.PARK);
        assertThat(ask(new Turn())).isEqualTo(Decision.PARK);
    }

    @Test
    void oneThatDoesNotWaitIsToldThatThereIsNothing() {
        leader();

        assertThat(queue.next(new Turn(), false, true, NOW)).isEqualTo(Decision.NOTHING);
    }

    @Test
    void oneThatMayNotLeadIsToldThatThereIsNothing() {
        assertThat(queue.next(new Turn(), false, false, NOW)).isEqualTo(Decision.NOTHING);
    }

    @Test
    void oneThatMayNotLeadTakesATask() {
        queue.add(a, NOW);
        Turn turn = new Turn();

        assertThat(queue.next(turn, false, false, NOW)).isEqualTo(Decision.RUN);
        assertThat(turn.task()).isSameAs(a);
    }

    @Test
    void whileSomebodyLeadsTasksAreTakenInTheirOrder() {
        leader();
        queue.add(a, NOW);
        queue.add(b, NOW);
        queue.add(c, NOW);
        assertThat(queue.size()).isEqualTo(3);

        assertRuns(new Turn(), a);
        assertRuns(new Turn(), b);
        assertRuns(new Turn(), c);
        assertThat(queue.size()).isZero();
    }

    @Test
    void aTaskKnowsSinceWhenItIsReady() {
        leader();
        queue.add(a, NOW + 5);

        assertRuns(new Turn(), a);
        assertThat(a.readyNanos()).isEqualTo(NOW + 5);
    }

    @Test
    void aClosedQueueSendsAway() {
        queue.add(a, NOW);

        queue.close();

        assertThat(queue.isClosed()).isTrue();
        assertThat(ask(new Turn())).isEqualTo(Decision.CLOSED);
    }

    @Test
    void closingSignalsAllThatAreParkedAndWakesTheLeader() {
        sleepingLeader();
        Turn first = parked();
        Turn second = parked();

        queue.close();

        assertThat(first.waits()).isFalse();
        assertThat(second.waits()).isFalse();
        assertThat(leaderWakeups).isEqualTo(1);
    }

    @Test
    void aLeaderDoesNotFallAsleepOverAClosedQueue() {
        leader();

        queue.close();

        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, NOW)).isEqualTo(NOW);
    }

    // ---- signals

    @Test
    void anAddedTaskSignalsTheThreadThatParkedLast() {
        sleepingLeader();
        Turn first = parked();
        Turn second = parked();

        queue.add(a, NOW);

        assertThat(second.waits()).isFalse();
        assertThat(first.waits()).isTrue();
        assertThat(leaderWakeups).as("a follower takes it").isZero();
    }

    @Test
    void anAddedTaskWakesTheSleepingLeaderIfNobodyIsParked() {
        sleepingLeader();

        queue.add(a, NOW);
        queue.add(b, NOW);

        assertThat(leaderWakeups).as("once is enough").isEqualTo(1);
    }

    @Test
    void anAwakeLeaderIsNotWoken() {
        leader();

        queue.add(a, NOW);
        queue.wakeLeader();
        queue.wakeLeaderBefore(NOW - 500);

        assertThat(leaderWakeups).isZero();
    }

    @Test
    void nobodyIsWokenWhereNobodyLeads() {
        queue.add(a, NOW);
        queue.wakeLeader();
        queue.wakeLeaderBefore(NOW - 500);

        assertThat(leaderWakeups).isZero();
    }

    @Test
    void aLeaderThatWasWokenAndSleepsAgainCanBeWokenAgain() {
        sleepingLeader();
        queue.wakeLeader();
        stopLeading();
        sleepingLeader();

        queue.wakeLeader();

        assertThat(leaderWakeups).isEqualTo(2);
    }

    @Test
    void whoTakesOneOfSeveralTasksSignalsOneForTheNext() {
        Turn leader = sleepingLeader();
        Turn first = parked();
        Turn second = parked();
        queue.addByLeader(a, NOW);
        queue.addByLeader(b, NOW);
        queue.addByLeader(c, NOW);
        assertThat(second.waits()).as("the leader tells nobody").isTrue();

        stopLeading();
        assertRuns(leader, a);
        assertThat(second.waits()).isFalse();
        assertThat(first.waits()).isTrue();

        assertRuns(second, b);
        assertThat(first.waits()).isFalse();

        assertRuns(first, c);
        assertThat(ask(new Turn())).as("nobody leads any more").isEqualTo(Decision.LEAD);
    }

    @Test
    void whoTakesTheLastTaskSignalsOneToLead() {
        Turn leader = sleepingLeader();
        Turn follower = parked();
        queue.addByLeader(a, NOW);

        stopLeading();
        assertRuns(leader, a);

        assertThat(follower.waits()).isFalse();
        assertThat(ask(follower)).isEqualTo(Decision.LEAD);
    }

    @Test
    void whoTakesTheLastTaskWhileSomebodyLeadsSignalsNobody() {
        sleepingLeader();
        Turn first = parked();
        Turn second = parked();
        queue.add(a, NOW);

        assertRuns(second, a);

        assertThat(first.waits()).isTrue();
    }

    @Test
    void oneThatWasSignalledAndLeavesPassesTheSignalOn() {
        sleepingLeader();
        Turn first = parked();
        Turn second = parked();
        queue.add(a, NOW);

        queue.leave(second);

        assertThat(first.waits()).isFalse();
        assertRuns(first, a);
    }

    @Test
    void oneThatWasSignalledAndLeavesWakesTheLeaderIfNobodyElseIsParked() {
        Turn leader = sleepingLeader();
        Turn only = parked();
        queue.add(a, NOW);
        assertThat(leaderWakeups).isZero();

        queue.leave(only);

        assertThat(leaderWakeups).isEqualTo(1);
        stopLeading();
        assertRuns(leader, a);
    }

    @Test
    void aFormerLeaderThatLeavesSignalsOneToLead() {
        Turn leader = sleepingLeader();
        Turn follower = parked();

        stopLeading();
        queue.leave(leader);

        assertThat(follower.waits()).isFalse();
        assertThat(ask(follower)).isEqualTo(Decision.LEAD);
    }

    @Test
    void oneThatLeavesIsNotSignalledAnyMore() {
        sleepingLeader();
        Turn first = parked();
        Turn second = parked();
        Turn third = parked();

        queue.leave(second);
        queue.add(a, NOW);
        queue.add(b, NOW);

        assertThat(second.waits()).isTrue();
        assertThat(third.waits()).isFalse();
        assertThat(first.waits()).isFalse();
        assertThat(leaderWakeups).isZero();
    }

    @Test
    void oneThatLeavesWhileSomebodyLeadsOverAnEmptyQueueSignalsNobody() {
        sleepingLeader();
        Turn first = parked();
        Turn second = parked();

        queue.leave(second);

        assertThat(first.waits()).isTrue();
        assertThat(leaderWakeups).isZero();
    }

    @Test
    void aSignalledThreadThatComesTooLateParksAgainAndCanBeSignalledAgain() {
        sleepingLeader();
        Turn follower = parked();
        queue.add(a, NOW);
        assertRuns(new Turn(), a);

        assertThat(follower.waits()).isFalse();
        assertThat(ask(follower)).isEqualTo(Decision.PARK);
        assertThat(follower.waits()).isTrue();
        queue.add(b, NOW);

        assertThat(follower.waits()).isFalse();
        assertRuns(follower, b);
    }

    @Test
    void parkReturnsAtOnceAfterASignal() {
        sleepingLeader();
        Turn follower = parked();
        queue.add(a, NOW);

        follower.park(Long.MAX_VALUE);

        assertThat(follower.waits()).isFalse();
    }

    @Test
    void whatAThreadWasGivenIsNotHeldWhileItDoesSomethingElse() {
        leader();
        Turn turn = new Turn();
        queue.add(a, NOW);
        assertRuns(turn, a);

        assertThat(ask(turn)).isEqualTo(Decision.PARK);

        assertThat(turn.task()).as("it may have ended long since").isNull();
    }

    // ---- falling asleep

    @Test
    void aLeaderDoesNotFallAsleepOverAReadyTask() {
        leader();
        queue.add(a, NOW);

        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, NOW)).isEqualTo(NOW);
    }

    @Test
    void aLeaderSleepsUntilItsOwnTimeOrTheFirstDeadline() {
        deadlines.set(a, 3000);
        leader();
        assertThat(queue.fallAsleep(deadlines, 5000, NOW)).isEqualTo(3000);
        stopLeading();

        leader();
        assertThat(queue.fallAsleep(deadlines, 2000, NOW)).isEqualTo(2000);
    }

    @Test
    void aLeaderWithADeadlineThatIsOverStaysAwake() {
        deadlines.set(a, NOW);
        leader();

        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, NOW)).isEqualTo(NOW);

        queue.wakeLeader();
        assertThat(leaderWakeups).isZero();
    }

    @Test
    void onlyADeadlineBeforeTheEndOfItsSleepWakesTheLeader() {
        leader();
        assertThat(queue.fallAsleep(deadlines, 5000, NOW)).isEqualTo(5000);

        queue.wakeLeaderBefore(5000);
        queue.wakeLeaderBefore(6000);
        assertThat(leaderWakeups).isZero();

        queue.wakeLeaderBefore(4999);
        assertThat(leaderWakeups).isEqualTo(1);
    }

    // ---- fairness

    @Test
    void betweenTwoPollsEachTaskThatWasReadyRunsOnce() {
        Turn turn = leader();
        queue.addByLeader(a, NOW);
        queue.addByLeader(b, NOW);
        stopLeading();

        assertRuns(turn, a);
        queue.add(a, NOW);
        assertRuns(turn, b);
        queue.add(b, NOW);

        assertThat(ask(turn)).as("a round is over").isEqualTo(Decision.LEAD);
        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, NOW)).isEqualTo(NOW);
        queue.addByLeader(c, NOW);
        stopLeading();

        assertRuns(turn, a);
        queue.add(a, NOW);
        assertRuns(turn, b);
        queue.add(b, NOW);
        assertRuns(turn, c);
        assertThat(ask(turn)).isEqualTo(Decision.LEAD);
    }

    @Test
    void aLongRoundIsInterruptedByAPoll() {
        long almost = NOW + TimeUnit.MILLISECONDS.toNanos(10) - 1;
        Turn turn = leader();
        queue.addByLeader(a, NOW);
        queue.addByLeader(b, NOW);
        queue.addByLeader(c, NOW);
        stopLeading();

        assertRuns(turn, a);
        assertThat(queue.next(turn, true, true, almost)).isEqualTo(Decision.RUN);
        assertThat(queue.next(turn, true, true, almost + 1)).isEqualTo(Decision.LEAD);
        queue.stopLeading(almost + 1);
        assertRuns(turn, c);
    }

    @Test
    void aTaskAddedWhileNobodyLedWaitsForAPoll() {
        queue.add(a, NOW);
        Turn turn = new Turn();

        assertThat(ask(turn)).isEqualTo(Decision.LEAD);
        stopLeading();

        assertRuns(turn, a);
    }

    // ---- time without a leader

    @Test
    void theTimeWithoutALeaderBeginsWhenTheLastThreadTakesATask() {
        Turn turn = leader();
        queue.addByLeader(a, NOW);
        assertThat(queue.stopLeading(NOW)).isEqualTo(Deadlines.NONE);
        assertThat(queue.next(turn, true, true, NOW + 1)).isEqualTo(Decision.RUN);

        assertThat(queue.next(turn, true, true, NOW + 500)).isEqualTo(Decision.LEAD);

        assertThat(queue.stopLeading(NOW)).isEqualTo(NOW + 1);
        assertThat(queue.next(turn, true, true, NOW + 600)).isEqualTo(Decision.LEAD);
        assertThat(queue.stopLeading(NOW)).as("it is told once").isEqualTo(Deadlines.NONE);
    }

    @Test
    void thereIsNoTimeWithoutALeaderWhereAFollowerWasSignalled() {
        Turn leader = leader();
        Turn follower = parked();
        queue.addByLeader(a, NOW);
        queue.stopLeading(NOW);
        assertRuns(leader, a);

        assertThat(ask(follower)).isEqualTo(Decision.LEAD);

        assertThat(queue.stopLeading(NOW)).isEqualTo(Deadlines.NONE);
    }
}
