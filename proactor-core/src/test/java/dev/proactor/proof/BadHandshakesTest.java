package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.proof.Pings.Trips;
import dev.proactor.security.ClientTls;
import dev.proactor.security.ServerTls;
import dev.proactor.testing.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** TLS handshakes that fail, in thousands, beside one connection that works. */
@Timeout(600)
class BadHandshakesTest {

    private static final TestCertificates OURS = new TestCertificates();
    private static final TestCertificates FOREIGN = new TestCertificates();
    private static final String NAME = "server.example";
    private static final int AT_ONCE = 40;
    private static final long HEAP_GROWTH_BYTES = 2 * 1024 * 1024;

    private enum Kind {
        EXPIRED("amqp:connection:framing-error", "PKIX path validation failed"),
        WRONG_NAME("amqp:connection:framing-error", "No subject alternative DNS name matching other.example"),
        UNKNOWN_AUTHORITY("amqp:connection:framing-error", "PKIX path"),
        /** What the server says of it. */
        TRUNCATED("amqp:connection:framing-error", "SSL: "),
        PLAIN("amqp:connection:policy-error", "Client connection unencrypted - forbidden");

        final String condition;
        final String description;

        Kind(String condition, String description) {
            this.condition = condition;
            this.description = description;
        }

        /** Newer JDKs put the alert before their words, in brackets. */
        boolean is(ErrorCondition error) {
            return condition.equals(String.valueOf(error.getCondition()))
                    && String.valueOf(error.getDescription()).contains(description);
        }
    }

    private final AtomicInteger over = new AtomicInteger();
    private final Map<Kind, AtomicInteger> right = new ConcurrentHashMap<>();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    private final Queue<String> goodPeerErrors = new ConcurrentLinkedQueue<>();

    private void judge(Kind kind, ErrorCondition condition) {
        if (kind.is(condition)) {
            right.computeIfAbsent(kind, key -> new AtomicInteger()).incrementAndGet();
        } else {
            wrong.add(kind + ": " + condition);
        }
    }

    @Test
    void eachFailsForItsReasonAndLeavesNothingBehind() throws Exception {
        int count = Stress.isOn() ? 10_000 : 200;
        try (Workers server = new Workers(2, event -> {
                    Pings.server(event);
                    // The client's failures are judged at the client; these two have no client of ours.
                    if (event.type() == EventType.TRANSPORT_ERROR
                            && event.connection().getContext() instanceof Kind kind) {
                        ErrorCondition condition = event.transport().getCondition();
                        if (condition.getDescription().startsWith(Kind.PLAIN.description)) {
                            judge(Kind.PLAIN, condition);
                        } else if (condition.getDescription().contains("the peer ended the stream")) {
                            judge(Kind.TRUNCATED, condition);
                        }
                    }
                });
                Workers client = new Workers(1, event -> {
                    Pings.client(event);
                    if (event.type() == EventType.TRANSPORT_ERROR) {
                        if (event.connection().getContext() instanceof Kind kind) {
                            judge(kind, event.transport().getCondition());
                        } else {
                            goodPeerErrors.add(String.valueOf(event.transport().getCondition()));
                        }
                    }
                    if (event.type() == EventType.TRANSPORT_CLOSED
                            && event.connection().getContext() instanceof Kind) {
                        over.incrementAndGet();
                    }
                })) {
            ServerTls tls = ServerTls.of(OURS.context(OURS.issue(NAME)));
            int port = server.listen(
                    ListenerOptions.on("127.0.0.1:0").tls(tls).backlog(1000).context(Kind.TRUNCATED));
            int expired = server.listen(ListenerOptions.on("127.0.0.1:0")
                    .backlog(1000)
                    .tls(ServerTls.of(OURS.context(OURS.issueExpired(NAME)))));
            ClientTls trusting = ClientTls.of(OURS.context(null)).serverName(NAME);
            Trips good = Pings.start(
                    client.proactor, ConnectionOptions.to("127.0.0.1:" + port).tls(trusting), -1);
            await().until(() -> good.count() > 0);

            attempts(200, client, port, expired, trusting);
            awaitOnlyTheGoodPeer(server);
            long descriptors = Resources.settledDescriptors();
            long heap = Resources.liveHeapBytes();
            right.clear();
            int tripsBefore = good.count();

            attempts(count, client, port, expired, trusting);

            awaitOnlyTheGoodPeer(server);
            assertThat(wrong).isEmpty();
            assertThat(goodPeerErrors).isEmpty();
            for (Kind kind : Kind.values()) {
                assertThat(right.get(kind)).as("%s", kind).hasValue(count / Kind.values().length);
            }
            assertThat(good.count()).as("trips of a good peer").isGreaterThan(tripsBefore);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(Resources.descriptors()).isLessThanOrEqualTo(descriptors));
            long growth = Resources.heapGrowthBytes(heap, HEAP_GROWTH_BYTES);
            Stress.report(
                    "%d bad handshakes, %,d trips of a good peer meanwhile; live heap %,d bytes more",
                    count, good.count() - tripsBefore, growth);
            assertThat(growth).as("live heap, in bytes more").isLessThan(HEAP_GROWTH_BYTES);
        }
    }

    private void attempts(int count, Workers client, int port, int expired, ClientTls trusting) throws IOException {
        ClientTls wrongName = trusting.serverName("other.example");
        ClientTls unknown = ClientTls.of(FOREIGN.context(null)).serverName(NAME);
        int before = over.get();
        int ours = 0;
        for (int i = 0; i < count; i++) {
            Kind kind = Kind.values()[i % Kind.values().length];
            switch (kind) {
                case EXPIRED -> connect(client, expired, trusting, kind);
                case WRONG_NAME -> connect(client, port, wrongName, kind);
                case UNKNOWN_AUTHORITY -> connect(client, port, unknown, kind);
                case TRUNCATED -> say(port, new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc});
                case PLAIN -> say(port, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            ours += kind.ordinal() <= Kind.UNKNOWN_AUTHORITY.ordinal() ? 1 : 0;
            int begun = before + ours;
            if (i % AT_ONCE == AT_ONCE - 1 || i == count - 1) {
                await().atMost(Duration.ofSeconds(30)).until(() -> over.get() == begun);
            }
        }
    }

    private static void connect(Workers client, int port, ClientTls tls, Kind kind) {
        client.proactor.connect(
                ConnectionOptions.to("127.0.0.1:" + port).tls(tls).context(kind).build());
    }

    /** Says it, ends its output, and waits for the end of the other's. */
    private static void say(int port, byte[] bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
            assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(1000);
        }
    }

    private static void awaitOnlyTheGoodPeer(Workers server) {
        await().untilAsserted(() -> assertThat(server.proactor.counts().connections().stream()
                        .mapToLong(counts -> counts.active())
                        .sum())
                .isEqualTo(1));
    }
}
