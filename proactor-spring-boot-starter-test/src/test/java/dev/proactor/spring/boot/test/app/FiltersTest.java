package dev.proactor.spring.boot.test.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.ProactorTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;

/** What else is in the slice, or is not, where a test says so. */
class FiltersTest {

    private static final String INGRESS = "proactor.listeners.ingress.port=5672";
    private static final String BROKER = "proactor.connections.broker.uris=amqp://broker.example.com:5672";
    private static final String NOT_MADE = "proactor.connections.broker.auto-connect=false";

    @Nested
    @ProactorTest(
            properties = {INGRESS, BROKER, NOT_MADE},
            includeFilters = @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = Shop.Warehouse.class),
            excludeFilters = @Filter(type = FilterType.ASSIGNABLE_TYPE, classes = Shop.Counter.class))
    class OneMoreAndOneLess {
        @Test
        void areAsTheTestSays(@Autowired ApplicationContext context, @LocalProactorPort int port) {
            assertThat(context.getBeansOfType(Shop.Warehouse.class)).hasSize(1);
            assertThat(context.getBeansOfType(Shop.Counter.class)).isEmpty();
            assertThat(context.getBeansOfType(Shop.Deliveries.class)).hasSize(1);
            assertThat(port).isPositive();
        }
    }

    @Nested
    @ProactorTest(properties = INGRESS, useDefaultFilters = false)
    class NoDefaults {
        @Test
        void noHandlerIsThere(@Autowired ApplicationContext context) {
            assertThat(context.getBeansOfType(Shop.Counter.class)).isEmpty();
            assertThat(context.getBeansOfType(Shop.Deliveries.class)).isEmpty();
        }
    }

    @Nested
    @ProactorTest(
            properties = INGRESS,
            useDefaultFilters = false,
            excludeAutoConfiguration = org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration.class)
    class LessAutoConfiguration {
        @Test
        void isLeftOut(@Autowired ApplicationContext context) {
            assertThat(context.getBeansOfType(SslBundles.class)).isEmpty();
        }
    }
}
