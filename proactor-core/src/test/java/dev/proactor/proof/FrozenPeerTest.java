package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.proactor.CloseReason;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Background;
import dev.proactor.testing.Handlers;
import java.io.BufferedReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A peer that vanishes without a FIN while it is sent as much as it can take. */
@Timeout(60)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGSTOP")
class FrozenPeerTest {

    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final int CHUNK = 16 * 1024;

    @Test
    @Tag("C104")
    void isNoticedWithinTenSecondsOfTheIdleTimeout() throws Exception {
        CompletableFuture<CloseReason> closed = new CompletableFuture<>();
        try (Workers server = new Workers(2, event -> {
            Handlers.mirror(event);
            if (event.type() == EventType.LINK_FLOW && event.sender() != null) {
                Sender sender = event.sender();
                while (event.proactor().sendable(sender) > 0) {
                    sender.delivery(ByteBuffer.allocate(4).array());
                    sender.send(new byte[CHUNK], 0, CHUNK);
                    sender.current().settle();
                }
            } else if (event.type() == EventType.TRANSPORT_CLOSED) {
                closed.complete(event.proactor().closeReason(event.connection()));
            }
        })) {
            int port = server.listen(ListenerOptions.on("127.0.0.1:0").idleTimeout(IDLE));
            Process peer = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            FrozenPeer.class.getName(),
                            String.valueOf(port))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try {
                // Not closed here: close would wait for a read that has not ended.
                BufferedReader said = peer.inputReader(StandardCharsets.UTF_8);
                assertThat(Background.call(said::readLine).result(START)).isEqualTo("flowing");
                // Before it is stopped, as that may be told of late.
                long start = System.nanoTime();
                Process stop = new ProcessBuilder("kill", "-STOP", String.valueOf(peer.pid())).start();
                assumeTrue(stop.waitFor() == 0, "there is no kill");
                assertThat(closed.get(30, TimeUnit.SECONDS)).isEqualTo(CloseReason.IDLE_TIMEOUT);
                Duration took = Duration.ofNanos(System.nanoTime() - start);
                Stress.report("a frozen peer was noticed after %d ms", took.toMillis());
                assertThat(took).isBetween(IDLE.dividedBy(2), IDLE.plusSeconds(10));
            } finally {
                peer.destroyForcibly();
            }
        }
    }
}
