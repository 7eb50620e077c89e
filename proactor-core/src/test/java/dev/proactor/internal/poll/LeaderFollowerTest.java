package dev.proactor.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.EventBatch;
import dev.proactor.ProactorClosedException;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.schedule.TestTask;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop on one thread: what other threads would do meanwhile is done in the steps of the scripted poller. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class LeaderFollowerTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final FakeClock clock = new FakeClock();
    private final ScriptedPoller poller = new ScriptedPoller(clock);
    private final LeaderFollower loop = new LeaderFollower(poller, clock);
    private final TestTask a = withBatch("a");
    private final TestTask b = withBatch("b");
    private final TestTask c = withBatch("c");

    @AfterEach
    void clearTheInterruptStatus() {
        Thread.interrupted();
    }

    private TestTask withBatch(String name) {
        TestTask task = new TestTask(name);
        return task.does((reasons, now) -> new TestBatch(loop, task));
    }

    private long in(long nanos) {
        return clock.getAsLong() + nanos;
    }

    private TestBatch awaitBatch() throws InterruptedException {
        return (TestBatch) loop.await(Deadlines.NONE);
    }

    // ---- leading and running

    @Test
    void whatAPollFindsIsRun() throws InterruptedException {
        poller.thenFinds(a);

        TestBatch batch = awaitBatch();

        assertThat(batch.task()).isSameAs(a);
        assertThat(a.reasons()).containsExactly(TaskState.READ);
        assertThat(poller.polls()).containsExactly(Long.MAX_VALUE);
    }

    @Test
    void whatWasScheduledFromOutsideIsRun() throws InterruptedException {
        loop.schedule(a, TaskState.WAKE);
        loop.schedule(a, TaskState.DISCONNECT);
        assertThat(loop.ready()).isEqualTo(1);

        assertThat(awaitBatch().task()).isSameAs(a);
        assertThat(a.reasons()).containsExactly(TaskState.WAKE | TaskState.DISCONNECT);
        assertThat(loop.ready()).isZero();
    }

    @Test
    void withATaskReadyThePollDoesNotWait() throws InterruptedException {
        loop.schedule(a, TaskState.WAKE);

        awaitBatch();

        assertThat(poller.polls()).containsOnly(0L);
    }

    @Test
    void aTaskWithoutAnEventIsNoReasonToReturn() throws InterruptedException {
        TestTask quiet = new TestTask("quiet");
        poller.thenFinds(quiet).thenFinds(a);

        assertThat(awaitBatch().task()).isSameAs(a);
        assertThat(quiet.reasons()).hasSize(1);
        assertThat(quiet.state()).hasToString("IDLE 0x0");
    }

    @Test
    void aTaskThatWasKilledInTheQueueIsNotRun() throws InterruptedException {
        loop.schedule(a, TaskState.WAKE);
        loop.schedule(b, TaskState.WAKE);
        a.state().kill();

        assertThat(awaitBatch().task()).isSameAs(b);
        assertThat(a.reasons()).isEmpty();
    }

    @Test
    void aTaskThatThrowsIsToldAndTheThreadGoesOn() throws InterruptedException {
        RuntimeException fault = new IllegalStateException("a fault of the test");
        TestTask broken = new TestTask("broken").does((reasons, now) -> {
            throw fault;
        });
        poller.thenFinds(broken, a);

        assertThat(awaitBatch().task()).isSameAs(a);
        assertThat(broken.crashes()).containsExactly(fault);
        assertThat(broken.state().isFinal()).isTrue();
    }

    @Test
    void anErrorOfTheMachineEndsTheTaskAndIsThrown() throws InterruptedException {
        Error fault = new OutOfMemoryError("a fault of the test");
        TestTask broken = new TestTask("broken").does((reasons, now) -> {
            throw fault;
        });
        poller.thenFinds(broken, a);

        assertThatThrownBy(this::awaitBatch).isSameAs(fault);
        assertThat(broken.crashes()).containsExactly(fault);
        assertThat(awaitBatch().task()).as("the next one goes on").isSameAs(a);
    }

    @Test
    void aPollThatFailsIsTriedAgain() throws InterruptedException {
        poller.then((nanos, ready) -> {
                    throw new IOException("a fault of the test");
                })
                .thenFinds(a);

        assertThat(awaitBatch().task()).isSameAs(a);
    }

    // ---- fairness

    @Test
    void busyTasksDoNotKeepOthersFromBeingSeen() throws InterruptedException {
        List<Task> order = new ArrayList<>();
        poller.thenFinds(a, b);
        for (int i = 0; i < 4; i++) {
            TestBatch batch = awaitBatch();
            order.add(batch.task());
            batch.closeUnfinished();
        }
        assertThat(order).containsExactly(a, b, a, b);
        poller.thenFinds(c);
        for (int i = 0; i < 3; i++) {
            TestBatch batch = awaitBatch();
            order.add(batch.task());
            batch.closeUnfinished();
        }

        assertThat(order.subList(4, 7)).containsExactly(a, b, c);
        assertThat(poller.polls()).as("one between two rounds").containsExactly(Long.MAX_VALUE, 0L, 0L);
    }

    // ---- time-outs

    @Test
    void anAwaitEndsWhenItsTimeIsOver() throws InterruptedException {
        long until = in(5 * SECOND);

        assertThat(loop.await(until)).isNull();

        assertThat(clock.getAsLong()).isEqualTo(until);
        assertThat(poller.polls()).startsWith(5 * SECOND).doesNotContain(Long.MAX_VALUE);
    }

    @Test
    void anAwaitThatIsWokenForNothingWaitsForTheRestOfItsTime() throws InterruptedException {
        poller.then((nanos, ready) -> clock.advance(2 * SECOND));

        assertThat(loop.await(in(5 * SECOND))).isNull();

        assertThat(poller.polls()).startsWith(5 * SECOND, 3 * SECOND);
    }

    @Test
    void anAwaitWhoseTimeIsOverStillLooksOnce() throws InterruptedException {
        poller.thenFinds(a);

        EventBatch batch = loop.await(clock.getAsLong());

        assertThat(batch).isEqualTo(new TestBatch(loop, a));
        assertThat(poller.polls()).containsExactly(0L);
    }

    @Test
    void anAwaitEndsInTimeThoughATaskGoesOnWithoutAnEvent() throws InterruptedException {
        TestTask busy = busyWithoutEvents(SECOND);
        loop.schedule(busy, TaskState.WAKE);

        assertThat(loop.await(in(5 * SECOND))).isNull();

        assertThat(busy.reasons().size()).isBetween(5, 8);
        assertThat(loop.ready()).as("it is left to the next").isEqualTo(1);
    }

    private TestTask busyWithoutEvents(long nanosEachTime) {
        TestTask busy = new TestTask("busy");
        return busy.does((reasons, now) -> {
            clock.advance(nanosEachTime);
            // Not without end, so that a loop that never gives up fails and does not hang.
            if (busy.reasons().size() < 1000) {
                busy.state().requeue(TaskState.CONTINUE);
                loop.enqueue(busy);
            } else {
                busy.state().release();
            }
            return null;
        });
    }

    // ---- poll

    @Test
    void aPollWithNothingToDoReturnsAtOnce() {
        assertThat(loop.poll()).isNull();

        assertThat(poller.polls()).containsExactly(0L);
    }

    @Test
    void aPollLooksOnceAndRunsWhatItFinds() {
        TestTask quiet = new TestTask("quiet");
        poller.thenFinds(quiet, a);

        assertThat(loop.poll()).isEqualTo(new TestBatch(loop, a));
        assertThat(quiet.reasons()).hasSize(1);
        assertThat(poller.polls()).containsExactly(0L);
    }

    @Test
    void aPollReturnsThoughATaskGoesOnWithoutAnEvent() {
        TestTask busy = busyWithoutEvents(0);
        loop.schedule(busy, TaskState.WAKE);

        assertThat(loop.poll()).isNull();

        assertThat(busy.reasons().size()).isBetween(1, 2);
        assertThat(loop.ready()).isEqualTo(1);
    }

    @Test
    void aPollRunsEachTaskThatIsReadyBeforeItGivesUp() {
        TestTask busy = busyWithoutEvents(0);
        TestTask quiet = new TestTask("quiet");
        loop.schedule(busy, TaskState.WAKE);
        loop.schedule(quiet, TaskState.WAKE);
        loop.schedule(a, TaskState.WAKE);

        assertThat(loop.poll()).isEqualTo(new TestBatch(loop, a));
    }

    @Test
    void aPollWhileSomebodyLeadsReturnsAtOnceWithoutLooking() throws InterruptedException {
        List<EventBatch> polled = new ArrayList<>();
        poller.then((nanos, ready) -> polled.add(loop.poll())).thenFinds(a);

        awaitBatch();

        assertThat(polled).containsExactly((EventBatch) null);
        assertThat(poller.polls()).containsExactly(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    @Test
    void aPollWhileSomebodyLeadsTakesWhatIsReady() throws InterruptedException {
        List<EventBatch> polled = new ArrayList<>();
        poller.then((nanos, ready) -> {
                    loop.schedule(a, TaskState.WAKE);
                    polled.add(loop.poll());
                })
                .thenFinds(b);

        assertThat(awaitBatch().task()).isSameAs(b);
        assertThat(polled).containsExactly(new TestBatch(loop, a));
    }

    @Test
    void aPollDoesNotMindTheInterruptStatus() {
        poller.thenFinds(a);
        Thread.currentThread().interrupt();

        assertThat(loop.poll()).isEqualTo(new TestBatch(loop, a));

        assertThat(Thread.interrupted()).as("kept").isTrue();
    }

    // ---- interrupts and the end

    @Test
    void anInterruptedThreadDoesNotBeginToWait() {
        Thread.currentThread().interrupt();

        assertThatExceptionOfType(InterruptedException.class).isThrownBy(this::awaitBatch);

        assertThat(poller.polls()).isEmpty();
        assertThat(Thread.interrupted()).as("thrown in its place").isFalse();
    }

    @Test
    void aLeaderThatIsInterruptedLeadsNoMore() {
        poller.then((nanos, ready) -> Thread.currentThread().interrupt());

        assertThatExceptionOfType(InterruptedException.class).isThrownBy(this::awaitBatch);

        poller.thenFinds(a);
        assertThat(loop.poll()).as("another can lead").isEqualTo(new TestBatch(loop, a));
    }

    @Test
    void whatAnInterruptedLeaderFoundIsLeftToTheNext() throws InterruptedException {
        poller.then((nanos, ready) -> {
            a.state().schedule(TaskState.READ);
            ready.ready(a);
            Thread.currentThread().interrupt();
        });
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(this::awaitBatch);

        assertThat(awaitBatch().task()).isSameAs(a);
    }

    @Test
    void afterTheEndEveryCallIsSentAway() {
        loop.schedule(a, TaskState.WAKE);

        loop.close();

        assertThat(loop.isClosed()).isTrue();
        assertThatExceptionOfType(ProactorClosedException.class).isThrownBy(this::awaitBatch);
        assertThatExceptionOfType(ProactorClosedException.class).isThrownBy(() -> loop.await(0));
        assertThatExceptionOfType(ProactorClosedException.class).isThrownBy(loop::poll);
        assertThat(a.reasons()).isEmpty();
    }

    @Test
    void aLeaderUnderWhichItIsClosedIsSentAway() {
        poller.then((nanos, ready) -> loop.close());

        assertThatExceptionOfType(ProactorClosedException.class).isThrownBy(this::awaitBatch);

        assertThat(poller.wakeups()).isEqualTo(1);
    }

    // ---- deadlines

    @Test
    void aTaskTicksWhenItsDeadlineIsOver() throws InterruptedException {
        long deadline = in(3 * SECOND);
        loop.deadline(a, deadline);

        assertThat(awaitBatch().task()).isSameAs(a);

        assertThat(a.reasons()).containsExactly(TaskState.TICK);
        assertThat(clock.getAsLong()).isEqualTo(deadline);
        assertThat(poller.polls()).containsExactly(3 * SECOND);
    }

    @Test
    void anAwaitMayEndBeforeTheDeadline() throws InterruptedException {
        loop.deadline(a, in(3 * SECOND));

        assertThat(loop.await(in(SECOND))).isNull();

        assertThat(poller.polls()).startsWith(SECOND);
        assertThat(a.reasons()).isEmpty();
    }

    @Test
    void anEarlierDeadlineWakesTheLeaderThatSleeps() throws InterruptedException {
        loop.deadline(a, in(10 * SECOND));
        poller.then((nanos, ready) -> {
            loop.deadline(b, in(2 * SECOND));
            assertThat(poller.wakeups()).isEqualTo(1);
        });

        assertThat(awaitBatch().task()).isSameAs(b);

        assertThat(poller.polls()).containsExactly(10 * SECOND, 2 * SECOND);
    }

    @Test
    void aLaterDeadlineDoesNotWakeTheLeader() throws InterruptedException {
        loop.deadline(a, in(10 * SECOND));
        poller.then((nanos, ready) -> {
            loop.deadline(b, in(11 * SECOND));
            loop.deadline(b, in(12 * SECOND));
        });

        assertThat(awaitBatch().task()).isSameAs(a);

        assertThat(poller.wakeups()).isZero();
    }

    @Test
    void aDeadlineThatWasMovedDoesNotTickAtItsFormerTime() throws InterruptedException {
        loop.deadline(a, in(SECOND));
        loop.deadline(a, in(3 * SECOND));

        assertThat(loop.await(in(2 * SECOND))).isNull();
        assertThat(a.reasons()).isEmpty();

        assertThat(awaitBatch().task()).isSameAs(a);
        assertThat(a.reasons()).containsExactly(TaskState.TICK);
    }

    @Test
    void aForgottenDeadlineDoesNotTick() throws InterruptedException {
        loop.deadline(a, in(SECOND));
        loop.forget(a);

        assertThat(loop.await(in(2 * SECOND))).isNull();

        assertThat(a.reasons()).isEmpty();
        assertThat(poller.polls()).startsWith(2 * SECOND);
    }

    @Test
    void aDeadlineThatIsOverWhileTheTaskRunsTicksInItsNextRun() throws InterruptedException {
        poller.thenFinds(a);
        TestBatch batch = awaitBatch();
        loop.deadline(a, in(SECOND));
        clock.advance(2 * SECOND);
        assertThat(loop.poll()).isNull();

        batch.close();

        assertThat(awaitBatch().task()).isSameAs(a);
        assertThat(a.reasons()).containsExactly(TaskState.READ, TaskState.TICK);
    }

    @Test
    void onlyASleepingLeaderIsWokenByAChangeOfInterest() throws InterruptedException {
        loop.interestChanged();
        assertThat(poller.wakeups()).isZero();
        poller.then((nanos, ready) -> {
                    loop.interestChanged();
                    loop.interestChanged();
                })
                .thenFinds(a);

        awaitBatch();
        loop.interestChanged();

        assertThat(poller.wakeups()).isEqualTo(1);
    }

    // ---- starvation

    @Test
    void workThatWaitedWhileEveryThreadWasInAHandlerIsCounted() throws InterruptedException {
        poller.thenFinds(a);
        TestBatch batch = awaitBatch();
        clock.advance(5 * SECOND);
        batch.close();
        poller.thenFinds(b);

        awaitBatch();

        assertThat(loop.starvation()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void aDeadlineThatPassedWhileEveryThreadWasInAHandlerIsCounted() throws InterruptedException {
        loop.deadline(b, in(SECOND));
        poller.thenFinds(a);
        TestBatch batch = awaitBatch();
        clock.advance(5 * SECOND);
        batch.close();

        assertThat(awaitBatch().task()).isSameAs(b);

        assertThat(loop.starvation()).isPositive();
    }

    @Test
    void aLongHandlerIsNotCountedWhereNothingWaited() throws InterruptedException {
        poller.thenFinds(a);
        TestBatch batch = awaitBatch();
        clock.advance(5 * SECOND);
        batch.close();
        poller.then((nanos, ready) -> {
                    clock.advance(SECOND);
                    b.state().schedule(TaskState.READ);
                    ready.ready(b);
                })
                .thenFinds(c);

        awaitBatch();

        assertThat(loop.starvation()).isZero();
    }

    @Test
    void aMomentIsNotCounted() throws InterruptedException {
        poller.thenFinds(a);
        TestBatch batch = awaitBatch();
        clock.advance(MILLI - 1);
        batch.close();
        poller.thenFinds(b);

        awaitBatch();

        assertThat(loop.starvation()).isZero();
    }

    @Test
    void starvationAddsUp() throws InterruptedException {
        poller.thenFinds(a);
        for (int i = 0; i < 3; i++) {
            TestBatch batch = awaitBatch();
            clock.advance(SECOND);
            batch.close();
            poller.thenFinds(a);
        }
        awaitBatch();

        assertThat(loop.starvation()).isEqualTo(Duration.ofSeconds(3));
    }

    // ---- the warning

    @Test
    void aWarningIsLoggedFromTwoSecondsOnAndThenOnceAMinute() throws InterruptedException {
        List<LogRecord> records = new ArrayList<>();
        Logger logger = Logger.getLogger("dev.proactor");
        Handler handler = noting(records);
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            handlersTake(2 * SECOND - 1);
            assertThat(records).isEmpty();

            handlersTake(2 * SECOND);
            assertThat(records).hasSize(1);
            assertThat(records.get(0).getLevel()).isEqualTo(Level.WARNING);

            handlersTake(30 * SECOND);
            assertThat(records).as("not again so soon").hasSize(1);

            handlersTake(30 * SECOND);
            assertThat(records).hasSize(2);
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
    }

    /** The only thread is in a handler for this time, while work waits. */
    private void handlersTake(long nanos) throws InterruptedException {
        poller.thenFinds(a);
        TestBatch batch = awaitBatch();
        clock.advance(nanos);
        batch.close();
        poller.thenFinds(b);
        awaitBatch().close();
    }

    private static Handler noting(List<LogRecord> records) {
        return new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }
}
