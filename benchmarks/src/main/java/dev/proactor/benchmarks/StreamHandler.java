package dev.proactor.benchmarks;

import dev.proactor.Event;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;

/** Sends or receives as fast as it can: {@code send}, {@code recv}, and a listener. */
final class StreamHandler extends PeerHandler {

    private final byte[] payload;

    StreamHandler(Options options, Counters counters) {
        super(options, counters);
        this.payload = Payload.dataSection(options.sizeBytes());
    }

    @Override
    void begin(Connection connection) {
        if (options.role() == Role.SEND) {
            openSender(connection);
        } else {
            openReceiver(connection);
        }
    }

    @Override
    void credit(Event event, PeerConnection connection, Sender sender) {
        if (counters.stopping() || sentAll(connection)) {
            if (!options.listen() && (options.preSettled() || options.count() == 0)) {
                close(connection, event.connection());
            }
            return;
        }
        while (!sentAll(connection) && event.proactor().sendable(sender) > 0) {
            send(connection, sender, payload, payload.length);
            if (options.preSettled()) {
                counters.message(connection);
            }
        }
    }

    @Override
    void outcome(Event event, PeerConnection connection, Sender sender) {
        if (options.preSettled()) {
            return;
        }
        if (isLast(counters.message(connection))) {
            close(connection, event.connection());
        } else {
            credit(event, connection, sender);
        }
    }

    @Override
    void message(Event event, PeerConnection connection, int length) {
        if (isLast(counters.message(connection)) || (counters.stopping() && !options.listen())) {
            close(connection, event.connection());
        }
    }

    private boolean sentAll(PeerConnection connection) {
        return options.count() > 0 && connection.begun() >= options.count();
    }

    private boolean isLast(long messages) {
        return !options.listen() && options.count() > 0 && messages >= options.count();
    }
}
