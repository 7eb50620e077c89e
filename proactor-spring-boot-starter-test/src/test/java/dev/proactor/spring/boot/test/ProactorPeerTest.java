package dev.proactor.spring.boot.test;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.failed;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static dev.proactor.spring.boot.test.Outcomes.modified;
import static dev.proactor.spring.boot.test.Outcomes.rejected;
import static dev.proactor.spring.boot.test.Outcomes.released;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The two roles of a peer, with each other. */
class ProactorPeerTest {

    private static final Duration SOON = Duration.ofMillis(20);

    private final ProactorPeer broker = ProactorPeer.listen();

    @AfterEach
    void close() {
        broker.close();
    }

    private PeerClient client() {
        return ProactorPeer.connect("localhost", broker.port());
    }

    @Test
    void messagesGoBothWays() {
        try (PeerClient client = client()) {
            assertThat(client.send("a", "text")).is(like(accepted()));
            client.send("a", new byte[] {1, 2});
            client.send("a", List.of(1, 2));
            broker.enqueue("b", 42);

            assertThat(ProactorPeer.body(client.receive("b"))).isEqualTo(42);
        }
        assertThat(broker)
                .hasReceived("a", "text")
                .hasReceived("a", new byte[] {1, 2})
                .hasReceived("a", List.of(1, 2))
                .hasReceivedCount("a", 3)
                .hasSettled("b", accepted());
    }

