package dev.proactor.spring.boot.test.app;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.test.AutoConfigureProactor;
import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.PeerClient;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Where a test finds the application, and how it is told that it can't. */
class PortsTest {

    private static final String INGRESS = "proactor.listeners.ingress.port=5672";
    private static final String CONNECTION = "proactor.connections.none.uris=amqp://localhost:1";
    private static final String NOT_MADE = "proactor.connections.none.auto-connect=false";

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Nested
    @SpringBootTest(properties = {"proactor.listeners.ingress.port=0", CONNECTION, NOT_MADE})
    class OfAWholeApplication {
        @LocalProactorPort("ingress")
        int port;

        @Autowired
        Shop.Warehouse warehouse;

        @Test
        void isThere(@LocalProactorPort Integer same) {
            assertThat(port).isPositive().isEqualTo(same);
            try (PeerClient client = ProactorPeer.connect("localhost", port)) {
                assertThat(client.send("echo", "hello")).is(like(accepted()));
            }
        }
    }

    @Nested
    @SpringBootTest(properties = {INGRESS, CONNECTION, NOT_MADE})
    @AutoConfigureProactor
    class OfAWholeApplicationWithRandomPorts {
        @Test
        void isNotThatOfTheProperties(@LocalProactorPort int port, @Autowired Shop.Warehouse warehouse) {
            assertThat(port).isPositive().isNotEqualTo(5672);
            assertThat(warehouse).isNotNull();
        }
    }

    @Nested
    @ProactorTest(
            properties = {CONNECTION, NOT_MADE},
            randomPorts = false)
    class WithPortsAsConfigured {
        static final int FREE = freePort();

        @DynamicPropertySource
        static void port(DynamicPropertyRegistry registry) {
            registry.add("proactor.listeners.ingress.port", () -> FREE);
        }

        @Test
        void isThatOfTheProperties(@LocalProactorPort int port) {
            assertThat(port).isEqualTo(FREE);
        }
    }

    @Nested
    @ProactorTest(properties = {CONNECTION, NOT_MADE, "proactor.test.random-ports=false"})
    class WithPortsAsConfiguredByAProperty {
        static final int FREE = freePort();

        @DynamicPropertySource
        static void port(DynamicPropertyRegistry registry) {
            registry.add("proactor.listeners.ingress.port", () -> FREE);
        }

        @Test
        void isThatOfTheProperties(@LocalProactorPort int port) {
            assertThat(port).isEqualTo(FREE);
        }
    }

    @Test
    void anUnknownNameFailsWithThoseThatThereAre() {
        assertThat(failureOf(MisplacedPorts.FieldOfUnknownName.class))
                .contains("@LocalProactorPort at the field port of FieldOfUnknownName")
                .contains("names a listener that there is not")
                .contains("ingress", "admin");
        assertThat(failureOf(MisplacedPorts.ParameterOfUnknownName.class))
                .contains("@LocalProactorPort at the parameter");
    }

    @Test
    void noNameForTwoListenersFails() {
        assertThat(failureOf(MisplacedPorts.NoNameForTwo.class))
                .contains("is for the only listener")
                .contains("ingress", "admin");
    }

    @Test
    void aListenerThatIsNotBoundFails() {
        assertThat(failureOf(MisplacedPorts.NotBound.class))
                .contains("the listener 'ingress' is not bound, but STOPPED");
    }

    @Test
    void anotherTypeFails() {
        assertThat(failureOf(MisplacedPorts.NotAnInt.class)).contains("must be an int");
    }

    @Test
    void noProactorFails() {
        assertThat(failureOf(MisplacedPorts.NoProactor.class)).contains("there is no proactor");
    }

    private static String failureOf(Class<?> test) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(DiscoverySelectors.selectClass(test))
                .build();
        StringBuilder messages = new StringBuilder();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
                result.getThrowable()
                        .ifPresent(
                                failure -> messages.append(failure.getMessage()).append('\n'));
            }
        });
        assertThat(messages).isNotEmpty();
        return messages.toString();
    }
}
