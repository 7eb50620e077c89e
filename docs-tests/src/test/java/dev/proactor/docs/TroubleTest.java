package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.example.shop.ShopApplication;
import dev.proactor.security.Authenticator;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.test.ProactorPeer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.health.actuate.endpoint.HealthDescriptor;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.IndicatedHealthDescriptor;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the tables of docs/connections.md and docs/security.md say of trouble is what health and the log say. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class TroubleTest {

    @Configuration(proxyBeanMethods = false)
    static class Users {
        @Bean
        Authenticator users() {
            return Authenticator.of(Map.of("shop", "right"));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static ConfigurableApplicationContext start(Class<?> more, String... properties) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.main.web-application-type=none",
                "--proactor.connections.broker.reconnect.initial-delay=10ms",
                "--proactor.connections.broker.reconnect.max-delay=50ms",
                "--proactor.connections.broker.receivers.in.address=orders"));
        if (Stream.of(properties).noneMatch(property -> property.contains("ingress.port"))) {
            arguments.add("--proactor.listeners.ingress.port=0");
        }
        for (String property : properties) {
            arguments.add("--" + property);
        }
        return new SpringApplication(ShopApplication.class, more).run(arguments.toArray(String[]::new));
    }

    private static IndicatedHealthDescriptor health(ConfigurableApplicationContext context) {
        HealthDescriptor broker =
                context.getBean(HealthEndpoint.class).healthForPath("proactor", "connections", "broker");
        return (IndicatedHealthDescriptor) broker;
    }

    private static void awaitHealth(ConfigurableApplicationContext context, String status, String state, String error) {
        await().untilAsserted(() -> {
            IndicatedHealthDescriptor health = health(context);
            assertThat(health.getStatus().getCode()).isEqualTo(status);
            assertThat(health.getDetails()).containsEntry("state", state);
            assertThat(String.valueOf(health.getDetails().get("lastError"))).contains(error);
        });
    }

    @Test
    void aConnectionThatIsGivenUpIsDownUntilItIsStartedAgain(CapturedOutput log) throws IOException {
        try (ConfigurableApplicationContext context = start(
                Users.class,
                "proactor.connections.broker.uris=amqp://localhost:" + freePort(),
                "proactor.connections.broker.reconnect.max-attempts=2")) {
            awaitHealth(context, "DOWN", "failed", "Connection refused");
            // Health knows it first.
            await().untilAsserted(() -> assertThat(log).contains("is given up after 2 attempts"));
        }
    }

    @Test
    void aWrongPasswordIsOutOfServiceAndTriedAgain() throws IOException {
        int port = freePort();
        try (ConfigurableApplicationContext context = start(
                Users.class,
                "proactor.listeners.ingress.port=" + port,
                "proactor.connections.broker.uris=amqp://localhost:" + port,
                "proactor.connections.broker.username=shop",
                "proactor.connections.broker.password=wrong")) {
            awaitHealth(
                    context,
                    "OUT_OF_SERVICE",
                    "reconnecting",
                    "amqp:unauthorized-access (Authentication failed [mech=SCRAM-SHA-512]");
        }
    }

    @Test
    void aPasswordThatWouldBeReadOnTheWayIsNotSent() throws IOException {
        int port = freePort();
        try (ConfigurableApplicationContext context = start(
                Users.class,
                "proactor.listeners.ingress.port=" + port,
                "proactor.listeners.ingress.sasl.mechanisms=PLAIN",
                "proactor.listeners.ingress.sasl.allow-insecure=true",
                "proactor.connections.broker.uris=amqp://localhost:" + port,
                "proactor.connections.broker.username=shop",
                "proactor.connections.broker.password=right")) {
            awaitHealth(context, "OUT_OF_SERVICE", "reconnecting", "without TLS a secret is not sent");
        }
    }

    @Test
    void tlsWhereThereIsNoneIsOutOfService() throws IOException {
        try (ProactorPeer broker = ProactorPeer.listen();
                ConfigurableApplicationContext context =
                        start(Users.class, "proactor.connections.broker.uris=amqps://localhost:" + broker.port())) {
            awaitHealth(context, "OUT_OF_SERVICE", "reconnecting", "amqp:connection:framing-error (SSL: ");
        }
    }

    @Test
    void aPausedReceiverIsNamedAndHealthIsUp() {
        try (ProactorPeer broker = ProactorPeer.listen();
                ConfigurableApplicationContext context =
                        start(Users.class, "proactor.connections.broker.uris=" + broker.uri())) {
            awaitHealth(context, "UP", "open", "");

            context.getBean(ProactorConnections.class).pause("broker", "in");

            assertThat(health(context).getStatus().getCode()).isEqualTo("UP");
            assertThat(health(context).getDetails()).containsEntry("pausedReceivers", List.of("in"));
        }
    }

    @Test
    void aConnectionThatIsNotRequiredIsUnknownWhileItIsGone() throws IOException {
        try (ConfigurableApplicationContext context = start(
                Users.class,
                "proactor.connections.broker.uris=amqp://localhost:" + freePort(),
                "proactor.connections.broker.required=false")) {
            awaitHealth(context, "UNKNOWN", "reconnecting", "Connection refused");
        }
    }

    @Test
    void aBundleThatIsNotThereFailsTheStart() {
        assertThatThrownBy(() -> start(Users.class, "proactor.listeners.ingress.ssl.bundle=gone")
                        .close())
                .hasStackTraceContaining("proactor.listeners.ingress.ssl.bundle");
    }

    @Test
    void aPortThatIsTakenFailsTheStart() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = "proactor.listeners.ingress.port=" + taken.getLocalPort();
            assertThatThrownBy(() -> start(Users.class, port).close())
                    .hasStackTraceContaining("could not be bound to localhost:" + taken.getLocalPort());
        }
    }
}
