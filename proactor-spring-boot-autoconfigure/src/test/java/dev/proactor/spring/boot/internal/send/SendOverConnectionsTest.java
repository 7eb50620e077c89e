package dev.proactor.spring.boot.internal.send;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.NoCreditException;
import dev.proactor.spring.boot.template.OutcomeUnknownException;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SendOverConnectionsTest {

    /** Long enough for a thread to look at a message on a slow machine. */
    private static final Duration SHORT = Duration.ofSeconds(1);

    private final Receipts receipts = new Receipts(100, Accepted.getInstance());
    private final Node peer = new Node(receipts);
    private final Node node = new Node(event -> {});
    private int port;

    @BeforeEach
    void listen() throws InterruptedException {
        port = peer.listen();
    }

    @AfterEach
    void close() {
        node.close();
        peer.close();
    }

    @Test
    void tellsTheOutcomeThatThePeerGave() {
        node.connect(port);
        assertThat(outcome(node.template.send("q", "a"))).isInstanceOf(Accepted.class);
        Rejected rejected = new Rejected();
        rejected.setError(Receipts.NOT_FOUND);
        receipts.outcome = rejected;
        assertThat(((Rejected) outcome(node.template.send("q", "b"))).getError().getDescription())
                .isEqualTo("no such queue");
        receipts.outcome = Released.getInstance();
        assertThat(node.template.sendAndWait("q", "c")).isInstanceOf(Released.class);
        assertThat(receipts.received()).containsExactly("a", "b", "c");
        assertThat(receipts.receivers).as("one link serves them all").hasSize(1);
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void completesStagesOnAThreadOfTheProactor() {
        CompletionStage<String> thread = node.template
                .send("q", "a")
                .thenApply(outcome -> Thread.currentThread().getName());
        node.connect(port);
        assertThat(thread.toCompletableFuture().orTimeout(30, SECONDS).join()).startsWith("node-");
    }

    @Test
    void waitsForTheConnection() {
        CompletionStage<DeliveryState> first = node.template.send("q", "a");
        CompletionStage<DeliveryState> other = node.template.send("p", "b");
        assertThat(node.sending.pending()).isEqualTo(2);
        node.connect(port);
        assertThat(outcome(first)).isInstanceOf(Accepted.class);
        assertThat(outcome(other)).isInstanceOf(Accepted.class);
    }

    @Test
    void saysWhyThereIsNoConnection() {
        node.names.state = NamedConnection.State.RECONNECTING;
        assertThat(failure(node.template.send("q", "a", SHORT)))
                .isInstanceOf(SendTimeoutException.class)
                .hasMessageContaining("'q'")
                .hasMessageContaining("connection 'main'")
                .hasMessageContaining("within 1s")
                .hasMessageContaining("RECONNECTING")
                .hasMessageContaining("connection refused")
                .extracting(why -> ((SendTimeoutException) why).sent())
                .isEqualTo(false);
        node.connect(port);
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Accepted.class);
        assertThat(receipts.received()).as("what timed out is never sent").containsExactly("b");
    }

    @Test
    void failsForWantOfCreditAndNeverSendsItLater() {
        receipts.credit = 0;
        node.connect(port);
        await().until(() -> node.names.state == NamedConnection.State.OPEN);
        CompletionStage<DeliveryState> patient = node.template.send("q", "patient");
        await().until(() -> !receipts.receivers.isEmpty());
        assertThat(failure(node.template.send("q", "a", SHORT)))
                .isInstanceOf(NoCreditException.class)
                .hasMessageContaining("'q'")
                .hasMessageContaining("connection 'main'");
        giveCredit(10);
        assertThat(outcome(patient)).isInstanceOf(Accepted.class);
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Accepted.class);
        assertThat(receipts.received()).containsExactly("patient", "b");
    }

    @Test
    void failsWithTheConditionWhereTheLinkIsRefusedAndTriesAnewWithTheNextMessage() {
        receipts.refuses = true;
        node.connect(port);
        assertThat(failure(node.template.send("q", "a")))
                .isInstanceOf(LinkRefusedException.class)
                .hasMessageContaining("'q'")
                .hasMessageContaining("refused the link (amqp:not-found: no such queue)");
        receipts.refuses = false;
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Accepted.class);
    }

    @Test
    void failsWithTheConditionWhereTheSessionIsEndedBeforeTheLinkIsAttached() {
        receipts.endsSessions = true;
        node.connect(port);
        assertThat(failure(node.template.send("q", "a")))
                .isInstanceOf(LinkRefusedException.class)
                .hasMessageContaining("the peer ended the session (amqp:not-found: no such queue)");
        receipts.endsSessions = false;
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Accepted.class);
    }

    @Test
    void attachesAgainAfterThePeerDetachedTheLinkOrEndedTheSession() {
        node.connect(port);
        outcome(node.template.send("q", "a"));
        Receiver first = receipts.receivers.remove();
        inPeer(first, first::detach);
        // What is sent before the peer gets to it still goes over the former link.
        await().until(() -> outcomeOrNull(node.template.send("q", "b", SHORT)) instanceof Accepted
                && !receipts.receivers.isEmpty());
        Receiver second = receipts.receivers.remove();
        inPeer(second, () -> second.getSession().close());
        await().until(() -> outcomeOrNull(node.template.send("q", "c", SHORT)) instanceof Accepted
                && !receipts.receivers.isEmpty());
        assertThat(receipts.receivers).hasSize(1);
    }

    @Test
    void failsWhatWaitsAtALinkThatThePeerCloses() {
        receipts.credit = 0;
        node.connect(port);
        CompletionStage<DeliveryState> waits = node.template.send("q", "a");
        await().until(() -> !receipts.receivers.isEmpty());
        Receiver receiver = receipts.receivers.peek();
        inPeer(receiver, () -> {
            receiver.setCondition(Receipts.NOT_FOUND);
            receiver.close();
        });
        assertThat(failure(waits))
                .isInstanceOf(LinkRefusedException.class)
                .hasMessageContaining("closed the link (amqp:not-found");
    }

    @Test
    void keepsWhatWasNotSentForTheNextConnection() {
        receipts.credit = 0;
        node.connect(port);
        List<CompletionStage<DeliveryState>> stages = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            stages.add(node.template.send("q", i));
        }
        await().until(() -> !receipts.receivers.isEmpty());
        loseConnection();
        await().until(() -> node.names.state == NamedConnection.State.RECONNECTING);
        receipts.credit = 100;
        node.connect(port);
        stages.forEach(stage -> assertThat(outcome(stage)).isInstanceOf(Accepted.class));
        assertThat(receipts.received()).startsWith("0", "1", "2").hasSize(20).doesNotHaveDuplicates();
    }

    @Test
    void keepsWhatWasNotSentWhenThePeerClosesTheConnection() {
        receipts.credit = 0;
        node.connect(port);
        CompletionStage<DeliveryState> stage = node.template.send("q", "a");
        await().until(() -> !receipts.receivers.isEmpty());
        Receiver receiver = receipts.receivers.peek();
        inPeer(receiver, () -> receiver.getSession().getConnection().close());
        await().until(() -> node.names.state == NamedConnection.State.RECONNECTING);
        receipts.credit = 100;
        node.connect(port);
        assertThat(outcome(stage)).isInstanceOf(Accepted.class);
    }

    @Test
    void doesNotKnowTheOutcomeWhenTheConnectionIsLostAfterSending() {
        receipts.outcome = null;
        node.connect(port);
        CompletionStage<DeliveryState> stage = node.template.send("q", "a");
        await().until(() -> !receipts.held.isEmpty());
        loseConnection();
        assertThat(failure(stage))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("'q'")
                .hasMessageContaining("connection 'main'");
        receipts.outcome = Accepted.getInstance();
        node.connect(port);
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Accepted.class);
        assertThat(receipts.received()).as("sent once").containsExactly("a", "b");
    }

    @Test
    void ignoresAnOutcomeThatComesTooLate() {
        receipts.outcome = null;
        node.connect(port);
        CompletionStage<DeliveryState> stage = node.template.send("q", "a", Duration.ofSeconds(1));
        await().until(() -> !receipts.held.isEmpty());
        SendException why = failure(stage);
        assertThat(why).isInstanceOf(SendTimeoutException.class).hasMessageContaining("gave no outcome within 1s");
        assertThat(((SendTimeoutException) why).sent()).isTrue();
        Delivery late = receipts.held.remove();
        inPeer((Receiver) late.getLink(), () -> {
            late.disposition(Accepted.getInstance());
            late.settle();
        });
        receipts.outcome = Released.getInstance();
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Released.class);
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void doesNotKnowTheOutcomeWhereThePeerSettlesWithoutOne() {
        receipts.outcome = null;
        node.connect(port);
        CompletionStage<DeliveryState> stage = node.template.send("q", "a");
        await().until(() -> !receipts.held.isEmpty());
        Delivery held = receipts.held.remove();
        inPeer((Receiver) held.getLink(), held::settle);
        assertThat(failure(stage)).isInstanceOf(OutcomeUnknownException.class);
    }

    @Test
    void failsWhatIsLargerThanThePeerTakes() {
        receipts.maxMessageBytes = 1000;
        node.connect(port);
        assertThat(failure(node.template.send("q", "s3cret".repeat(200))))
                .hasMessageContaining("max-message-size")
                .hasMessageContaining("1000")
                .hasMessageNotContaining("s3cret");
        assertThat(outcome(node.template.send("q", "b"))).isInstanceOf(Accepted.class);
    }

    @Test
    void sendsMessagesLargerThanAFrame() {
        node.connect(port);
        String large = "x".repeat(900_000);
        assertThat(outcome(node.template.send("q", large))).isInstanceOf(Accepted.class);
        assertThat(receipts.received()).containsExactly(large);
    }

    @Test
    void closesIdleLinksWhereManyAddressesAreUsed() {
        node.connect(port);
        List<CompletionStage<DeliveryState>> stages = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            stages.add(node.template.send("q" + i, i));
        }
        stages.forEach(stage -> assertThat(outcome(stage)).isInstanceOf(Accepted.class));
        assertThat(receipts.receivers).hasSize(600);
        assertThat(receipts.mostAttached).isLessThanOrEqualTo(256);
    }

    @Test
    void sendsEachOfManyMessagesOnceAndInTheOrderOfItsThread() throws InterruptedException {
        node.connect(port);
        int threads = 4;
        int each = 2_500;
        Queue<CompletionStage<DeliveryState>> stages = new ConcurrentLinkedQueue<>();
        List<Thread> senders = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            String name = "t" + t + "-";
            Thread sender = new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    stages.add(node.template.send("q", name + i));
                }
            });
            sender.start();
            senders.add(sender);
        }
        for (Thread sender : senders) {
            sender.join();
        }
        assertThat(stages).hasSize(threads * each);
        stages.forEach(stage -> assertThat(outcome(stage)).isInstanceOf(Accepted.class));
        for (int t = 0; t < threads; t++) {
            String name = "t" + t + "-";
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                expected.add(name + i);
            }
            assertThat(receipts.received().stream().filter(body -> body.startsWith(name)))
                    .containsExactlyElementsOf(expected);
        }
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void aMessageThatIsSentAsItsTimeRunsOutIsEitherSentOrNot() {
        receipts.credit = 50;
        node.connect(port);
        outcome(node.template.send("q", "first"));
        int said = 0;
        List<CompletionStage<DeliveryState>> stages = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            stages.add(node.template.send("q", i, Duration.ofNanos(1 + i * 1_000L)));
        }
        int unsent = 0;
        for (CompletionStage<DeliveryState> stage : stages) {
            try {
                stage.toCompletableFuture().get(10, SECONDS);
                said++;
            } catch (ExecutionException failed) {
                SendException why = (SendException) failed.getCause();
                boolean sent = why instanceof SendTimeoutException timeout && timeout.sent();
                said += sent ? 1 : 0;
                unsent += sent ? 0 : 1;
            } catch (Exception never) {
                throw new AssertionError("a stage stayed open", never);
            }
        }
        assertThat(said + unsent).isEqualTo(2_000);
        int sent = said;
        await().untilAsserted(() -> assertThat(receipts.bodies).hasSize(sent + 1));
        outcome(node.template.send("q", "last"));
        assertThat(receipts.bodies).hasSize(sent + 2);
    }

    // ---- helpers

    private void loseConnection() {
        Receiver receiver = receipts.receivers.peek();
        inPeer(receiver, () -> peer.proactor.release(receiver.getSession().getConnection()));
    }

    private void giveCredit(int credit) {
        Receiver receiver = receipts.receivers.peek();
        inPeer(receiver, () -> receiver.flow(credit));
    }

    private void inPeer(Receiver receiver, Runnable task) {
        peer.proactor.execute(receiver.getSession().getConnection(), task);
    }

    private static DeliveryState outcome(CompletionStage<DeliveryState> stage) {
        try {
            return stage.toCompletableFuture().get(20, SECONDS);
        } catch (Exception failed) {
            throw new AssertionError("no outcome", failed);
        }
    }

    private static DeliveryState outcomeOrNull(CompletionStage<DeliveryState> stage) {
        return stage.exceptionally(failed -> null)
                .toCompletableFuture()
                .orTimeout(30, SECONDS)
                .join();
    }

    private static SendException failure(CompletionStage<DeliveryState> stage) {
        List<Throwable> causes = new ArrayList<>();
        assertThatThrownBy(() -> stage.toCompletableFuture().get(20, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .satisfies(failed -> causes.add(failed.getCause()));
        return (SendException) causes.get(0);
    }
}
