package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.PROACTOR_TIMEOUT;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.EventType.TRANSPORT_HEAD_CLOSED;
import static dev.proactor.EventType.TRANSPORT_TAIL_CLOSED;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Pair;
import dev.proactor.testing.Workers;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Disconnecting everything. */
@Timeout(30)
class DisconnectTest {

    private static ErrorCondition condition() {
        return new ErrorCondition(Symbol.valueOf("test-name"), "test-description");
    }

    private static List<EventType> count(List<EventType> log, EventType type) {
        return log.stream().filter(type::equals).toList();
    }

    @Test
    @Tag("C73")
    void eachConnectionEndsWithTheGivenCondition() {
        List<String> conditions = new ArrayList<>();
        List<CloseReason> reasons = new ArrayList<>();
        try (Pair pair = new Pair(
                event -> {
                    if (event.type() == TRANSPORT_ERROR || event.type() == TRANSPORT_CLOSED) {
                        ErrorCondition condition = event.transport().getCondition();
                        conditions.add(condition.getCondition() + " " + condition.getDescription());
                        reasons.add(event.proactor().closeReason(event.connection()));
                    }
                },
                event -> {})) {
            pair.connect();
            pair.connect();
            pair.client.proactor.disconnect(condition());
            pair.client.runTo(PROACTOR_INACTIVE);
            // Each one's error and end, and the condition can be read in both.
            assertThat(conditions).hasSize(4).containsOnly("test-name test-description");
            assertThat(reasons).hasSize(4).containsOnly(CloseReason.DISCONNECTED);
            assertThat(count(pair.client.log, TRANSPORT_ERROR)).hasSize(2);
            assertThat(count(pair.client.log, TRANSPORT_CLOSED)).hasSize(2);
            assertThat(pair.client.log).containsOnlyOnce(PROACTOR_INACTIVE).endsWith(PROACTOR_INACTIVE);
            assertIdle(pair.client.proactor);
        }
    }

    @Test
    @Tag("C73")
    void theConditionMayBeChangedByItsOwnerAfterTheCall() {
        try (Pair pair = new Pair()) {
            pair.connect();
            ErrorCondition condition = condition();
            pair.client.proactor.disconnect(condition);
            condition.setDescription("changed");
            pair.client.runTo(TRANSPORT_CLOSED);
            assertThat(pair.client.lastCondition.getDescription()).isEqualTo("test-description");
        }
    }

