package dev.proactor.benchmarks;

import dev.proactor.Event;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;

/**
 * Leaves connections alone, but for one message on each where that is asked for: it goes over a session and a link of its own,
 * which are closed when it is accepted. The other end keeps nothing of it.
 */
final class IdleHandler extends PeerHandler {

    private static final int PROBE_BYTES = 100;

    private final byte[] burst;
    private final byte[] probe = Payload.dataSection(PROBE_BYTES);
    private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();
    private volatile boolean probing;
    private volatile long probedNanos;

    IdleHandler(Options options, Counters counters) {
        super(options, counters);
        this.burst = Payload.dataSection(options.burstBytes());
    }

    /** {@return a connection that is open and was not given before, or {@code null} if there is none} Any thread. */
    @Nullable Connection nextIdle() {
        return idle.poll();
    }

    /** From now on a new connection is one that sends a message, and is closed when it is accepted. */
    void probeNext() {
        probing = true;
    }

    /** {@return when that message was accepted, or 0} Any thread. */
    long probedNanos() {
        return probedNanos;
    }

    /** Sends the burst. In the connection's sequence. */
    void burst(Connection connection) {
        openSender(connection);
    }

    @Override
    void begin(Connection connection) {
        if (probing) {
            PeerConnection.of(connection).probe = true;
            openSender(connection);
        }
    }

    @Override
    void opened(Connection connection) {
        if (!options.listen() && options.burstBytes() > 0 && !probing) {
            idle.add(connection);
        }
    }

    @Override
    void credit(Event event, PeerConnection connection, Sender sender) {
        if (connection.begun() == 0 && event.proactor().sendable(sender) > 0) {
            byte[] message = connection.probe ? probe : burst;
            send(connection, sender, message, message.length);
        }
    }

    @Override
    void outcome(Event event, PeerConnection connection, Sender sender) {
        if (connection.probe) {
            probedNanos = System.nanoTime();
            close(connection, event.connection());
        } else {
            sender.close();
            sender.getSession().close();
            counters.message(connection);
        }
    }

    @Override
    void message(Event event, PeerConnection connection, int length) {
        connection.dropBuffer();
        counters.message(connection);
    }
}
