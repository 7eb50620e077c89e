package dev.proactor.internal.engine;

import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.ReceiverImpl;

/**
 * Settles what a handler need not, and proton-j would keep for ever: incoming deliveries that the sender has settled, aborted
 * ones among them, once they were advanced past. It also says so to the peer when a handler settles an outgoing delivery upon its
 * outcome, which proton-j says only where the handler has set a state too.
 */
final class Settler {

    private final List<DeliveryImpl> waiting = new ArrayList<>(0);

    /** A {@code DELIVERY} event was handled. */
    void handled(DeliveryImpl delivery) {
        if (delivery.getLink() instanceof ReceiverImpl) {
            if (delivery.remotelySettled() && !settle(delivery)) {
                waiting.add(delivery);
            }
        } else if (delivery.isSettled()
                && !delivery.remotelySettled()
                && delivery.getLocalState() == null
                && delivery.getRemoteState() != null
                && EngineInternals.isDone(delivery)) {
            delivery.disposition(delivery.getRemoteState());
            EngineInternals.scheduleDisposition(delivery);
        }
    }

    /** A batch is over. */
    void endBatch() {
        if (!waiting.isEmpty()) {
            waiting.removeIf(Settler::settle);
        }
    }

    /** {@return whether it is settled now} */
    private static boolean settle(DeliveryImpl delivery) {
        if (delivery.isSettled()) {
            return true;
        }
        if (EngineInternals.isDone(delivery)) {
            delivery.settle();
            return true;
        }
        return false;
    }
}
