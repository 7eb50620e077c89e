package dev.proactor.spring.boot.internal.send;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.NoCreditException;
import dev.proactor.spring.boot.template.NoReceiverException;
import dev.proactor.spring.boot.template.OutcomeUnknownException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SendToListenersTest {

    /** Long enough for a thread to look at a message on a slow machine. */
    private static final Duration SHORT = Duration.ofSeconds(1);

    private final Receipts receipts = new Receipts(10, Accepted.getInstance());
    private final Node node = new Node(event -> {});
    private volatile SenderSettleMode settleMode = SenderSettleMode.MIXED;
    private final Node peer = new Node(this::onPeersEvent);
    private int port;

    /** The peer attaches a receiver from {@code commands/d1} on each of its connections. */
    private void onPeersEvent(Event event) {
        if (event.type() == EventType.CONNECTION_INIT) {
            Session session = event.connection().session();
            session.open();
            Receiver receiver = session.receiver("commands");
            Source source = new Source();
            source.setAddress("commands/d1");
            receiver.setSource(source);
            receiver.setTarget(new Target());
            receiver.setSenderSettleMode(settleMode);
            receiver.open();
        }
        receipts.on(event);
    }

    @BeforeEach
    void listen() throws InterruptedException {
        port = node.listen();
    }

    @AfterEach
    void close() {
        peer.close();
        node.close();
    }

    @Test
    void sendsToThePeerThatReceivesFromTheAddress() {
        attach();
        assertThat(outcome(send("reboot"))).isInstanceOf(Accepted.class);
        assertThat(receipts.received()).containsExactly("reboot");
    }

    @Test
    void failsAtOnceWhereNobodyReceivesFromTheAddress() {
        attach();
        assertThat(node.template.onListener("ingress").send("commands/d2", "reboot"))
                .isCompletedExceptionally();
        assertFails(node.template.onListener("ingress").send("commands/d2", "reboot"), NoReceiverException.class)
                .hasMessageContaining("'commands/d2'")
                .hasMessageContaining("listener 'ingress'");
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void prefersTheReceiverThatCameLastAndGoesBackToTheFormerWhenThatGoes() {
        attach();
        attach();
        Receiver former = receipts.receivers.remove();
        Receiver newest = receipts.receivers.peek();
        outcome(send("a"));
        await().untilAsserted(() -> assertThat(newest.getCredit()).isEqualTo(9));
        inPeer(newest, newest::close);
        await().until(() -> {
            send("b")
                    .toCompletableFuture()
                    .handle((outcome, newestWasClosing) -> "")
                    .orTimeout(30, SECONDS)
                    .join();
            return former.getCredit() < 10;
        });
    }

    @Test
    void failsForWantOfCreditAndNeverSendsItLater() {
        receipts.credit = 0;
        attach();
        assertFails(send("a", SHORT), NoCreditException.class).hasMessageContaining("listener 'ingress'");
        Receiver receiver = receipts.receivers.peek();
        inPeer(receiver, () -> receiver.flow(10));
        assertThat(outcome(send("b"))).isInstanceOf(Accepted.class);
        assertThat(receipts.received()).containsExactly("b");
    }

    @Test
    void failsWhatWaitsWhenThePeerClosesItsLink() {
        receipts.credit = 0;
        attach();
        CompletionStage<DeliveryState> waits = send("a");
        Receiver receiver = receipts.receivers.peek();
        inPeer(receiver, receiver::close);
        assertFails(waits, LinkRefusedException.class);
        await().until(() -> send("b", SHORT).toCompletableFuture().isCompletedExceptionally());
        assertFails(send("c"), NoReceiverException.class);
    }

    @Test
    void failsWhatWaitsWhenThePeersConnectionIsLost() {
        receipts.credit = 0;
        attach();
        CompletionStage<DeliveryState> waits = send("a");
        peer.proactor.disconnect(null);
        assertFails(waits, NoReceiverException.class).hasMessageContaining("lost");
    }

    @Test
    void doesNotKnowTheOutcomeWhenThePeersConnectionIsLostAfterSending() {
        receipts.outcome = null;
        attach();
        CompletionStage<DeliveryState> sent = send("a");
        await().until(() -> !receipts.held.isEmpty());
        peer.proactor.disconnect(null);
        assertFails(sent, OutcomeUnknownException.class).hasMessageContaining("'commands/d1'");
    }

    @Test
    void takesAMessageForAcceptedThatThePeerWantsSettled() {
        settleMode = SenderSettleMode.SETTLED;
        receipts.outcome = null;
        attach();
        assertThat(outcome(send("a"))).isInstanceOf(Accepted.class);
        await().until(() -> receipts.received().size() == 1);
        assertThat(receipts.held).isEmpty();
    }

    @Test
    void knowsTheListenersByName() {
        assertThatThrownBy(() -> node.template.onListener("egress"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("egress");
    }

    // ---- helpers

    private void attach() {
        int before = receipts.receivers.size();
        peer.connect(port);
        // The peer hears of its attach's answer only after our end was told of the link.
        await().until(() -> receipts.receivers.size() > before);
    }

    private CompletionStage<DeliveryState> send(String body) {
        return node.template.onListener("ingress").send("commands/d1", body);
    }

    private CompletionStage<DeliveryState> send(String body, Duration timeout) {
        return node.template.onListener("ingress").send("commands/d1", body, timeout);
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

    private static org.assertj.core.api.AbstractThrowableAssert<?, ?> assertFails(
            CompletionStage<DeliveryState> stage, Class<? extends Throwable> type) {
        return assertThatThrownBy(() -> stage.toCompletableFuture().get(20, SECONDS))
                .cause()
                .isInstanceOf(type);
    }
}
