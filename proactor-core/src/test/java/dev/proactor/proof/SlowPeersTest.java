package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that are never silent and never get on: a byte a second each. */
@Timeout(120)
class SlowPeersTest {

    private static final int PEERS = Stress.isOn() ? 1000 : 100;
    private static final Duration HANDSHAKE = Duration.ofSeconds(Stress.isOn() ? 10 : 2);

    @Test
    void areCutAtTheHandshakesEndWhileAGoodOneIsServed() throws Exception {
        AtomicInteger cut = new AtomicInteger();
        AtomicInteger other = new AtomicInteger();
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        List<SocketChannel> peers = new ArrayList<>();
        try (Workers server = new Workers(2, event -> {
                    Pings.server(event);
                    if (event.type() == EventType.TRANSPORT_ERROR) {
                        boolean late =
                                event.proactor().closeReason(event.connection()) == CloseReason.HANDSHAKE_TIMEOUT;
                        (late ? cut : other).incrementAndGet();
                    }
                });
                Workers good = new Workers(1, Pings::client)) {
            int port = server.listen(
                    ListenerOptions.on("127.0.0.1:0").backlog(PEERS).handshakeTimeout(HANDSHAKE));
            ConnectionOptions.Builder toServer = ConnectionOptions.to("127.0.0.1:" + port);
            Pings.Trips trips = Pings.start(good.proactor, toServer, -1);
            long start = System.nanoTime();
            byte[] opening = Frames.join(Frames.AMQP, Frames.open("slow"));
            for (int i = 0; i < PEERS; i++) {
                SocketChannel peer = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                peer.configureBlocking(false);
                peers.add(peer);
            }
            AtomicInteger seconds = new AtomicInteger();
            var unused = clock.scheduleAtFixedRate(
                    () -> writeOne(peers, opening[seconds.getAndIncrement()]), 0, 1, TimeUnit.SECONDS);
            await().atMost(HANDSHAKE.plusSeconds(10)).until(() -> cut.get() == PEERS);
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            Stress.report(
                    "%d peers of a byte a second were cut after %d ms; %,d trips of a good one meanwhile",
                    PEERS, took.toMillis(), trips.count());
            assertThat(took).isBetween(HANDSHAKE, HANDSHAKE.plusSeconds(5));
            assertThat(other).hasValue(0);
            int before = trips.count();
            await().until(() -> trips.count() > before);
            assertThat(before).as("trips of a good peer meanwhile").isGreaterThan(100);
        } finally {
            clock.shutdownNow();
            for (SocketChannel peer : peers) {
                peer.close();
            }
        }
    }

    private static void writeOne(List<SocketChannel> peers, byte value) {
        for (SocketChannel peer : peers) {
            try {
                int unused = peer.write(ByteBuffer.wrap(new byte[] {value}));
            } catch (IOException cut) {
                // It is the server's turn to count.
            }
        }
    }
}
