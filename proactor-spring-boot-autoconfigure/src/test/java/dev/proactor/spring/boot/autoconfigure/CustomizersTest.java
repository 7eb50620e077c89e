package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorCustomizer;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

/** Customizers are called in the order of their beans, after the properties: the last one has the last word. */
class CustomizersTest {

    private static final List<String> seen = new CopyOnWriteArrayList<>();

    @Configuration(proxyBeanMethods = false)
    static class InAnyOrder {
        @Bean
        @Order(2)
        ProactorCustomizer second() {
            return builder -> builder.containerId("second");
        }

        @Bean
        @Order(1)
        ProactorCustomizer first() {
            return builder -> builder.containerId("first");
        }

        @Bean
        @Order(2)
        ProactorConnectionCustomizer secondOfConnections() {
            return (name, options) ->
                    seen.add(name + " second, to " + options.build().virtualHost());
        }

        @Bean
        @Order(1)
        ProactorConnectionCustomizer firstOfConnections() {
            return (name, options) -> {
                seen.add(name + " first, to " + options.build().virtualHost());
                options.virtualHost("changed");
            };
        }

        @Bean
        @Order(2)
        ProactorListenerCustomizer secondOfListeners() {
            return (name, options) -> seen.add(name + " second");
        }

        @Bean
        @Order(1)
        ProactorListenerCustomizer firstOfListeners() {
            return (name, options) -> seen.add(name + " first");
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withUserConfiguration(InAnyOrder.class);

    @BeforeEach
    void forget() {
        seen.clear();
    }

    @Test
    void ofTheProactor() {
        runner.withPropertyValues("proactor.container-id=property")
                .run(context -> assertThat(context.getBean(Proactor.class).containerId())
                        .isEqualTo("second"));
    }

    @Test
    void ofConnections() {
        runner.withPropertyValues(
                        "proactor.connections.orders.uris=amqp://localhost:1",
                        "proactor.connections.orders.virtual-host=property",
                        "proactor.connections.orders.reconnect.enabled=false")
                .run(context -> await().untilAsserted(() ->
                        assertThat(seen).startsWith("orders first, to property", "orders second, to changed")));
    }

    @Test
    void ofListeners() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0")
                .run(context -> assertThat(seen).containsExactly("ingress first", "ingress second"));
    }
}
