package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventType;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** Meters are there before the first connection is: also one that the start itself makes. */
@SpringBootTest(
        webEnvironment = SpringBootTest.WebEnvironment.NONE,
        properties = {
            "proactor.listeners.ingress.port=0",
            "gateway.simulated-devices=0",
            "spring.datasource.url=jdbc:h2:mem:meters-at-first-connection-test;DB_CLOSE_DELAY=-1"
        })
@Import(MetersAtFirstConnectionTest.First.class)
class MetersAtFirstConnectionTest {

    private static final CountingRelay RELAY = new CountingRelay();

    @DynamicPropertySource
    static void byTheRelay(DynamicPropertyRegistry properties) {
        properties.add("proactor.connections.up.uris", () -> "amqp://localhost:" + RELAY.port());
    }

    @AfterAll
    static void closeTheRelay() throws IOException {
        RELAY.close();
    }

    /** Looks at the meters at the first event of all connections. */
    @TestConfiguration(proxyBeanMethods = false)
    @ProactorHandler
    static class First {

        final CompletableFuture<Set<Meter.Id>> seen = new CompletableFuture<>();
        private final MeterRegistry registry;

        First(MeterRegistry registry) {
            this.registry = registry;
        }

        @OnEvent(EventType.CONNECTION_INIT)
        void begins() {
            seen.complete(metersOf(registry));
        }
    }

    private static Set<Meter.Id> metersOf(MeterRegistry registry) {
        return registry.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().startsWith("proactor.")
                        && !id.getName().matches("proactor\\.(send|process)(\\.active)?")) // observations
                .collect(Collectors.toSet());
    }

    @Autowired
    First first;

    @Autowired
    MeterRegistry registry;

    @Autowired
    ProactorConnections connections;

    @Autowired
    ProactorTemplate template;

    @Test
    void noMeterComesWithOrAfterTheFirstConnection(@Autowired ProactorListeners listeners) throws Exception {
        Set<Meter.Id> atFirst = first.seen.get(10, TimeUnit.SECONDS);
        RELAY.leadTo(listeners.get("ingress").localPort());
        await().until(() -> connections.get("up").status().state() == NamedConnection.State.OPEN);
        template.sendAndWait("readings/d1", Map.of("value", 1));
        assertThat(metersOf(registry)).isEqualTo(atFirst);
        assertThat(atFirst)
                .anyMatch(id -> "up".equals(id.getTag("name")))
                .anyMatch(id -> "ingress".equals(id.getTag("name")));
    }
}
