package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What a line of the log knows of its connection, where {@code proactor.logging.mdc} is set. */
class LogContextTest {

    @ProactorHandler(listeners = "ingress", addresses = "readings")
    static class Readings {
        final List<Map<String, String>> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        void reading() {
            seen.add(Objects.requireNonNullElse(MDC.getCopyOfContextMap(), Map.of()));
        }
    }

    private static List<Map<String, String>> seen(String... properties) {
        List<Map<String, String>> seen = new CopyOnWriteArrayList<>();
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withBean(Readings.class)
                .withPropertyValues("proactor.listeners.ingress.port=0", "proactor.threads=1")
                .withPropertyValues(properties)
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    context.getBean(ProactorConnections.class)
                            .register("device", ConnectionSpec.to("amqp://localhost:" + port));
                    context.getBean(ProactorTemplate.class).on("device").sendAndWait("readings", "21");
                    Readings readings = context.getBean(Readings.class);
                    await().until(() -> !readings.seen.isEmpty());
                    seen.addAll(readings.seen);
                });
        return seen;
    }

    @Test
    void namesConnectionPeerAndAddress() {
        Map<String, String> last = seen("proactor.logging.mdc=true").get(0);
        assertThat(last)
                .containsEntry(MdcLogContext.CONNECTION, "ingress")
                .containsEntry(MdcLogContext.ADDRESS, "readings");
        assertThat(last.get(MdcLogContext.PEER)).startsWith("127.0.0.1:");
    }

    @Test
    void isOffByDefault() {
        assertThat(seen().get(0))
                .doesNotContainKeys(MdcLogContext.CONNECTION, MdcLogContext.PEER, MdcLogContext.ADDRESS);
    }

    @Test
    void leavesNothingBehind() {
        MdcLogContext context = new MdcLogContext();
        MDC.put("mine", "stays");
        try {
            context.begin("orders", null);
            context.about("line\nforged");
            assertThat(MDC.get(MdcLogContext.ADDRESS)).isEqualTo("line?forged");
            context.about(null);
            assertThat(MDC.get(MdcLogContext.ADDRESS)).isNull();
            context.end();
            assertThat(MDC.getCopyOfContextMap()).containsOnlyKeys("mine");
        } finally {
            MDC.clear();
        }
    }
}
