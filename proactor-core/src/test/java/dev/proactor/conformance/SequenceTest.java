package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.EventType.PROACTOR_TIMEOUT;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Pair;
import dev.proactor.testing.Workers;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The guarantee: one owner for each subject, different subjects at the same time. */
@Timeout(30)
class SequenceTest {

    @Test
    @Tag("C21")
    void noSecondBatchOfAConnectionComesBeforeTheFirstIsDone() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            try (EventBatch first = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
                rest(first);
                pair.client.proactor.wake(connection);
                // Input too: the peer closes.
                pair.server.proactor.execute(pair.lastAccepted(), pair.lastAccepted()::close);
                pair.server.settle();
                assertIdle(pair.client.proactor);
            }
            try (EventBatch second = take(pair.client.proactor)) {
                assertThat(rest(second)).contains(CONNECTION_WAKE, EventType.CONNECTION_REMOTE_CLOSE);
            }
        }
    }

    @Test
    @Tag("C21")
    void noSecondBatchOfAListenerComesBeforeTheFirstIsDone() throws Exception {
        try (Pair pair = new Pair();
                SocketChannel one =
                        SocketChannel.open(pair.listener.localAddresses().get(0))) {
            assertThat(one.isConnected()).isTrue();
            try (EventBatch first = takeAt(pair.server.proactor, LISTENER_ACCEPT)) {
                try (SocketChannel two =
                        SocketChannel.open(pair.listener.localAddresses().get(0))) {
                    assertThat(two.isConnected()).isTrue();
                    assertIdle(pair.server.proactor);
                    first.listener().reject();
                }
            }
            takeAt(pair.server.proactor, LISTENER_ACCEPT).close();
        }
    }

    @Test
    @Tag("C21")
    void noSecondBatchOfTheProactorComesBeforeTheFirstIsDone() {
        try (Proactor proactor = Proactor.create()) {
            proactor.setTimeout(Duration.ofHours(1));
            proactor.interrupt();
            try (EventBatch first = take(proactor)) {
                assertThat(rest(first)).containsExactly(PROACTOR_INTERRUPT);
                proactor.interrupt();
                proactor.setTimeout(Duration.ZERO);
                assertIdle(proactor);
            }
            try (EventBatch second = take(proactor)) {
                assertThat(rest(second)).startsWith(PROACTOR_TIMEOUT, PROACTOR_INTERRUPT);
            }
        }
    }

    @Test
    @Tag("C21")
    void differentSubjectsAreOpenAtTheSameTime() throws Exception {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.connect();
            Proactor proactor = pair.server.proactor;
            pair.accepted.forEach(proactor::wake);
            proactor.interrupt();
            try (SocketChannel peer =
                    SocketChannel.open(pair.listener.localAddresses().get(0))) {
                assertThat(peer.isConnected()).isTrue();
                List<EventBatch> open = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    open.add(take(proactor));
                }
                assertThat(open)
                        .extracting(batch -> batch.next().type())
                        .containsExactlyInAnyOrder(
                                CONNECTION_WAKE, CONNECTION_WAKE, PROACTOR_INTERRUPT, LISTENER_ACCEPT);
                open.forEach(EventBatch::close);
            }
        }
    }

    @Test
    @Tag("C21")
    void handlersOfDifferentConnectionsRunInParallel() throws Exception {
        CyclicBarrier together = new CyclicBarrier(3);
        CountDownLatch met = new CountDownLatch(3);
        try (Pair pair = new Pair()) {
            for (int i = 0; i < 3; i++) {
                pair.connect();
            }
            try (Workers workers = new Workers(pair.server.proactor, 3, event -> {
                if (event.type() == CONNECTION_WAKE) {
                    together.await(10, TimeUnit.SECONDS);
                    met.countDown();
                }
            })) {
                pair.accepted.forEach(workers.proactor::wake);
                assertThat(met.await(10, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    @Tag("C21")
    void eventsOfOneConnectionAreNeverHandledByTwoThreadsAtOnce() throws Exception {
        int connections = 4;
        int rounds = 3000;
        Map<Connection, AtomicInteger> inside = new ConcurrentHashMap<>();
        Map<Connection, int[]> handled = new ConcurrentHashMap<>();
        AtomicBoolean overlapped = new AtomicBoolean();
        try (Pair pair = new Pair()) {
            for (int i = 0; i < connections; i++) {
                pair.connect();
            }
            pair.accepted.forEach(connection -> {
                inside.put(connection, new AtomicInteger());
                handled.put(connection, new int[1]);
            });
            try (Workers workers = new Workers(pair.server.proactor, 4, event -> {
                Connection connection = event.connection();
                if (inside.get(connection).getAndIncrement() != 0) {
                    overlapped.set(true);
                }
                // Neither volatile nor locked: only the guarantee protects it.
                handled.get(connection)[0]++;
                inside.get(connection).decrementAndGet();
            })) {
                CountDownLatch last = new CountDownLatch(connections);
                List<Background<Void>> wakers = new ArrayList<>();
                for (int waker = 0; waker < 2; waker++) {
                    wakers.add(Background.run(() -> {
                        for (int i = 0; i < rounds; i++) {
                            pair.accepted.forEach(workers.proactor::wake);
                            if (i % 64 == 0) {
                                Thread.yield();
                            }
                        }
                    }));
                }
                wakers.forEach(Background::result);
                Map<Connection, Integer> counted = new ConcurrentHashMap<>();
                for (Connection connection : pair.accepted) {
                    workers.proactor.execute(connection, () -> {
                        counted.put(connection, handled.get(connection)[0]);
                        last.countDown();
                    });
                }
                assertThat(last.await(10, TimeUnit.SECONDS)).isTrue();
                assertThat(overlapped).isFalse();
                assertThat(counted.values()).allMatch(count -> count > 0);
            }
        }
    }

    @Test
    @Tag("C21")
    void aSlowHandlerCostsItsOwnConnectionOnly() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        CountDownLatch slowBegan = new CountDownLatch(1);
        AtomicInteger others = new AtomicInteger();
        CountDownLatch enough = new CountDownLatch(100);
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.connect();
            Connection slowOne = pair.accepted.get(0);
            Connection quickOne = pair.accepted.get(1);
            try (Workers workers = new Workers(pair.server.proactor, 2, event -> {
                if (event.connection() == slowOne) {
                    slowBegan.countDown();
                    slow.await();
                } else {
                    others.incrementAndGet();
                    enough.countDown();
                    event.proactor().wake(event.connection());
                }
            })) {
                workers.proactor.wake(slowOne);
                assertThat(slowBegan.await(10, TimeUnit.SECONDS)).isTrue();
                workers.proactor.wake(quickOne);
                assertThat(enough.await(10, TimeUnit.SECONDS)).isTrue();
                slow.countDown();
            }
        }
    }
}
