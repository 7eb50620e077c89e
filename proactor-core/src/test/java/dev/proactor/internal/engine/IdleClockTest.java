package dev.proactor.internal.engine;

import static dev.proactor.EventType.*;
import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.join;
import static dev.proactor.internal.engine.Frames.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.CloseReason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Open;
import org.junit.jupiter.api.Test;

/** Time-outs and heartbeats, on a clock that the test moves. */
class IdleClockTest {

    private static End server(int idleMillis, int handshakeMillis) {
        End server = new End(End.serverOptions()
                .idleTimeout(Duration.ofMillis(idleMillis))
                .handshakeTimeout(Duration.ofMillis(handshakeMillis))
                .build());
        server.runBatch();
        return server;
    }

    private static byte[] hello(int idleMillis) {
        Open open = open();
        if (idleMillis != 0) {
            open.setIdleTimeOut(UnsignedInteger.valueOf(idleMillis));
        }
        return join(Frames.AMQP, amqp(0, open));
    }

    private static long tick(End end) {
        long next = end.engine.tick(end.nowNanos, false);
        end.runBatch();
        return next == Long.MAX_VALUE ? -1 : TimeUnit.NANOSECONDS.toMillis(next - end.nowNanos);
    }

    @Test
    void theOpenFrameAnnouncesHalf() {
        End server = server(10_000, 0);
        byte[] answer = server.exchange(hello(0));
        assertThat(Frames.bodies(answer, Open.class).get(0).getIdleTimeOut()).isEqualTo(UnsignedInteger.valueOf(5000));
    }

