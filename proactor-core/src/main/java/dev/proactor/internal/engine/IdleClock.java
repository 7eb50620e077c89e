package dev.proactor.internal.engine;

import java.util.concurrent.TimeUnit;

/**
 * When a connection has to be given up, and when it has to be heard of. It goes by the last byte read and the last byte
 * written; proton-j's own goes by its last tick, and gave a silent peer nearly twice the time.
 *
 * <p>All times are of {@link System#nanoTime}, compared by their difference.
 */
final class IdleClock {

    /** {@link #nextDeadline} where there is none. */
    static final long NEVER = Long.MAX_VALUE;

    /** How long a close frame may take to get on its way, when the connection is ending. */
    static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** A peer that announces less is not sent frames faster than this. */
    private static final long SHORTEST_BEAT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** What is due. */
    enum Due {
        NOTHING,
        /** The handshake took too long. */
        HANDSHAKE,
        /** The peer was silent for too long. */
        IDLE,
        /** The peer should hear of us. */
        HEARTBEAT,
        /** The close frame can't be written. */
        CLOSE
    }

    private final long startNanos;
    private final long handshakeNanos;
    private boolean connected;
    private long lastReadNanos;
    private long lastWriteNanos;
    private boolean beatQueued;
    private boolean closing;
    private long closingSinceNanos;
    private long next;

    /**
     * Starts the clock.
     *
     * @param handshakeNanos how long the handshake may take; 0 for ever
     * @param connected whether there is a peer already, whose silence counts
     */
    IdleClock(long nowNanos, long handshakeNanos, boolean connected) {
        this.startNanos = nowNanos;
        this.handshakeNanos = handshakeNanos;
        this.connected = connected;
        this.lastReadNanos = nowNanos;
        this.lastWriteNanos = nowNanos;
    }

    /** Bytes came. */
    void read(long nowNanos) {
        lastReadNanos = nowNanos;
        connect(nowNanos);
    }

    /** Bytes went. */
    void wrote(long nowNanos) {
        lastWriteNanos = nowNanos;
        beatQueued = false;
        connect(nowNanos);
    }

    /** There is a peer now, whose silence counts from here on. */
    void connect(long nowNanos) {
        if (!connected) {
            connected = true;
            lastReadNanos = nowNanos;
            lastWriteNanos = nowNanos;
        }
    }

    /** The transport connection is this end's to work with, perhaps after a while in which it waited: silence counts anew. */
    void restart(long nowNanos) {
        connected = true;
        lastReadNanos = nowNanos;
        lastWriteNanos = nowNanos;
    }

    /**
     * {@return the first thing that is due} To be asked again until there is nothing; then {@link #nextDeadline} holds.
     *
     * @param lookedAtNanos up to when it is known what the peer sent: all is judged as of that
     * @param nowNanos the time
     * @param handshakeDone whether the peer's open came
     * @param idleMillis how long the peer may be silent; 0 for ever
     * @param remoteIdleMillis what the peer announced for us, unsigned; 0 for nothing
     * @param outputWaits whether the network takes nothing now: a heartbeat would only queue behind what waits
     * @param ending whether the connection ends already, and has only its close frame to write
     */
    Due due(
            long lookedAtNanos,
            long nowNanos,
            boolean handshakeDone,
            int idleMillis,
            int remoteIdleMillis,
            boolean outputWaits,
            boolean ending) {
        next = NEVER;
        if (ending) {
            if (!closing) {
                closing = true;
                // Not the last look, which may be long past: the network has yet to be offered the last bytes.
                closingSinceNanos = nowNanos;
            }
            return isOver(lookedAtNanos, closingSinceNanos + CLOSE_NANOS) ? Due.CLOSE : Due.NOTHING;
        }
        if (!handshakeDone && handshakeNanos > 0 && isOver(lookedAtNanos, startNanos + handshakeNanos)) {
            return Due.HANDSHAKE;
        }
        if (connected && idleMillis > 0 && isOver(lookedAtNanos, lastReadNanos + nanos(idleMillis))) {
            return Due.IDLE;
        }
        if (connected && remoteIdleMillis != 0 && !beatQueued) {
            long beat = Math.max(nanos(remoteIdleMillis) / 2, SHORTEST_BEAT_NANOS);
            if (isOver(lookedAtNanos, outputWaits ? lookedAtNanos + beat : lastWriteNanos + beat)) {
                beatQueued = true;
                return Due.HEARTBEAT;
            }
        }
        return Due.NOTHING;
    }

    /** {@return the next deadline after {@link #due} said that nothing is due, or {@link #NEVER}} */
    long nextDeadline() {
        return next;
    }

    private boolean isOver(long lookedAtNanos, long deadline) {
        if (lookedAtNanos - deadline >= 0) {
            return true;
        }
        if (next == NEVER || deadline - next < 0) {
            next = deadline;
        }
        return false;
    }

    private static long nanos(int unsignedMillis) {
        return TimeUnit.MILLISECONDS.toNanos(Integer.toUnsignedLong(unsignedMillis));
    }
}
