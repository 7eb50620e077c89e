package dev.proactor.spring.boot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;

/** The application that docs/connections.md shows, which connects to its own listener. */
class LoopbackTest {

    @ProactorHandler(listeners = "ingress", addresses = "notes")
    static class Notes {
        @OnMessage
        void note(@Body String text) {}
    }

    /** Sends as soon as the application is ready. */
    static class Writer {
        private final ProactorTemplate template;
        final List<DeliveryState> outcomes = new ArrayList<>();

        Writer(ProactorTemplate template) {
            this.template = template;
        }

        @EventListener(ApplicationReadyEvent.class)
        void write() {
            outcomes.add(template.on("loopback").sendAndWait("notes", "hello"));
        }
    }

    // Who sends comes first here: it is the order of the listeners that counts.
    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(ProactorAutoConfiguration.class)
    @Import({Writer.class, Notes.class, ConnectionSnippets.Loopback.class})
    static class Application {}

    @Test
    void whatSendsWhenTheApplicationIsReadyFindsTheConnection() {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .run("--proactor.listeners.ingress.port=0")) {
            assertThat(context.getBean(Writer.class).outcomes).containsExactly(Accepted.getInstance());
        }
    }
}
