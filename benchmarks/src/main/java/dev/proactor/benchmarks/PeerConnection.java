package dev.proactor.benchmarks;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;

/** What a peer keeps of one connection: its context. For the owner of the connection's batch, but for {@link #messages()}. */
final class PeerConnection {

    private static final byte[] NONE = {};

    private final AtomicLong messages = new AtomicLong();
    private byte[] buffer = NONE;
    private int length;
    private long tags;

    /** The sender to answer on, where there is one. */
    @Nullable Sender sender;

    /** Whether this end has closed the connection. */
    boolean closing;

    /** When the ping that is under way was sent, or 0 if none is. */
    long pingedAtNanos;

    /** Whether it is the new client among idle ones. */
    boolean probe;

    static PeerConnection of(Connection connection) {
        return (PeerConnection) connection.getContext();
    }

    /** {@return how many messages went the whole way} From any thread. */
    long messages() {
        return messages.getOpaque();
    }

    /** {@return the new number of messages, with one more} */
    long countMessage() {
        long count = messages.getPlain() + 1; // one writer at a time
        messages.setOpaque(count);
        return count;
    }

    /** {@return a new delivery tag} */
    byte[] nextTag() {
        long tag = ++tags;
        // The engine keeps the array until the delivery is over, so each has its own.
        return new byte[] {
            (byte) (tag >> 56),
            (byte) (tag >> 48),
            (byte) (tag >> 40),
            (byte) (tag >> 32),
            (byte) (tag >> 24),
            (byte) (tag >> 16),
            (byte) (tag >> 8),
            (byte) tag
        };
    }

    /** {@return how many tags were used: the deliveries begun} */
    long begun() {
        return tags;
    }

    /** Takes the bytes that a receiver's current delivery has, after those it has taken of it before. */
    void take(Receiver receiver, int pending) {
        if (length + pending > buffer.length) {
            buffer = Arrays.copyOf(buffer, 2 * (length + pending));
        }
        int taken = receiver.recv(buffer, length, pending);
        if (taken > 0) {
            length += taken;
        }
    }

    /** {@return the buffer, whose first {@link #takeLength()} bytes are the message} */
    byte[] buffer() {
        return buffer;
    }

    /** {@return the length of the message, which is complete: the next one starts at 0} */
    int takeLength() {
        int complete = length;
        length = 0;
        return complete;
    }

    /** Lets go of the message. */
    void dropBuffer() {
        buffer = NONE;
    }
}
