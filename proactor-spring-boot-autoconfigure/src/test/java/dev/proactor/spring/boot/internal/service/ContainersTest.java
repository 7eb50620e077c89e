package dev.proactor.spring.boot.internal.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import dev.proactor.spring.boot.connection.ProactorConnections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactory;
import org.springframework.boot.docker.compose.core.ConnectionPorts;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;

class ContainersTest {

    private static RunningService service(Map<String, String> environment, Map<String, String> labels) {
        RunningService service = mock(RunningService.class);
        ConnectionPorts ports = mock(ConnectionPorts.class);
        when(ports.get(anyInt())).thenReturn(0);
        when(ports.get(5672)).thenReturn(40123);
        when(service.host()).thenReturn("docker.example");
        when(service.ports()).thenReturn(ports);
        when(service.env()).thenReturn(environment);
        when(service.labels()).thenReturn(labels);
        return service;
    }

    @Test
    void artemisSaysWhereAndWho() {
        ProactorConnectionDetails own = new ArtemisDockerComposeConnectionDetailsFactory.Details(service(
                Map.of("ARTEMIS_USER", "ann", "ARTEMIS_PASSWORD", "secret"),
                Map.of("dev.proactor.connection", "orders")));
        assertThat(own.getUris()).containsExactly("amqp://docker.example:40123");
        assertThat(own.getUsername()).isEqualTo("ann");
        assertThat(own.getPassword()).isEqualTo("secret");
        assertThat(own.getConnection()).isEqualTo("orders");

        ProactorConnectionDetails usual =
                new ArtemisDockerComposeConnectionDetailsFactory.Details(service(Map.of(), Map.of()));
        assertThat(usual.getUsername()).isEqualTo("artemis");
        assertThat(usual.getConnection()).isNull();

        ProactorConnectionDetails open = new ArtemisDockerComposeConnectionDetailsFactory.Details(
                service(Map.of("ANONYMOUS_LOGIN", "true"), Map.of()));
        assertThat(open.getUsername()).isNull();
    }

    @Test
    void rabbitSaysWhereAndWho() {
        ProactorConnectionDetails own = new RabbitDockerComposeConnectionDetailsFactory.Details(
                service(Map.of("RABBITMQ_DEFAULT_USER", "ann", "RABBITMQ_DEFAULT_PASS", "secret"), Map.of()));
        assertThat(own.getUris()).containsExactly("amqp://docker.example:40123");
        assertThat(own.getUsername()).isEqualTo("ann");
        assertThat(own.getPassword()).isEqualTo("secret");
        assertThat(new RabbitDockerComposeConnectionDetailsFactory.Details(service(Map.of(), Map.of())).getUsername())
                .isEqualTo("guest");
    }

    @Test
    void theFactoriesAreFound() {
        assertThat(SpringFactoriesLoader.forDefaultResourceLocation(getClass().getClassLoader())
                        .load(
                                ConnectionDetailsFactory.class,
                                SpringFactoriesLoader.FailureHandler.logging(
                                        org.apache.commons.logging.LogFactory.getLog(getClass()))))
                .hasAtLeastOneElementOfType(ArtemisContainerConnectionDetailsFactory.class)
                .hasAtLeastOneElementOfType(ArtemisDockerComposeConnectionDetailsFactory.class)
                .hasAtLeastOneElementOfType(RabbitContainerConnectionDetailsFactory.class)
                .hasAtLeastOneElementOfType(RabbitDockerComposeConnectionDetailsFactory.class);
    }

    // ---- what they are for

    private record Somewhere(@Nullable String connection) implements ProactorConnectionDetails {
        @Override
        public List<String> getUris() {
            return List.of("amqp://somewhere.example:1");
        }

        @Override
        public String getUsername() {
            return "ann";
        }

        @Override
        public String getPassword() {
            return "secret";
        }

        @Override
        public @Nullable String getConnection() {
            return connection;
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withPropertyValues("proactor.auto-startup=false");

    @Test
    void theyGoBeforeThePropertiesOfTheSoleConnection() {
        runner.withPropertyValues("proactor.connections.orders.receivers.in.address=orders")
                .withBean(ProactorConnectionDetails.class, () -> new Somewhere(null))
                .run(context -> assertThat(context.getBean(ProactorConnections.class)
                                .get("orders")
                                .spec()
                                .uris())
                        .containsExactly("amqp://somewhere.example:1"));
    }

    @Test
    void theLabelChoosesAmongSeveral() {
        runner.withPropertyValues(
                        "proactor.connections.orders.uris=amqp://localhost:1",
                        "proactor.connections.billing.uris=amqp://localhost:2")
                .withBean(ProactorConnectionDetails.class, () -> new Somewhere("billing"))
                .run(context -> {
                    ProactorConnections connections = context.getBean(ProactorConnections.class);
                    assertThat(connections.get("orders").spec().uris()).containsExactly("amqp://localhost:1");
                    assertThat(connections.get("billing").spec().uris()).containsExactly("amqp://somewhere.example:1");
                });
    }

    @Test
    void whatIsForNoneChangesNothing() {
        runner.withPropertyValues("proactor.connections.orders.uris=amqp://localhost:1")
                .withBean(ProactorConnectionDetails.class, () -> new Somewhere(""))
                .run(context -> assertThat(context.getBean(ProactorConnections.class)
                                .get("orders")
                                .spec()
                                .uris())
                        .containsExactly("amqp://localhost:1"));
        runner.withBean(ProactorConnectionDetails.class, () -> new Somewhere(null))
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void whatIsForAnUnknownOneOrOneOfSeveralFailsTheStart() {
        runner.withPropertyValues(
                        "proactor.connections.orders.uris=amqp://localhost:1",
                        "proactor.connections.billing.uris=amqp://localhost:2")
                .withBean(ProactorConnectionDetails.class, () -> new Somewhere(null))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("there are: orders, billing")
                        .hasMessageContaining("dev.proactor.connection")
                        .hasMessageNotContaining("secret"));
        runner.withBean(ProactorConnectionDetails.class, () -> new Somewhere("orders"))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("'orders', which is unknown"));
    }
}
