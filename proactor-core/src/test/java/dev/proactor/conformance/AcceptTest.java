package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.LISTENER_OPEN;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.ProactorCounts.ListenerCounts;
import dev.proactor.security.ClientSasl;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that wait, and what becomes of them. */
@Timeout(20)
class AcceptTest {

    private static final ListenerOptions ANY = ListenerOptions.on("127.0.0.1:0").build();

    /** Listens and leaves every peer waiting. */
    private static Driver lazyServer() {
        return new Driver(event -> {});
    }

    private static long count(Driver driver, EventType type) {
        return Collections.frequency(driver.log, type);
    }

    private static ListenerCounts counts(Driver server) {
        return server.proactor.counts().listeners().iterator().next();
    }

    private static List<Socket> connect(Listener listener, int peers) throws IOException {
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            sockets.add(Loopback.connect(listener.localPort()));
        }
        return sockets;
    }

    private static void close(List<Socket> sockets) throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    @Test
    @Tag("C31")
    void theServersEndBeginsAfterAcceptAndIsNotOpenedByItself() {
        AtomicReference<Connection> accepted = new AtomicReference<>();
        try (Driver server = new Driver(event -> {
                    if (event.type() == LISTENER_ACCEPT) {
                        accepted.set(event.listener().accept());
                    }
                });
                Driver client = new Driver()) {
            Listener listener = listen(server);
            client.proactor.connect(ConnectionOptions.to(address(listener))
                    .sasl(ClientSasl.none())
                    .build());
            server.runTo(CONNECTION_REMOTE_OPEN, client);
            server.settle(client);
            assertThat(server.log)
                    .containsExactly(
                            LISTENER_OPEN, LISTENER_ACCEPT, CONNECTION_INIT, CONNECTION_BOUND, CONNECTION_REMOTE_OPEN);
            assertThat(accepted.get().getLocalState()).isEqualTo(EndpointState.UNINITIALIZED);
            assertThat(client.log).doesNotContain(CONNECTION_REMOTE_OPEN);

            server.proactor.execute(accepted.get(), accepted.get()::open);
            client.runTo(CONNECTION_REMOTE_OPEN, server);
        }
    }

    @Test
    @Tag("C33")
    void acceptingWhereNobodyWaitsGivesAConnectionThatFailsAtOnce() {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver server = lazyServer()) {
            Listener listener = listen(server);
            server.takeLog();
            server.handler(event -> {
                if (event.type() == TRANSPORT_CLOSED) {
                    reasons.add(event.proactor().closeReason(event.connection()));
                }
            });
            assertThat(listener.accept()).isNotNull();
            server.runTo(TRANSPORT_CLOSED);
            assertFailedAccept(server);
            assertThat(reasons).containsExactly(CloseReason.CONNECT_FAILED);

            listener.close();
            server.runTo(LISTENER_CLOSE);
            server.takeLog();
            listener.accept();
            server.runTo(TRANSPORT_CLOSED);
            assertFailedAccept(server);
            assertThat(counts(server).accepted()).isZero();
        }
    }

    private static void assertFailedAccept(Driver server) {
        assertThat(server.log)
                .startsWith(CONNECTION_INIT, CONNECTION_BOUND)
                .containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED)
                .containsOnlyOnce(TRANSPORT_CLOSED);
        assertThatObject(server.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
        assertThat(server.lastCondition.getDescription()).contains("accept");
    }

    @Test
    @Tag("C33")
    void eventsOfAFailedAcceptThatWereNotTakenComeAgain() throws InterruptedException {
        try (Driver server = lazyServer()) {
            Listener listener = listen(server);
            listener.accept();
            try (EventBatch batch = server.proactor.await()) {
                assertThat(batch.next().type()).isEqualTo(CONNECTION_INIT);
            }
            server.runTo(TRANSPORT_CLOSED);
            assertThat(server.log).containsSubsequence(CONNECTION_BOUND, TRANSPORT_ERROR, TRANSPORT_CLOSED);
        }
    }

    @Test
    @Tag("C34")
    void eachPeerHasItsEventAndAHandlerAcceptsOneForEach() throws IOException {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = listen(server);
            List<Socket> peers = connect(listener, 5);
            server.runUntil(() -> count(server, CONNECTION_BOUND) == 5, "five connections");
            server.settle();
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(5);
            assertThat(listener.waiting()).isZero();
            assertThat(counts(server).accepted()).isEqualTo(5);
            assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
            close(peers);
        }
    }

    @Test
    @Tag("C34")
    void peersThatAreNotAcceptedNowStayAndAreToldOfOnce() throws IOException {
        try (Driver server = lazyServer()) {
            Listener listener = listen(server);
            List<Socket> peers = connect(listener, 2);
            server.runUntil(() -> listener.waiting() == 2, "two peers");
            server.settle();
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(2);

            peers.addAll(connect(listener, 1));
            server.runUntil(() -> listener.waiting() == 3, "three peers");
            server.settle();
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(3);

            listener.accept();
            server.settle();
            assertThat(listener.waiting()).isEqualTo(2);
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(3);
            close(peers);
        }
    }

    @Test
    @Tag("C34")
    void theEventOfAPeerThatABatchLeftComesInALaterOne() throws Exception {
        try (Driver server = lazyServer()) {
            Listener listener = listen(server);
            List<Socket> peers = connect(listener, 3);
            for (int i = 0; i < 3; i++) {
                // Closed after one event, whatever more there was.
                try (EventBatch batch = server.proactor.await()) {
                    Event event = batch.next();
                    assertThat(event.type()).isEqualTo(LISTENER_ACCEPT);
                    assertThat(batch.listener()).isSameAs(listener);
                    event.listener().reject();
                }
            }
            server.settle();
            assertThat(server.log).containsExactly(LISTENER_OPEN);
            assertThat(listener.waiting()).isZero();
            for (Socket peer : peers) {
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
            close(peers);
        }
    }

    @Test
    @Tag("C34")
    void aPeerTakenBeforeItsEventHasNone() throws IOException {
        List<Connection> accepted = new ArrayList<>();
        try (Driver server = new Driver(event -> {
            if (event.type() == LISTENER_ACCEPT) {
                while (event.listener().waiting() > 0) {
                    accepted.add(event.listener().accept());
                }
            }
        })) {
            Listener listener = server.proactor.listen(ANY);
            server.runTo(LISTENER_OPEN);
            List<Socket> peers = connect(listener, 4);
            server.runUntil(() -> accepted.size() == 4, "four connections");
            server.settle();
            assertThat(count(server, LISTENER_ACCEPT)).isBetween(1L, 4L);
            assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
            close(peers);
        }
    }

    @Test
    @Tag("C35")
    void noMorePeersWaitThanTheBacklogSays() throws IOException {
        try (Driver server = lazyServer()) {
            Listener listener =
                    listen(server, ListenerOptions.on("127.0.0.1:0").backlog(2).build());
            List<SocketChannel> peers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                peers.add(Loopback.beginConnect(listener.localPort()));
            }
            server.runUntil(() -> listener.waiting() == 2, "as many as may wait");
            server.settle();
            assertThat(listener.waiting()).isEqualTo(2);
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(2);
            int connected = 0;
            for (SocketChannel peer : peers) {
                connected += peer.finishConnect() ? 1 : 0;
            }
            assertThat(connected)
                    .as("connected, with us or in the system's own queue")
                    .isLessThan(12);

            listener.reject();
            server.runUntil(() -> count(server, LISTENER_ACCEPT) == 3, "the next peer");
            assertThat(listener.waiting()).isEqualTo(2);
            for (SocketChannel peer : peers) {
                peer.close();
            }
        }
    }

    @Test
    void aPeerMayBeAcceptedLaterByAnotherThread() throws InterruptedException {
        try (Driver server = lazyServer();
                Driver client = new Driver()) {
            Listener listener = listen(server);
            client.proactor.connect(ConnectionOptions.to(address(listener)).build());
            server.runTo(LISTENER_ACCEPT, client);
            server.settle(client);
            assertThat(listener.waiting()).isEqualTo(1);
            server.handler(Handlers::mirror);
            Thread other = new Thread(listener::accept);
            other.start();
            other.join();
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            assertThat(listener.waiting()).isZero();
            assertThat(count(server, LISTENER_ACCEPT)).isEqualTo(1);
            assertThat(counts(server).accepted()).isEqualTo(1);
        }
    }

    @Test
    void aRejectedPeerIsClosedWithoutAWord() throws IOException {
        try (Driver server = new Driver(event -> {
            if (event.type() == LISTENER_ACCEPT) {
                event.listener().reject();
            }
        })) {
            Listener listener = listen(server);
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(LISTENER_ACCEPT);
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(counts(server).rejected()).isEqualTo(1);
            assertThat(counts(server).accepted()).isZero();
            listener.reject();
            server.settle();
            assertThat(counts(server).rejected()).isEqualTo(1);
            assertThat(server.log).containsExactly(LISTENER_OPEN, LISTENER_ACCEPT);
        }
    }

    @Test
    void anAcceptedPeerThatStaysSilentEndsWithAResourceLimitInTime() throws IOException {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver server = new Driver(event -> {
            Handlers.mirror(event);
            if (event.type() == TRANSPORT_CLOSED) {
                reasons.add(event.proactor().closeReason(event.connection()));
            }
        })) {
            Listener listener = listen(
                    server,
                    ANY.toBuilder().handshakeTimeout(Duration.ofMillis(150)).build());
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(TRANSPORT_CLOSED);
                assertThatObject(server.lastCondition.getCondition())
                        .isEqualTo(Symbol.valueOf("amqp:resource-limit-exceeded"));
                assertThat(reasons).containsExactly(CloseReason.HANDSHAKE_TIMEOUT);
                assertThat(peer.getInputStream().readAllBytes())
                        .as("until the end")
                        .isNotNull();
            }
        }
    }

    @Test
    void aPeerThatWaitsToBeAcceptedForLongerThanAHandshakeMayTakeIsDisconnected() throws IOException {
        try (Driver server = lazyServer()) {
            Listener listener = listen(
                    server,
                    ANY.toBuilder().handshakeTimeout(Duration.ofMillis(50)).build());
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(LISTENER_ACCEPT);
                assertThat(listener.waiting()).isEqualTo(1);
                server.runUntil(() -> listener.waiting() == 0, "end of the wait");
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
                assertThat(counts(server).rejected()).isEqualTo(1);
            }
        }
    }

    @Test
    void aPeerThatWaitsToBeAcceptedMayDoSoForGoodWithoutATimeout() throws IOException {
        try (Driver server = lazyServer()) {
            Listener listener = listen(
                    server, ANY.toBuilder().handshakeTimeout(Duration.ZERO).build());
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(LISTENER_ACCEPT);
                long end = System.nanoTime() + Duration.ofMillis(60).toNanos();
                server.runUntil(() -> System.nanoTime() > end, "end of a while");
                assertThat(listener.waiting()).isEqualTo(1);
                assertThat(peer.getInetAddress()).isNotNull();
            }
        }
    }

    @Test
    void thatAPeerWaitedToBeAcceptedIsNotHeldAgainstItAsSilence() throws IOException {
        try (Driver server = lazyServer()) {
            Duration idle = Duration.ofMillis(200);
            Listener listener = listen(server, ANY.toBuilder().idleTimeout(idle).build());
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(LISTENER_ACCEPT);
                long start = System.nanoTime();
                server.runUntil(() -> System.nanoTime() - start > 400_000_000L, "twice the time");
                long accepted = System.nanoTime();
                listener.accept();
                server.runTo(TRANSPORT_CLOSED);
                assertThat(Duration.ofNanos(System.nanoTime() - accepted)).isGreaterThanOrEqualTo(idle);
                assertThat(peer.isConnected()).isTrue();
            }
        }
    }

    @Test
    void theHandshakeOfAPeerBeganWhenItCameAndNotWhenItWasAccepted() throws IOException {
        try (Driver server = lazyServer()) {
            ListenerOptions options =
                    ANY.toBuilder().handshakeTimeout(Duration.ofSeconds(2)).build();
            Listener first = listen(server, options);
            Listener second = listen(server, options);
            List<Connection> ended = new ArrayList<>();
            server.handler(event -> {
                if (event.type() == TRANSPORT_CLOSED) {
                    ended.add(event.connection());
                }
            });
            try (Socket early = Loopback.connect(first.localPort())) {
                server.runTo(LISTENER_ACCEPT);
                server.settle();
                // At another listener, one that comes some milliseconds later and is accepted sooner: who ends first
                // tells when a handshake began, however fast this is.
                try (Socket late = Loopback.connect(second.localPort())) {
                    server.runTo(LISTENER_ACCEPT);
                    Connection acceptedSooner = second.accept();
                    server.runTo(CONNECTION_BOUND);
                    Connection cameSooner = first.accept();
                    server.runUntil(() -> ended.size() == 2, "both ends");
                    assertThat(ended).containsExactly(cameSooner, acceptedSooner);
                }
            }
        }
    }

    @Test
    void anAcceptedSocketCountsAsAnAttemptThatSucceeded() throws IOException {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = listen(server, ANY.toBuilder().name("ingress").build());
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(CONNECTION_BOUND);
                server.settle();
                assertThat(peer.isConnected()).isTrue();
                assertThat(server.proactor.counts().connections())
                        .singleElement()
                        .satisfies(counts -> {
                            assertThat(counts.role()).isEqualTo(ConnectionRole.SERVER);
                            assertThat(counts.name()).isEqualTo("ingress");
                            assertThat(counts.attemptsSucceeded()).isEqualTo(1);
                            assertThat(counts.attemptsFailed()).isZero();
                        });
                assertThat(counts(server).name()).isEqualTo("ingress");
            }
        }
    }

    @Test
    void aListenerOfAClosedProactorRefusesToAccept() {
        Driver server = lazyServer();
        Listener listener = listen(server);
        server.close();
        assertThatThrownBy(listener::accept).isInstanceOf(ProactorClosedException.class);
        listener.reject();
        listener.close();
        assertThat(listener.localAddresses()).isEmpty();
        assertThat(listener.waiting()).isZero();
    }
}
