package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Pair;
import dev.proactor.testing.Workers;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waking a connection. */
@Timeout(30)
class WakeTest {

    @Test
    @Tag("C63")
    void anIdleConnectionIsWokenFromAnyThread() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Background<EventBatch> waiting =
                    Background.call(pair.client.proactor::await).whenItWaits();
            pair.client.proactor.wake(connection);
            try (EventBatch batch = waiting.result()) {
                assertThat(batch.connection()).isSameAs(connection);
                assertThat(rest(batch)).containsExactly(CONNECTION_WAKE);
            }
            assertIdle(pair.client.proactor);
        }
    }

    @Test
    @Tag("C63")
    void aWakeReachesOnlyTheConnectionThatItIsFor() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.connect();
            pair.server.proactor.wake(pair.accepted.get(0));
            try (EventBatch batch = take(pair.server.proactor)) {
                assertThat(batch.connection()).isSameAs(pair.accepted.get(0));
                assertThat(rest(batch)).containsExactly(CONNECTION_WAKE);
            }
            assertIdle(pair.server.proactor);
        }
    }

    @Test
    @Tag("C64")
    void severalWakesGiveOneOrMoreAndAtMostAsMany() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            for (int i = 0; i < 5; i++) {
                pair.client.proactor.wake(connection);
            }
            pair.client.settle();
            assertThat(pair.client.takeLog()).hasSizeBetween(1, 5).containsOnly(CONNECTION_WAKE);
        }
    }

    @Test
    @Tag("C64")
    void noWakeIsLostWhileThreadsHandleTheConnection() throws Exception {
        int rounds = 2000;
        Semaphore woken = new Semaphore(0);
        try (Pair pair = new Pair()) {
            pair.connect();
            Connection connection = pair.lastAccepted();
            try (Workers workers = new Workers(pair.server.proactor, 3, event -> {
                if (event.type() == CONNECTION_WAKE) {
                    woken.release();
                }
            })) {
                // The next wake comes while the batch of the last one ends.
                for (int i = 0; i < rounds; i++) {
                    workers.proactor.wake(connection);
                    assertThat(woken.tryAcquire(10, TimeUnit.SECONDS))
                            .as("wake " + i)
                            .isTrue();
                }
                assertThat(workers.proactor.counts().wakeups()).isGreaterThanOrEqualTo(rounds);
            }
        }
    }

    @Test
    @Tag("C65")
    void aWakeFromTheHandlerGivesAnotherOne() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            List<EventType> rest;
            try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
                pair.client.proactor.wake(connection);
                rest = rest(batch);
            }
            assertThat(rest.isEmpty() ? takeAll(pair.client.proactor) : rest).containsExactly(CONNECTION_WAKE);
            assertIdle(pair.client.proactor);
        }
    }

    @Test
    @Tag("C65")
    void aWakeAfterTheLastEventOfABatchGivesAnotherOne() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            try (EventBatch batch = take(pair.client.proactor)) {
                assertThat(rest(batch)).containsExactly(CONNECTION_WAKE);
                pair.client.proactor.wake(connection);
            }
            assertThat(takeAll(pair.client.proactor)).containsExactly(CONNECTION_WAKE);
        }
    }

    @Test
    @Tag("C66")
    void thereIsNoWakeBesideADisconnect() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            pair.client.proactor.disconnect(null);
            pair.client.proactor.wake(connection);
            pair.client.runTo(PROACTOR_INACTIVE, pair.server);
            pair.client.settle(pair.server);
            assertThat(pair.client.log)
                    .doesNotContain(CONNECTION_WAKE)
                    .containsOnlyOnce(TRANSPORT_CLOSED)
                    .endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C66")
    void thereIsNoWakeBesideADisconnectWhereBothEndsAreOnOneProactor() {
        try (Driver driver = new Driver(Handlers::mirror)) {
            Connection connection = driver.proactor.connect(
                    ConnectionOptions.to(address(Handlers.listen(driver))).build());
            driver.runUntil(
                    () -> Collections.frequency(driver.log, EventType.CONNECTION_REMOTE_OPEN) == 2, "open connection");
            driver.settle();
            driver.takeLog();
            driver.proactor.wake(connection);
            driver.proactor.disconnect(null);
            driver.proactor.wake(connection);
            driver.runTo(PROACTOR_INACTIVE);
            assertThat(driver.log)
                    .contains(LISTENER_CLOSE)
                    .doesNotContain(CONNECTION_WAKE)
                    .containsOnlyOnce(PROACTOR_INACTIVE);
            assertThat(Collections.frequency(driver.log, TRANSPORT_CLOSED)).isEqualTo(2);
        }
    }

    @Test
    @Tag("C67")
    void aWakeOfAConnectionThatIsOverDoesNothing() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.disconnect(null);
            try (EventBatch batch = take(pair.client.proactor)) {
                assertThat(rest(batch)).endsWith(TRANSPORT_CLOSED);
                pair.client.proactor.wake(connection);
                assertThat(batch.next()).isNull();
                pair.client.proactor.wake(connection);
            }
            pair.client.proactor.wake(connection);
            assertThat(takeAll(pair.client.proactor)).containsExactly(PROACTOR_INACTIVE);
            pair.client.proactor.wake(connection);
            assertIdle(pair.client.proactor);
            assertThat(Proactor.of(connection)).isNull();
            pair.client.close();
            pair.client.proactor.wake(connection);
        }
    }

    @Test
    @Tag("C67")
    void aWakeOfAConnectionOfNoProactorDoesNothing() {
        try (Proactor proactor = Proactor.create()) {
            Connection stranger = Connection.Factory.create();
            proactor.wake(stranger);
            assertThat(Proactor.of(stranger)).isNull();
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C68")
    void aConnectionIsWokenBeforeItIsConnected() throws Exception {
        CountDownLatch lookedUp = new CountDownLatch(1);
        Proactor clients = Proactor.builder()
                .resolver(host -> {
                    try {
                        lookedUp.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return List.of(InetAddress.getLoopbackAddress());
                })
                .build();
        try (Pair pair = new Pair(clients, event -> {}, event -> {})) {
            Connection connection = clients.connect(ConnectionOptions.to("somewhere:" + pair.listener.localPort())
                    .build());
            clients.wake(connection);
            pair.client.runTo(CONNECTION_WAKE);
            assertThat(clients.remoteAddress(connection)).isNull();
            clients.wake(connection);
            pair.client.runTo(CONNECTION_WAKE);
            // It comes up all the same.
            lookedUp.countDown();
            pair.client.runTo(EventType.CONNECTION_REMOTE_OPEN, pair.server);
            assertThat(connection.getRemoteState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(pair.client.log).doesNotContain(TRANSPORT_ERROR);
        }
    }

    @Test
    @Tag("C69")
    void aConnectionThatIsClosedInItsWakeHandlerEndsCleanlyAtBothEnds() {
        try (Pair pair = new Pair(
                event -> {
                    if (event.type() == CONNECTION_WAKE) {
                        event.connection().close();
                    }
                },
                event -> {})) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            pair.client.runTo(TRANSPORT_CLOSED, pair.server);
            pair.server.runUntil(() -> pair.server.log.contains(TRANSPORT_CLOSED), "server's end", pair.client);
            assertThat(pair.client.log).doesNotContain(TRANSPORT_ERROR);
            assertThat(pair.server.log).doesNotContain(TRANSPORT_ERROR);
            assertThat(connection.getRemoteState()).isEqualTo(EndpointState.CLOSED);
        }
    }
}
