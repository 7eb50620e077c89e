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

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
