package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that come and go, in order or with a reset, leave nothing behind. */
@Timeout(900)
class ManyConnectionsTest {

    private static final int ORDERLY = Stress.isOn() ? 100_000 : 2_000;
    private static final int RESET = Stress.isOn() ? 20_000 : 1_000;
    private static final int AT_ONCE = 8;

    @Test
    void leaveNoDescriptorThreadOrMemory() throws Exception {
        Semaphore room = new Semaphore(AT_ONCE);
        try (Workers server = new Workers(2, Pings::server);
                Workers client = new Workers(1, event -> {
                    if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                        event.connection().close();
                    } else if (event.type() == EventType.TRANSPORT_CLOSED) {
                        room.release();
                    }
                })) {
            int port = server.listen(ListenerOptions.on("127.0.0.1:0"));
            openAndClose(client.proactor, port, ORDERLY / 10, room);
            reset(port, RESET / 10);
            awaitNone(server.proactor, client.proactor);
            long descriptors = Resources.settledDescriptors();
            Set<Thread> threads = Thread.getAllStackTraces().keySet();
            long heap = Resources.liveHeapBytes();

            long start = System.nanoTime();
            openAndClose(client.proactor, port, ORDERLY, room);
            double seconds = (System.nanoTime() - start) / 1e9;
            reset(port, RESET);
            awaitNone(server.proactor, client.proactor);

            await().untilAsserted(() ->
                    assertThat(Resources.descriptors()).as("descriptors").isLessThanOrEqualTo(descriptors));
            assertThat(Thread.getAllStackTraces().keySet())
                    .as("new threads")
                    .filteredOn(thread -> !thread.getName().startsWith("awaitility"))
                    .isSubsetOf(threads);
            long most = Math.max(2 * 1024 * 1024, heap / 20);
            long growth = Resources.heapGrowthBytes(heap, most);
            Stress.report(
                    "%,d connections opened and closed (%,.0f a second), %,d reset: live heap %,d bytes more of %,d",
                    ORDERLY, ORDERLY / seconds, RESET, growth, heap);
            assertThat(growth).as("live heap, in bytes more").isLessThan(most);
        }
    }

    private static void openAndClose(Proactor client, int port, int count, Semaphore room) throws InterruptedException {
        ConnectionOptions options = ConnectionOptions.to("127.0.0.1:" + port).build();
        for (int i = 0; i < count; i++) {
            assertThat(room.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            client.connect(options);
        }
        assertThat(room.tryAcquire(AT_ONCE, 20, TimeUnit.SECONDS)).isTrue();
        room.release(AT_ONCE);
    }

    private static void reset(int port, int count) throws IOException {
        byte[] opening = Frames.join(Frames.AMQP, Frames.open("reset"));
        for (int i = 0; i < count; i++) {
            try (Socket peer = new Socket(InetAddress.getLoopbackAddress(), port)) {
                peer.setSoLinger(true, 0);
                peer.getOutputStream().write(opening, 0, i % opening.length);
            }
        }
    }

    private static void awaitNone(Proactor... proactors) {
        for (Proactor proactor : proactors) {
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(proactor.counts().connections())
                            .allSatisfy(counts -> assertThat(counts.active()).isZero()));
        }
    }
}
