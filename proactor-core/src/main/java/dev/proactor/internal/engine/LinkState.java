package dev.proactor.internal.engine;

import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.LinkImpl;
import org.jspecify.annotations.Nullable;

/**
 * What the adapter knows of a link beside proton-j: whether each end is attached, how far its credit goes, and the delivery
 * that is under way on it. Serial numbers (AMQP: RFC 1982) are compared by their difference.
 */
final class LinkState {

    final SessionState session;
    final String name;
    final LinkImpl link;

    /** Whether this end receives on it. */
    final boolean receives;

    // ---- attached

    int localHandle = -1;
    int remoteHandle = -1;
    boolean wasLocallyAttached;
    boolean wasRemotelyAttached;

    /** The largest message that this end takes. */
    long maxMessageBytes;

    // ---- credit

    /** Receiving: how many deliveries the peer has begun and ended. Sending: what this end has. */
    int deliveryCount;

    /** Receiving: the delivery-count that this end has ever let the peer go to. */
    int creditLimit;

    /** Receiving: whether any credit was given. */
    boolean creditGiven;

    /** What is counted as the link's credit now. */
    int creditCounted;

    /** Sending: credit that the application does not see for now. */
    int withheld;

    /** Sending: the credit that the application was shown last. */
    int shown;

    // ---- the incoming delivery that is under way, if its last frame has not come

    boolean receiving;
    int receivingId;
    long receivedBytes;
    boolean receivingSettled;

    @Nullable DeliveryImpl partial;

    /** Receiving: what comes on it is counted and dropped; the link was closed for a message too large. */
    boolean discards;

    // ---- the outgoing delivery that is under way, if its last frame was not sent

    boolean sending;
    int sendingId;
    boolean sendingBeganUnsettled;

    @Nullable DeliveryImpl aborted;

    /** The peer settled it before it was all sent; proton-j would get stuck if it knew now. */
    @Nullable Disposition early;

    LinkState(SessionState session, String name, LinkImpl link, boolean receives) {
        this.session = session;
        this.name = name;
        this.link = link;
        this.receives = receives;
    }

    /** {@return whether the peer has attached it and neither end has detached it} */
    boolean isActive() {
        return remoteHandle >= 0 && (localHandle >= 0 || !wasLocallyAttached);
    }

    /** {@return whether both ends have attached and detached it} */
    boolean isOver() {
        return wasLocallyAttached && wasRemotelyAttached && localHandle < 0 && remoteHandle < 0;
    }
}
