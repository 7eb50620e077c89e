package dev.proactor.internal.engine;

import dev.proactor.CloseReason;
import dev.proactor.internal.counts.ConnectionTally;
import dev.proactor.internal.counts.ConnectionTally.Gauge;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.jspecify.annotations.Nullable;

/** Keeps account of one connection for its group's counts: when it was opened, how long that took, and why it is over. */
final class ConnectionAccount {

    private final EngineConnection connection;
    private final GuardedTransport transport;
    private final ConnectionTally tally;
    private final long startNanos;
    private long lastNanos;
    private boolean handshakeReported;
    private @Nullable CloseReason reason;

    ConnectionAccount(EngineConnection connection, GuardedTransport transport, ConnectionTally tally, long nowNanos) {
        this.connection = connection;
        this.transport = transport;
        this.tally = tally;
        this.startNanos = nowNanos;
        this.lastNanos = nowNanos;
    }

    /** The time is this. */
    void at(long nowNanos) {
        lastNanos = nowNanos;
    }

    /** Bytes were taken in. */
    void took(int bytes) {
        tally.bytesIn(bytes);
        if (!handshakeReported && transport.isOpenReceived()) {
            reportHandshake(true);
        }
    }

    /** Bytes were given out. */
    void gave(int bytes) {
        tally.bytesOut(bytes);
    }

    /** Brings the group up to date. */
    void update() {
        List<SessionImpl> sessions = connection.sessions();
        long in = 0;
        long out = 0;
        for (int i = 0; i < sessions.size(); i++) {
            in += EngineInternals.unsettledIncoming(sessions.get(i));
            out += EngineInternals.unsettledOutgoing(sessions.get(i));
        }
        tally.set(Gauge.UNSETTLED_IN, in);
        tally.set(Gauge.UNSETTLED_OUT, out);
        tally.fold();
    }

    /** There will be no more events. */
    void over() {
        if (!handshakeReported) {
            reportHandshake(false);
        }
        tally.closed(reason());
    }

    /** The connection ends for this reason, unless it was ending already. */
    void endsFor(CloseReason why) {
        if (reason == null && !transport.hasFailed()) {
            reason = why;
        }
    }

    /** The connection was released, whatever it was doing. */
    void released() {
        reason = CloseReason.RELEASED;
    }

    /** {@return why the connection is over} */
    CloseReason reason() {
        if (reason != null) {
            return reason;
        }
        if (transport.hasFailed()) {
            return CloseReason.TRANSPORT_ERROR;
        }
        if (isSet(connection.getRemoteCondition())) {
            return CloseReason.REMOTE_ERROR;
        }
        return isSet(connection.getCondition()) ? CloseReason.LOCAL_ERROR : CloseReason.CLOSED;
    }

    private void reportHandshake(boolean succeeded) {
        handshakeReported = true;
        tally.group().recorder().handshake(lastNanos - startNanos, succeeded);
    }

    private static boolean isSet(@Nullable ErrorCondition condition) {
        return condition != null && condition.getCondition() != null;
    }
}
