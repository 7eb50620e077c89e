package dev.proactor.spring.boot.test.app;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.PeerClient;
import dev.proactor.spring.boot.test.PeerRefusedException;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** A context in the cache is paused between test classes, and restarted (Spring Framework 7). */
@ProactorTest(
        properties = {
            "proactor.listeners.ingress.port=5672",
            "proactor.connections.broker.uris=amqp://broker.example.com:5672",
            "proactor.connections.broker.sasl.mechanisms=PLAIN",
            "proactor.connections.broker.ssl.enabled=false",
            "proactor.connections.broker.receivers.in.address=deliveries",
            "proactor.connections.broker.reconnect.initial-delay=10ms"
        })
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // so that its field would be of before the pause
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PauseTest {

    @TestConfiguration(proxyBeanMethods = false)
    static class Broker {
        @Bean
        ProactorPeer broker() {
            return ProactorPeer.listen();
        }
    }

    @Autowired
    ConfigurableApplicationContext context;

    @Autowired
    ProactorListeners listeners;

    @Autowired
    ProactorPeer broker;

    @LocalProactorPort
    int port;

    private int portBefore;

    @Test
    @Order(1)
    void listenersAndConnectionsComeBack() throws IOException {
        talk();
        portBefore = port;

        context.pause();
        assertThat(listeners.get("ingress").status().state()).isEqualTo(NamedListener.State.STOPPED);
        assertThatThrownBy(() -> ProactorPeer.connect("localhost", portBefore))
                .isInstanceOf(PeerRefusedException.class);
        try (ServerSocket inTheWay = new ServerSocket(portBefore, 1, InetAddress.getLoopbackAddress())) {
            context.restart(); // to another port
            assertThat(inTheWay.isBound()).isTrue();
        }

        assertThat(listeners.get("ingress").localPort()).isPositive().isNotEqualTo(portBefore);
        broker.awaitConnections(2);
    }

    @Test
    @Order(2)
    void theNextTestHasTheNewPort(@LocalProactorPort int parameter) {
        assertThat(port).isNotEqualTo(portBefore).isEqualTo(parameter);
        talk();
    }

    private void talk() {
        try (PeerClient client = ProactorPeer.connect("localhost", port)) {
            assertThat(client.send("echo", "hello")).is(like(accepted()));
        }
        assertThat(broker).hasSettled(broker.enqueue("deliveries", "parcel"), accepted());
    }
}
