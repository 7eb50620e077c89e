package dev.proactor.internal.engine;

import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener.ConnectionRecorder;
import dev.proactor.internal.counts.ConnectionTally;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.ReceiverImpl;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.jspecify.annotations.Nullable;

/**
 * Incoming transfers and flows: whether the peer may send them, and what proton-j has to be spared.
 *
 * <p>proton-j loses an incoming delivery that is settled before its last frame has come, and breaks on the next one. So the
 * disposition of such a delivery is held back until then, and the rest of it is dropped; and that the sender has settled is
 * told only with the last frame.
 */
final class IncomingDeliveries {

    /** AMQP 2.8.7. */
    private static final int MAX_TAG_BYTES = 32;

    /** What a peer grants beyond is as good as this; proton-j counts in {@code int}. */
    private static final UnsignedInteger MOST_CREDIT = UnsignedInteger.valueOf(1 << 30);

    private final GuardedTransport transport;
    private final EngineConnection connection;
    private final EndpointTable table;
    private final ConnectionTally tally;
    private final ConnectionRecorder recorder;

    /** Links with a delivery that has begun to come. */
    private final List<LinkState> partials = new ArrayList<>(0);

    /** Sessions whose peer has used up more than half of its window. */
    private final List<SessionState> narrow = new ArrayList<>(0);

    IncomingDeliveries(
            GuardedTransport transport, EngineConnection connection, EndpointTable table, ConnectionTally tally) {
        this.transport = transport;
        this.connection = connection;
        this.table = table;
        this.tally = tally;
        this.recorder = tally.group().recorder();
    }

    private boolean isTimed() {
        return recorder != ConnectionRecorder.NONE;
    }

    // ---- transfers

    /** {@return whether proton-j may see it, which then has to be told by {@link #received}} */
    boolean mayTransfer(SessionState session, LinkState link, Transfer transfer, @Nullable Binary payload) {
        if (!link.receives) {
            return fault(Conditions.NOT_ALLOWED, "a transfer to link '" + link.name + "', which sends");
        }
        if (link.receiving ? !mayContinue(link, transfer) : !mayBegin(session, link, transfer)) {
            return false;
        }
        narrowed(session);
        if (payload != null) {
            link.receivedBytes += payload.getLength();
            if (link.receivedBytes > link.maxMessageBytes && !link.discards) {
                refuse(link);
            }
        }
        boolean last = isLast(transfer);
        if (link.receivingSettled) {
            transfer.setSettled(last);
        }
        return true;
    }

    private boolean mayBegin(SessionState session, LinkState link, Transfer transfer) {
        UnsignedInteger id = transfer.getDeliveryId();
        if (id == null) {
            return fault(Conditions.INVALID_FIELD, "a delivery on link '" + link.name + "' has no delivery-id");
        }
        if (session.deliveryIdKnown && id.intValue() != session.nextDeliveryId) {
            return fault(
                    Conditions.SESSION_INVALID_FIELD,
                    "sequencing error, expected delivery-id " + Integer.toUnsignedString(session.nextDeliveryId)
                            + ", got " + id);
        }
        Binary tag = transfer.getDeliveryTag();
        if (tag == null || tag.getLength() > MAX_TAG_BYTES) {
            return fault(
                    Conditions.INVALID_FIELD,
                    "delivery " + id + " has "
                            + (tag == null ? "no delivery-tag" : "a delivery-tag of " + tag.getLength() + " bytes"));
        }
        if (!link.creditGiven || link.deliveryCount - link.creditLimit >= 0) {
            return fault(
                    Conditions.TRANSFER_LIMIT_EXCEEDED,
                    "no credit for delivery " + id + " on link '" + link.name + "'");
        }
        session.deliveryIdKnown = true;
        session.nextDeliveryId = id.intValue() + 1;
        link.receivingId = id.intValue();
        link.receivedBytes = 0;
        link.receivingSettled = Boolean.TRUE.equals(transfer.getSettled());
        if (!link.receivingSettled && isTimed()) {
            session.incoming(recorder).begun(link.receivingId, System.nanoTime());
        }
        return true;
    }

