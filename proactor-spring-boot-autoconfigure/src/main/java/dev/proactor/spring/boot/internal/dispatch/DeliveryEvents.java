package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.internal.send.Sending;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;

/**
 * What is done about events of deliveries: those to us lead to the template or to {@link Messages}, and ours are settled once they have
 * their outcome. Called in the connection's sequence, for each message more than once: nothing is allocated here.
 */
final class DeliveryEvents {

    private final Handlers handlers;
    private final Messages messages;
    private final Sending sending;

    DeliveryEvents(Handlers handlers, Messages messages, Sending sending) {
        this.handlers = handlers;
        this.messages = messages;
        this.sending = sending;
    }

    /** A delivery has news: bytes of the peer's, or what the peer has made of one of ours. */
    void on(Event event, ConnectionScope scope, Call call) {
        LinkScope link = LinkScope.of(event.link());
        if (link == null) {
            return;
        }
        Delivery delivery = event.delivery();
        Receiver receiver = event.receiver();
        if (receiver != null && receiver.current() == delivery && !delivery.isPartial() && link.counted != delivery) {
            link.counted = delivery;
            scope.received++;
        }
        handlers.call(link.on(EventType.DELIVERY), call.about(link).about(delivery));
        if (receiver == null) {
            settled(link, scope, delivery, call);
            return;
        }
        if (sending.takes(receiver)) {
            sending.arrived(receiver, delivery);
        } else if (link.messages() != null && !link.closed) {
            messages.arrived(call, link, link.messages(), receiver, delivery);
            messages.topUp(link);
        }
        if (link.counted == delivery && receiver.current() != delivery) {
            link.counted = null; // an idle link keeps none
        }
    }

    private void settled(LinkScope link, ConnectionScope scope, Delivery delivery, Call call) {
        if (delivery.isSettled() || !(delivery.remotelySettled() || hasOutcome(delivery))) {
            return;
        }
        scope.delivered++;
        sending.settled(delivery);
        handlers.call(link.on(Occasion.SETTLED), call);
        if (!delivery.isSettled()) {
            delivery.settle();
        }
    }

    /** {@return whether the peer has given a delivery of ours its outcome} In a transaction that is one for when it is committed. */
    private static boolean hasOutcome(Delivery delivery) {
        DeliveryState state = delivery.getRemoteState();
        return state instanceof Outcome || (state instanceof TransactionalState in && in.getOutcome() != null);
    }
}
