package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.security.ServerTls;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How many connections a listener has at once. */
@Timeout(60)
class ConnectionLimitTest {

    /** How a connection ends here. */
    enum End {
        CLOSED_BY_PEER,
        DISCONNECTED,
        RELEASED,
        REJECTED
    }

    private static ListenerOptions atMost(int connections) {
        return ListenerOptions.on("127.0.0.1:0").maxConnections(connections).build();
    }

    private static long count(Driver server, dev.proactor.EventType type) {
        return server.log.stream().filter(type::equals).count();
    }

    private static List<Socket> connect(Listener listener, int count) throws IOException {
        List<Socket> peers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            peers.add(Loopback.connect(listener.localPort()));
        }
        return peers;
    }

    private static void close(List<Socket> peers) throws IOException {
        for (Socket peer : peers) {
            peer.close();
        }
    }

    @Test
    void peersBeyondItWaitWithTheSystemAndComeWhenOthersHaveGone() throws IOException {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = listen(server, atMost(3));
            List<Socket> peers = connect(listener, 7);
            server.runUntil(() -> count(server, CONNECTION_BOUND) == 3, "three connections");
            server.settle();
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(3);
            for (int i = 0; i < 4; i++) {
                peers.get(i).close();
                int bound = 4 + i;
                server.runUntil(() -> count(server, CONNECTION_BOUND) == bound, "the next connection");
                server.settle();
                assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(bound);
            }
            close(peers);
        }
    }

    @Test
    void thoseThatWaitToBeAcceptedCount() throws IOException {
        try (Driver server = new Driver()) {
            Listener listener = listen(server, atMost(2));
            List<Socket> peers = connect(listener, 4);
            server.runUntil(() -> listener.waiting() == 2, "two peers");
            server.settle();
            assertThat(listener.waiting()).isEqualTo(2);
            listener.accept();
            server.settle();
            assertThat(listener.waiting()).isEqualTo(1);
            close(peers);
        }
    }

    @Test
    void atTheLimitNobodySpins() throws IOException, InterruptedException {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = listen(server, atMost(1));
            List<Socket> peers = connect(listener, 3);
            server.runTo(CONNECTION_BOUND);
            server.settle();
            long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            try (EventBatch batch = server.proactor.await(Duration.ofMillis(500))) {
                assertThat(batch).isNull();
            }
            long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before;
            assertThat(cpu).as("nanoseconds of the processor").isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
            close(peers);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aPlaceIsFreeAgainExactlyOnceHoweverAConnectionEnds(End end) throws IOException {
        List<Connection> alive = new ArrayList<>();
        try (Driver server = new Driver(event -> handle(event, end, alive))) {
            Listener listener = listen(server, atMost(2));
            // One stays all the time: were a place given back twice, two more could come.
            Socket first = Loopback.connect(listener.localPort());
            server.runTo(CONNECTION_BOUND);
            for (int i = 1; i <= 10; i++) {
                int round = i;
                Socket peer = Loopback.connect(listener.localPort());
                server.runUntil(() -> count(server, LISTENER_ACCEPT) == 1 + round, "the next peer");
                Connection connection = alive.size() > 1 ? alive.remove(1) : null;
                if (end == End.CLOSED_BY_PEER) {
                    peer.close();
                } else if (connection != null) {
                    server.proactor.wake(connection);
                }
                server.settle();
                peer.close();
            }
            int accepted = 11;
            List<Socket> more = connect(listener, 3);
            server.runUntil(() -> count(server, LISTENER_ACCEPT) > accepted, "one more");
            if (end != End.REJECTED) {
                server.settle();
                assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(accepted + 1L);
            }
            close(more);
            first.close();
        }
    }

    private static void handle(Event event, End end, List<Connection> alive) {
        if (event.type() == LISTENER_ACCEPT && end == End.REJECTED && !alive.isEmpty()) {
            event.listener().reject();
            return;
        }
        if (event.type() == LISTENER_ACCEPT) {
            alive.add(event.listener().accept());
            return;
        }
        Handlers.mirror(event);
        if (event.type() == CONNECTION_WAKE && end == End.RELEASED) {
            event.proactor().release(event.connection());
        } else if (event.type() == CONNECTION_WAKE && end == End.DISCONNECTED) {
            event.transport().close_tail();
            event.transport().close_head();
        }
    }

    @Test
    void aConnectionThatCrashesGivesItsPlaceBack() throws IOException {
        AtomicInteger engines = new AtomicInteger();
        ServerTls broken = ServerTls.engines((host, port) -> {
            engines.incrementAndGet();
            // What no task expects.
            throw new AssertionError("on purpose");
        });
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0")
                            .maxConnections(1)
                            .tls(broken)
                            .build());
            for (int i = 1; i <= 3; i++) {
                int round = i;
                try (Socket peer = Loopback.connect(listener.localPort())) {
                    peer.getOutputStream().write(22);
                    server.runUntil(() -> engines.get() == round, "handshake");
                    assertThat(peer.getInputStream().read()).isEqualTo(-1);
                }
            }
            listener.close();
            server.runTo(PROACTOR_INACTIVE);
        }
    }

    @Test
    void anAcceptThatFailsGivesThePeersPlaceBack() throws IOException {
        try (Driver server = new Driver()) {
            Listener listener = listen(server, atMost(1));
            for (int i = 0; i < 3; i++) {
                try (Socket peer = Loopback.connect(listener.localPort())) {
                    server.runUntil(() -> listener.waiting() == 1, "peer");
                    assertThatThrownBy(() -> listener.accept(null)).isInstanceOf(NullPointerException.class);
                    assertThat(peer.getInputStream().read()).isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void manyClientsGetTheirTurnWhileFewMayBeThereAtOnce() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_REMOTE_OPEN) {
                        event.connection().close();
                    }
                })) {
            Listener listener = listen(server, atMost(3));
            for (int i = 0; i < 60; i++) {
                client.proactor.connect(
                        ConnectionOptions.to(Handlers.address(listener)).build());
            }
            client.runTo(PROACTOR_INACTIVE, server);
            assertThat(count(client, CONNECTION_REMOTE_OPEN)).isEqualTo(60);
            assertThat(count(client, TRANSPORT_CLOSED)).isEqualTo(60);
        }
    }
}
