package dev.proactor.spring.boot.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.proactor.ConnectionRole;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener;
import dev.proactor.EventSource;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.autoconfigure.ProactorMetricsAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class ProactorMetricsTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorMetricsAutoConfiguration.class))
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
            .withPropertyValues("proactor.listeners.ingress.port=0")
            .withBean(Handler.class);

    @ProactorHandler
    static class Handler {
        @OnConnectionOpened
        void opened() {}
    }

    @Test
    void showsTheProactorsOwnCounts() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            context.getBean(ProactorMeterBinder.class).bindTo(registry);
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            ProactorConnections connections = context.getBean(ProactorConnections.class);
            assertThat(registry.find("proactor.connections.active")
                            .tag("name", "dynamic")
                            .meter())
                    .as("there is none yet")
                    .isNull();
            connections.register("one", ConnectionSpec.to("amqp://localhost:" + port));
            connections.register("two", ConnectionSpec.to("amqp://localhost:" + port));
            await().until(() -> connections.all().stream()
                    .allMatch(connection -> connection.status().state() == NamedConnection.State.OPEN));

            assertThat(value(registry, "proactor.connections.active", "name", "ingress"))
                    .isEqualTo(2);
            assertThat(value(registry, "proactor.connections.active", "name", "dynamic"))
                    .isEqualTo(2);
            assertThat(value(registry, "proactor.connections.opened", "role", "client"))
                    .isEqualTo(2);
            assertThat(registry.get("proactor.listeners.accepts")
                            .tag("outcome", "accepted")
                            .functionCounter()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("proactor.connections.handshake")
                            .tags("name", "dynamic", "outcome", "success")
                            .timer()
                            .count())
                    .isEqualTo(2);
            await().untilAsserted(() -> assertThat(registry.get("proactor.handler")
                            .tags("event", "connection.opened", "handler", "Handler.opened", "exception", "none")
                            .timer()
                            .count())
                    .isEqualTo(4));
            connections.remove("one");
            connections.remove("two");
            // Either end is over by itself.
            await().until(() -> value(registry, "proactor.connections.active", "name", "ingress") == 0
                    && value(registry, "proactor.connections.active", "name", "dynamic") == 0);
            assertThat(registry.get("proactor.connections.closed")
                            .tags("name", "ingress", "reason", "closed")
                            .functionCounter()
                            .count())
                    .isEqualTo(2);
            assertThat(registry.get("proactor.connections.closed")
                            .tags("name", "dynamic", "reason", "closed")
                            .functionCounter()
                            .count())
                    .as("of connections that were removed")
                    .isEqualTo(2);
        });
    }

    /** A program may make one for each device that ever was there. */
    @Test
    void thereAreAsManyMetersWithManyNamesAsWithOne() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            context.getBean(ProactorMeterBinder.class).bindTo(registry);
            ProactorConnections connections = context.getBean(ProactorConnections.class);
            ProactorListeners listeners = context.getBean(ProactorListeners.class);
            Set<Integer> meters = new HashSet<>();
            for (int i = 0; i < 3; i++) {
                String device = "device-" + i;
                int port = listeners
                        .register(device, ListenerSpec.on("localhost", 0))
                        .localPort();
                connections.register(device, ConnectionSpec.to("amqp://localhost:" + port));
                await().until(() -> connections.get(device).status().state() == NamedConnection.State.OPEN);
                connections.remove(device);
                listeners.remove(device);
                meters.add(registry.getMeters().size());
            }
            assertThat(meters).hasSize(1);
            for (String role : List.of("client", "server")) {
                assertThat(registry.get("proactor.connections.opened")
                                .tags("name", "dynamic", "role", role)
                                .functionCounter()
                                .count())
                        .as(role)
                        .isEqualTo(3);
            }
        });
    }

    @Test
    void countsEachBatchOnce() {
        runner.run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            context.getBean(ProactorConnections.class).register("one", ConnectionSpec.to("amqp://localhost:" + port));
            await().until(() -> context.getBean(ProactorConnections.class)
                            .get("one")
                            .status()
                            .state()
                    == NamedConnection.State.OPEN);
            Proactor proactor = context.getBean(Proactor.class);

            await().untilAsserted(() -> {
                for (EventSource source : EventSource.values()) {
                    String tag = MicrometerDurations.value(source);
                    long timed = registry.find("proactor.batches").tag("source", tag).timers().stream()
                            .mapToLong(timer -> timer.count())
                            .sum();
                    double events = registry.find("proactor.batches.events").tag("source", tag).summaries().stream()
                            .mapToDouble(summary -> summary.totalAmount())
                            .sum();
                    assertThat(timed).as(tag).isEqualTo(proactor.counts().batches(source));
                    assertThat(events).as(tag).isEqualTo(proactor.counts().events(source));
                }
            });
        });
    }

    @Test
    void durationsAreThoseThatAreToldOf() {
        MeterRegistry registry = new SimpleMeterRegistry();
        MicrometerDurations durations =
                new MicrometerDurations(registry, new ConfiguredNames(Set.of("orders"), Set.of()));
        DurationListener.ConnectionRecorder orders = durations.connections(ConnectionRole.CLIENT, "orders");
        orders.batch(3_000_000, 5_000_000, 7);
        orders.handshake(11_000_000, true);
        orders.settlement(Direction.OUT, 13_000_000, DeliveryOutcome.RELEASED);
        durations.of("message", "Orders.order").called(17_000_000, null);

        assertThat(millis(registry, "proactor.batches.wait")).isEqualTo(3);
        assertThat(millis(registry, "proactor.batches")).isEqualTo(5);
        assertThat(registry.get("proactor.batches.events").summary().totalAmount())
                .isEqualTo(7);
        assertThat(millis(registry, "proactor.connections.handshake", "outcome", "success"))
                .isEqualTo(11);
        assertThat(millis(registry, "proactor.settlement", "direction", "out", "state", "released"))
                .isEqualTo(13);
        assertThat(millis(registry, "proactor.handler")).isEqualTo(17);
    }

    private static double millis(MeterRegistry registry, String timer, String... tags) {
        return registry.get(timer).tags(tags).timer().totalTime(TimeUnit.MILLISECONDS);
    }

    @Test
    void starvationIsInSeconds() {
        Proactor proactor = mock(Proactor.class, RETURNS_DEEP_STUBS);
        when(proactor.counts().starvation()).thenReturn(Duration.ofMillis(1500));
        MeterRegistry registry = new SimpleMeterRegistry();
        ConfiguredNames none = new ConfiguredNames(Set.of(), Set.of());
        new ProactorMeterBinder(proactor, new MicrometerDurations(registry, none), 4, Set.of(), Set.of())
                .bindTo(registry);
        assertThat(registry.get("proactor.starvation").functionCounter().count())
                .isEqualTo(1.5);
        assertThat(registry.get("proactor.starvation").functionCounter().getId().getBaseUnit())
                .isEqualTo("seconds");
    }

    @Test
    void eachMeterHasOneSetOfTagKeys() {
        runner.withPropertyValues("proactor.connections.orders.uris=amqp://localhost:1")
                .run(context -> {
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    context.getBean(ProactorMeterBinder.class).bindTo(registry);
                    Map<String, Set<Set<String>>> keys = new TreeMap<>();
                    for (Meter meter : registry.getMeters()) {
                        keys.computeIfAbsent(meter.getId().getName(), name -> new HashSet<>())
                                .add(meter.getId().getTags().stream()
                                        .map(Tag::getKey)
                                        .collect(Collectors.toSet()));
                        assertThat(meter.getId().getName()).startsWith("proactor.");
                    }
                    assertThat(keys)
                            .isNotEmpty()
                            .allSatisfy(
                                    (name, sets) -> assertThat(sets).as(name).hasSize(1));
                });
    }

    @Test
    void nothingIsRecordedWithoutARegistry() {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorMetricsAutoConfiguration.class))
                .run(context -> assertThat(context).doesNotHaveBean(MicrometerDurations.class));
    }

    @Test
    void theStarterWorksWithoutMicrometer() {
        new ApplicationContextRunner()
                .withConfiguration(
                        AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorMetricsAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("io.micrometer.core"))
                .run(context -> assertThat(context).hasSingleBean(Proactor.class));
    }

    private static double value(MeterRegistry registry, String meter, String key, String value) {
        return registry.get(meter)
                .tag(key, value)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }
}
