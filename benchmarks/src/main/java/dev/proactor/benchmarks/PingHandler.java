package dev.proactor.benchmarks;

import dev.proactor.Event;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;

/** Sends a message, waits for its echo, sends the next, on each connection; measures the time between. */
final class PingHandler extends PeerHandler {

    private final byte[] payload;
    private final Latencies latencies;

    PingHandler(Options options, Counters counters, Latencies latencies) {
        super(options, counters);
        this.payload = Payload.dataSection(options.sizeBytes());
        this.latencies = latencies;
    }

    @Override
    void begin(Connection connection) {
        openSender(connection);
        openReceiver(connection);
    }

    @Override
    void credit(Event event, PeerConnection connection, Sender sender) {
        connection.sender = sender;
        ping(event, connection, sender);
    }

    @Override
    void message(Event event, PeerConnection connection, int length) {
        latencies.add(System.nanoTime() - connection.pingedAtNanos);
        connection.pingedAtNanos = 0;
        counters.message(connection);
        Sender sender = connection.sender;
        if (counters.stopping()) {
            close(connection, event.connection());
        } else if (sender != null) {
            ping(event, connection, sender);
        }
    }

    private void ping(Event event, PeerConnection connection, Sender sender) {
        if (connection.pingedAtNanos == 0 && event.proactor().sendable(sender) > 0) {
            connection.pingedAtNanos = System.nanoTime();
            send(connection, sender, payload, payload.length);
        }
    }
}