    private boolean mayContinue(LinkState link, Transfer transfer) {
        UnsignedInteger id = transfer.getDeliveryId();
        if (id != null && id.intValue() != link.receivingId) {
            return fault(
                    Conditions.INVALID_FIELD,
                    "delivery-id " + Integer.toUnsignedString(link.receivingId) + " changed to " + id
                            + " in a continuation");
        }
        if (link.receivingSettled && Boolean.FALSE.equals(transfer.getSettled())) {
            return fault(
                    Conditions.INVALID_FIELD,
                    "delivery " + Integer.toUnsignedString(link.receivingId) + " was settled and is so no more");
        }
        link.receivingSettled |= Boolean.TRUE.equals(transfer.getSettled());
        return true;
    }

    /** A message is larger than this end takes: its link goes, the rest is dropped. */
    private void refuse(LinkState link) {
        link.discards = true;
        link.link.setCondition(new ErrorCondition(
                Conditions.MESSAGE_SIZE_EXCEEDED, "a message is larger than " + link.maxMessageBytes + " bytes"));
        link.link.close();
    }

    /** {@return whether the bytes of a transfer are of use to nobody} */
    boolean drops(LinkState link) {
        return link.discards || (link.partial != null && link.partial.isSettled());
    }

    /** proton-j has taken a transfer. */
    void received(LinkState link, Transfer transfer) {
        boolean last = isLast(transfer);
        if (!last && !link.receiving) {
            link.receiving = true;
            link.partial = EngineInternals.newest(link.link);
            partials.add(link);
        }
        if (link.discards) {
            discard(link, link.receiving ? link.partial : EngineInternals.newest(link.link));
        }
        if (last) {
            completed(link, transfer);
        }
    }

    /** Nobody will read it. It is settled, so that there are no events of it. */
    private void discard(LinkState link, @Nullable DeliveryImpl delivery) {
        if (delivery == null || delivery.isSettled()) {
            return;
        }
        if (link.link.current() == delivery) {
            ((ReceiverImpl) link.link).recv();
            delivery.settle();
        } else {
            // proton-j gives the window back only when a delivery is advanced past.
            int bytes = delivery.pending();
            delivery.settle();
            EngineInternals.uncountIncoming(link.link.getSession(), bytes);
        }
    }

    private void completed(LinkState link, Transfer transfer) {
        link.deliveryCount++;
        table.countCredit(link, Math.max(0, link.creditCounted - 1));
        if (transfer.getAborted()) {
            tally.delivered(Direction.IN, DeliveryOutcome.ABORTED, 1);
        } else if (link.receivingSettled) {
            tally.delivered(Direction.IN, DeliveryOutcome.SETTLED, 1);
        }
        if ((transfer.getAborted() || link.receivingSettled) && isTimed()) {
            link.session.incoming(recorder).forget(link.receivingId);
        }
        if (link.receiving) {
            DeliveryImpl whole = link.partial;
            stopReceiving(link);
            if (whole != null && whole.isSettled()) {
                if (whole.remotelySettled()) {
                    EngineInternals.forget(whole);
                } else {
                    EngineInternals.scheduleDisposition(whole);
                }
            }
        }
    }

    /** The link is detached, or its session ended: what has begun on it will not be completed. */
    void interrupted(LinkState link) {
        if (link.receiving) {
            DeliveryImpl rest = link.partial;
            stopReceiving(link);
            if (rest != null && rest.isSettled()) {
                EngineInternals.forget(rest);
            }
        }
    }

    private void stopReceiving(LinkState link) {
        link.receiving = false;
        link.partial = null;
        partials.remove(link);
    }

    /** Before output: holds back the dispositions of deliveries that have not come whole. */
    void holdBack() {
        for (int i = 0; i < partials.size(); i++) {
            DeliveryImpl partial = partials.get(i).partial;
            if (partial != null && partial.isSettled()) {
                connection.removeTransportWork(partial);
            }
        }
    }

    private static boolean isLast(Transfer transfer) {
        return !transfer.getMore() || transfer.getAborted();
    }

    // ---- what the sender says of them

    /** A disposition of the peer's deliveries came. One that is still coming stays unsettled until its last frame. */
    void disposed(SessionState session, Disposition disposition) {
        if (partials.isEmpty() || !disposition.getSettled()) {
            transport.pass(disposition, session.remoteChannel);
            return;
        }
        DispositionRange range = new DispositionRange(disposition);
        List<LinkState> underWay = new ArrayList<>();
        for (LinkState link : partials) {
            if (link.session == session && range.contains(link.receivingId)) {
                link.receivingSettled = true;
                underWay.add(link);
            }
        }
        range.without(underWay.stream().mapToInt(link -> link.receivingId))
                .forEach(part -> transport.pass(part, session.remoteChannel));
    }

