package dev.proactor.internal.engine;

import static dev.proactor.EventType.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.CloseReason;
import dev.proactor.EventType;
import dev.proactor.security.ClientSasl;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Transport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The life of a connection at the engine: its events and their order, and how it ends. */
class ConnectionLifeTest {

    @Test
    @Tag("C30")
    void clientOpensItselfAndIsBoundAfterInit() {
        End client = new End(End.clientOptions().build());
        client.runBatch();
        assertThat(client.log).containsExactly(CONNECTION_INIT, CONNECTION_LOCAL_OPEN, CONNECTION_BOUND);
    }

    @Test
    void bothEndsOpenAndCloseInOrder() {
        End client = new End(End.clientOptions().build());
        End server = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {}
        };
        End.pump(client, server);
        assertThat(server.log)
                .containsExactly(
                        CONNECTION_INIT,
                        CONNECTION_BOUND,
                        TRANSPORT_AUTHENTICATED,
                        CONNECTION_REMOTE_OPEN,
                        CONNECTION_LOCAL_OPEN);
        client.connection().close();
        End.pump(client, server);
        assertThat(client.log)
                .endsWith(
                        CONNECTION_LOCAL_CLOSE,
                        TRANSPORT_HEAD_CLOSED,
                        CONNECTION_REMOTE_CLOSE,
                        TRANSPORT_TAIL_CLOSED,
                        TRANSPORT_CLOSED);
        assertThat(client.condition()).isNull();
        assertThat(server.condition()).isNull();
        assertThat(client.engine.endedInOrder()).isTrue();
        assertThat(server.engine.endedInOrder()).isTrue();
        assertThat(server.engine.reason()).isEqualTo(CloseReason.CLOSED);
    }

    @Test
    void messagesGoBothWays() {
        End client = new End(End.clientOptions().sasl(ClientSasl.none()).build());
        End server = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == LINK_REMOTE_OPEN && context instanceof org.apache.qpid.proton.engine.Receiver r) r.flow(10);
            }
        };
        client.runBatch();
        var s = client.openSession();
        var snd = client.openSender(s, "x");
        End.pump(client, server);
        for (int i = 0; i < 10; i++) End.send(snd, "t" + i, new byte[100]);
        End.pump(client, server);
        assertThat(server.deliveries).hasSize(10);
    }

    @Test
    @Tag("C83")
    @Tag("C84")
    @Tag("C85")
    void abortByTheHandlerEndsBothEndsAsInC() {
        for (boolean headFirst : new boolean[] {true, false}) {
            End client = new End(End.clientOptions().build());
            End server = new End(End.serverOptions().build()) {
                @Override
                void answer(EventType type, Object context) {
                    if (type == CONNECTION_REMOTE_OPEN) {
                        Transport t = ((Connection) context).getTransport();
                        if (headFirst) {
                            t.close_head();
                            t.close_tail();
                        } else {
                            t.close_tail();
                            t.close_head();
                        }
                    }
                }
            };
            End.pump(client, server);
            assertThat(server.log)
                    .containsExactly(
                            CONNECTION_INIT,
                            CONNECTION_BOUND,
                            TRANSPORT_AUTHENTICATED,
                            CONNECTION_REMOTE_OPEN,
                            TRANSPORT_TAIL_CLOSED,
                            TRANSPORT_ERROR,
                            TRANSPORT_HEAD_CLOSED,
                            TRANSPORT_CLOSED);
            assertThat(client.log)
                    .containsExactly(
                            CONNECTION_INIT,
                            CONNECTION_LOCAL_OPEN,
                            CONNECTION_BOUND,
                            TRANSPORT_AUTHENTICATED,
                            TRANSPORT_TAIL_CLOSED,
                            TRANSPORT_ERROR,
                            TRANSPORT_HEAD_CLOSED,
                            TRANSPORT_CLOSED);
            assertThat((Object) server.condition().getCondition()).hasToString("amqp:connection:framing-error");
            assertThat((Object) client.condition().getCondition()).hasToString("amqp:connection:framing-error");
            assertThat(server.condition().getDescription()).contains("abort");
            assertThat(client.condition().getDescription()).contains("abort");
        }
    }
}
