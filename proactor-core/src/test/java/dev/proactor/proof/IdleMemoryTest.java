package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Background;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;

/** What a connection costs that says nothing. */
@Timeout(120)
class IdleMemoryTest {

    private static final Duration START = Duration.ofSeconds(80);
    private static final int CONNECTIONS = 5000;
    private static final long MOST_BYTES_EACH = 16 * 1024;
    private static final long LEFT_OVER_BYTES = 10 * 1024 * 1024;

    @Test
    @EnabledIf("dev.proactor.proof.Stress#isOn")
    void fiveThousandIdleConnectionsTakeLittleHeapAndGiveItBack() throws Exception {
        try (Workers server = new Workers(2, Pings::server);
                Workers client = new Workers(1, Pings::client)) {
            int port = server.listen(
                    ListenerOptions.on("127.0.0.1:0").backlog(CONNECTIONS).handshakeTimeout(Duration.ofSeconds(60)));
            Pings.start(client.proactor, ConnectionOptions.to("127.0.0.1:" + port), 100)
                    .awaitGoal(10);
            awaitActive(server, 0);
            long descriptors = Resources.descriptors();
            long before = Resources.liveHeapBytes();
            Process peers = startPeers(port);
            try {
                // Not closed here: close would wait for a read that has not ended.
                BufferedReader said = peers.inputReader(StandardCharsets.UTF_8);
                assertThat(Background.call(said::readLine).result(START)).isEqualTo("opened");
                awaitActive(server, CONNECTIONS);
                long each = (Resources.liveHeapBytes() - before) / CONNECTIONS;
                Stress.report("%,d idle connections: %,d bytes of live heap each", CONNECTIONS, each);
                assertThat(each).as("bytes of live heap a connection").isLessThan(MOST_BYTES_EACH);
                peers.getOutputStream().close();
                assertThat(peers.waitFor(20, TimeUnit.SECONDS)).isTrue();
            } finally {
                peers.destroyForcibly();
            }
            awaitActive(server, 0);
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(Resources.descriptors())
                            .as("descriptors")
                            .isLessThanOrEqualTo(descriptors));
            assertThat(Resources.liveHeapBytes() - before)
                    .as("live heap when they are gone, in bytes more")
                    .isLessThan(LEFT_OVER_BYTES);
        }
    }

    private static Process startPeers(int port) throws java.io.IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        IdlePeers.class.getName(),
                        String.valueOf(port),
                        String.valueOf(CONNECTIONS))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void awaitActive(Workers server, int count) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(server.proactor.counts().connections().stream()
                                .mapToLong(counts -> counts.active())
                                .sum())
                        .isEqualTo(count));
    }
}
