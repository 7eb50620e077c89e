package dev.proactor.internal.engine;

import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener.ConnectionRecorder;
import dev.proactor.internal.counts.ConnectionTally;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.LinkImpl;
import org.jspecify.annotations.Nullable;

/**
 * Outgoing deliveries: which are under way, which are aborted, and what the peer says of them.
 *
 * <p>proton-j can't abort, so an aborted delivery is settled and its last transfer turned into one that says so. And when the
 * peer settles a delivery that is not sent whole, proton-j never completes it and its link is stuck: that news is held back
 * until the last frame was written.
 */
final class OutgoingDeliveries {

    private final GuardedTransport transport;
    private final EngineConnection connection;
    private final EndpointTable table;
    private final ConnectionTally tally;
    private final ConnectionRecorder recorder;

    /**
     * What proton-j was spared of a delivery that the output that is being written has completed. The link itself may be at
     * its next delivery by the end of that output.
     */
    private record Completed(
            SessionState session,
            int id,
            @Nullable DeliveryImpl aborted,
            @Nullable Disposition early) {}

    private final List<Completed> completed = new ArrayList<>(0);

    OutgoingDeliveries(
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

    /** {@return the link that a transfer is written on, or {@code null} for one that we don't know} */
    @Nullable LinkState writesTransfer(Transfer transfer, int channel, @Nullable ReadableBuffer payload) {
        SessionState session = table.ofLocalChannel(channel);
        LinkState link = session == null
                ? null
                : session.byLocalHandle.get(transfer.getHandle().intValue());
        if (session == null || link == null) {
            return null;
        }
        boolean settled = Boolean.TRUE.equals(transfer.getSettled());
        if (!link.sending) {
            link.sendingId = transfer.getDeliveryId().intValue();
            link.sendingBeganUnsettled = !settled;
            if (!settled && isTimed()) {
                session.outgoing(recorder).begun(link.sendingId, System.nanoTime());
            }
        } else if (link.aborted != null) {
            transfer.setAborted(true);
            transfer.setMore(false);
            transfer.setState(null);
            if (payload != null) {
                payload.position(payload.limit());
            }
        }
        return link;
    }

    /** The transfer was written; only now it is known whether its payload fitted. */
    void wroteTransfer(LinkState link, Transfer transfer) {
        boolean more = transfer.getMore();
        if (more) {
            if (!link.sending) {
                link.sending = true;
                link.session.sending++;
            }
            return;
        }
        boolean settled = Boolean.TRUE.equals(transfer.getSettled());
        if (settled) {
            tally.delivered(
                    Direction.OUT, transfer.getAborted() ? DeliveryOutcome.ABORTED : DeliveryOutcome.SETTLED, 1);
        }
        if (link.creditCounted > 0) {
            table.countCredit(link, link.creditCounted - 1);
        }
        if (link.sending) {
            link.sending = false;
            link.session.sending--;
            if (link.early != null || (settled && link.sendingBeganUnsettled)) {
                completed.add(new Completed(link.session, link.sendingId, link.aborted, link.early));
            }
            link.aborted = null;
            link.early = null;
        }
    }

    /** After output: tells proton-j what it was spared. */
    void afterOutput() {
        if (completed.isEmpty()) {
            return;
        }
        for (Completed delivery : completed) {
            if (delivery.aborted != null) {
                EngineInternals.forget(delivery.aborted);
            } else if (delivery.session.remoteChannel >= 0) {
                // Settled here after its first frames went unsettled: proton-j would keep it for ever.
                transport.pass(
                        delivery.early != null ? delivery.early : DispositionRange.settled(delivery.id),
                        delivery.session.remoteChannel);
            }
        }
        completed.clear();
    }

    /** The link is detached here, or its session ended: nothing more is sent on it. */
    void interrupted(LinkState link) {
        if (link.sending) {
            link.sending = false;
            link.session.sending--;
            link.aborted = null;
            link.early = null;
        }
    }

    // ---- abort

    /** Gives up a delivery that is not complete; see {@link ConnectionEngine#abort}. */
    void abort(Delivery given) {
        if (!(given instanceof DeliveryImpl delivery) || !(given.getLink() instanceof Sender)) {
            throw new IllegalArgumentException("Only a delivery of a sender can be aborted");
        }
        if (delivery.isSettled() || !delivery.isPartial()) {
            throw new IllegalStateException("The delivery was completed, aborted or settled already");
        }
        UnsignedInteger id = EngineInternals.deliveryId(delivery);
        if (id == null) {
            drop(delivery);
            return;
        }
        LinkState link = table.sending(delivery.getLink());
        if (link != null) {
            link.aborted = delivery;
        }
        delivery.settle();
    }

    /** Nothing of it was sent: the figures go back to what they were before it. */
    private void drop(DeliveryImpl delivery) {
        LinkImpl link = delivery.getLink();
        boolean current = link.current() == delivery;
        int bytes = delivery.available();
        delivery.settle();
        connection.removeTransportWork(delivery);
        EngineInternals.uncountQueued(link);
        if (current) {
            // Settling has advanced past it, as if it were complete.
            link.addCredit(1);
            EngineInternals.uncountOutgoing(link.getSession(), 1, bytes);
        }
        transport.flowAgain(link);
    }

    // ---- what the peer says

    /** A disposition of our deliveries came. Passes on what proton-j may know now. */
    void disposed(SessionState session, Disposition disposition) {
        if (session.session == null) {
            return;
        }
        int before = EngineInternals.unsettledOutgoing(session.session);
        if (session.sending == 0 || !disposition.getSettled()) {
            transport.pass(disposition, session.remoteChannel);
        } else {
            passAround(session, disposition);
        }
        int gone = before - EngineInternals.unsettledOutgoing(session.session);
        DeliveryOutcome outcome = outcome(disposition.getState());
        if (gone > 0) {
            tally.delivered(Direction.OUT, outcome, gone);
        }
        if (isTimed() && (disposition.getSettled() || disposition.getState() != null)) {
            DispositionRange range = new DispositionRange(disposition);
            session.outgoing(recorder).settled(range.first(), range.last(), outcome, System.nanoTime());
        }
    }

    /** Settles what the disposition says, but for deliveries that are under way: they hear of it when they are sent. */
    private void passAround(SessionState session, Disposition disposition) {
        DispositionRange range = new DispositionRange(disposition);
        List<LinkState> underWay = new ArrayList<>();
        session.byLocalHandle.forEach(link -> {
            if (link.sending && range.contains(link.sendingId)) {
                underWay.add(link);
            }
        });
        for (LinkState link : underWay) {
            link.early = range.only(link.sendingId);
        }
        range.without(underWay.stream().mapToInt(link -> link.sendingId))
                .forEach(part -> transport.pass(part, session.remoteChannel));
    }

    /** {@return how a delivery ended that has this state, if its transaction is committed where it is of one} */
    static DeliveryOutcome outcome(@Nullable Object state) {
        if (state instanceof TransactionalState in) {
            return in.getOutcome() == null ? DeliveryOutcome.OTHER : outcome(in.getOutcome());
        }
        if (state instanceof Accepted) {
            return DeliveryOutcome.ACCEPTED;
        } else if (state == null) {
            return DeliveryOutcome.SETTLED;
        } else if (state instanceof Rejected) {
            return DeliveryOutcome.REJECTED;
        } else if (state instanceof Released) {
            return DeliveryOutcome.RELEASED;
        } else if (state instanceof Modified) {
            return DeliveryOutcome.MODIFIED;
        }
        return DeliveryOutcome.OTHER;
    }
}
