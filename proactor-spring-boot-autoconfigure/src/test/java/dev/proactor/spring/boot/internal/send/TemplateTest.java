package dev.proactor.spring.boot.internal.send;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendQueueFullException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TemplateTest {

    private static final TemplateSettings SETTINGS = new TemplateSettings(Duration.ofSeconds(20), 3, null);

    @Test
    void asksForAChoiceBetweenSeveralConnections() {
        try (Node node = new Node(event -> {}, SETTINGS, "orders", "billing")) {
            assertThatThrownBy(() -> node.template.send("q", "a"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("orders, billing")
                    .hasMessageContaining("proactor.template.connection");
            assertThatThrownBy(() -> node.template.on("order")).isInstanceOf(IllegalArgumentException.class);
            assertThat(node.template.on("orders").send("q", "a").toCompletableFuture())
                    .isNotDone();
        }
    }

    @Test
    void saysThatThereIsNoConnectionAtAll() {
        try (Node node = new Node(event -> {}, SETTINGS)) {
            assertThatThrownBy(() -> node.template.send("q", "a"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("proactor.connections.<name>");
        }
    }

    @Test
    void usesTheConnectionThatIsConfigured() throws InterruptedException {
        Receipts receipts = new Receipts(10, Accepted.getInstance());
        TemplateSettings settings = new TemplateSettings(Duration.ofSeconds(20), 3, "main");
        try (Node peer = new Node(receipts);
                Node node = new Node(event -> {}, settings, "main", "other")) {
            node.connect(peer.listen());
            assertThat(node.template.sendAndWait("q", "a")).isInstanceOf(Accepted.class);
        }
    }

    @Test
    void holdsNoMoreThanTheLimitAndHasRoomAgainAfterwards() throws InterruptedException {
        Receipts receipts = new Receipts(10, Accepted.getInstance());
        try (Node peer = new Node(receipts);
                Node node = new Node(event -> {}, SETTINGS, "main")) {
            CompletionStage<DeliveryState> first = node.template.send("q", "a");
            node.template.send("q", "b");
            node.template.send("p", "c");
            assertThatThrownBy(() ->
                            node.template.send("q", "d").toCompletableFuture().get(0, SECONDS))
                    .cause()
                    .isInstanceOf(SendQueueFullException.class)
                    .hasMessageContaining("connection 'main'")
                    .hasMessageContaining("proactor.template.max-pending");
            node.connect(peer.listen());
            first.toCompletableFuture().orTimeout(30, SECONDS).join();
            assertThat(node.template.sendAndWait("q", "e")).isInstanceOf(Accepted.class);
        }
    }

    @Test
    void failsWhatIsPendingWhenItIsClosedAndTakesMessagesAgainWhenOpened() throws InterruptedException {
        Receipts receipts = new Receipts(10, Accepted.getInstance());
        try (Node peer = new Node(receipts);
                Node node = new Node(event -> {}, SETTINGS, "main")) {
            CompletionStage<DeliveryState> pending = node.template.send("q", "a");
            node.sending.close();
            for (CompletionStage<DeliveryState> stage : java.util.List.of(pending, node.template.send("q", "b"))) {
                assertThatThrownBy(() -> stage.toCompletableFuture().get(0, SECONDS))
                        .cause()
                        .isInstanceOf(SendException.class)
                        .hasMessageContaining("shutting down");
            }
            assertThat(node.sending.pending()).isZero();
            node.sending.open();
            node.connect(peer.listen());
            assertThat(node.template.sendAndWait("q", "c")).isInstanceOf(Accepted.class);
            assertThat(receipts.received()).containsExactly("c");
        }
    }

    @Test
    void givesUpAMessageWhoseSenderIsInterrupted() throws InterruptedException {
        try (Node node = new Node(event -> {}, SETTINGS, "main")) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            AtomicReference<Boolean> flag = new AtomicReference<>();
            Thread waiting = new Thread(() -> {
                try {
                    node.template.sendAndWait("q", "a");
                } catch (SendException e) {
                    thrown.set(e);
                    flag.set(Thread.currentThread().isInterrupted());
                }
            });
            waiting.start();
            waiting.interrupt();
            waiting.join();
            assertThat(thrown.get()).hasMessageContaining("was not sent").hasMessageContaining("interrupted");
            assertThat(flag.get()).isTrue();
            assertThat(node.sending.pending()).isZero();
        }
    }

    @Test
    void whatAnAndWaitMethodThrowsTellsWhoWaited() {
        TemplateSettings hasty = new TemplateSettings(Duration.ofMillis(50), 3, null);
        try (Node node = new Node(event -> {}, hasty, "main")) {
            List<ThrowingCallable> waiting = List.of(
                    () -> node.template.sendAndWait("q", "a"),
                    () -> node.template.requestAndWait("q", "a", Message.class),
                    () -> node.template.inTransactionAndWait(transaction -> transaction.send("q", "a")));
            assertThat(waiting)
                    .allSatisfy(call -> assertThatThrownBy(call)
                            .isInstanceOf(SendTimeoutException.class)
                            .hasStackTraceContaining(getClass().getName() + ".lambda"));
        }
    }

    @Test
    void throwsAtOnceWhatIsNoMessage() {
        try (Node node = new Node(event -> {}, SETTINGS, "main")) {
            assertThatThrownBy(() -> node.template.send("q", new Object()))
                    .isInstanceOf(MessageConversionException.class);
            Message message = Message.Factory.create();
            message.setApplicationProperties(new ApplicationProperties(Map.of("s3cret", new StringBuilder("s3cret"))));
            assertThatThrownBy(() -> node.template.send("q", message))
                    .isInstanceOf(MessageConversionException.class)
                    .hasMessageNotContaining("s3cret");
            assertThatThrownBy(() -> node.template.send("q", "a", Duration.ZERO))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
