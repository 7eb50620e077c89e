package dev.proactor.internal.counts;

import dev.proactor.CloseReason;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import java.util.Arrays;

/**
 * What one connection counts, in plain numbers; {@link #fold()} brings its group up to date. Belongs to the connection's
 * owner.
 */
public final class ConnectionTally {

    private static final int IN = Direction.IN.ordinal();
    private static final int OUT = Direction.OUT.ordinal();
    private static final Gauge[] GAUGES = Gauge.values();
    private static final DeliveryOutcome[] OUTCOMES = DeliveryOutcome.values();

    private final ConnectionGroup group;

    // Since the last fold.
    private long bytesIn;
    private long bytesOut;
    private long framesIn;
    private long framesOut;
    private final long[][] deliveries = new long[2][DeliveryOutcome.values().length];
    private boolean deliveriesChanged;

    // As they are now, and as the group knows them.
    private final long[] gauges = new long[Gauge.values().length];
    private final long[] folded = new long[Gauge.values().length];

    private boolean opened;
    private boolean closed;

    /** What rises and falls. */
    public enum Gauge {
        /** Sessions that the peer began and that did not end. */
        SESSIONS,
        /** Senders attached by the peer and detached by nobody. */
        SENDERS,
        /** Receivers attached by the peer and detached by nobody. */
        RECEIVERS,
        /** Credit that senders have. */
        SENDER_CREDIT,
        /** Credit that receivers have given. */
        RECEIVER_CREDIT,
        /** Incoming deliveries that are not settled. */
        UNSETTLED_IN,
        /** Outgoing deliveries that are not settled. */
        UNSETTLED_OUT
    }

    /**
     * Begins at zero.
     *
     * @param group whose counts these are part of
     */
    public ConnectionTally(ConnectionGroup group) {
        this.group = group;
    }

    /** {@return the group} */
    public ConnectionGroup group() {
        return group;
    }

    /** Bytes came. */
    public void bytesIn(int count) {
        bytesIn += count;
    }

    /** Bytes are on their way. */
    public void bytesOut(int count) {
        bytesOut += count;
    }

    /** A frame came. */
    public void frameIn() {
        framesIn++;
    }

    /** A frame was written. */
    public void frameOut() {
        framesOut++;
    }

    /** Deliveries came to an end. */
    public void delivered(Direction direction, DeliveryOutcome outcome, int count) {
        deliveries[direction == Direction.IN ? IN : OUT][outcome.ordinal()] += count;
        deliveriesChanged = true;
    }

    /** A gauge moved. */
    public void add(Gauge gauge, long delta) {
        gauges[gauge.ordinal()] += delta;
    }

    /** A gauge stands somewhere. */
    public void set(Gauge gauge, long value) {
        gauges[gauge.ordinal()] = value;
    }

    /** The peer's {@code open} came. */
    public void opened() {
        if (!opened) {
            opened = true;
            group.connectionOpened();
        }
    }

    /** The connection is over: the gauges fall to zero. A second call does nothing. */
    public void closed(CloseReason reason) {
        if (!closed) {
            closed = true;
            Arrays.fill(gauges, 0);
            fold();
            group.connectionClosed(reason, opened);
        }
    }

    /** Brings the group up to date. */
    public void fold() {
        if (framesIn + framesOut + bytesIn + bytesOut != 0) {
            group.addBytes(Direction.IN, bytesIn);
            group.addBytes(Direction.OUT, bytesOut);
            group.addFrames(Direction.IN, framesIn);
            group.addFrames(Direction.OUT, framesOut);
            bytesIn = 0;
            bytesOut = 0;
            framesIn = 0;
            framesOut = 0;
        }
        if (deliveriesChanged) {
            deliveriesChanged = false;
            foldDeliveries(Direction.IN, deliveries[IN]);
            foldDeliveries(Direction.OUT, deliveries[OUT]);
        }
        for (int i = 0; i < gauges.length; i++) {
            if (gauges[i] != folded[i]) {
                group.addGauge(GAUGES[i], gauges[i] - folded[i]);
                folded[i] = gauges[i];
            }
        }
    }

    private void foldDeliveries(Direction direction, long[] counts) {
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] != 0) {
                group.addDeliveries(direction, OUTCOMES[i], counts[i]);
                counts[i] = 0;
            }
        }
    }
}
