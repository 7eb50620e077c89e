package dev.proactor.benchmarks;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import org.apache.qpid.proton.engine.Connection;

/** Closes each connection as soon as it is open, and makes the next when it is over. */
final class ConnectRateHandler extends PeerHandler {

    private final ConnectionOptions next;

    ConnectRateHandler(Options options, Counters counters, ConnectionOptions next) {
        super(options, counters);
        this.next = next;
    }

    @Override
    PeerConnection newState() {
        return new PeerConnection(); // counted as a connection, and then forgotten
    }

    @Override
    void opened(Connection connection) {
        connection.close();
    }

    @Override
    void closed(Event event) {
        if (!counters.stopping()) {
            event.proactor().connect(next);
        }
    }
}
