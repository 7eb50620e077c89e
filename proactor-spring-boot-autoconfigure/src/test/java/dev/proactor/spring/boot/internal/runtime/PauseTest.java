package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** A declared receiver that is paused and resumed while its connection lives, and while it is lost. */
class PauseTest {

    @Configuration(proxyBeanMethods = false)
    static class App {
        @Bean
        Queue queue() {
            return new Queue();
        }

        @Bean
        Taker taker() {
            return new Taker();
        }
    }

    /** The other end: it lets our receiver attach, and knows its credit. */
    @ProactorHandler(listeners = "broker", addresses = "orders")
    static class Queue {
        volatile int credit = -1;
        private volatile Runnable look = () -> {};

        @OnSendable
        void sendable(Sender sender) {
            credit = sender.getCredit();
        }

        @OnEvent(EventType.LINK_FLOW)
        void flow(Proactor proactor, Connection connection, Sender sender) {
            credit = sender.getCredit();
            look = () -> proactor.execute(connection, () -> credit = sender.getCredit());
        }

        /** {@return whether that many messages can be sent, which those on their way no longer count for} */
        boolean hasLeft(int expected) {
            look.run();
            return credit == expected;
        }
    }

    @ProactorHandler
    static class Taker {
        final List<String> taken = new CopyOnWriteArrayList<>();
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch go = new CountDownLatch(1);

        @OnMessage(addresses = "orders")
        void take(@Body String body) throws InterruptedException {
            taken.add(body);
            entered.countDown();
            assertThat(go.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withUserConfiguration(App.class)
            .withPropertyValues("proactor.listeners.broker.port=0");

    @Test
    void takesTheCreditBackAndGivesItAgainAlsoOverANewConnection() {
        runner.run(context -> {
            Queue queue = context.getBean(Queue.class);
            Taker taker = context.getBean(Taker.class);
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            NamedConnection app = context.getBean(ProactorConnections.class)
                    .register(
                            "app",
                            ConnectionSpec.to("amqp://localhost:"
                                            + context.getBean(ProactorListeners.class)
                                                    .get("broker")
                                                    .localPort())
                                    .withReceiver("in", new ReceiverSpec("orders", 10)));
            await().until(() -> queue.credit == 10);

            // Three are on their way, the handler of the first one stuck, when it is paused: all three are handled.
            List<CompletableFuture<?>> outcomes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                outcomes.add(
                        template.onListener("broker").send("orders", "m" + i).toCompletableFuture());
            }
            assertThat(taker.entered.await(10, TimeUnit.SECONDS)).isTrue();
            await().until(() -> queue.hasLeft(7));
            app.pause("in");
            app.pause("in");
            assertThat(app.status().pausedReceivers()).containsExactly("in");
            taker.go.countDown();
            outcomes.forEach(outcome -> outcome.orTimeout(30, TimeUnit.SECONDS).join());
            await().until(() -> queue.credit == 0);
            assertThat(taker.taken).containsExactly("m0", "m1", "m2");
            assertThat(app.status().missingLinks()).isEmpty();

            // A message waits, and the pause lasts over a reconnect.
            var waits = template.onListener("broker").send("orders", "late").toCompletableFuture();
            app.stop();
            await().until(() -> app.connection() == null);
            queue.credit = -1;
            app.start();
            await().until(() -> app.status().state() == NamedConnection.State.OPEN
                    && app.status().missingLinks().isEmpty());
            // Credit that was given before this link is answered would be there by then.
            assertThatThrownBy(() -> template.on("app").sendAndWait("elsewhere", "?"))
                    .isInstanceOf(LinkRefusedException.class);
            assertThat(queue.credit).isLessThanOrEqualTo(0);
            assertThat(taker.taken).hasSize(3);

            app.resume("in");
            app.resume("in");
            await().until(() -> queue.credit == 10);
            assertThat(app.status().pausedReceivers()).isEmpty();
            var unused = waits.handle((outcome, lost) -> null)
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
            template.onListener("broker").sendAndWait("orders", "again");
            assertThat(taker.taken).contains("again");
        });
    }

    @Test
    void anUnknownReceiverIsNamedWithThoseThatThereAre() {
        runner.run(context -> {
            NamedConnection app = context.getBean(ProactorConnections.class)
                    .register(
                            "app",
                            ConnectionSpec.to("amqp://localhost:1").withReceiver("in", new ReceiverSpec("orders", 10)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> app.pause("out"))
                    .withMessage("connection 'app' has no receiver 'out'; there are: in");
        });
    }
}
