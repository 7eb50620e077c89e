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
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Handlers answer peers, as {@code proactor.default-responses=false} leaves it to them. */
@Timeout(30)
class NoDefaultResponsesTest {

    /** Answers all but links. */
    abstract static class Answers {
        final Proactor proactor;

        Answers(Proactor proactor) {
            this.proactor = proactor;
        }

        @OnListenerAccepted
        void accepted(Listener listener) {
            listener.accept();
        }

        @OnConnectionOpened
        void opened(Connection connection) {
            open(connection);
        }

        @OnConnectionClosed
        void closed(Connection connection) {
            connection.close();
        }

        @OnEvent(EventType.SESSION_REMOTE_OPEN)
        void begun(Session session) {
            open(session);
        }

        void open(Endpoint endpoint) {
            if (endpoint.getLocalState() == EndpointState.UNINITIALIZED) {
                endpoint.open();
            }
        }
    }

    /** Opens a peer's link when it has slept over it. */
    @ProactorHandler(addresses = "in")
    static class Slow extends Answers {
        final CompletableFuture<String> seen = new CompletableFuture<>();

        Slow(Proactor proactor) {
            super(proactor);
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

    /** Opens one kind of endpoint when a link's credit, and what is to be sent on it, have been looked at. */
    @ProactorHandler(addresses = "out")
    static class AfterTheCredit extends Answers {
        final CompletableFuture<Integer> sendable = new CompletableFuture<>();
        private final ProactorTemplate template;
        private final Class<?> late;

        AfterTheCredit(Proactor proactor, ProactorTemplate template, @Value("${late}") Class<?> late) {
            super(proactor);
            this.template = template;
            this.late = late;
        }

        @Override
        void open(Endpoint endpoint) {
            if (!late.isInstance(endpoint)) {
                super.open(endpoint);
            }
        }

        @OnEvent(EventType.LINK_REMOTE_OPEN)
        void asked(Sender sender) {
            sender.setSource(sender.getRemoteSource());
            sender.setTarget(sender.getRemoteTarget());
            open(sender);
        }

        @OnEvent(EventType.LINK_FLOW)
        void credit(Sender sender, Connection connection) {
            if (!sendable.isDone()) {
                var unused = template.onListener("ingress").send("out", "a");
                proactor.execute(connection, () -> {
                    super.open(connection);
                    super.open(sender);
                });
            }
        }

        @OnSendable
        void sendable(Sender sender) {
            sendable.complete(proactor.sendable(sender));
        }
    }

    /** Gives credit with its attach. */
    @ProactorHandler(connections = "dev*", addresses = "out")
    static class Device {
        final CompletableFuture<String> seen = new CompletableFuture<>();

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            Receiver receiver = session.receiver("commands");
            Source source = new Source();
            source.setAddress("out");
            receiver.setSource(source);
            receiver.setTarget(new Target());
            receiver.open();
            receiver.flow(10);
        }

        @OnMessage
        void message(@Body String body) {
            seen.complete(body);
        }
    }

    private static final ApplicationContextRunner RUNNER = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withPropertyValues("proactor.listeners.ingress.port=0", "proactor.default-responses=false");

    @ParameterizedTest
    @ValueSource(classes = {Sender.class, Connection.class})
    void onASenderThatIsOpenedAfterItsCreditHasComeIsSentThen(Class<?> late) {
        RUNNER.withBean(AfterTheCredit.class)
                .withBean(Device.class)
                .withPropertyValues("late=" + late.getName())
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    context.getBean(ProactorConnections.class)
                            .register("device", ConnectionSpec.to("amqp://localhost:" + port));
                    assertThat(context.getBean(Device.class).seen)
                            .succeedsWithin(Duration.ofSeconds(5))
                            .isEqualTo("a");
                    // The template has sent one.
                    assertThat(context.getBean(AfterTheCredit.class).sendable)
                            .succeedsWithin(Duration.ofSeconds(5))
                            .isEqualTo(9);
                });
    }

    @Test
    void aReceiverThatIsOpenedLateGetsItsCreditThen() {
        RUNNER.withBean(Slow.class).run(context -> {
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            context.getBean(ProactorConnections.class)
                    .register("device", ConnectionSpec.to("amqp://localhost:" + port));
            var unused = context.getBean(ProactorTemplate.class).on("device").send("in", "a");
            assertThat(context.getBean(Slow.class).seen)
                    .succeedsWithin(Duration.ofSeconds(5))
                    .isEqualTo("a");
        });
    }
}
