package dev.proactor.conformance;

import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.EventType.TRANSPORT_HEAD_CLOSED;
import static dev.proactor.EventType.TRANSPORT_TAIL_CLOSED;
import static dev.proactor.testing.Conditions.LIMIT_EXCEEDED;
import static dev.proactor.testing.Conditions.assertCondition;
import static dev.proactor.testing.Frames.uint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Frames.Frame;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Idle time-outs and heartbeats between ends that read and write. */
class IdleTimeoutTest {

    private static final String EXPIRED = "local-idle-timeout expired";

    private final Driver server = new Driver(Handlers::mirror);
    private Listener listener;

    @AfterEach
    void close() {
        server.close();
    }

    private RawPeer connect(Duration idleTimeout) {
        listener = Handlers.listen(
                server,
                ListenerOptions.on("127.0.0.1:0").idleTimeout(idleTimeout).build());
        return RawPeer.connect(listener.localPort());
    }

    private RawPeer connectAndOpen(Duration idleTimeout, Open open) {
        RawPeer peer = connect(idleTimeout).open(open);
        peer.await(Open.class, server);
        return peer;
    }

    private static Open openWithIdleTimeout(int millis) {
        Open open = Frames.open();
        open.setIdleTimeOut(uint(millis));
        return open;
    }

    /** Runs the server for some time, whatever comes. */
    private static void runFor(Duration time, Driver driver, RawPeer... peers) {
        long start = System.nanoTime();
        driver.runUntil(
                () -> {
                    for (RawPeer peer : peers) {
                        peer.read();
                    }
                    return System.nanoTime() - start >= time.toNanos();
                },
                "end of the time");
    }

