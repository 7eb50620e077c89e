package dev.proactor.internal.engine;

import static dev.proactor.EventType.*;
import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.join;
import static dev.proactor.internal.engine.Frames.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.security.ClientSasl;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.engine.Transport;
import org.junit.jupiter.api.Test;

/** The life of a connection at the engine: its events and their order, and how it ends. */
class ConnectionLifeTest {

    private static final byte[] HELLO = join(Frames.AMQP, amqp(0, open()));
    private static final ConnectionOptions BARE =
            End.clientOptions().sasl(ClientSasl.none()).build();

    private static End server() {
        return new End(End.serverOptions().build());
    }

    // ---- the beginning

    @Test
    void clientOpensItselfAndIsBoundAfterInit() {
        End client = new End(End.clientOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == CONNECTION_INIT) {
                    assertThat(connection().getTransport()).isNull();
                    openSession();
                }
            }
        };
        client.runBatch();
        assertThat(client.log)
                .containsExactly(
                        CONNECTION_INIT, CONNECTION_LOCAL_OPEN, SESSION_INIT, SESSION_LOCAL_OPEN, CONNECTION_BOUND);
    }

    @Test
    void serverDoesNotOpenItself() {
        End server = new End(End.serverOptions().build()) {
            @Override
            void answer(EventType type, Object context) {}
        };
        server.exchange(HELLO);
        assertThat(server.log).containsExactly(CONNECTION_INIT, CONNECTION_BOUND, CONNECTION_REMOTE_OPEN);
        assertThat(server.connection().getLocalState()).isEqualTo(EndpointState.UNINITIALIZED);
    }

    @Test
    void eventsLeftInABatchComeAgainInOrder() {
        End client = new End(BARE);
        assertThat(client.engine.next()).isEqualTo(CONNECTION_INIT);
        assertThat(client.engine.hasEvents()).isTrue();
        client.engine.endBatch();
        assertThat(client.engine.hasEvents()).isTrue();
        assertThat(client.engine.output(ByteBuffer.allocate(100))).isZero();
        assertThat(client.engine.next()).isEqualTo(CONNECTION_LOCAL_OPEN);
        assertThat(client.engine.next()).isEqualTo(CONNECTION_BOUND);
        assertThat(client.engine.hasEvents()).isFalse();
        client.engine.endBatch();
        assertThat(client.engine.hasEvents()).isFalse();
        assertThat(client.engine.output(ByteBuffer.allocate(100))).isPositive();
    }

    @Test
    void settingsOfInitAndBoundTakeEffect() {
        for (EventType when : List.of(CONNECTION_INIT, CONNECTION_BOUND)) {
            End server = new End(End.serverOptions().build()) {
                @Override
                void handle(EventType type, Object context) {
                    if (type == when) {
                        engine.transport().setMaxFrameSize(777);
                        engine.transport().setChannelMax(3);
                        engine.transport().setIdleTimeout(5000);
                        connection().setContainer("other");
                    }
                }
            };
            Open answer = Frames.bodies(server.exchange(HELLO), Open.class).get(0);
            assertThat(answer.getMaxFrameSize().intValue()).isEqualTo(777);
            assertThat(answer.getChannelMax().intValue()).isEqualTo(3);
            assertThat(answer.getIdleTimeOut().intValue()).isEqualTo(2500);
            assertThat(answer.getContainerId()).isEqualTo("other");
            assertThatThrownBy(() -> server.engine.transport().setMaxFrameSize(1000))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void anUnlimitedFrameSizeIsNotTaken() {
        End server = new End(End.serverOptions().maxFrameBytes(2000).build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == CONNECTION_BOUND) {
                    engine.transport().setMaxFrameSize(-1);
                }
            }
        };
        assertThat(Frames.bodies(server.exchange(HELLO), Open.class)
                        .get(0)
                        .getMaxFrameSize()
                        .intValue())
                .isEqualTo(2000);
    }

    @Test
    void oneSessionIsAnnouncedAsChannelMaxZero() {
        End server = new End(End.serverOptions().maxSessions(1).build());
        Open answer = Frames.bodies(server.exchange(HELLO), Open.class).get(0);
        assertThat(answer.getChannelMax()).isEqualTo(org.apache.qpid.proton.amqp.UnsignedShort.valueOf((short) 0));
    }

    @Test
    void bytesThatComeBeforeBoundWasHandledWait() {
        End server = server();
        server.engine.input(ByteBuffer.wrap(HELLO), server.nowNanos);
        server.engine.inputEnded();
        server.runBatch();
        assertThat(server.log)
                .startsWith(
                        CONNECTION_INIT,
                        CONNECTION_BOUND,
                        CONNECTION_REMOTE_OPEN,
                        TRANSPORT_TAIL_CLOSED,
                        TRANSPORT_ERROR);
    }

    @Test
    void moreSessionsThanThePeerAllowsAreNotBegun() {
        End client = new End(BARE);
        client.runBatch();
        Open one = open();
        one.setChannelMax(org.apache.qpid.proton.amqp.UnsignedShort.valueOf((short) 1));
        client.exchange(join(Frames.AMQP, amqp(0, one)));
        for (int i = 0; i < 3; i++) {
            client.openSession();
        }
        client.takeOutput();
        client.runBatch();
        assertThat((Object) client.condition().getCondition()).hasToString("amqp:resource-limit-exceeded");
        assertThat(client.condition().getDescription()).contains("2");
    }

    // ---- wake

    @Test
    void wakesCoalesceUntilTheyAreHandedOut() {
        End server = server();
        server.engine.postWake();
        server.engine.postWake();
        server.runBatch();
        assertThat(server.log).containsExactly(CONNECTION_INIT, CONNECTION_BOUND, CONNECTION_WAKE);
        End other = new End(End.serverOptions().build()) {
            private int wakes;

            @Override
            void handle(EventType type, Object context) {
                if (type == CONNECTION_WAKE && wakes++ == 0) {
                    engine.postWake();
                }
            }
        };
        other.runBatch();
        other.engine.postWake();
        other.runBatch();
        assertThat(other.log).endsWith(CONNECTION_WAKE, CONNECTION_WAKE);
    }

    @Test
    void thereIsNoWakeBesideTheEnd() {
        End server = server();
        server.runBatch();
        server.log.clear();
        server.engine.postWake();
        server.engine.fail("a:b", "gone", CloseReason.DISCONNECTED);
        server.engine.postWake();
        server.runBatch();
        assertThat(server.log)
                .containsExactly(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
        server.engine.postWake();
        assertThat(server.engine.hasEvents()).isFalse();
    }

    // ---- the end, in order

    @Test
    void bothEndsOpenAndCloseInOrder() {
        End client = new End(End.clientOptions().build());
        End server = server();
        End.pump(client, server);
        client.connection().close();
        End.pump(client, server);
        assertThat(client.log)
                .endsWith(
                        CONNECTION_LOCAL_CLOSE,
                        TRANSPORT_HEAD_CLOSED,
                        CONNECTION_REMOTE_CLOSE,
                        TRANSPORT_TAIL_CLOSED,
                        TRANSPORT_CLOSED);
        for (End end : List.of(client, server)) {
            assertThat(end.condition()).isNull();
            assertThat(end.engine.endedInOrder()).isTrue();
            assertThat(end.engine.closed()).isTrue();
            assertThat(end.engine.reason()).isEqualTo(CloseReason.CLOSED);
            assertThat(end.engine.output(ByteBuffer.allocate(10))).isEqualTo(-1);
            assertThat(end.engine.wantsInput()).isFalse();
            assertThat(end.engine.tick(end.nowNanos, false)).isEqualTo(Long.MAX_VALUE);
        }
    }

    @Test
    void aCloseWithAnErrorIsNoErrorOfTheTransport() {
        End client = new End(End.clientOptions().build());
        End server = server();
        End.pump(client, server);
        client.connection().setCondition(new ErrorCondition(Symbol.valueOf("my:error"), "enough"));
        client.connection().close();
        End.pump(client, server);
        assertThat((Object) server.connection().getRemoteCondition().getCondition())
                .hasToString("my:error");
        assertThat(server.log).contains(CONNECTION_REMOTE_CLOSE).doesNotContain(TRANSPORT_ERROR);
        assertThat(server.engine.reason()).isEqualTo(CloseReason.REMOTE_ERROR);
        assertThat(client.engine.reason()).isEqualTo(CloseReason.LOCAL_ERROR);
    }

    @Test
    void theHeadClosesWhenItsLastBytesWereWritten() {
        End server = server();
        server.exchange(HELLO);
        server.receive(amqp(0, Frames.close()));
        ByteBuffer buffer = ByteBuffer.allocate(1000);
        assertThat(server.engine.output(buffer)).isPositive();
        server.runBatch();
        assertThat(server.log).doesNotContain(TRANSPORT_HEAD_CLOSED);
        server.engine.wrote(server.nowNanos, true);
        server.runBatch();
        assertThat(server.log).as("some of them still wait").doesNotContain(TRANSPORT_HEAD_CLOSED);
        server.engine.wrote(server.nowNanos, false);
        server.runBatch();
        assertThat(server.log)
                .endsWith(TRANSPORT_TAIL_CLOSED, CONNECTION_LOCAL_CLOSE, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
    }

    @Test
    void lastBytesThatThePeerDoesNotTakeAreGivenUp() {
        End server = server();
        server.exchange(HELLO);
        server.receive(amqp(0, Frames.close()));
        assertThat(server.engine.output(ByteBuffer.allocate(1000))).isPositive();
        server.engine.wrote(server.nowNanos, true);
        assertThat(server.engine.tick(server.nowNanos, true) - server.nowNanos).isEqualTo(IdleClock.CLOSE_NANOS);
        server.advanceMillis(5_000);
        server.engine.tick(server.nowNanos, true);
        server.runBatch();
        assertThat(server.log).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED).doesNotContain(TRANSPORT_ERROR);
    }

    @Test
    void thereIsNothingAfterClose() {
        for (int chunk : new int[] {1, 64 * 1024}) {
            End server = new End(End.serverOptions().build()) {
                @Override
                void answer(EventType type, Object context) {}
            };
            server.chunk = chunk;
            server.exchange(HELLO);
            byte[] answer = server.exchange(join(amqp(0, Frames.close()), amqp(0, Frames.begin())));
            assertThat(server.condition().getDescription()).isEqualTo("data after close");
            assertThat(Frames.bodies(answer, Close.class)).hasSize(1);
            assertThat(server.log)
                    .endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED)
                    .doesNotContain(SESSION_INIT);
        }
    }

    // ---- the end of the stream

    @Test
    void theStreamEndsWithoutClose() {
        for (byte[] cut : new byte[][] {{}, {0, 0}, {0, 0, 0, 50, 2, 0, 0, 0, 1}}) {
            End server = server();
            server.exchange(HELLO);
            server.receive(cut);
            server.end();
            assertThat(server.log).endsWith(TRANSPORT_TAIL_CLOSED, TRANSPORT_ERROR);
            assertThat((Object) server.condition().getCondition()).hasToString("amqp:connection:framing-error");
            assertThat(server.condition().getDescription()).isEqualTo("connection aborted");
            assertThat(Frames.bodies(server.takeOutput(), Close.class)).hasSize(1);
            server.runBatch();
            assertThat(server.log).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
        }
    }

    @Test
    void theStreamEndsAfterClose() {
        End server = new End(End.serverOptions().build()) {
            @Override
            void answer(EventType type, Object context) {}
        };
        server.exchange(HELLO);
        server.exchange(amqp(0, Frames.close()));
        server.end();
        assertThat(server.condition()).isNull();
        server.connection().close();
        server.takeOutput();
        server.runBatch();
        assertThat(server.log).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED).doesNotContain(TRANSPORT_ERROR);
    }

    @Test
    void abortByTheHandlerEndsBothEndsAsInC() {
        for (boolean headFirst : new boolean[] {true, false}) {
            End client = new End(BARE);
            End server = new End(End.serverOptions().build()) {
                @Override
                void answer(EventType type, Object context) {
                    if (type == CONNECTION_REMOTE_OPEN) {
                        Transport transport = ((Connection) context).getTransport();
                        if (headFirst) {
                            transport.close_head();
                            transport.close_tail();
                        } else {
                            transport.close_tail();
                            transport.close_head();
                        }
                    }
                }
            };
            End.pump(client, server);
            assertThat(server.log)
                    .containsExactly(
                            CONNECTION_INIT,
                            CONNECTION_BOUND,
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
                            TRANSPORT_TAIL_CLOSED,
                            TRANSPORT_ERROR,
                            TRANSPORT_HEAD_CLOSED,
                            TRANSPORT_CLOSED);
            for (End end : List.of(client, server)) {
                assertThat((Object) end.condition().getCondition()).hasToString("amqp:connection:framing-error");
                assertThat(end.condition().getDescription()).contains("abort");
            }
        }
    }

    // ---- ended from outside

    @Test
    void whatFailsBeforeItIsBoundFailsAfterIt() {
        End client = new End(End.clientOptions().build());
        client.engine.fail("proton:io", "refused", CloseReason.CONNECT_FAILED);
        client.runBatch();
        assertThat(client.log)
                .containsExactly(
                        CONNECTION_INIT,
                        CONNECTION_LOCAL_OPEN,
                        CONNECTION_BOUND,
                        TRANSPORT_ERROR,
                        TRANSPORT_TAIL_CLOSED,
                        TRANSPORT_HEAD_CLOSED,
                        TRANSPORT_CLOSED);
        assertThat((Object) client.condition().getCondition()).hasToString("proton:io");
        assertThat(client.engine.reason()).isEqualTo(CloseReason.CONNECT_FAILED);
    }

    @Test
    void closingTheConnectionInTheErrorsHandlerChangesNothing() {
        End client = new End(End.clientOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == TRANSPORT_ERROR) {
                    connection().close();
                }
            }
        };
        client.runBatch();
        client.log.clear();
        client.fail("proton:io", "refused", CloseReason.CONNECT_FAILED);
        assertThat(client.log)
                .containsExactly(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
    }

    @Test
    void theFirstConditionStays() {
        End server = server();
        server.exchange(HELLO);
        server.receive(amqp(5, Frames.end()));
        server.fail("proton:io", "reset", CloseReason.TRANSPORT_ERROR);
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:not-allowed");
        assertThat(server.log).containsOnlyOnce(TRANSPORT_ERROR).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
    }

    @Test
    void abortHasNoError() {
        End server = server();
        server.exchange(HELLO);
        server.log.clear();
        server.engine.abort(CloseReason.DISCONNECTED);
        server.runBatch();
        assertThat(server.log).containsExactly(TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
        assertThat(server.engine.reason()).isEqualTo(CloseReason.DISCONNECTED);
    }

    @Test
    void aReleasedConnectionKeepsItsEndpointsAndHasNoEvents() {
        End client = new End(BARE);
        client.runBatch();
        Session session = client.openSession();
        Sender sender = client.openSender(session, "x");
        client.exchange(join(HELLO, amqp(0, Frames.beginReply(0))));
        client.engine.release();
        sender.close();
        client.connection().close();
        client.engine.postWake();
        client.engine.input(ByteBuffer.wrap(amqp(0, Frames.close())), client.nowNanos);
        assertThat(client.engine.hasEvents()).isFalse();
        assertThat(client.engine.next()).isNull();
        assertThat(client.engine.output(ByteBuffer.allocate(10))).isEqualTo(-1);
        assertThat(client.connection().getTransport()).isNull();
        assertThat(client.connection().sessionHead(End.ANY, End.ANY)).isSameAs(session);
        assertThat(client.link("x")).isSameAs(sender);
        client.engine.release();
    }

    // ---- what is the proactor's

    @Test
    void theTransportsBytesAreNotTheApplications() {
        Transport transport = server().engine.transport();
        assertThatThrownBy(transport::tail).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(transport::process).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(transport::head).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> transport.pop(1)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> transport.tick(1)).isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(transport::sasl).isInstanceOf(UnsupportedOperationException.class);
        assertThat(transport.isClosed()).isFalse();
    }
}
