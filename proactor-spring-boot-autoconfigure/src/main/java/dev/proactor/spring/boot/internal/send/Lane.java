package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.concurrent.CompletableFuture;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** Where messages go: one connection that we make, or the peers of one listener. */
interface Lane {

    /** Takes a message that has {@linkplain Pending#enter entered}, from any thread. */
    void submit(OutgoingMessage message);

    /** {@return its messages without an outcome} */
    Pending pending();

    /** {@return the name of the connection or listener} */
    String name();

    /** {@return the host of the peer, where the lane leads to one that we are connected to, or else {@code null}} */
    default @Nullable String server() {
        return null;
    }

    /** {@return {@code connection 'orders'} or {@code listener 'ingress'}} */
    String describe();

    /** {@return why a message was not sent in time} Any thread. */
    SendException notSentInTime(OutgoingMessage message, WaitingMessages place);

    /** {@return why a message that was sent is given up} Any thread. */
    SendException noOutcomeInTime(OutgoingMessage message);

    /** A message that waited has gone, and was perhaps the last one there. Any thread. */
    void removedFrom(WaitingMessages place);

    /** Nothing waits at a link now, and nothing on it is unsettled. In the connection's sequence. */
    void idle(OutgoingLink link);

    /**
     * {@return an address for answers, for one who asks; it fails if the peer gives none} Who waits no more cancels it: there may be no
     * peer for long, and nothing is to be held for it. Any thread.
     */
    CompletableFuture<String> replyAddress();

    /** {@return whether the calling thread holds up the connection to which the lane leads, as a handler of it does} */
    boolean isHeldUpHere(String address);

    /** {@return whether what is sent along this lane is answered along the other one} */
    default boolean leadsTo(Lane other) {
        return this == other;
    }

    /** {@return what each transfer is to say of the transaction that it belongs to, or {@code null} if to none} */
    default @Nullable DeliveryState transferState() {
        return null;
    }

    /** A link is over. In the connection's sequence. */
    void closed(OutgoingLink link, @Nullable ErrorCondition condition);
}
