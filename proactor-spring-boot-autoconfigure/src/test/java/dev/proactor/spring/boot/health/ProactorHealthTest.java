package dev.proactor.spring.boot.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.autoconfigure.ProactorHealthAutoConfiguration;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

class ProactorHealthTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorHealthAutoConfiguration.class));

    private static Health of(ApplicationContext context, String part, String name) {
        CompositeHealthContributor composite = (CompositeHealthContributor)
                context.getBean(ProactorHealthContributor.class).getContributor(part);
        return ((HealthIndicator) composite.getContributor(name)).health();
    }

    @Test
    void aBoundListenerIsUpWithItsAddress() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(context -> {
            Health health = of(context, "listeners", "ingress");
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails())
                    .containsEntry("address", "localhost:" + port)
                    .containsEntry("connections", 0);
        });
    }

    @Test
    void aConnectionIsOutOfServiceUntilItIsOpenAndDownOnceItIsGivenUp() {
        runner.withPropertyValues(
                        "proactor.connections.orders.uris=amqp://localhost:1",
                        "proactor.connections.orders.reconnect.initial-delay=10ms",
                        "proactor.connections.orders.reconnect.max-delay=10ms",
                        "proactor.connections.orders.reconnect.max-attempts=3",
                        "proactor.connections.patient.uris=amqp://localhost:1",
                        "proactor.connections.patient.reconnect.initial-delay=1h",
                        "proactor.connections.patient.reconnect.max-delay=1h",
                        "proactor.connections.optional.uris=amqp://localhost:1",
                        "proactor.connections.optional.required=false")
                .run(context -> {
                    await().until(() ->
                            of(context, "connections", "orders").getStatus().equals(Status.DOWN));
                    assertThat(of(context, "connections", "orders").getDetails())
                            .containsEntry("state", "failed")
                            .containsEntry("attempts", 3)
                            .containsKeys("since", "lastError");
                    await().untilAsserted(() -> {
                        Health patient = of(context, "connections", "patient");
                        assertThat(patient.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
                        assertThat(patient.getDetails()).containsEntry("state", "reconnecting");
                    });
                    assertThat(of(context, "connections", "optional").getStatus())
                            .isEqualTo(Status.UNKNOWN);
                    assertThat(of(context, "connections", "optional").getDetails())
                            .containsKey("state");
                });
    }

    @Test
    void aConnectionIsUpOnlyOnceItsLinksAreAttached() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(server -> {
            int port = server.getBean(ProactorListeners.class).get("ingress").localPort();
            runner.withPropertyValues(
                            "proactor.connections.plain.uris=amqp://localhost:" + port,
                            "proactor.connections.orders.uris=amqp://localhost:" + port,
                            // Nobody claims it there, so it is refused.
                            "proactor.connections.orders.receivers.in.address=orders")
                    .run(context -> {
                        await().until(() ->
                                of(context, "connections", "plain").getStatus().equals(Status.UP));
                        await().untilAsserted(() -> {
                            Health orders = of(context, "connections", "orders");
                            assertThat(orders.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
                            assertThat(orders.getDetails())
                                    .containsEntry("state", "open")
                                    .containsEntry("missingLinks", java.util.List.of("in"))
                                    .hasEntrySatisfying(
                                            "lastError",
                                            error ->
                                                    assertThat(error.toString()).contains("amqp:not-found"));
                        });
                        context.getBean(ProactorConnections.class).get("plain").stop();
                        await().until(() ->
                                of(context, "connections", "plain").getStatus().equals(Status.OUT_OF_SERVICE));
                    });
        });
    }

    @Test
    void nothingIsSaidOfWhatThereIsNot() {
        runner.run(context -> assertThat(context.getBean(ProactorHealthContributor.class).stream())
                .isEmpty());
    }

    @Test
    void isAbsentWhereItIsTurnedOff() {
        runner.withPropertyValues("management.health.proactor.enabled=false")
                .run(context -> assertThat(context)
                        .hasSingleBean(Proactor.class)
                        .doesNotHaveBean(ProactorHealthContributor.class));
    }
}
