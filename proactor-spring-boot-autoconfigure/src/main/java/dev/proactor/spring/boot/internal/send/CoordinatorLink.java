package dev.proactor.spring.boot.internal.send;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.proactor.Proactor;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.transaction.Coordinator;
import org.apache.qpid.proton.amqp.transaction.Declared;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * A link to the peer's coordinator, along which transactions are declared and discharged (AMQP 4.1). Belongs to the owner of the connection's batch.
 */
final class CoordinatorLink {

    private static final String KEY = CoordinatorLink.class.getName();
    private static final Symbol LOCAL_TRANSACTIONS = Symbol.valueOf("amqp:local-transactions");

    /** A declare or discharge, and who waits for its outcome. */
    private record Command(byte[] bytes, Consumer<@Nullable DeliveryState> answered) {}

    private final Proactor proactor;
    private final Sender sender;
    private final TransactionSession user;
    private final Queue<Command> waiting = new ArrayDeque<>();
    private long tags;
    private boolean attached;

    CoordinatorLink(Proactor proactor, Session session, String name, TransactionSession user) {
        this.proactor = proactor;
        this.user = user;
        this.sender = session.sender(name);
        Coordinator coordinator = new Coordinator();
        coordinator.setCapabilities(LOCAL_TRANSACTIONS);
        sender.setTarget(coordinator);
        Source source = new Source();
        // Where rejected is not among them, a peer would have to detach to refuse (AMQP 4.3).
        source.setOutcomes(Accepted.DESCRIPTOR_SYMBOL, Rejected.DESCRIPTOR_SYMBOL, Declared.DESCRIPTOR_SYMBOL);
        sender.setSource(source);
        sender.setSenderSettleMode(SenderSettleMode.UNSETTLED);
        sender.attachments().set(KEY, CoordinatorLink.class, this);
        sender.open();
    }

    /** {@return what a link to a coordinator is for, or {@code null} for any other link} */
    static @Nullable CoordinatorLink of(Sender sender) {
        return sender.attachments().get(KEY, CoordinatorLink.class);
    }

    /** The peer has attached it, too. */
    void attached() {
        attached = true;
        pump();
    }

    /** {@return whether the peer has attached it} */
    boolean isAttached() {
        return attached;
    }

    /** {@return whether the peer says that its coordinator can do something (AMQP 4.5.5)} */
    boolean offers(Symbol capability) {
        if (sender.getRemoteTarget() instanceof Coordinator coordinator && coordinator.getCapabilities() != null) {
            for (Symbol offered : coordinator.getCapabilities()) {
                if (offered.equals(capability)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Sends a declare or a discharge, as soon as there is credit.
     *
     * @param command which
     * @param answered is given the outcome, {@code null} if the peer settled it without one; not called if the link ends before
     */
    void send(Object command, Consumer<@Nullable DeliveryState> answered) {
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue(command));
        waiting.add(new Command(EncodedMessage.of(message), answered));
        pump();
    }

    /** {@return whether a declare or discharge was not sent, for want of credit} */
    boolean isHoldingBack() {
        return !waiting.isEmpty();
    }

    /** Sends what waits, as much as may be sent. */
    void pump() {
        while (!waiting.isEmpty() && proactor.sendable(sender) > 0) {
            Command command = waiting.remove();
            Delivery delivery = sender.delivery(("c" + tags++).getBytes(US_ASCII));
            delivery.setContext(command);
            sender.send(command.bytes(), 0, command.bytes().length);
            sender.advance();
        }
    }

    /** A declare or discharge has its outcome. */
    void settled(Delivery delivery) {
        if (delivery.getContext() instanceof Command command) {
            delivery.setContext(null);
            command.answered().accept(delivery.getRemoteState());
        }
    }

    /** The peer has closed it, or its session or connection is over. */
    void closed(@Nullable ErrorCondition condition) {
        user.closed(condition);
    }

    /** Closes it; nobody is told of what happens to it any more. */
    void close() {
        forget();
        sender.close();
    }

    /** Nobody is told of what happens to it any more. */
    void forget() {
        sender.attachments().set(KEY, CoordinatorLink.class, null);
        waiting.clear();
    }
}
