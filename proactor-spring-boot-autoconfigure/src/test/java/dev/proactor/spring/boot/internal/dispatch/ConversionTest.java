package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.DefaultConversionService;

/** Properties of messages are converted as the application converts elsewhere. */
class ConversionTest {

    /** Which has no constructor or method that a conversion would find by itself. */
    static final class Place {
        final String name;

        private Place(String name, boolean known) {
            this.name = name;
        }

        static Place parse(String text) {
            if (text.isBlank()) {
                throw new IllegalArgumentException("a place has a name");
            }
            return new Place(text, true);
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings")
    static class Readings {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        void reading(@ApplicationProperty("place") Place place, @ApplicationProperty("every") Duration every) {
            seen.add(place.name + " " + every);
        }
    }

    private static ConversionService conversions() {
        DefaultConversionService conversions = new DefaultConversionService();
        conversions.addConverter(String.class, Place.class, Place::parse);
        conversions.addConverter(String.class, Duration.class, Duration::parse);
        return conversions;
    }

    private static Message message(String place) {
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue("21"));
        message.setApplicationProperties(new ApplicationProperties(Map.of("place", place, "every", "PT5S")));
        return message;
    }

    @Test
    void theConversionServiceOfTheContextIsUsed() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withBean(Readings.class)
                .withBean("conversionService", ConversionService.class, ConversionTest::conversions)
                .withPropertyValues("proactor.listeners.ingress.port=0")
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    context.getBean(ProactorConnections.class)
                            .register("device", ConnectionSpec.to("amqp://localhost:" + port));
                    var template = context.getBean(ProactorTemplate.class).on("device");
                    assertThat(template.sendAndWait("readings", message("cellar")))
                            .isInstanceOf(Accepted.class);
                    assertThat(template.sendAndWait("readings", message(" "))).isInstanceOf(Rejected.class);
                    assertThat(context.getBean(Readings.class).seen).containsExactly("cellar PT5S");
                });
    }
}