    @Test
    void dataIsComparedAsText() {
        try (PeerClient client = client()) {
            client.send("a", "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        assertThat(broker).hasReceived("a", "{}");
    }

    @Test
    void moreThanTheCreditAndMoreThanAFrame() {
        String large = "x".repeat(200_000);
        List<EnqueuedMessage> messages = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            messages.add(broker.enqueue("many", i));
        }
        messages.add(broker.enqueue("many", large));

        try (PeerClient client = client()) {
            for (int i = 0; i < 250; i++) {
                assertThat(ProactorPeer.body(client.receive("many"))).isEqualTo(i);
                client.sendAsync("back", i);
            }
            assertThat(ProactorPeer.body(client.receive("many"))).isEqualTo(large);
            assertThat(client.send("back", large)).is(like(accepted()));
        }
        assertThat(broker).hasReceivedCount("back", 251);
        assertThat(messages).allSatisfy(message -> assertThat(message.outcome()).is(like(accepted())));
    }

    @Test
    void manyThreadsUseOneClient() {
        try (PeerClient client = client()) {
            List<CompletableFuture<DeliveryState>> sends = Stream.iterate(0, i -> i + 1)
                    .limit(40)
                    .map(i -> CompletableFuture.supplyAsync(() -> client.send("a" + i % 4, i)))
                    .toList();
            assertThat(sends).allSatisfy(send -> assertThat(send).succeedsWithin(5, TimeUnit.SECONDS));
        }
        for (int i = 0; i < 4; i++) {
            assertThat(broker).hasReceivedCount("a" + i, 10);
        }
    }

    @Test
    void outcomesFollowTheScriptAtBothEnds() {
        broker.answer("a", failed(), rejected("amqp:not-allowed", "no"), accepted());
        try (PeerClient client = client()) {
            assertThat(client.send("a", 1)).is(like(failed())).isNot(like(modified(true, true)));
            assertThat(client.send("a", 2))
                    .is(like(rejected()))
                    .is(like(rejected("amqp:not-allowed")))
                    .is(like(rejected("amqp:not-allowed", "no")))
                    .isNot(like(rejected("amqp:not-allowed", "yes")))
                    .isNot(like(rejected("amqp:not-found")))
                    .isNot(like(accepted()));
            assertThat(client.send("a", 3)).is(like(accepted()));
            assertThat(client.send("a", 4)).is(like(accepted()));

            client.answer("b", released(), rejected("amqp:not-found"));
            EnqueuedMessage first = broker.enqueue("b", 1);
            EnqueuedMessage second = broker.enqueue("b", 2);
            client.subscribe("b");
            assertThat(first.awaitOutcome()).is(like(released()));
            assertThat(second.awaitOutcome()).is(like(rejected("amqp:not-found")));
        }
    }

    @Test
    void whatHasNoOutcomeIsSentAgainAndInItsOldOrder() {
        EnqueuedMessage first = broker.enqueue("b", 1);
        EnqueuedMessage second = broker.enqueue("b", 2);
        try (PeerClient client = client()) {
            client.leaveUnsettled("b");
            assertThat(ProactorPeer.body(client.receive("b"))).isEqualTo(1);
            assertThat(ProactorPeer.body(client.receive("b"))).isEqualTo(2);
            assertThat(first.outcome()).isNull();
            client.drop();
        }
        try (PeerClient client = client()) {
            assertThat(ProactorPeer.body(client.receive("b"))).isEqualTo(1);
            assertThat(ProactorPeer.body(client.receive("b"))).isEqualTo(2);
        }
        assertThat(broker).hasSettled(first, accepted()).hasSettled(second, accepted());
    }

    @Test
    void aResetForgetsMessagesAndScripts() {
        broker.answer("a", released());
        broker.refuseLinks("c", "amqp:not-found");
        broker.enqueue("b", "old");
        try (PeerClient client = client()) {
            client.send("a", "old");

            broker.reset();

            assertThat(broker).hasReceivedNothing("a").hasSettled("b");
            assertThat(client.send("a", "new")).is(like(accepted()));
            assertThat(client.send("c", "new")).is(like(accepted()));
            assertThat(ProactorPeer.body(broker.awaitMessage("a"))).isEqualTo("new");
            assertThatThrownBy(() -> client.receive("b", SOON)).isInstanceOf(AssertionError.class);
        }
    }

    @Test
    void aRefusedLinkFailsWithTheCondition() {
        broker.refuseLinks("a", "amqp:unauthorized-access");
        try (PeerClient client = client()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> client.send("a", 1))
                        .isInstanceOfSatisfying(
                                PeerRefusedException.class,
                                refused -> assertThat(refused.condition()).isEqualTo("amqp:unauthorized-access"));
            }
            assertThatThrownBy(() -> client.subscribe("a")).isInstanceOf(PeerRefusedException.class);
            assertThatThrownBy(() -> broker.awaitMessage("a", SOON)).hasMessageContaining("refused links at 'a'");
        }
    }

    @Test
    void aRequestGetsTheAnswerWithItsCorrelationId() {
        try (PeerClient client = client()) {
            CompletableFuture<Message> answer = CompletableFuture.supplyAsync(() -> client.request("a", "question"));
            Message request = broker.awaitMessage("a");
            Message other = Bodies.message("other");
            other.setCorrelationId("other");
            broker.enqueue(request.getReplyTo(), other);
            Message right = Bodies.message("answer");
            right.setCorrelationId(request.getCorrelationId());
            broker.enqueue(request.getReplyTo(), right);

            assertThat(answer)
                    .succeedsWithin(5, TimeUnit.SECONDS)
                    .satisfies(message -> assertThat(ProactorPeer.body(message)).isEqualTo("answer"));
        }
    }

    @Test
    void aRequestThatNobodyAnswersFailsWithWhatWasSeen() {
        try (PeerClient client = client()) {
            assertThatThrownBy(() -> client.request("a", "question", Duration.ofSeconds(1)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Expected an answer to the request \"question\" at 'a'")
                    .hasMessageContaining("within 1 s")
                    .hasMessageContaining("1 enqueued at 'a', outcomes: Accepted");

            CompletableFuture<Message> answer = CompletableFuture.supplyAsync(() -> client.request("a", "again"));
            broker.awaitMessage("a");
            broker.awaitMessage("a");
            broker.dropConnections();
            assertThat(answer)
                    .failsWithin(5, TimeUnit.SECONDS)
                    .withThrowableThat()
                    .withCauseInstanceOf(PeerRefusedException.class);
        }
    }

    @Test
    void aSendWhoseConnectionIsCutFails() throws Exception {
        broker.leaveUnsettled("a");
        try (PeerClient client = client()) {
            EnqueuedMessage message = client.sendAsync("a", 1);
            broker.awaitMessage("a");

            broker.dropConnections();

            client.awaitEnd();
            assertThatThrownBy(message::awaitOutcome).isInstanceOf(PeerRefusedException.class);
            assertThatThrownBy(() -> client.receive("b")).isInstanceOf(PeerRefusedException.class);
        }
        assertThat(broker.connections()).isZero();
    }

    @Test
    void assertionsFailWithWhatWasSeen() {
        try (PeerClient client = client()) {
            client.send("a", "one");
            broker.enqueue("b", "two");
            client.receive("b");

            assertThatThrownBy(() -> assertThat(broker).hasReceivedNothing("a"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("1 messages at 'a': \"one\"");
            assertThat(broker).hasSettled("b", accepted());
            assertThatThrownBy(() -> assertThat(broker).hasSettled("b", failed()))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Modified")
                    .hasMessageContaining("Accepted");
        }
    }

    @Test
    void aClosedPeerEndsAllWaits() {
        CompletableFuture<Void> wait = CompletableFuture.runAsync(() -> broker.awaitMessage("a"));
        broker.close();

        assertThat(wait)
                .failsWithin(2, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("the peer is closed");
    }

    @Test
    void whatAmqpHasNoTypeForIsRefusedAtOnce() {
        assertThatThrownBy(() -> broker.enqueue("a", new Object())).isInstanceOf(IllegalArgumentException.class);
    }
}
