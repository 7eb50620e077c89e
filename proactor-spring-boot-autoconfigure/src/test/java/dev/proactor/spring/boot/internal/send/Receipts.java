package dev.proactor.spring.boot.internal.send;

import dev.proactor.Event;
import dev.proactor.EventType;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.message.Message;

/** A peer's receivers: what credit they give, what outcome, and what came. */
final class Receipts implements Node.Script {

    static final ErrorCondition NOT_FOUND = new ErrorCondition(Symbol.valueOf("amqp:not-found"), "no such queue");

    /** Bodies, in the order in which they came. */
    final Queue<String> bodies = new ConcurrentLinkedQueue<>();

    final Queue<Receiver> receivers = new ConcurrentLinkedQueue<>();
    final Queue<Delivery> held = new ConcurrentLinkedQueue<>();

    /** Credit that each new receiver gets; kept up while there is any. */
    volatile int credit;

    /** What messages get; {@code null} holds them. */
    volatile DeliveryState outcome;

    volatile boolean refuses;

    /** Ends the session instead of an answer to an attach. */
    volatile boolean endsSessions;

    volatile long maxMessageBytes;

    /** How many receivers were attached at once, at the most. */
    volatile int mostAttached;

    private final Deque<Receiver> attached = new ArrayDeque<>();

    Receipts(int credit, DeliveryState outcome) {
        this.credit = credit;
        this.outcome = outcome;
    }

    @Override
    public void on(Event event) {
        if (event.type() == EventType.LINK_REMOTE_OPEN && event.receiver() != null) {
            attach(event.receiver());
        } else if (event.type() == EventType.LINK_REMOTE_CLOSE && event.receiver() != null) {
            attached.remove(event.receiver());
        } else if (event.type() == EventType.DELIVERY && event.receiver() != null) {
            receive(event.receiver(), event.delivery());
        }
    }

    private void attach(Receiver receiver) {
        if (endsSessions) {
            receiver.getSession().setCondition(NOT_FOUND);
            receiver.getSession().close();
            return;
        }
        if (refuses) {
            receiver.setTarget(null);
            receiver.open();
            receiver.setCondition(NOT_FOUND);
            receiver.close();
            return;
        }
        if (receiver.getLocalState() == EndpointState.UNINITIALIZED) {
            receiver.setSource(receiver.getRemoteSource());
            receiver.setTarget(receiver.getRemoteTarget());
            if (maxMessageBytes > 0) {
                receiver.setMaxMessageSize(UnsignedLong.valueOf(maxMessageBytes));
            }
            receiver.open();
        }
        receivers.add(receiver);
        attached.add(receiver);
        mostAttached = Math.max(mostAttached, attached.size());
        if (credit > 0) {
            receiver.flow(credit);
        }
    }

    private void receive(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() || receiver.current() != delivery) {
            return;
        }
        Message message = Message.Factory.create();
        message.decode(receiver.recv());
        receiver.advance();
        bodies.add(String.valueOf(((AmqpValue) message.getBody()).getValue()));
        DeliveryState state = outcome;
        if (delivery.remotelySettled()) {
            delivery.settle();
        } else if (state == null) {
            held.add(delivery);
            return;
        } else {
            delivery.disposition(state);
            delivery.settle();
        }
        if (credit > 0 && receiver.getCredit() < credit / 2 + 1) {
            receiver.flow(credit - receiver.getCredit());
        }
    }

    List<String> received() {
        return List.copyOf(bodies);
    }
}
