package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnConnectionClosed;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ConnectionOperations;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sending while one connection of a name is being closed, and another one has begun. */
@Timeout(30)
class ReplacedConnectionTest {

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Oracle {
        @OnMessage
        String answer(@Body String question) {
            return "no";
        }
    }

    /** Answers a close when it is told to. */
    @ProactorHandler(listeners = "ingress")
    static class Slow {
        volatile CountDownLatch gate = new CountDownLatch(0);

        @OnConnectionClosed
        void closed() throws InterruptedException {
            assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void assertServes(ConnectionOperations device) throws Exception {
        assertThat(device.send("questions", "is it?").toCompletableFuture().get(5, TimeUnit.SECONDS))
                .isInstanceOf(Accepted.class);
        Message answer =
                device.request("questions", "is it?").toCompletableFuture().get(5, TimeUnit.SECONDS);
        assertThat(((AmqpValue) answer.getBody()).getValue()).isEqualTo("no");
    }

    @Test
    void aNameThatIsRemovedAndGivenAgainIsServedByTheNewOne() throws Exception {
        Slow slow = new Slow();
        try (RunningApp app = new RunningApp(new Oracle(), slow)) {
            app.connect();
            for (int i = 0; i < 3; i++) {
                assertServes(app.template.on("device"));
                slow.gate = new CountDownLatch(1);
                app.connections.remove("device");
                app.connect();
                assertServes(app.template.on("device"));
                slow.gate.countDown();
                await().until(() -> app.live.size() == 2); // the old one is over, at both ends
                assertServes(app.template.on("device"));
            }
        }
    }

    @Test
    void aConnectionThatBeginsWhenAnotherOneHasItsNameTakesNothing() throws Exception {
        AtomicBoolean holds = new AtomicBoolean();
        BlockingQueue<Runnable> held = new LinkedBlockingQueue<>();
        ExecutorService pool = Executors.newCachedThreadPool();
        try (RunningApp app = RunningApp.on(
                task -> {
                    if (holds.get()) {
                        held.add(task);
                    } else {
                        pool.execute(task);
                    }
                },
                new Oracle())) {
            holds.set(true);
            app.connect();
            Runnable late = Objects.requireNonNull(held.poll(10, TimeUnit.SECONDS));
            holds.set(false);
            app.connections.remove("device");
            app.connect();
            assertServes(app.template.on("device"));
            late.run();
            assertServes(app.template.on("device"));
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void nothingIsSentOverAConnectionThatIsBeingClosed() throws Exception {
        Slow slow = new Slow();
        try (RunningApp app = new RunningApp(new Oracle(), slow)) {
            NamedConnection device = app.connect();
            assertServes(app.template.on("device"));
            slow.gate = new CountDownLatch(1);
            Connection closing = Objects.requireNonNull(device.connection());
            CompletableFuture<Void> closed = new CompletableFuture<>();
            app.proactor.execute(closing, () -> {
                closing.close();
                closed.complete(null);
            });
            closed.get(5, TimeUnit.SECONDS);
            var outcome = app.template.on("device").send("questions", "is it?").toCompletableFuture();
            assertThat(closing.getRemoteState()).isEqualTo(EndpointState.ACTIVE);
            slow.gate.countDown();
            assertThat(outcome.get(8, TimeUnit.SECONDS)).as("over the next one").isInstanceOf(Accepted.class);
        }
    }

    @Test
    void requestsThatTimeOutWhileNobodyIsThereLeaveNothingBehind() {
        try (RunningApp app = new RunningApp()) {
            app.connections.register("device", ConnectionSpec.to("amqp://localhost:1"));
            StringBuilder question = new StringBuilder("is it?");
            Message message = Message.Factory.create();
            message.setBody(new AmqpValue(question.toString()));
            WeakReference<Message> held = new WeakReference<>(message);
            CompletableFuture<Message> answer = app.template
                    .on("device")
                    .request("questions", message, Duration.ofMillis(1))
                    .toCompletableFuture();
            message = null;
            assertThatThrownBy(() -> answer.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(SendTimeoutException.class);
            await().until(() -> {
                System.gc();
                return held.get() == null;
            });
        }
    }

    @Test
    void aRequestMayWaitForAnAge() throws Exception {
        try (RunningApp app = new RunningApp(new Oracle())) {
            app.connect();
            assertThat(app.template
                            .on("device")
                            .request("questions", "is it?", Duration.ofSeconds(Long.MAX_VALUE))
                            .toCompletableFuture()
                            .get(5, TimeUnit.SECONDS))
                    .isNotNull();
        }
    }
}
