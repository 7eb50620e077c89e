package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnConnectionClosed;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnListenerAccepted;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Handlers answer peers, as {@code proactor.default-responses=false} leaves it to them. */
@Timeout(30)
class NoDefaultResponsesTest {

    /** Opens a peer's link when it has slept over it. */
    @ProactorHandler(addresses = "in")
    static class Slow {
        final CompletableFuture<String> seen = new CompletableFuture<>();
        private final Proactor proactor;

        Slow(Proactor proactor) {
            this.proactor = proactor;
        }

        @OnListenerAccepted
        void accepted(Listener listener) {
            listener.accept();
        }

        @OnConnectionOpened
        void opened(Connection connection) {
            if (connection.getLocalState() == EndpointState.UNINITIALIZED) {
                connection.open();
            }
        }

        @OnConnectionClosed
        void closed(Connection connection) {
            connection.close();
        }

        @OnEvent(EventType.SESSION_REMOTE_OPEN)
        void begun(Session session) {
            if (session.getLocalState() == EndpointState.UNINITIALIZED) {
                session.open();
            }
        }

        @OnEvent(EventType.LINK_REMOTE_OPEN)
        void asked(Receiver receiver, Connection connection) {
            CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS)
                    .execute(() -> proactor.execute(connection, () -> {
                        receiver.setSource(receiver.getRemoteSource());
                        receiver.setTarget(receiver.getRemoteTarget());
                        receiver.open();
                    }));
        }

        @OnMessage
        void message(@Body String body) {
            seen.complete(body);
        }
    }

    @Test
    void aReceiverThatIsOpenedLateGetsItsCreditThen() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withBean(Slow.class)
                .withPropertyValues("proactor.listeners.ingress.port=0", "proactor.default-responses=false")
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    context.getBean(ProactorConnections.class)
                            .register("device", ConnectionSpec.to("amqp://localhost:" + port));
                    var unused =
                            context.getBean(ProactorTemplate.class).on("device").send("in", "a");
                    assertThat(context.getBean(Slow.class).seen)
                            .succeedsWithin(Duration.ofSeconds(5))
                            .isEqualTo("a");
                });
    }
}
