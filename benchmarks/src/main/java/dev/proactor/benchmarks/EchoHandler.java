package dev.proactor.benchmarks;

import dev.proactor.Event;
import org.apache.qpid.proton.engine.Sender;

/** Sends back each message as it came: the other end of {@link PingHandler}. */
final class EchoHandler extends PeerHandler {

    EchoHandler(Options options, Counters counters) {
        super(options, counters);
    }

    @Override
    void message(Event event, PeerConnection connection, int length) {
        counters.message(connection);
        Sender sender = connection.sender;
        if (sender != null && event.proactor().sendable(sender) > 0) {
            send(connection, sender, connection.buffer(), length);
        }
    }
}