    @Test
    void silenceForTheWholeTimeEndsTheConnection() {
        End server = server(10_000, 0);
        server.exchange(hello(0));
        server.advanceMillis(9_000);
        assertThat(tick(server)).isEqualTo(1_000);
        // Half a frame counts too.
        server.receive(new byte[] {0, 0});
        server.advanceMillis(9_999);
        assertThat(tick(server)).isEqualTo(1);
        server.advanceMillis(1);
        tick(server);
        assertThat(server.log).endsWith(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED);
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:resource-limit-exceeded");
        assertThat(server.condition().getDescription()).isEqualTo("local-idle-timeout expired");
        byte[] last = server.takeOutput();
        server.runBatch();
        assertThat((Object) Frames.bodies(last, Close.class).get(0).getError().getCondition())
                .hasToString("amqp:resource-limit-exceeded");
        assertThat(server.log).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED).containsOnlyOnce(TRANSPORT_ERROR);
        assertThat(server.engine.reason()).isEqualTo(CloseReason.IDLE_TIMEOUT);
    }

    @Test
    void aPeerThatReadsNothingDelaysTheEndByFiveSecondsAtMost() {
        End server = server(10_000, 0);
        server.exchange(hello(0));
        server.advanceMillis(10_000);
        tick(server);
        // Nobody takes the output.
        server.advanceMillis(4_999);
        assertThat(tick(server)).isEqualTo(1);
        server.advanceMillis(1);
        assertThat(tick(server)).isEqualTo(-1);
        assertThat(server.log)
                .endsWith(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
    }

    @Test
    void theLastBytesHaveTheirTimeWhereNobodyLookedAtTheSocketForLong() {
        End server = server(0, 0);
        server.exchange(hello(0));
        long lookedAtNanos = server.nowNanos;
        server.advanceMillis(60_000);
        server.engine.failGracefully("test:broken", "it broke", CloseReason.TRANSPORT_ERROR);
        server.runBatch();
        long next = server.engine.tick(lookedAtNanos, server.nowNanos, true);
        assertThat(next - server.nowNanos).isEqualTo(IdleClock.CLOSE_NANOS);
        server.advanceMillis(4_999);
        assertThat(tick(server)).isEqualTo(1);
        assertThat(server.log).doesNotContain(TRANSPORT_HEAD_CLOSED);
        server.advanceMillis(1);
        assertThat(tick(server)).isEqualTo(-1);
        assertThat(server.log).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
    }

    @Test
    void silenceIsJudgedAsOfTheLastLookAtTheSocket() {
        End server = server(10_000, 0);
        server.exchange(hello(0));
        long lookedAtNanos = server.nowNanos;
        server.advanceMillis(60_000);
        long next = server.engine.tick(lookedAtNanos, server.nowNanos, false);
        assertThat(server.condition()).isNull();
        // In the past: to be asked again at once, after a look.
        assertThat(next - lookedAtNanos).isEqualTo(TimeUnit.SECONDS.toNanos(10));
    }

    @Test
    void anUnfinishedSaslExchangeEndsWithoutAmqpFrames() {
        End client = new End(End.clientOptions()
                .idleTimeout(Duration.ofSeconds(1))
                .handshakeTimeout(Duration.ZERO)
                .build());
        client.runBatch();
        assertThat(client.takeOutput()).isEqualTo(Frames.SASL);
        client.advanceMillis(1_000);
        tick(client);
        assertThat(client.takeOutput()).isEmpty();
        client.runBatch();
        assertThat(client.log)
                .endsWith(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
    }

    @Test
    void openComesBeforeCloseWhereThisEndWasNotOpen() {
        End server =
                new End(End.serverOptions().idleTimeout(Duration.ofSeconds(1)).build()) {
                    @Override
                    void answer(dev.proactor.EventType type, Object context) {}
                };
        server.exchange(hello(0));
        server.advanceMillis(1_000);
        tick(server);
        List<Object> last = Frames.read(server.takeOutput());
        assertThat(((Frames.Read) last.get(0)).body()).isInstanceOf(Open.class);
        assertThat(((Frames.Read) last.get(1)).body()).isInstanceOf(Close.class);
    }

    @Test
    void aHeartbeatIsSentWhenNothingElseWas() {
        End server = server(0, 0);
        server.exchange(hello(4_000));
        assertThat(tick(server)).isEqualTo(2_000);
        server.advanceMillis(1_999);
        tick(server);
        assertThat(server.takeOutput()).isEmpty();
        server.advanceMillis(1);
        tick(server);
        // None while one waits.
        server.advanceMillis(2_000);
        tick(server);
        assertThat(Frames.read(server.takeOutput()))
                .singleElement()
                .satisfies(frame -> assertThat(((Frames.Read) frame).body()).isNull());
        // Any output puts it off.
        server.advanceMillis(1_500);
        server.openSession();
        server.takeOutput();
        server.advanceMillis(1_500);
        assertThat(tick(server)).isEqualTo(500);
        assertThat(server.takeOutput()).isEmpty();
        // None after close.
        server.connection().close();
        server.takeOutput();
        server.advanceMillis(5_000);
        assertThat(tick(server)).isEqualTo(-1);
    }

    @Test
    void twoIdleEndsStayUp() {
        End client =
                new End(End.clientOptions().idleTimeout(Duration.ofSeconds(1)).build());
        End server = server(1_000, 0);
        End.pump(client, server);
        for (int millis = 0; millis < 3_000; millis += 50) {
            client.advanceMillis(50);
            server.advanceMillis(50);
            tick(client);
            tick(server);
            End.pump(client, server);
        }
        assertThat(client.log).doesNotContain(TRANSPORT_ERROR);
        assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
        assertThat(server.engine.transport().getFramesInput()).isGreaterThanOrEqualTo(6 + 1);
    }

    @Test
    void noTimeOutsNeedNoClock() {
        End server = server(0, 0);
        assertThat(tick(server)).isEqualTo(-1);
        server.exchange(hello(0));
        assertThat(tick(server)).isEqualTo(-1);
        server.advanceMillis(1_000_000_000L);
        assertThat(tick(server)).isEqualTo(-1);
        assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
    }

    @Test
    void theHandshakeHasItsTime() {
        End server = server(0, 3_000);
        server.exchange(Frames.AMQP);
        server.advanceMillis(2_999);
        assertThat(tick(server)).isEqualTo(1);
        server.advanceMillis(1);
        tick(server);
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:resource-limit-exceeded");
        assertThat(server.condition().getDescription()).isEqualTo("handshake not finished within 3000 ms");
        assertThat(server.engine.reason()).isEqualTo(CloseReason.HANDSHAKE_TIMEOUT);
        assertThat(Frames.bodies(server.takeOutput(), Close.class)).hasSize(1);
    }

    @Test
    void theHandshakeIsDoneWithTheOpen() {
        End server = server(0, 3_000);
        server.exchange(hello(0));
        server.advanceMillis(10_000);
        assertThat(tick(server)).isEqualTo(-1);
        assertThat(server.condition()).isNull();
    }

    @Test
    void aClientThatIsNotConnectedIsNotIdle() {
        End client = new End(End.clientOptions()
                .idleTimeout(Duration.ofSeconds(1))
                .handshakeTimeout(Duration.ZERO)
                .build());
        client.runBatch();
        client.advanceMillis(60_000);
        assertThat(tick(client)).isEqualTo(-1);
        client.engine.connected(client.nowNanos);
        assertThat(tick(client)).isEqualTo(1_000);
    }

    @Test
    void anIdleTimeOutSetByTheHandlerCounts() {
        End server = new End(End.serverOptions().handshakeTimeout(Duration.ZERO).build()) {
            @Override
            void handle(dev.proactor.EventType type, Object context) {
                if (type == CONNECTION_BOUND) {
                    engine.transport().setIdleTimeout(8_000);
                }
            }
        };
        byte[] answer = server.exchange(hello(0));
        assertThat(Frames.bodies(answer, Open.class).get(0).getIdleTimeOut()).isEqualTo(UnsignedInteger.valueOf(4000));
        assertThat(tick(server)).isEqualTo(8_000);
    }
}
