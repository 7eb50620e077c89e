package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.SESSION_INIT;
import static dev.proactor.EventType.SESSION_LOCAL_OPEN;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.nextType;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Pair;
import dev.proactor.testing.Workers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Running tasks in a connection's sequence. */
@Timeout(30)
class ExecuteTest {

    private static final int MOST_QUEUED = 100_000;

    @Test
    void tasksRunInTheirOrderOnTheThreadOfTheBatchJustBeforeTheWake() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            List<Object> seen = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                int number = i;
                pair.client.proactor.execute(connection, () -> {
                    seen.add(number);
                    assertThat(Thread.currentThread().getName()).isEqualTo("background");
                });
            }
            Background.run(() -> {
                        try (EventBatch batch = take(pair.client.proactor)) {
                            assertThat(seen).as("run before next()").isEmpty();
                            seen.add(nextType(batch));
                        }
                    })
                    .result();
            assertThat(seen).containsExactly(0, 1, 2, 3, 4, CONNECTION_WAKE);
        }
    }

    @Test
    void aTaskHasTheRightsOfAHandler() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.execute(connection, () -> connection.session().open());
            pair.client.runTo(EventType.SESSION_REMOTE_OPEN, pair.server);
            assertThat(pair.client.log)
                    .containsExactly(CONNECTION_WAKE, SESSION_INIT, SESSION_LOCAL_OPEN, EventType.SESSION_REMOTE_OPEN);
        }
    }

    @Test
    void aTaskThatGivesATaskIsServedLater() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.client.proactor;
            List<String> ran = new ArrayList<>();
            proactor.execute(connection, () -> {
                ran.add("first");
                proactor.execute(connection, () -> ran.add("third"));
            });
            proactor.execute(connection, () -> ran.add("second"));
            pair.client.runUntil(() -> ran.size() == 3, "all tasks");
            assertThat(ran).containsExactly("first", "second", "third");
        }
    }

    @Test
    void tasksOfManyThreadsRunOneAfterTheOtherAndEachThreadsInItsOrder() throws Exception {
        int threads = 3;
        int each = 3000;
        int[] last = new int[threads];
        int[] ran = new int[1];
        AtomicBoolean disorder = new AtomicBoolean();
        CountDownLatch all = new CountDownLatch(threads * each);
        try (Pair pair = new Pair()) {
            pair.connect();
            Connection connection = pair.lastAccepted();
            try (Workers workers = new Workers(pair.server.proactor, 3, event -> {})) {
                List<Background<Void>> givers = new ArrayList<>();
                for (int thread = 0; thread < threads; thread++) {
                    int giver = thread;
                    givers.add(Background.run(() -> {
                        for (int i = 1; i <= each; i++) {
                            int number = i;
                            workers.proactor.execute(connection, () -> {
                                disorder.compareAndSet(false, last[giver] != number - 1);
                                last[giver] = number;
                                // Neither volatile nor locked: only the sequence protects it.
                                ran[0]++;
                                all.countDown();
                            });
                        }
                    }));
                }
                givers.forEach(Background::result);
                assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
                assertThat(disorder).isFalse();
                assertThat(ran[0]).isEqualTo(threads * each);
            }
        }
    }

    @Test
    void whatATaskThrowsGoesToTheThreadsHandlerAndTheNextTaskRuns() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            List<Object> seen = new ArrayList<>();
            RuntimeException exception = new IllegalArgumentException("from a task");
            Error error = new AssertionError("from another task");
            pair.client.proactor.execute(connection, () -> {
                throw exception;
            });
            pair.client.proactor.execute(connection, () -> {
                throw error;
            });
            pair.client.proactor.execute(connection, () -> seen.add("next"));
            Background.run(() -> {
                        Thread.currentThread().setUncaughtExceptionHandler((thread, thrown) -> {
                            assertThat(thread).isSameAs(Thread.currentThread());
                            seen.add(thrown);
                        });
                        try (EventBatch batch = take(pair.client.proactor)) {
                            assertThat(rest(batch)).containsExactly(CONNECTION_WAKE);
                        }
                    })
                    .result();
            assertThat(seen).containsExactly(exception, error, "next");
            pair.client.proactor.wake(connection);
            assertThat(takeAll(pair.client.proactor)).containsExactly(CONNECTION_WAKE);
        }
    }

    @Test
    void anUncaughtExceptionHandlerThatThrowsDoesNoHarm() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            List<Object> seen = new ArrayList<>();
            pair.client.proactor.execute(connection, () -> {
                throw new IllegalArgumentException("from a task");
            });
            pair.client.proactor.execute(connection, () -> seen.add("next"));
            Background.run(() -> {
                        Thread.currentThread().setUncaughtExceptionHandler((thread, thrown) -> {
                            throw new IllegalStateException("from the handler", thrown);
                        });
                        try (EventBatch batch = take(pair.client.proactor)) {
                            assertThat(rest(batch)).containsExactly(CONNECTION_WAKE);
                        }
                    })
                    .result();
            assertThat(seen).containsExactly("next");
        }
    }

    @Test
    void aTaskRunsBeforeTheConnectionIsConnected() {
        try (Pair pair = new Pair()) {
            AtomicInteger ran = new AtomicInteger();
            Connection connection = pair.client.proactor.connect(
                    ConnectionOptions.to(address(pair.listener)).build());
            pair.client.proactor.execute(connection, ran::incrementAndGet);
            pair.client.runUntil(() -> ran.get() == 1, "task");
        }
    }

    @Test
    void aTaskThatWasTakenRunsBeforeTransportClosed() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            List<Object> seen = new ArrayList<>();
            pair.client.proactor.disconnect(null);
            pair.client.proactor.execute(connection, () -> seen.add("task"));
            try (EventBatch batch = take(pair.client.proactor)) {
                for (Event event = batch.next(); event != null; event = batch.next()) {
                    seen.add(event.type());
                    if (event.type() == EventType.TRANSPORT_TAIL_CLOSED) {
                        pair.client.proactor.execute(connection, () -> seen.add("late task"));
                    }
                }
            }
            assertThat(seen).doesNotContain(CONNECTION_WAKE).endsWith("late task", TRANSPORT_CLOSED);
            assertThat(seen.indexOf("task")).isBetween(0, seen.indexOf("late task") - 1);
        }
    }

    @Test
    void aTaskForAConnectionThatIsOverIsRefused() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.disconnect(null);
            AtomicInteger ran = new AtomicInteger();
            try (EventBatch batch = take(pair.client.proactor)) {
                assertThat(rest(batch)).endsWith(TRANSPORT_CLOSED);
                assertRefused(pair.client.proactor, connection, ran);
            }
            assertRefused(pair.client.proactor, connection, ran);
            assertThat(takeAll(pair.client.proactor)).containsExactly(PROACTOR_INACTIVE);
            assertIdle(pair.client.proactor);
            assertThat(ran).hasValue(0);
        }
    }

    private static void assertRefused(Proactor proactor, Connection connection, AtomicInteger ran) {
        assertThatExceptionOfType(ConnectionEndedException.class)
                .isThrownBy(() -> proactor.execute(connection, ran::incrementAndGet))
                .withMessageNotContaining("null");
        Executor executor = proactor.executor(connection);
        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> executor.execute(ran::incrementAndGet))
                .isInstanceOf(ConnectionEndedException.class);
    }

    @Test
    void aTaskForAConnectionOfNoProactorIsRefused() {
        try (Proactor proactor = Proactor.create()) {
            assertRefused(proactor, Connection.Factory.create(), new AtomicInteger());
        }
    }

    @Test
    void theExecutorRunsItsTasksInTheConnectionsSequence() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            List<Integer> ran = new ArrayList<>();
            Executor executor = pair.client.proactor.executor(connection);
            IntStream.range(0, 3).forEach(i -> executor.execute(() -> ran.add(i)));
            assertThat(takeAll(pair.client.proactor)).containsExactly(CONNECTION_WAKE);
            assertThat(ran).containsExactly(0, 1, 2);
        }
    }

    @Test
    void whereTheConnectionEndsMeanwhileEachTaskIsEitherRefusedOrRuns() {
        for (int round = 0; round < 30; round++) {
            AtomicInteger taken = new AtomicInteger();
            AtomicInteger ran = new AtomicInteger();
            CountDownLatch over = new CountDownLatch(1);
            try (Pair pair = new Pair()) {
                pair.connect();
                Connection connection = pair.lastAccepted();
                try (Workers workers = new Workers(pair.server.proactor, 2, event -> {
                    if (event.type() == TRANSPORT_CLOSED) {
                        over.countDown();
                    }
                })) {
                    CountDownLatch given = new CountDownLatch(10);
                    Background<Void> giver = Background.run(() -> {
                        try {
                            while (true) {
                                if (taken.get() - ran.get() > MOST_QUEUED) {
                                    LockSupport.parkNanos(1_000_000);
                                }
                                workers.proactor.execute(connection, ran::incrementAndGet);
                                taken.incrementAndGet();
                                given.countDown();
                            }
                        } catch (ConnectionEndedException end) {
                            over.await();
                        }
                    });
                    assertThat(Background.call(() -> given.await(10, TimeUnit.SECONDS))
                                    .result())
                            .isTrue();
                    workers.proactor.disconnect(null);
                    giver.result();
                    assertThat(ran.get()).isEqualTo(taken.get());
                }
            }
        }
    }
}
