package dev.proactor.internal.poll;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventBatch;
import dev.proactor.ProactorClosedException;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.schedule.TestTask;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop on several threads. Which of them does what is up to them; that it is done by one of those that are free is not. */
@Timeout(value = 60)
class LeaderFollowerThreadsTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final FakeClock clock = new FakeClock();
    private final ScriptedPoller poller = new ScriptedPoller(clock);
    private final LeaderFollower loop = new LeaderFollower(poller, clock);
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final CountDownLatch handlersMayEnd = new CountDownLatch(1);

    @AfterEach
    void endTheThreads() throws InterruptedException {
        handlersMayEnd.countDown();
        loop.close();
        for (Thread thread : threads) {
            thread.join(LONG.toMillis());
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private TestTask withBatch(String name) {
        TestTask task = new TestTask(name);
        return task.does((reasons, now) -> new TestBatch(loop, task));
    }

    private <T> FutureTask<T> start(Callable<T> body) {
        FutureTask<T> result = new FutureTask<>(body);
        Thread thread = new Thread(result, "awaits-" + threads.size());
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
        return result;
    }

    private FutureTask<EventBatch> startAwait() {
        return start(() -> loop.await(Deadlines.NONE));
    }

    private Thread sleepingLeader() {
        await().atMost(LONG).until(() -> poller.sleeper() != null);
        return poller.sleeper();
    }

    private void untilOthersPark() {
        await().atMost(LONG)
                .until(() -> threads.stream()
                        .filter(thread -> thread != poller.sleeper())
                        .allMatch(thread -> thread.getState() == Thread.State.WAITING));
    }

    private void untilLeaderAndFollowers() {
        sleepingLeader();
        untilOthersPark();
    }

    /** Threads that handle batches for ever, each handler blocked until it may end. */
    private void startHandlers(int count, Set<Task> begun) {
        for (int i = 0; i < count; i++) {
            start(() -> {
                try {
                    while (true) {
                        try (TestBatch batch = (TestBatch) loop.await(Deadlines.NONE)) {
                            begun.add(batch.task());
                            handlersMayEnd.await();
                        }
                    }
                } catch (ProactorClosedException end) {
                    return null;
                }
            });
        }
    }

    @Test
    void ofThreeReadyTasksTheThirdStartsThoughTheHandlersOfTwoBlock() {
        Set<Task> begun = ConcurrentHashMap.newKeySet();
        startHandlers(3, begun);
        untilLeaderAndFollowers();
        TestTask[] tasks = {withBatch("a"), withBatch("b"), withBatch("c")};

        poller.thenFinds(tasks);

        await().atMost(LONG).untilAsserted(() -> assertThat(begun).containsExactlyInAnyOrder(tasks));
    }

    @Test
    void afterAllWereHandedOutAFreeThreadLeads() {
        Set<Task> begun = ConcurrentHashMap.newKeySet();
        startHandlers(4, begun);
        untilLeaderAndFollowers();
        TestTask[] tasks = {withBatch("a"), withBatch("b"), withBatch("c")};
        poller.thenFinds(tasks);
        await().atMost(LONG).until(() -> begun.size() == 3);

        sleepingLeader();

        TestTask late = withBatch("late");
        poller.thenFinds(late);
        await().atMost(LONG).until(() -> begun.contains(late));
    }

    @Test
    void tasksFromOutsideFindTheThreadsThatAreParkedAndThenTheLeader() {
        Set<Task> begun = ConcurrentHashMap.newKeySet();
        startHandlers(3, begun);
        untilLeaderAndFollowers();
        TestTask[] tasks = {withBatch("a"), withBatch("b"), withBatch("c")};

        for (TestTask task : tasks) {
            loop.schedule(task, TaskState.WAKE);
        }

        await().atMost(LONG).untilAsserted(() -> assertThat(begun).containsExactlyInAnyOrder(tasks));
    }

    @Test
    void afterALeaderIsInterruptedAFollowerLeads() throws Exception {
        FutureTask<EventBatch> first = startAwait();
        Thread leader = sleepingLeader();
        FutureTask<EventBatch> second = startAwait();
        untilOthersPark();

        leader.interrupt();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> first.get(20, SECONDS))
                .withCauseInstanceOf(InterruptedException.class);
        await().atMost(LONG).until(() -> poller.sleeper() == threads.get(1));
        TestTask task = withBatch("a");
        poller.thenFinds(task);
        assertThat(second.get(20, SECONDS)).isEqualTo(new TestBatch(loop, task));
    }

    @Test
    void afterALeadersTimeIsOverAFollowerLeads() throws Exception {
        long until = clock.getAsLong() + 1000;
        CountDownLatch polls = new CountDownLatch(1);
        CountDownLatch mayReturn = new CountDownLatch(1);
        poller.then((nanos, ready) -> {
            polls.countDown();
            awaitLatch(mayReturn);
            clock.advance(nanos);
        });
        FutureTask<EventBatch> first = start(() -> loop.await(until));
        assertThat(polls.await(20, SECONDS)).isTrue();
        startAwait();
        untilOthersPark();

        mayReturn.countDown();

        assertThat(first.get(20, SECONDS)).isNull();
        await().atMost(LONG).until(() -> poller.sleeper() == threads.get(1));
    }

    @Test
    void afterALeadersPollThrowsAFollowerLeads() throws Exception {
        FutureTask<EventBatch> first = startAwait();
        sleepingLeader();
        startAwait();
        untilOthersPark();
        Error fault = new OutOfMemoryError("a fault of the test");

        poller.then((nanos, ready) -> {
            throw fault;
        });

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> first.get(20, SECONDS))
                .havingCause()
                .isSameAs(fault);
        await().atMost(LONG).until(() -> poller.sleeper() == threads.get(1));
    }

    @Test
    void anInterruptedFollowerIsSentAwayAndTheOthersStay() throws Exception {
        FutureTask<EventBatch> first = startAwait();
        sleepingLeader();
        FutureTask<EventBatch> second = startAwait();
        untilOthersPark();

        threads.get(1).interrupt();

        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> second.get(20, SECONDS))
                .withCauseInstanceOf(InterruptedException.class);
        assertThat(poller.sleeper()).isSameAs(threads.get(0));
        TestTask task = withBatch("a");
        loop.schedule(task, TaskState.WAKE);
        assertThat(first.get(20, SECONDS)).isEqualTo(new TestBatch(loop, task));
    }

    @Test
    void aFollowersTimeEndsThoughTheLeaderSleeps() throws Exception {
        LeaderFollower real = new LeaderFollower(poller, System::nanoTime);
        FutureTask<EventBatch> leader = start(() -> real.await(Deadlines.NONE));
        sleepingLeader();
        long begin = System.nanoTime();
        long until = begin + Duration.ofMillis(20).toNanos();

        FutureTask<EventBatch> follower = start(() -> real.await(until));

        assertThat(follower.get(20, SECONDS)).isNull();
        assertThat(System.nanoTime()).isGreaterThanOrEqualTo(until);
        assertThat(leader).isNotDone();
        real.close();
    }

    @Test
    void anEarlierDeadlineReachesALeaderThatSleepsWithoutEnd() throws Exception {
        FutureTask<EventBatch> leader = startAwait();
        sleepingLeader();
        TestTask task = withBatch("a");

        loop.deadline(task, clock.getAsLong() + 1000);

        assertThat(leader.get(20, SECONDS)).isEqualTo(new TestBatch(loop, task));
        assertThat(task.reasons()).containsExactly(TaskState.TICK);
    }

    @Test
    void theEndSendsTheLeaderAndTheFollowersAway() {
        List<FutureTask<EventBatch>> all = List.of(startAwait(), startAwait(), startAwait());
        untilLeaderAndFollowers();

        loop.close();

        for (FutureTask<EventBatch> one : all) {
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(() -> one.get(20, SECONDS))
                    .withCauseInstanceOf(ProactorClosedException.class);
        }
    }

    // ---- standing by

    private Thread startStandBy() {
        start(() -> {
            loop.standBy();
            return null;
        });
        return threads.get(threads.size() - 1);
    }

    /** Lets the time go on until the thread that stands by leads in its sleep. */
    private void untilItLeads(Thread standBy) {
        await().atMost(LONG).until(() -> {
            clock.advance(Duration.ofMillis(20).toNanos());
            return poller.sleeper() == standBy;
        });
    }

    /** A task with an event at each run; its input and output alone finds that there is one, and leaves it to a handler. */
    private TestTask withPendingEvent(String name) {
        TestTask task = withBatch(name);
        return task.doesIo((reasons, now) -> loop.leaveToHandlers(task, TaskState.CONTINUE, TaskState.TICK));
    }

    @Test
    void withAllThreadsInHandlersTheOneThatStandsByRunsInputAndOutput() {
        Set<Task> begun = ConcurrentHashMap.newKeySet();
        startHandlers(2, begun);
        untilLeaderAndFollowers();
        Thread standBy = startStandBy();
        TestTask quiet = new TestTask("quiet");
        poller.thenFinds(withBatch("a"), withBatch("b"));
        await().atMost(LONG).until(() -> begun.size() == 2);

        untilItLeads(standBy);
        poller.thenFinds(quiet);

        await().atMost(LONG)
                .until(() -> poller.sleeper() == standBy && !quiet.ioReasons().isEmpty());
        assertThat(quiet.ioReasons()).containsExactly(TaskState.READ);
        assertThat(quiet.reasons()).isEmpty();
    }

    @Test
    void whatNeedsAHandlerIsHandledOnceAThreadIsFreeWhichThenLeads() {
        Set<Task> begun = ConcurrentHashMap.newKeySet();
        startHandlers(1, begun);
        untilLeaderAndFollowers();
        Thread standBy = startStandBy();
        poller.thenFinds(withBatch("a"));
        await().atMost(LONG).until(() -> begun.size() == 1);
        untilItLeads(standBy);
        TestTask late = withPendingEvent("late");
        poller.thenFinds(late);
        await().atMost(LONG).until(() -> loop.ready() == 1 && poller.sleeper() == standBy);

        handlersMayEnd.countDown();

        await().atMost(LONG).until(() -> begun.contains(late));
        assertThat(late.ioReasons()).containsExactly(TaskState.READ);
        await().atMost(LONG).until(() -> poller.sleeper() == threads.get(0));
        assertThat(loop.ready()).isZero();
    }

    @Test
    void aTaskThatWaitsForAHandlerTicksMeanwhile() {
        Set<Task> begun = ConcurrentHashMap.newKeySet();
        startHandlers(1, begun);
        untilLeaderAndFollowers();
        Thread standBy = startStandBy();
        poller.thenFinds(withBatch("a"));
        await().atMost(LONG).until(() -> begun.size() == 1);
        untilItLeads(standBy);
        List<Integer> runs = new CopyOnWriteArrayList<>();
        TestTask late = withBatch("late");
        late.doesIo((reasons, now) -> {
            runs.add(reasons);
            if (runs.size() < 4) {
                loop.deadline(late, now + 1000);
            }
            loop.leaveToHandlers(late, TaskState.CONTINUE, TaskState.TICK);
        });
        poller.thenFinds(late);

        await().atMost(LONG).until(() -> runs.size() == 4 && poller.sleeper() == standBy);
        int ticks = TaskState.TICK | TaskState.CONTINUE;
        assertThat(runs).containsExactly(TaskState.READ, ticks, ticks, ticks);
        assertThat(begun).hasSize(1);
    }

    @Test
    void withAnIdleThreadTheOneThatStandsByIsNeverAtIt() {
        startHandlers(2, ConcurrentHashMap.newKeySet());
        handlersMayEnd.countDown();
        untilLeaderAndFollowers();
        Thread standBy = startStandBy();
        untilOthersPark();
        TestTask task = withPendingEvent("a");
        for (int i = 1; i <= 50; i++) {
            clock.advance(Duration.ofSeconds(1).toNanos());
            int runs = i;
            loop.schedule(task, TaskState.WAKE);
            await().pollInterval(Duration.ofMillis(1))
                    .atMost(LONG)
                    .until(() -> task.reasons().size() == runs);
            untilLeaderAndFollowers();
            assertThat(standBy.getState()).isEqualTo(Thread.State.WAITING);
        }

        assertThat(task.ioReasons()).isEmpty();
        assertThat(poller.sleeper()).isNotSameAs(standBy);
    }

    @Test
    void aTaskThatThrowsInTheOneThatStandsByIsToldAndItGoesOn() {
        Thread standBy = startStandBy();
        untilItLeads(standBy);
        RuntimeException fault = new IllegalStateException("a fault of the test");
        TestTask broken = new TestTask("broken").doesIo((reasons, now) -> {
            throw fault;
        });
        TestTask other = new TestTask("other");

        poller.thenFinds(broken, other);

        await().atMost(LONG)
                .until(() -> poller.sleeper() == standBy && !other.ioReasons().isEmpty());
        assertThat(broken.crashes()).containsExactly(fault);
        assertThat(broken.state().isFinal()).isTrue();
    }

    @Test
    void whenTheOneThatStandsByIsInterruptedInItsSleepSomebodyElseLeads() throws Exception {
        FutureTask<Void> result = start(() -> {
            loop.standBy();
            return null;
        });
        Thread standBy = threads.get(0);
        untilItLeads(standBy);

        standBy.interrupt();
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(() -> result.get(20, SECONDS))
                .withCauseInstanceOf(InterruptedException.class);

        FutureTask<EventBatch> other = startAwait();
        await().atMost(LONG).until(() -> poller.sleeper() == threads.get(1));
        TestTask task = withBatch("a");
        poller.thenFinds(task);
        assertThat(other.get(20, SECONDS)).isEqualTo(new TestBatch(loop, task));
    }

    @Test
    void aThreadThatComesWhileTheOneThatStandsBySleepsTakesTheLeadFromIt() {
        Thread standBy = startStandBy();
        untilItLeads(standBy);

        startAwait();

        await().atMost(LONG).until(() -> poller.sleeper() == threads.get(1));
    }

    @Test
    void onlyOneStandsByAndTheEndSendsItAway() throws Exception {
        FutureTask<Void> first = start(() -> {
            loop.standBy();
            return null;
        });
        untilItLeads(threads.get(0));

        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(loop::standBy);

        loop.close();
        assertThat(first.get(20, SECONDS)).isNull();
        loop.standBy();
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
