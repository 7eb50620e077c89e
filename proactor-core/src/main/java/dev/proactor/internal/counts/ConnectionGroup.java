package dev.proactor.internal.counts;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener.ConnectionRecorder;
import dev.proactor.ProactorCounts.ConnectionCounts;
import java.util.concurrent.atomic.LongAdder;

/** The counts of all connections of one role and name. Thread-safe, lock-free. */
public final class ConnectionGroup implements ConnectionCounts {

    private final ConnectionRole role;
    private final String name;
    private final ConnectionRecorder recorder;
    private final LongAdder active = new LongAdder();
    private final LongAdder opened = new LongAdder();
    private final LongAdder[] closed = adders(CloseReason.values().length);
    private final LongAdder attemptsSucceeded = new LongAdder();
    private final LongAdder attemptsFailed = new LongAdder();
    private final LongAdder[][] deliveries = {
        adders(DeliveryOutcome.values().length), adders(DeliveryOutcome.values().length)
    };
    private final LongAdder[] gauges = adders(ConnectionTally.Gauge.values().length);
    private final LongAdder[] bytes = adders(Direction.values().length);
    private final LongAdder[] frames = adders(Direction.values().length);

    /**
     * Makes counts that stand at zero.
     *
     * @param recorder who is told how long things took
     */
    public ConnectionGroup(ConnectionRole role, String name, ConnectionRecorder recorder) {
        this.role = role;
        this.name = name;
        this.recorder = recorder;
    }

    /** {@return who is told how long things took} */
    public ConnectionRecorder recorder() {
        return recorder;
    }

    /** A transport connection was made, or a socket accepted. */
    public void attemptSucceeded() {
        attemptsSucceeded.increment();
    }

    /** An attempt to connect came to nothing. */
    public void attemptFailed() {
        attemptsFailed.increment();
    }

    /** The peer's {@code open} came. */
    void connectionOpened() {
        opened.increment();
        active.increment();
    }

    /**
     * A connection is over.
     *
     * @param reason why
     * @param wasOpen whether it had been opened
     */
    void connectionClosed(CloseReason reason, boolean wasOpen) {
        closed[reason.ordinal()].increment();
        if (wasOpen) {
            active.decrement();
        }
    }

    void addGauge(ConnectionTally.Gauge gauge, long delta) {
        gauges[gauge.ordinal()].add(delta);
    }

    void addDeliveries(Direction direction, DeliveryOutcome outcome, long delta) {
        add(deliveries[direction.ordinal()][outcome.ordinal()], delta);
    }

    void addBytes(Direction direction, long delta) {
        add(bytes[direction.ordinal()], delta);
    }

    void addFrames(Direction direction, long delta) {
        add(frames[direction.ordinal()], delta);
    }

    @Override
    public ConnectionRole role() {
        return role;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long active() {
        return active.sum();
    }

    @Override
    public long opened() {
        return opened.sum();
    }

    @Override
    public long closed(CloseReason reason) {
        return closed[reason.ordinal()].sum();
    }

    @Override
    public long attemptsSucceeded() {
        return attemptsSucceeded.sum();
    }

    @Override
    public long attemptsFailed() {
        return attemptsFailed.sum();
    }

    @Override
    public long activeSessions() {
        return gauge(ConnectionTally.Gauge.SESSIONS);
    }

    @Override
    public long activeSenders() {
        return gauge(ConnectionTally.Gauge.SENDERS);
    }

    @Override
    public long activeReceivers() {
        return gauge(ConnectionTally.Gauge.RECEIVERS);
    }

    @Override
    public long receiverCredit() {
        return gauge(ConnectionTally.Gauge.RECEIVER_CREDIT);
    }

    @Override
    public long senderCredit() {
        return gauge(ConnectionTally.Gauge.SENDER_CREDIT);
    }

    @Override
    public long deliveries(Direction direction, DeliveryOutcome outcome) {
        return deliveries[direction.ordinal()][outcome.ordinal()].sum();
    }

    @Override
    public long unsettled(Direction direction) {
        return gauge(
                direction == Direction.IN ? ConnectionTally.Gauge.UNSETTLED_IN : ConnectionTally.Gauge.UNSETTLED_OUT);
    }

    @Override
    public long bytes(Direction direction) {
        return bytes[direction.ordinal()].sum();
    }

    @Override
    public long frames(Direction direction) {
        return frames[direction.ordinal()].sum();
    }

    @Override
    public String toString() {
        return "ConnectionGroup[" + role + " " + name + "]";
    }

    private long gauge(ConnectionTally.Gauge gauge) {
        return gauges[gauge.ordinal()].sum();
    }

    private static void add(LongAdder adder, long delta) {
        if (delta != 0) {
            adder.add(delta);
        }
    }

    private static LongAdder[] adders(int count) {
        LongAdder[] adders = new LongAdder[count];
        for (int i = 0; i < count; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
    }
}