    private static long millisSince(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos).toMillis();
    }

    @Test
    @Tag("C101")
    void aServerAnnouncesHalfOfItsIdleTimeout() {
        try (RawPeer peer = connect(Duration.ofMillis(4000)).open()) {
            assertThat(peer.await(Open.class, server).getIdleTimeOut()).isEqualTo(uint(2000));
        }
    }

    @Test
    @Tag("C101")
    void aClientAnnouncesHalfOfItsIdleTimeoutAndSeesHalfOfThePeers() {
        List<Integer> seen = new ArrayList<>();
        try (Driver client = new Driver(event -> {
            if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                seen.add(event.transport().getRemoteIdleTimeout());
            }
        })) {
            server.handler(event -> {
                Handlers.mirror(event);
                if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                    seen.add(event.transport().getRemoteIdleTimeout());
                }
            });
            listener = Handlers.listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0")
                            .idleTimeout(Duration.ofMillis(4000))
                            .build());
            client.proactor.connect(ConnectionOptions.to(Handlers.address(listener))
                    .idleTimeout(Duration.ofMillis(6000))
                    .build());
            client.runTo(EventType.CONNECTION_REMOTE_OPEN, server);
            assertThat(seen).containsExactly(3000, 2000);
        }
    }

    @Test
    @Tag("C102")
    void anEmptyFrameIsSentWhenNothingWasSentForHalfOfWhatThePeerAnnounced() {
        long start = System.nanoTime();
        try (RawPeer peer = connectAndOpen(Duration.ZERO, openWithIdleTimeout(200))) {
            server.runUntil(() -> peer.heartbeats() >= 3, "heartbeats");
            assertThat(millisSince(start)).isGreaterThanOrEqualTo(3 * 100).isLessThan(3 * 100 + 2000);
            runFor(Duration.ofMillis(200), server, peer);
            assertThat(peer.heartbeats()).isLessThanOrEqualTo(millisSince(start) / 100);
            assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
        }
    }

    @Test
    @Tag("C102")
    void heartbeatsGoOnAfterABatchThatIsClosedBeforeItsEnd() throws InterruptedException {
        try (RawPeer peer = connectAndOpen(Duration.ZERO, openWithIdleTimeout(200))) {
            long start = System.nanoTime();
            while (millisSince(start) < 150) {
                peer.read(); // and the server does not run: a heartbeat falls due
            }
            peer.send(0, Frames.begin());
            try (EventBatch batch = server.proactor.await()) {
                Event event;
                do {
                    event = batch.next();
                } while (event != null
                        && event.type() != EventType.SESSION_REMOTE_OPEN); // the last one, and no further
            }
            long before = peer.read().heartbeats();
            server.runUntil(() -> peer.read().heartbeats() >= before + 3, "heartbeats");
        }
    }

    @Test
    @Tag("C102")
    void anyOutputMakesAHeartbeatNeedless() {
        try (RawPeer peer = connectAndOpen(Duration.ZERO, openWithIdleTimeout(3000))) {
            for (int channel = 0; channel < 8; channel++) {
                peer.send(channel, Frames.begin()); // each is answered
                runFor(Duration.ofMillis(200), server, peer);
            }
            assertThat(peer.frames).hasSize(8).allMatch(frame -> frame.body() instanceof Begin);
        }
    }

    @Test
    @Tag("C102")
    void noHeartbeatIsSentAfterClose() {
        List<Connection> connections = new ArrayList<>();
        server.handler(event -> {
            Handlers.mirror(event);
            if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                connections.add(event.connection());
            }
        });
        try (RawPeer peer = connectAndOpen(Duration.ZERO, openWithIdleTimeout(100))) {
            server.proactor.execute(connections.get(0), () -> connections.get(0).close());
            peer.await(Close.class, server);
            runFor(Duration.ofMillis(300), server, peer);
            assertThat(peer.frames).isEmpty();
        }
    }

    @Test
    @Tag("C103")
    void silenceForLongerThanTheIdleTimeoutEndsTheConnectionAndThePeerIsTold() {
        List<EventType> transport = new ArrayList<>();
        List<CloseReason> reasons = new ArrayList<>();
        server.handler(event -> {
            Handlers.mirror(event);
            if (event.type().name().startsWith("TRANSPORT_")) {
                transport.add(event.type());
                reasons.add(event.proactor().closeReason(event.connection()));
            }
        });
        try (RawPeer peer = connect(Duration.ofMillis(300))) {
            long start = System.nanoTime();
            peer.open().await(Open.class, server);
            assertCondition(peer.awaitEnd(server), LIMIT_EXCEEDED, EXPIRED);
            assertThat(millisSince(start)).isGreaterThanOrEqualTo(300).isLessThan(2300);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end");
            assertCondition(server.lastCondition, LIMIT_EXCEEDED, EXPIRED);
            assertThat(transport)
                    .containsExactly(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
            assertThat(reasons).containsOnly(CloseReason.IDLE_TIMEOUT);
        }
    }

    @Test
    @Tag("C103")
    void anyByteCountsAsASignOfLife() {
        try (RawPeer peer = connectAndOpen(Duration.ofMillis(1500), Frames.open())) {
            long start = System.nanoTime();
            for (byte each : Frames.EMPTY_FRAME) {
                peer.send(each);
                runFor(Duration.ofMillis(250), server, peer);
            }
            assertThat(millisSince(start)).isGreaterThanOrEqualTo(2000);
            assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
            server.runTo(TRANSPORT_ERROR);
        }
    }

    @Test
    @Tag("C103")
    void aConnectionThatWasNotOpenedHereIsOpenedToBeClosed() {
        server.handler(event -> {
            if (event.type() == EventType.LISTENER_ACCEPT) {
                event.listener().accept();
            }
        });
        try (RawPeer peer = connect(Duration.ofMillis(150)).open()) {
            assertCondition(peer.awaitEnd(server), LIMIT_EXCEEDED, EXPIRED);
            assertThat(peer.frames.stream().map(Frame::body)).hasExactlyElementsOfTypes(Open.class, Close.class);
        }
    }

    @Test
    @Tag("C105")
    void aServerThatNeverAnswersTheSaslHeaderIsGivenUpWithoutAnAmqpFrame() throws Exception {
        try (Driver client = new Driver();
                ServerSocketChannel port = RawPeer.listen()) {
            long start = System.nanoTime();
            client.proactor.connect(ConnectionOptions.to(RawPeer.address(port))
                    .idleTimeout(Duration.ofMillis(200))
                    .build());
            try (RawPeer zombie = RawPeer.accept(port, client)) {
                client.runTo(PROACTOR_INACTIVE);
                assertThat(millisSince(start)).isGreaterThanOrEqualTo(200).isLessThan(10_200);
                assertCondition(client.lastCondition, LIMIT_EXCEEDED, EXPIRED);
                assertThat(client.log)
                        .endsWith(
                                TRANSPORT_ERROR,
                                TRANSPORT_TAIL_CLOSED,
                                TRANSPORT_HEAD_CLOSED,
                                TRANSPORT_CLOSED,
                                PROACTOR_INACTIVE);
                zombie.awaitEnd(client);
                assertThat(zombie.headers).containsExactly(Frames.SASL_HEADER);
                assertThat(zombie.frames).isEmpty();
            }
        }
    }

    @Test
    @Tag("C106")
    void twoIdleEndsKeepEachOtherAliveWithEmptyFrames() throws Exception {
        Duration timeout = Duration.ofMillis(1500);
        try (Driver client = new Driver();
                ServerSocketChannel port = RawPeer.listen();
                RawPeer toServer = connect(timeout)) {
            client.proactor.connect(ConnectionOptions.to(RawPeer.address(port))
                    .idleTimeout(timeout)
                    .build());
            try (RawPeer toClient = RawPeer.accept(port, client)) {
                toServer.forwardTo(toClient);
                toClient.forwardTo(toServer);
                client.runUntil(
                        () -> toServer.has(Open.class) & toClient.has(Open.class), "handshake over the wire", server);
                client.settle(server);
                client.log.clear();
                server.log.clear();
                long start = System.nanoTime();
                client.runUntil(
                        () -> {
                            toServer.read();
                            toClient.read();
                            return System.nanoTime() - start >= 3 * timeout.toNanos();
                        },
                        "end of the time",
                        server);
                assertThat(client.log).isEmpty();
                assertThat(server.log).isEmpty();
                assertThat(toClient.heartbeats()).isGreaterThanOrEqualTo(3);
                assertThat(toServer.heartbeats()).isGreaterThanOrEqualTo(3);
            }
        }
    }

    @Test
    @Tag("C108")
    void noIdleTimeoutIsNoHeartbeatAndNoExpiry() {
        try (RawPeer peer = connect(Duration.ZERO).open()) {
            assertThat(peer.await(Open.class, server).getIdleTimeOut()).isNull();
            runFor(Duration.ofMillis(500), server, peer);
            assertThat(peer.frames).isEmpty();
            peer.send(0, Frames.begin()).await(Begin.class, server);
            assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
        }
    }
}
