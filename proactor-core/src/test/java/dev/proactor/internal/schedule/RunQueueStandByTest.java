package dev.proactor.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.internal.schedule.RunQueue.Decision;
import dev.proactor.internal.schedule.RunQueue.Turn;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The thread that stands by. One thread plays all of them, as in {@link RunQueueTest}. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class RunQueueStandByTest {

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long PATIENCE = 20 * MILLI;

    private final Deadlines deadlines = new Deadlines();
    private final TestTask a = queued("a");
    private final TestTask b = queued("b");
    private final TestTask c = queued("c");
    private int leaderWakeups;
    private final RunQueue queue = new RunQueue(() -> leaderWakeups++);
    private final Turn standBy = new Turn();
    private long now = -5;

    private static TestTask queued(String name) {
        TestTask task = new TestTask(name);
        task.state().schedule(TaskState.READ);
        return task;
    }

    @BeforeEach
    void standBy() {
        assertThat(queue.standBy(standBy, now)).isTrue();
    }

    private Decision ask(Turn turn) {
        return queue.next(turn, true, true, now);
    }

    private Decision look() {
        return queue.nextStandingBy(standBy, now);
    }

    private void assertParksForever() {
        assertThat(look()).isEqualTo(Decision.PARK);
        assertThat(standBy.lookNanos()).isEqualTo(Long.MAX_VALUE);
    }

    private void assertLooksAgainIn(long nanos) {
        assertThat(look()).isEqualTo(Decision.PARK);
        assertThat(standBy.lookNanos()).isEqualTo(nanos);
    }

    private Turn leader() {
        Turn turn = new Turn();
        assertThat(ask(turn)).isEqualTo(Decision.LEAD);
        return turn;
    }

    private Turn parked() {
        Turn turn = new Turn();
        assertThat(ask(turn)).isEqualTo(Decision.PARK);
        return turn;
    }

    private void stopLeading() {
        queue.awake();
        queue.stopLeading(now);
    }

    private void assertRuns(Turn turn, TestTask task) {
        assertThat(ask(turn)).isEqualTo(Decision.RUN);
        assertThat(turn.task()).isSameAs(task);
        assertThat(task.state().begin()).isPositive();
    }

    /** Nobody has led for long enough, and the one that stands by leads. */
    private void actsAndLeads() {
        now += PATIENCE;
        assertThat(look()).isEqualTo(Decision.LEAD);
    }

    /** The one that stands by has run it, and it needs a handler. */
    private void leaveToHandlers(TestTask task) {
        queue.addByLeader(task, now);
        stopLeading();
        assertThat(look()).isEqualTo(Decision.RUN);
        assertThat(standBy.task()).isSameAs(task);
        assertThat(task.state().begin()).isPositive();
        assertThat(task.state().requeue(TaskState.CONTINUE)).isTrue();
        queue.addForHandlers(task, TaskState.WRITE);
    }

    private void sleeps() {
        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, now)).isEqualTo(Deadlines.NONE);
    }

    // ---- when it acts

    @Test
    void itLeavesAloneWhoLeads() {
        leader();

        now += 10 * PATIENCE;
        assertParksForever();
    }

    @Test
    void itIsNotSignalledWhereAnIdleThreadCanBe() {
        Turn leader = leader();
        parked();
        parked();
        assertParksForever();
        for (int i = 0; i < 100; i++) {
            now += MILLI;
            TestTask task = queued("task " + i);
            queue.addByLeader(task, now);
            stopLeading();
            assertRuns(leader, task);
            Turn next = new Turn();
            assertThat(ask(next)).isEqualTo(Decision.LEAD);
            assertThat(ask(leader)).isEqualTo(Decision.PARK);
            leader = next;
        }

        assertThat(standBy.waits()).isTrue();
    }

    @Test
    void theLastThreadThatTakesATaskSignalsIt() {
        Turn leader = leader();
        assertParksForever();

        queue.addByLeader(a, now);
        stopLeading();
        assertRuns(leader, a);

        assertThat(standBy.waits()).isFalse();
    }

    @Test
    void theLastThreadThatLeavesSignalsIt() {
        Turn leader = leader();
        assertParksForever();

        stopLeading();
        queue.leave(leader);

        assertThat(standBy.waits()).isFalse();
    }

    @Test
    void aThreadThatLeavesAnotherBehindDoesNotSignalIt() {
        Turn leader = leader();
        Turn other = parked();
        assertParksForever();

        stopLeading();
        queue.leave(leader);

        assertThat(other.waits()).isFalse();
        assertThat(standBy.waits()).isTrue();
    }

    @Test
    void itActsWhenNobodyHasLedForLongEnough() {
        Turn leader = leader();
        now += MILLI;
        queue.addByLeader(a, now);
        stopLeading();
        now += MILLI;
        assertRuns(leader, a);

        assertLooksAgainIn(PATIENCE - MILLI);
        now += PATIENCE - MILLI - 1;
        assertLooksAgainIn(1);
        now++;
        assertThat(look()).isEqualTo(Decision.LEAD);
    }

    @Test
    void itActsThoughNobodyHasEverLed() {
        assertLooksAgainIn(PATIENCE);
        now += PATIENCE;
        assertThat(look()).isEqualTo(Decision.LEAD);
    }

    @Test
    void underLoadItLooksOnceInThatTimeAndIsNeverSignalled() {
        Turn only = leader();
        TestTask first = queued("first");
        queue.addByLeader(first, now);
        stopLeading();
        assertRuns(only, first);
        for (int look = 0; look < 10; look++) {
            assertThat(look()).isEqualTo(Decision.PARK);
            assertThat(standBy.lookNanos()).isEqualTo(PATIENCE);
            for (int i = 0; i < 20; i++) {
                now += MILLI;
                assertThat(ask(only)).isEqualTo(Decision.LEAD);
                TestTask task = queued("task");
                queue.addByLeader(task, now);
                stopLeading();
                assertRuns(only, task);
            }
            assertThat(standBy.waits()).isTrue();
        }
    }

    @Test
    void itParksForEverOnceItHasSeenSomebodyForAWholeLook() {
        Turn only = leader();
        queue.addByLeader(a, now);
        stopLeading();
        assertRuns(only, a);
        assertThat(ask(only)).isEqualTo(Decision.LEAD);

        assertLooksAgainIn(PATIENCE);
        assertParksForever();
    }

    @Test
    void onlyOneMayStandBy() {
        Turn second = new Turn();
        assertThat(queue.standBy(second, now)).isFalse();
        queue.endStandBy(second);
        assertThat(queue.standBy(second, now)).as("the first one still does").isFalse();

        queue.endStandBy(standBy);

        assertThat(queue.standBy(second, now)).isTrue();
    }

    // ---- while it acts

    @Test
    void itGoesOnToActAsLongAsNobodyComes() {
        actsAndLeads();
        queue.addByLeader(a, now);
        stopLeading();

        assertThat(look()).isEqualTo(Decision.RUN);
        assertThat(standBy.task()).isSameAs(a);
        assertThat(look()).isEqualTo(Decision.LEAD);
    }

    @Test
    void whoParksWakesItAndGetsTheLead() {
        actsAndLeads();
        sleeps();

        Turn back = parked();
        assertThat(leaderWakeups).isEqualTo(1);
        assertThat(back.waits()).isTrue();
        stopLeading();

        assertLooksAgainIn(PATIENCE);
        assertThat(back.waits()).isFalse();
        assertThat(ask(back)).isEqualTo(Decision.LEAD);
    }

    @Test
    void whoParksBeforeItSleepsKeepsItAwake() {
        actsAndLeads();
        parked();

        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, now)).isEqualTo(now);
    }

    @Test
    void whatItFoundIsLeftToWhoHasParked() {
        actsAndLeads();
        Turn back = parked();
        queue.addByLeader(a, now);
        stopLeading();

        assertThat(look()).isEqualTo(Decision.PARK);
        assertThat(back.waits()).isFalse();
        assertRuns(back, a);
    }

    @Test
    void aThreadThatComesWhileItRunsATaskLeads() {
        actsAndLeads();
        queue.addByLeader(a, now);
        stopLeading();
        assertThat(look()).isEqualTo(Decision.RUN);

        leader();

        assertThat(look()).isEqualTo(Decision.PARK);
    }

    @Test
    void aTaskFromOutsideWakesItAsAnyLeader() {
        actsAndLeads();
        sleeps();

        queue.add(a, now);

        assertThat(leaderWakeups).isEqualTo(1);
    }

    @Test
    void aChangedInterestWakesItAsAnyLeader() {
        actsAndLeads();
        sleeps();

        queue.wakeLeader();

        assertThat(leaderWakeups).isEqualTo(1);
    }

    @Test
    void whoEndsToStandByPassesTheLeadOn() {
        actsAndLeads();
        Turn back = parked();
        stopLeading();

        queue.endStandBy(standBy);

        assertThat(back.waits()).isFalse();
    }

    @Test
    void theEndOfAllSignalsIt() {
        leader();
        assertParksForever();

        queue.close();

        assertThat(standBy.waits()).isFalse();
        assertThat(look()).isEqualTo(Decision.CLOSED);
    }

    // ---- what waits for handlers

    @Test
    void whatWaitsForAHandlerItDoesNotTakeAndSleepsOver() {
        actsAndLeads();
        leaveToHandlers(a);

        assertThat(queue.size()).isEqualTo(1);
        assertThat(look()).isEqualTo(Decision.LEAD);
        sleeps();
    }

    @Test
    void whatWaitsForAHandlerIsTakenByWhoComes() {
        actsAndLeads();
        leaveToHandlers(a);
        assertThat(look()).isEqualTo(Decision.LEAD);

        assertRuns(new Turn(), a);
        assertThat(queue.size()).isZero();
    }

    @Test
    void nobodyElseSleepsOverWhatWaitsForAHandler() {
        actsAndLeads();
        leaveToHandlers(a);
        now += PATIENCE;
        leader();

        assertThat(queue.fallAsleep(deadlines, Deadlines.NONE, now)).isEqualTo(now);
    }

    @Test
    void whatIsLeftToHandlersWakesTheLeaderThatSleeps() {
        actsAndLeads();
        queue.addByLeader(a, now);
        stopLeading();
        assertThat(look()).isEqualTo(Decision.RUN);
        a.state().begin();
        leader();
        sleeps();

        a.state().requeue(TaskState.CONTINUE);
        queue.addForHandlers(a, 0);

        assertThat(leaderWakeups).isEqualTo(1);
    }

    @Test
    void whatIsLeftToHandlersIsToldToWhoHasParked() {
        actsAndLeads();
        queue.addByLeader(a, now);
        stopLeading();
        assertThat(look()).isEqualTo(Decision.RUN);
        a.state().begin();
        leader();
        sleeps();
        Turn back = parked();

        a.state().requeue(TaskState.CONTINUE);
        queue.addForHandlers(a, 0);

        assertThat(back.waits()).isFalse();
        assertRuns(back, a);
    }

    @Test
    void whoIsReadyForLongerIsTakenFirst() {
        actsAndLeads();
        leaveToHandlers(a);
        now += MILLI;
        assertThat(look()).isEqualTo(Decision.LEAD);
        leaveToHandlers(b);
        now += MILLI;
        // It runs once more, and is as old as it was.
        a.state().schedule(TaskState.WRITE);
        queue.promote(a, TaskState.WRITE);
        assertThat(look()).isEqualTo(Decision.RUN);
        assertThat(standBy.task()).isSameAs(a);
        a.state().begin();
        a.state().requeue(TaskState.CONTINUE);
        queue.addForHandlers(a, TaskState.WRITE);
        assertThat(look()).isEqualTo(Decision.LEAD);
        queue.add(c, now);

        assertRuns(new Turn(), a);
        assertRuns(new Turn(), b);
        assertRuns(new Turn(), c);
    }

    // ---- promoting

    @Test
    void whatCanGoOnWithoutAHandlerIsPromoted() {
        actsAndLeads();
        leaveToHandlers(a);
        assertThat(look()).isEqualTo(Decision.LEAD);

        assertThat(a.state().schedule(TaskState.WRITE)).isFalse();
        assertThat(queue.promote(a, TaskState.WRITE)).isTrue();
        stopLeading();

        assertThat(look()).isEqualTo(Decision.RUN);
        assertThat(standBy.task()).isSameAs(a);
        assertThat(a.state().begin()).isEqualTo(TaskState.CONTINUE | TaskState.WRITE);
    }

    @Test
    void whatIsPromotedFromOutsideWakesTheLeader() {
        actsAndLeads();
        leaveToHandlers(a);
        assertThat(look()).isEqualTo(Decision.LEAD);
        sleeps();

        a.state().schedule(TaskState.WRITE);
        queue.promote(a, TaskState.WRITE);

        assertThat(leaderWakeups).isEqualTo(1);
    }

    @Test
    void forReasonsThatNeedAHandlerNothingIsPromoted() {
        actsAndLeads();
        leaveToHandlers(a);

        assertThat(queue.promote(a, TaskState.WAKE)).isFalse();
    }

    @Test
    void whatAHandlersThreadHasTakenIsNotPromoted() {
        actsAndLeads();
        leaveToHandlers(a);
        assertThat(look()).isEqualTo(Decision.LEAD);
        assertRuns(new Turn(), a);

        assertThat(queue.promote(a, TaskState.WRITE)).isFalse();
        assertThat(queue.size()).isZero();
    }

    @Test
    void whatWasAskedForWhileItRanDoesNotWaitForAHandler() {
        actsAndLeads();
        queue.addByLeader(a, now);
        stopLeading();
        assertThat(look()).isEqualTo(Decision.RUN);
        a.state().begin();
        a.state().schedule(TaskState.WRITE);
        assertThat(queue.promote(a, TaskState.WRITE)).as("not there yet").isFalse();

        a.state().requeue(TaskState.CONTINUE);
        queue.addForHandlers(a, TaskState.WRITE);

        stopLeading();
        assertThat(look()).isEqualTo(Decision.RUN);
        assertThat(standBy.task()).isSameAs(a);
    }

    // ---- how long nobody led

    @Test
    void itsLeadingEndsTheTimeInWhichNobodyLeads() {
        Turn leader = leader();
        queue.addByLeader(a, now);
        stopLeading();
        long taken = now;
        assertRuns(leader, a);
        actsAndLeads();

        assertThat(queue.stopLeading(now)).isEqualTo(taken);
        assertThat(look()).isEqualTo(Decision.LEAD);
        now += 100 * PATIENCE;
        assertThat(queue.stopLeading(now)).isEqualTo(Deadlines.NONE);
    }
}
