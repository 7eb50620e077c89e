package dev.proactor.spring.boot.test.app;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.test.EnqueuedMessage;
import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.PeerClient;
import dev.proactor.spring.boot.test.PeerRefusedException;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;

/** The slice, and what a client sees of the application in it. */
@ProactorTest(
        properties = {
            "proactor.listeners.ingress.host=0.0.0.0",
            "proactor.listeners.ingress.port=5672",
            "proactor.connections.unused.uris=amqp://localhost:1",
            "proactor.connections.unused.auto-connect=false"
        })
class ProactorTestTest {

    @Autowired
    ApplicationContext context;

    @Autowired
    Shop.Counter counter;

    @LocalProactorPort
    int port;

    private final int portOfConstructor;

    ProactorTestTest(@LocalProactorPort int port) {
        portOfConstructor = port;
    }

    @Test
    void hasHandlersAndWhatTheyNeed() {
        assertThat(context.getBeansOfType(Shop.Deliveries.class)).hasSize(1);
        assertThat(context.getBeansOfType(Shop.Customers.class)).hasSize(1);
    }

    @Test
    void hasNoOtherComponents() {
        assertThat(context.getBeansOfType(Shop.Warehouse.class)).isEmpty();
        assertThat(context.getBeansOfType(Shop.Buyer.class)).isEmpty();
    }

    @Test
    void listensOnAnyPortOfLoopback(@LocalProactorPort("ingress") int named) {
        assertThat(port).isPositive().isNotEqualTo(5672).isEqualTo(named).isEqualTo(portOfConstructor);
        assertThat(context.getEnvironment().getProperty("local.proactor.ingress.port"))
                .isEqualTo(String.valueOf(port));
    }

    @Test
    void aHandlerAcceptsAndRejects() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            assertThat(client.send("orders", "{\"item\": \"book\", \"count\": 2}"))
                    .is(like(accepted()));
            assertThat(client.send("orders", "{\"item\": \"book\", \"count\": 0}"))
                    .isInstanceOf(Rejected.class);
            assertThat(client.send("orders", "no JSON")).isInstanceOf(Rejected.class);
        }
        assertThat(counter.orders).containsExactly(new Shop.Order("book", 2));
    }

    @Test
    void aLinkThatNobodyClaimsIsRefused() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            assertThatThrownBy(() -> client.send("nowhere", "x"))
                    .isInstanceOfSatisfying(
                            PeerRefusedException.class,
                            refused -> assertThat(refused.condition()).isEqualTo("amqp:not-found"))
                    .hasMessageContaining("nowhere");
            assertThatThrownBy(() -> client.receive("nowhere")).isInstanceOf(PeerRefusedException.class);
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void whatAPeerSubscribesToIsSentToIt() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            client.subscribe("replies");
            Message question = Message.Factory.create();
            question.setReplyTo("replies");
            question.setCorrelationId("1");
            question.setBody(new AmqpValue("hello"));

            assertThat(client.send("echo", question)).is(like(accepted()));

            Message answer = client.receive("replies");
            assertThat(answer.getCorrelationId()).isEqualTo("1");
            assertThat(ProactorPeer.body(answer)).isEqualTo("hello");
        }
    }

    @Test
    void requestsGetTheAnswersOfHandlers() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            assertThat(ProactorPeer.body(client.request("prices", "book"))).isEqualTo("12 EUR");

            List<CompletableFuture<Object>> echoes = Stream.iterate(0, i -> i + 1)
                    .limit(40)
                    .map(i -> CompletableFuture.supplyAsync(
                            () -> ProactorPeer.body(client.request("echo", "hello " + i))))
                    .toList();
            for (int i = 0; i < echoes.size(); i++) {
                assertThat(echoes.get(i)).succeedsWithin(5, TimeUnit.SECONDS).isEqualTo("hello " + i);
            }
        }
    }

    @Test
    void aRequestThatIsNotHandledFails() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            assertThatThrownBy(() -> client.request("prices", "pen"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Expected an answer to the request \"pen\" at 'prices'")
                    .hasMessageContaining("its outcome is Modified");
            assertThatThrownBy(() -> client.request("nowhere", "pen"))
                    .isInstanceOfSatisfying(
                            PeerRefusedException.class,
                            refused -> assertThat(refused.condition()).isEqualTo("amqp:not-found"))
                    .hasMessageContaining("nowhere");
            // Accepted, by a handler that says nothing.
            assertThatThrownBy(() -> client.request("notes", "book", Duration.ofSeconds(1)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Expected an answer to the request")
                    .hasMessageContaining("within 1 s")
                    .hasMessageContaining("1 enqueued at 'notes', outcomes: Accepted");
            assertThat(ProactorPeer.body(client.request("prices", "book"))).isEqualTo("12 EUR");
        }
    }

    @Test
    void aClientThatIsCutIsGone() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            client.drop();

            assertThat(client.isConnected()).isFalse();
            client.awaitEnd();
            assertThatThrownBy(() -> client.send("echo", "hello")).isInstanceOf(PeerRefusedException.class);
        }
    }

    @Test
    void aWaitEndsWithWhatWasSeen() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            EnqueuedMessage message = client.sendAsync("echo", Message.Factory.create());

            assertThat(message.awaitOutcome()).isInstanceOf(Rejected.class); // no text
            client.subscribe("replies");
            assertThatThrownBy(() -> client.receive("replies", Duration.ofMillis(20)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Expected a message at 'replies' within 20 ms")
                    .hasMessageContaining("1 enqueued at 'echo', outcomes: Rejected");
        }
    }
}