    /** This end writes a disposition. */
    void writesDisposition(Disposition disposition, int channel) {
        if (disposition.getRole() != Role.RECEIVER) {
            return;
        }
        DispositionRange range = new DispositionRange(disposition);
        DeliveryOutcome outcome = OutgoingDeliveries.outcome(disposition.getState());
        if (disposition.getSettled()) {
            tally.delivered(Direction.IN, outcome, range.size());
        }
        SessionState session = isTimed() ? table.ofLocalChannel(channel) : null;
        if (session != null && (disposition.getSettled() || disposition.getState() != null)) {
            session.incoming(recorder).settled(range.first(), range.last(), outcome, System.nanoTime());
        }
    }

    // ---- windows

    /**
     * Opens the windows that have become narrow, where deliveries were taken meanwhile.
     *
     * @return whether there are frames to write for it
     */
    boolean widenWindows() {
        boolean widened = false;
        for (int i = narrow.size() - 1; i >= 0; i--) {
            SessionState state = narrow.get(i);
            SessionImpl session = state.session;
            if (session == null || state.localChannel < 0) {
                state.windowIsNarrow = false;
                narrow.remove(i);
            } else if (window(session) - state.windowLeft > fullWindow(session) / 4) {
                state.windowIsNarrow = false;
                narrow.remove(i);
                EngineInternals.writeSessionFlow(transport, session);
                widened = true;
            }
        }
        return widened;
    }

    private int fullWindow(SessionImpl session) {
        return session.getIncomingCapacity() / transport.getMaxFrameSize();
    }

    private int window(SessionImpl session) {
        return (session.getIncomingCapacity() - session.getIncomingBytes()) / transport.getMaxFrameSize();
    }

    private void narrowed(SessionState state) {
        state.windowLeft--;
        SessionImpl session = state.session;
        if (!state.windowIsNarrow && session != null && state.windowLeft < fullWindow(session) / 2) {
            state.windowIsNarrow = true;
            narrow.add(state);
        }
    }

    // ---- flows

    /** {@return whether proton-j may see it} */
    boolean mayFlow(LinkState link, Flow flow) {
        if (link.receives) {
            return mayAdvance(link, flow);
        }
        UnsignedInteger credit = flow.getLinkCredit();
        if (credit == null) {
            return fault(Conditions.INVALID_FIELD, "a flow of link '" + link.name + "' has no link-credit");
        }
        if (credit.compareTo(MOST_CREDIT) > 0) {
            flow.setLinkCredit(MOST_CREDIT);
        }
        return true;
    }

    /** A sender's flow may skip credit, but none that it never had. */
    private boolean mayAdvance(LinkState link, Flow flow) {
        UnsignedInteger count = flow.getDeliveryCount();
        if (count == null) {
            flow.setDeliveryCount(UnsignedInteger.valueOf(link.deliveryCount));
            return true;
        }
        int skipped = count.intValue() - link.deliveryCount;
        if (skipped > 0) {
            if (!link.creditGiven || count.intValue() - link.creditLimit > 0) {
                return fault(
                        Conditions.INVALID_FIELD,
                        "delivery-count " + count + " of link '" + link.name + "' is beyond its credit");
            }
            link.deliveryCount = count.intValue();
            table.countCredit(link, Math.max(0, link.creditCounted - skipped));
        }
        return true;
    }

    /** This end writes a flow frame. */
    void writesFlow(Flow flow, int channel) {
        SessionState session = table.ofLocalChannel(channel);
        if (session == null) {
            return;
        }
        session.windowLeft = flow.getIncomingWindow().intValue();
        LinkState link = flow.getHandle() == null
                ? null
                : session.byLocalHandle.get(flow.getHandle().intValue());
        if (link == null || !link.receives) {
            return;
        }
        UnsignedInteger credit = flow.getLinkCredit();
        if (credit.intValue() < 0) {
            // Credit was taken back, and deliveries that were on their way used it.
            flow.setLinkCredit(UnsignedInteger.ZERO);
        }
        int limit = link.deliveryCount + flow.getLinkCredit().intValue();
        if (!link.creditGiven || limit - link.creditLimit > 0) {
            link.creditLimit = limit;
            link.creditGiven = true;
        }
        table.countCredit(link, flow.getLinkCredit().intValue());
    }

    private boolean fault(Symbol condition, String description) {
        transport.fault(condition, description);
        return false;
    }
}