    @Test
    @Tag("C74")
    void thePeerOfEachSeesItAborted() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.connect();
            pair.client.proactor.disconnect(condition());
            pair.client.runTo(PROACTOR_INACTIVE);
            for (int i = 0; i < 2; i++) {
                pair.server.lastCondition = null;
                pair.server.runTo(TRANSPORT_ERROR);
                assertThat(pair.server.lastCondition.getCondition().toString())
                        .isEqualTo("amqp:connection:framing-error");
                assertThat(pair.server.lastCondition.getDescription()).contains("aborted");
            }
            pair.server.settle();
            assertThat(count(pair.server.log, TRANSPORT_ERROR)).hasSize(2);
            assertThat(count(pair.server.log, TRANSPORT_CLOSED)).hasSize(2);
        }
    }

    @Test
    @Tag("C75")
    void eachListenerClosesWithoutACondition() {
        try (Driver server = new Driver()) {
            Listener one = listen(server);
            Listener two = listen(server);
            server.takeLog();
            server.proactor.disconnect(null);
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.takeLog()).containsExactly(LISTENER_CLOSE, LISTENER_CLOSE, PROACTOR_INACTIVE);
            assertThat(one.condition()).isNull();
            assertThat(two.condition()).isNull();
            assertThat(one.localPort()).isEqualTo(-1);
        }
    }

    @Test
    @Tag("C76")
    void withoutAConditionConnectionsEndWithTheUsualEvents() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.client.proactor.disconnect(null);
            pair.client.runTo(PROACTOR_INACTIVE);
            assertThat(pair.client.log)
                    .containsOnlyOnce(TRANSPORT_CLOSED)
                    .contains(TRANSPORT_HEAD_CLOSED, TRANSPORT_TAIL_CLOSED)
                    .endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C77")
    void withNothingAliveInactiveComesAllTheSame() {
        try (Proactor proactor = Proactor.create()) {
            proactor.disconnect(null);
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
            assertIdle(proactor);
            proactor.disconnect(condition());
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
            assertIdle(proactor);
        }
    }

    @Test
    void aTimeoutOutlivesADisconnect() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.client.proactor.setTimeout(Duration.ofHours(1));
            pair.client.proactor.disconnect(null);
            pair.client.runTo(TRANSPORT_CLOSED);
            pair.client.settle();
            // It is there still, or the proactor would be inactive; now it may run out.
            assertThat(pair.client.log).doesNotContain(PROACTOR_INACTIVE);
            pair.client.proactor.setTimeout(Duration.ofMillis(50));
            pair.client.runTo(PROACTOR_INACTIVE);
            assertThat(pair.client.log).endsWith(TRANSPORT_CLOSED, PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
            assertThat(pair.client.log).containsOnlyOnce(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C78")
    void afterADisconnectBothProactorsGoOn() {
        try (Pair pair = new Pair()) {
            for (int i = 0; i < 2; i++) {
                Listener listener = listen(pair.server);
                pair.client.proactor.connect(
                        ConnectionOptions.to(address(listener)).build());
                pair.client.runTo(EventType.CONNECTION_REMOTE_OPEN, pair.server);
                pair.client.proactor.disconnect(condition());
                pair.client.runTo(PROACTOR_INACTIVE);
                pair.server.proactor.disconnect(null);
                pair.server.runTo(PROACTOR_INACTIVE);
            }
        }
    }

    @Test
    @Tag("C79")
    void aConnectionThatIsBeingHandledFollowsAtTheEndOfItsBatch() {
        try (Pair pair = new Pair()) {
            Connection handled = pair.connect();
            Connection idle = pair.connect();
            Proactor proactor = pair.client.proactor;
            proactor.wake(handled);
            EventBatch held = takeAt(proactor, CONNECTION_WAKE);
            Background.run(() -> proactor.disconnect(condition())).result();
            try (EventBatch batch = take(proactor)) {
                assertThat(batch.connection()).isSameAs(idle);
                assertThat(rest(batch)).endsWith(TRANSPORT_CLOSED);
            }
            // Not over, and so not inactive.
            assertIdle(proactor);
            assertThat(Proactor.of(handled)).isSameAs(proactor);
            List<EventType> seen = rest(held);
            held.close();
            if (!seen.contains(TRANSPORT_CLOSED)) {
                seen.addAll(takeAll(proactor));
            }
            assertThat(seen)
                    .containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED)
                    .containsOnlyOnce(TRANSPORT_CLOSED)
                    .endsWith(TRANSPORT_CLOSED);
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C79")
    void aConnectionThatIsBeingMadeEndsToo() {
        CountDownLatch lookUp = new CountDownLatch(1);
        CountDownLatch lookedUp = new CountDownLatch(1);
        Proactor clients = Proactor.builder()
                .resolver(host -> {
                    try {
                        lookUp.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    lookedUp.countDown();
                    return List.of(InetAddress.getLoopbackAddress());
                })
                .build();
        try (Pair pair = new Pair(clients, event -> {}, event -> {})) {
            clients.connect(ConnectionOptions.to("somewhere:" + pair.listener.localPort())
                    .build());
            pair.client.settle();
            clients.disconnect(condition());
            pair.client.runTo(PROACTOR_INACTIVE);
            assertThat(pair.client.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThat(pair.client.lastCondition.getCondition().toString()).isEqualTo("test-name");
            lookUp.countDown();
            assertThat(Background.call(() -> lookedUp.await(10, TimeUnit.SECONDS))
                            .result())
                    .isTrue();
            pair.client.takeLog();
            pair.client.settle(pair.server);
            assertThat(pair.client.log).isEmpty();
            assertThat(pair.server.log).doesNotContain(EventType.LISTENER_ACCEPT);
        }
    }

    @Test
    @Tag("C79")
    void aConnectionThatIsDisconnectedBeforeItRanHasItsWholeLife() {
        try (Pair pair = new Pair()) {
            pair.client.proactor.connect(
                    ConnectionOptions.to(address(pair.listener)).build());
            pair.client.proactor.disconnect(condition());
            pair.client.runTo(PROACTOR_INACTIVE);
            assertThat(pair.client.log)
                    .startsWith(EventType.CONNECTION_INIT, EventType.CONNECTION_LOCAL_OPEN)
                    .containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED)
                    .endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThat(pair.client.lastCondition.getCondition().toString()).isEqualTo("test-name");
        }
    }

    @Test
    @Tag("C79")
    void aListenerThatIsDisconnectedBeforeItRanCloses() {
        try (Driver server = new Driver()) {
            server.proactor.listen(ListenerOptions.on("127.0.0.1:0").build());
            server.proactor.disconnect(null);
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.log).containsOnlyOnce(LISTENER_CLOSE).endsWith(LISTENER_CLOSE, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C79")
    void twoDisconnectsAtOnceEndEachConnectionOnce() throws Exception {
        List<EventType> log = Collections.synchronizedList(new ArrayList<>());
        Semaphore inactive = new Semaphore(0);
        try (Pair pair = new Pair()) {
            Workers clients = new Workers(Proactor.create(), 3, event -> {
                log.add(event.type());
                if (event.type() == PROACTOR_INACTIVE) {
                    inactive.release();
                }
            });
            try (clients) {
                for (int round = 0; round < 60; round++) {
                    log.clear();
                    for (int i = 0; i < 4; i++) {
                        clients.proactor.connect(
                                ConnectionOptions.to(address(pair.listener)).build());
                    }
                    if (round % 2 == 0) {
                        pair.server.runUntil(
                                () -> count(List.copyOf(log), EventType.CONNECTION_REMOTE_OPEN)
                                                .size()
                                        == 4,
                                "open connections");
                    }
                    CyclicBarrier together = new CyclicBarrier(2);
                    Background.Body disconnect = () -> {
                        together.await();
                        clients.proactor.disconnect(condition());
                    };
                    Background<Void> other = Background.run(disconnect);
                    Background.run(disconnect).result();
                    other.result();
                    // Not by the next INACTIVE alone: a disconnect that came when all was over makes one of its own.
                    do {
                        assertThat(inactive.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
                    } while (count(List.copyOf(log), TRANSPORT_CLOSED).size() < 4);
                    assertThat(count(List.copyOf(log), TRANSPORT_CLOSED))
                            .as("round %d", round)
                            .hasSize(4);
                    assertThat(count(List.copyOf(log), TRANSPORT_ERROR))
                            .as("round %d", round)
                            .hasSize(4);
                    inactive.drainPermits();
                }
            }
        }
    }
}
