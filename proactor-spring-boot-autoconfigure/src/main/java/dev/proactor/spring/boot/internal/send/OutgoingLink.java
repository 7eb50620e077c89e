package dev.proactor.spring.boot.internal.send;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.OutcomeUnknownException;
import dev.proactor.spring.boot.template.SendException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;

/**
 * A link on which the template sends. Sends what waits as the receiver gives credit, and knows what has no outcome yet. Belongs to the
 * owner of the connection's batch, but for what says otherwise.
 */
final class OutgoingLink {

    private static final String KEY = OutgoingLink.class.getName();

    private final Proactor proactor;
    private final Sender sender;
    private final Connection connection;
    private final Map<OutgoingMessage, Delivery> unsettled = new LinkedHashMap<>();

    private WaitingMessages waiting;
    private Lane lane;
    private long tags;
    private boolean closing;

    /** Whether the peer's attach has come; other threads read it to say what they wait for. */
    private volatile boolean attached;

    OutgoingLink(Proactor proactor, Sender sender, WaitingMessages waiting) {
        this.proactor = proactor;
        this.sender = sender;
        this.connection = sender.getSession().getConnection();
        this.waiting = waiting;
        this.lane = waiting.owner();
        sender.attachments().set(KEY, OutgoingLink.class, this);
    }

    /** {@return what the template knows of a link, or {@code null} for one on which it does not send} */
    static @Nullable OutgoingLink of(Sender sender) {
        return sender.attachments().get(KEY, OutgoingLink.class);
    }

    Sender sender() {
        return sender;
    }

    /** {@return the connection that it is of} Any thread. */
    Connection connection() {
        return connection;
    }

    WaitingMessages waiting() {
        return waiting;
    }

    Lane lane() {
        return lane;
    }

    /** Takes messages from another place from now on. Only while it {@linkplain #isIdle is idle}. */
    void serve(WaitingMessages next) {
        waiting.unlink(this);
        waiting = next;
        lane = next.owner();
        next.link(this);
    }

    /** {@return whether the peer's attach has come} Any thread. */
    boolean isAttached() {
        return attached;
    }

    void attached() {
        attached = true;
    }

    /** {@return whether it could be closed with nobody missing it} */
    boolean isIdle() {
        return unsettled.isEmpty() && waiting.isEmpty();
    }

    /** Sends what waits, as much as may be sent. */
    void pump() {
        // A handler may have begun a delivery on a link that its peer attached; ours can't go in between.
        while (proactor.sendable(sender) > 0 && sender.current() == null) {
            OutgoingMessage message = waiting.poll();
            if (message == null) {
                break;
            }
            byte[] bytes = message.bytes();
            // A stage that somebody has completed or cancelled is nobody's any more.
            if (bytes != null && !message.outcome.isDone() && message.claim()) {
                send(message, bytes);
            } else {
                message.failUnsent(() -> new SendException("the stage was completed by the application"));
            }
        }
        reportIdle();
    }

    private void send(OutgoingMessage message, byte[] bytes) {
        UnsignedLong limit = sender.getRemoteMaxMessageSize();
        // As an unsigned number; 0 is no limit (AMQP 2.7.3).
        if (limit != null && limit.longValue() != 0 && Long.compareUnsigned(bytes.length, limit.longValue()) > 0) {
            message.failSent(() -> new SendException("a message of " + bytes.length + " bytes was not sent to '"
                    + PeerText.name(message.address) + "' over " + lane.describe() + ": the peer takes no more than "
                    + limit
                    + " bytes a message there (max-message-size of the link)"));
            return;
        }
        Delivery delivery = sender.delivery(("t" + tags++).getBytes(US_ASCII));
        delivery.setContext(message);
        DeliveryState transaction = lane.transferState();
        if (transaction != null) {
            delivery.disposition(transaction);
        }
        sender.send(bytes, 0, bytes.length);
        sender.advance();
        if (isPresettled()) {
            delivery.settle();
            message.complete(Accepted.getInstance());
        } else {
            unsettled.put(message, delivery);
        }
    }

    /** What the sender's end says holds; where it leaves the choice the receiver's wish does (AMQP 2.7.3). */
    private boolean isPresettled() {
        SenderSettleMode ours = sender.getSenderSettleMode();
        return ours == SenderSettleMode.SETTLED
                || (ours != SenderSettleMode.UNSETTLED
                        && sender.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED);
    }

    /** A delivery has news. */
    void settled(Delivery delivery) {
        if (delivery.getContext() instanceof OutgoingMessage message && unsettled.remove(message) != null) {
            DeliveryState state = outcomeOf(delivery);
            if (state != null) {
                message.complete(state);
            } else {
                message.failSent(() -> new OutcomeUnknownException(about(message)
                        + " was sent, and the peer settled it without an outcome: the peer may have it or not"));
            }
        }
        pump();
    }

    /** {@return the outcome that the peer gave a delivery, or will have given it if it commits; {@code null} if it gave none} */
    private static @Nullable DeliveryState outcomeOf(Delivery delivery) {
        DeliveryState state = delivery.getRemoteState();
        if (state instanceof TransactionalState in) {
            return in.getOutcome() instanceof DeliveryState outcome ? outcome : null;
        }
        return state instanceof Outcome ? state : null;
    }

    /** Nobody waits for the outcome of a message any more. Any thread. */
    void giveUpSoon(OutgoingMessage message) {
        try {
            proactor.execute(connection, () -> giveUp(message));
        } catch (RejectedExecutionException over) {
            // Then the delivery is over, too.
        }
    }

    private void giveUp(OutgoingMessage message) {
        Delivery delivery = unsettled.remove(message);
        if (delivery != null) {
            if (!delivery.isSettled()) {
                delivery.settle(); // or a peer that never answers would have us remember it for ever
            }
            reportIdle();
        }
    }

    private void reportIdle() {
        if (!closing && isIdle()) {
            lane.idle(this);
        }
    }

    /** We close the link while it is idle. What comes to wait from now on waits for another one. */
    void close() {
        closing = true;
        waiting.unlink(this);
        sender.close();
    }

    /** {@return whether we have closed it} */
    boolean isClosing() {
        return closing;
    }

    /** The link is over: what was sent will have no outcome. What waits is not this method's. */
    void over(String why) {
        sender.attachments().set(KEY, OutgoingLink.class, null);
        waiting.unlink(this);
        for (OutgoingMessage message : unsettled.keySet().toArray(OutgoingMessage[]::new)) {
            message.failSent(() -> new OutcomeUnknownException(about(message) + " was sent, but " + why
                    + " before its outcome came: the peer may have it or not"));
        }
        unsettled.clear();
    }

    /** {@return how words about a message begin} */
    String about(OutgoingMessage message) {
        return about(message, lane);
    }

    static String about(OutgoingMessage message, Lane lane) {
        return "a message to '" + PeerText.name(message.address) + "' over " + lane.describe();
    }
}
