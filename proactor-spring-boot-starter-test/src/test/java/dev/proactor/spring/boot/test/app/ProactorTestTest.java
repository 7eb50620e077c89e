package dev.proactor.spring.boot.test.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.Outcomes;
import dev.proactor.spring.boot.test.PeerClient;
import dev.proactor.spring.boot.test.PeerRefusedException;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
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
                    .isEqualTo(Outcomes.accepted());
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
    void aWaitEndsWithWhatWasSeen() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            assertThat(client.send("echo", "hello")).isEqualTo(Outcomes.accepted()); // no reply-to
            Message message = Message.Factory.create();
            assertThatThrownBy(() -> client.send("echo", message, java.time.Duration.ZERO))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("an outcome of the message")
                    .hasMessageContaining("within 0 s")
                    .hasMessageContaining("links at 'echo'");
        }
    }
}
