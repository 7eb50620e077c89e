package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventType;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.ProactorHandler;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A declared receiver for which no handler takes messages. */
@ExtendWith(OutputCaptureExtension.class)
class UnreadReceiverTest {

    /** The other end: it lets our receiver attach. */
    @ProactorHandler(listeners = "broker", addresses = "orders")
    static class Queue {
        @OnSendable
        void sendable(Sender sender) {}
    }

    /** Takes deliveries as they come, and gives credit for them itself. */
    @ProactorHandler(connections = "app")
    static class Raw {
        @OnEvent(EventType.LINK_REMOTE_OPEN)
        void opened(Receiver receiver) {
            receiver.flow(10);
        }
    }

    private static void run(Class<?>... more) {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withUserConfiguration(Queue.class)
                .withUserConfiguration(more)
                .withPropertyValues(
                        "proactor.listeners.broker.port=0",
                        "proactor.connections.app.uris=amqp://localhost:1",
                        "proactor.connections.app.auto-connect=false")
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("broker")
                            .localPort();
                    ProactorConnections connections = context.getBean(ProactorConnections.class);
                    connections.remove("app");
                    NamedConnection app = connections.register(
                            "app",
                            ConnectionSpec.to("amqp://localhost:" + port)
                                    .withReceiver("in", new ReceiverSpec("orders", 10)));
                    await().until(() -> app.status().state() == NamedConnection.State.OPEN
                            && app.status().missingLinks().isEmpty());
                });
    }

    @Test
    void isWarnedOfWithItsAddressAndConnection(CapturedOutput log) {
        run();
        assertThat(log)
                .containsOnlyOnce(
                        "There is no @OnMessage method for address 'orders': link 'orders' of connection 'app'");
    }

    @Test
    void isNoMistakeWhereAHandlerOfEventsGivesItCredit(CapturedOutput log) {
        run(Raw.class);
        assertThat(log).doesNotContain("There is no @OnMessage method");
    }
}
