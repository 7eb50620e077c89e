package dev.proactor.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PeerTest {

    private static final String SHORT = " --warmup 0.1 --secs 0.5";

    @ParameterizedTest
    @CsvSource({
        "send, ''",
        "recv, ''",
        "send, --settle alo",
        "recv, --settle alo",
        "send, --size 40000 --credit 10",
        "send, --conns 3 --threads 2",
        "send, --sasl 1"
    })
    void messagesFlowBetweenTwoPeers(String role, String flags) throws Exception {
        String result = run("--role " + role + " " + flags + SHORT, " " + flags + SHORT);

        assertThat(field(result, "msgs")).isPositive();
        assertThat(field(result, "cpu_s_per_M")).isPositive();
    }

    @Test
    void pingsAreEchoed() throws Exception {
        String result = run("--role ping" + SHORT, "--echo 1" + SHORT);

        assertThat(field(result, "samples")).isPositive();
        assertThat(field(result, "p50_us")).isPositive();
    }

    @Test
    void stopsAfterACountOfMessages() throws Exception {
        String result = run("--role send --count 500 --settle alo", "--settle alo" + SHORT);

        assertThat(field(result, "msgs")).isEqualTo(500);
    }

    @Test
    void connectionsAreMadeAgainAndAgain() throws Exception {
        assertThat(field(run("--role connrate" + SHORT, SHORT), "msgs")).isGreaterThan(1);
    }

    @Test
    void idleConnectionsAreCounted() throws Exception {
        String result = run("--role idle --conns 5 --secs 0", "--role idle --conns 5 --secs 1");

        assertThat(field(result, "opened")).isEqualTo(5);
        assertThat(field(result, "heap_kb")).isPositive();
    }

    @Test
    void idleConnectionsServeANewClientAndABurst() throws Exception {
        String flags = "--role idle --conns 5 --hold 0.1 --burst 300000 --quiet 0.1 --release 0.1 --idle-timeout 1.5";
        String result = run(flags + " --secs 0", flags + " --secs 1");

        assertThat(field(result, "held_alive")).isEqualTo(5);
        assertThat(field(result, "new_client_ms")).isPositive();
        assertThat(field(result, "burst_alive")).isEqualTo(5);
        assertThat(field(result, "burst_messages")).isEqualTo(5);
        assertThat(field(result, "burst_heap_kb")).isPositive();
    }

    @Test
    void sendsWhatTheCPeerSends() {
        assertThat(Payload.dataSection(2)).containsExactly(0x00, 0x53, 0x75, 0xa0, 2, 'a', 'b');
        assertThat(Payload.dataSection(256))
                .startsWith(0x00, 0x53, 0x75, 0xb0, 0, 0, 1, 0, 'a')
                .hasSize(264);
    }

    @Test
    void aWrongCommandLineIsExplained() {
        assertThatThrownBy(() -> Options.parse("connect", "a:1")).hasMessage("--role react is not for connect");
        assertThatThrownBy(() -> Options.parse("listen", "a:1", "--sizes", "1")).hasMessage("unknown flag --sizes");
        assertThatThrownBy(() -> Options.parse("listen", "a:1", "--size", "x"))
                .hasMessage("--size must be a whole number, not x");
    }

    /** Runs a listener and a connecting peer in this process. {@return what the connecting one printed} */
    private static String run(String connectFlags, String listenFlags) throws Exception {
        String address = "127.0.0.1:" + freePort();
        Options listening =
                Options.parse(("listen " + address + " " + listenFlags).trim().split(" +"));
        Options connecting =
                Options.parse(("connect " + address + " " + connectFlags).trim().split(" +"));
        CountDownLatch ready = new CountDownLatch(1);
        Thread listener = new Thread(() -> {
            try {
                Peer.run(
                        listening,
                        print(OutputStream.nullOutputStream()),
                        new PrintStream(OutputStream.nullOutputStream()) {
                            @Override
                            public void println(String text) {
                                ready.countDown();
                            }
                        });
            } catch (InterruptedException e) {
                // The test is over.
            }
        });
        listener.start();
        try {
            ready.await();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            Peer.run(connecting, print(out), System.err);
            return out.toString(StandardCharsets.UTF_8);
        } finally {
            listener.interrupt();
            listener.join();
        }
    }

    private static PrintStream print(OutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static double field(String json, String name) {
        Matcher matcher = Pattern.compile('"' + name + "\":([-0-9.]+)").matcher(json);
        assertThat(matcher.find()).as(name + " in " + json).isTrue();
        return Double.parseDouble(matcher.group(1));
    }
}
