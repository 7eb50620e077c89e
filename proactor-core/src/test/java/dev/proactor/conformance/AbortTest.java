package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_LOCAL_OPEN;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.LISTENER_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.EventType.TRANSPORT_HEAD_CLOSED;
import static dev.proactor.EventType.TRANSPORT_TAIL_CLOSED;
import static dev.proactor.testing.Conditions.assertFramingError;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.Listener;
import dev.proactor.security.ClientSasl;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AbortTest {

    private static void abortOnOpen(Event event) {
        switch (event.type()) {
            case LISTENER_ACCEPT -> event.listener().accept();
            case CONNECTION_REMOTE_OPEN -> {
                event.transport().close_tail();
                event.transport().close_head();
            }
            default -> {}
        }
    }

    @Test
    @Tag("C83")
    @Tag("C84")
    @Tag("C85")
    void bothEndsOfAnAbortedTransportSeeItAbortedInThisOrder() {
        try (Driver server = new Driver(AbortTest::abortOnOpen);
                Driver client = new Driver()) {
            Listener listener = Handlers.listen(server);
            client.proactor.connect(ConnectionOptions.to(Handlers.address(listener))
                    .sasl(ClientSasl.none())
                    .build());
            client.runTo(PROACTOR_INACTIVE, server);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end");
            listener.close();
            server.runTo(PROACTOR_INACTIVE);

            assertThat(server.log)
                    .containsExactly(
                            LISTENER_OPEN,
                            LISTENER_ACCEPT,
                            CONNECTION_INIT,
                            CONNECTION_BOUND,
                            CONNECTION_REMOTE_OPEN,
                            TRANSPORT_TAIL_CLOSED,
                            TRANSPORT_ERROR,
                            TRANSPORT_HEAD_CLOSED,
                            TRANSPORT_CLOSED,
                            LISTENER_CLOSE,
                            PROACTOR_INACTIVE);
            assertThat(client.log)
                    .containsExactly(
                            CONNECTION_INIT,
                            CONNECTION_LOCAL_OPEN,
                            CONNECTION_BOUND,
                            TRANSPORT_TAIL_CLOSED,
                            TRANSPORT_ERROR,
                            TRANSPORT_HEAD_CLOSED,
                            TRANSPORT_CLOSED,
                            PROACTOR_INACTIVE);
            assertFramingError(server.lastCondition, "abort");
            assertFramingError(client.lastCondition, "abort");
        }
    }
}
