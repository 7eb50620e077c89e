package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.proof.Pings.Trips;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ServerSasl;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Wrong passwords, in thousands, beside a client with the right one from the same address. */
@Timeout(600)
class WrongPasswordsTest {

    private static final long HEAP_GROWTH_BYTES = 2 * 1024 * 1024;
    private static final String[] MECHANISMS = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

    private int done;
    private final AtomicInteger over = new AtomicInteger();
    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    /** One that should fail. */
    private record Guess(String mechanism) {}

    private void judge(Guess guess, ErrorCondition condition) {
        if (!String.valueOf(condition.getCondition()).equals("amqp:unauthorized-access")
                || !condition.getDescription().equals("Authentication failed [mech=" + guess.mechanism() + "]")) {
            wrong.add(guess + ": " + condition);
        }
    }

    @Test
    void eachIsRefusedAndLeavesNothingBehind() throws Exception {
        int count = Stress.isOn() ? 10_000 : 120;
        int atOnce = Stress.isOn() ? 500 : 40;
        ServerSasl sasl = ServerSasl.of(Authenticator.of(Map.of("anna", "right")))
                .plainWithoutTls(true)
                // With it a short run would take as long as the longest delay.
                .failuresSlowed(Stress.isOn());
        ClientSasl right = ClientSasl.password("anna", "right");
        try (Workers server = new Workers(2, Pings::server);
                Workers client = new Workers(1, event -> {
                    Pings.client(event);
                    Object context =
                            event.type() == EventType.TRANSPORT_ERROR || event.type() == EventType.TRANSPORT_CLOSED
                                    ? event.connection().getContext()
                                    : null;
                    if (event.type() == EventType.TRANSPORT_ERROR) {
                        if (context instanceof Guess guess) {
                            judge(guess, event.transport().getCondition());
                        } else {
                            wrong.add("good peer: " + event.transport().getCondition());
                        }
                    } else if (event.type() == EventType.TRANSPORT_CLOSED && context instanceof Guess) {
                        over.incrementAndGet();
                    }
                })) {
            int port = server.listen(
                    ListenerOptions.on("127.0.0.1:0").backlog(1000).sasl(sasl));
            ConnectionOptions.Builder good =
                    ConnectionOptions.to("127.0.0.1:" + port).sasl(right);
            Trips during = Pings.start(client.proactor, good, -1);
            await().until(() -> during.count() > 0);
            guess(atOnce, atOnce, client, port);
            awaitOnlyTheGoodPeer(server);
            long descriptors = Resources.settledDescriptors();
            long heap = Resources.liveHeapBytes();
            int tripsBefore = during.count();

            guess(count, atOnce, client, port);

            awaitOnlyTheGoodPeer(server);
            assertThat(wrong).isEmpty();
            assertThat(during.count()).as("trips of a good peer").isGreaterThan(tripsBefore);
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(Resources.descriptors()).isLessThanOrEqualTo(descriptors));
            long growth = Resources.heapGrowthBytes(heap, HEAP_GROWTH_BYTES);
            Stress.report(
                    "%d wrong passwords, %,d trips of a good peer meanwhile; live heap %,d bytes more",
                    count, during.count() - tripsBefore, growth);
            assertThat(growth).as("live heap, in bytes more").isLessThan(HEAP_GROWTH_BYTES);
            // A newcomer with the right password does not wait for the others' sins.
            Trips newcomer = Pings.start(
                    client.proactor, ConnectionOptions.to("127.0.0.1:" + port).sasl(right), 1);
            assertThat(newcomer.awaitGoal(2)).isTrue();
        }
    }

    private void guess(int count, int atOnce, Workers client, int port) {
        for (int i = 0; i < count; i++) {
            Guess guess = new Guess(MECHANISMS[i % MECHANISMS.length]);
            client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + port)
                    .sasl(ClientSasl.password(i % 2 == 0 ? "anna" : "nobody", "wrong" + i)
                            .mechanisms(guess.mechanism())
                            .secretsWithoutTls(true))
                    .context(guess)
                    .build());
            int begun = i + 1;
            if (begun % atOnce == 0 || begun == count) {
                await().atMost(Duration.ofSeconds(60)).until(() -> over.get() == done + begun);
            }
        }
        done += count;
    }

    private static void awaitOnlyTheGoodPeer(Workers server) {
        await().untilAsserted(() -> assertThat(server.proactor.counts().connections().stream()
                        .mapToLong(counts -> counts.active())
                        .sum())
                .isEqualTo(1));
    }
}
