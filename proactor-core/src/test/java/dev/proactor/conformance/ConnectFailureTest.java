package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_LOCAL_CLOSE;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Loopback.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.HostResolver;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.ProactorCounts.ConnectionCounts;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a connection tells that does not come about. */
@Timeout(20)
class ConnectFailureTest {

    private static final HostResolver NONE = host -> {
        throw new UnknownHostException(host);
    };

    private static Driver client(HostResolver resolver) {
        return new Driver(Proactor.builder().resolver(resolver).build(), event -> {});
    }

    private static void connect(Driver client, String address) {
        client.proactor.connect(ConnectionOptions.to(address).build());
    }

    private static ConnectionCounts counts(Driver driver, String name) {
        return driver.proactor.counts().connections().stream()
                .filter(counts ->
                        counts.role() == ConnectionRole.CLIENT && counts.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void assertFailedWith(Driver client, String part) {
        assertThat(client.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        assertThat(client.log)
                .containsOnlyOnce(TRANSPORT_ERROR)
                .containsOnlyOnce(TRANSPORT_CLOSED)
                .endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        assertThatObject(client.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
        assertThat(client.lastCondition.getDescription()).containsIgnoringCase(part);
    }

    @Test
    @Tag("C36")
    @Tag("C46")
    void aNameThatIsNotFoundIsNamed() {
        try (Driver client = client(NONE)) {
            connect(client, "nosuch.example.invalid:");
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "nosuch");
            assertThat(client.lastCondition.getDescription()).endsWith(" - connect nosuch.example.invalid:5672");
        }
    }

    @Test
    @Tag("C36")
    void aNameWithoutAddressesIsNotFound() {
        try (Driver client = client(host -> List.of())) {
            connect(client, "nosuch.example.invalid:");
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "nosuch");
        }
    }

    @Test
    @Tag("C36")
    void aResolverThatBreaksFailsItsConnectionAlone() {
        try (Driver client = client(host -> {
            throw new IllegalStateException("resolver is broken");
        })) {
            connect(client, "nosuch.example.invalid:");
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "resolver is broken");
        }
    }

    @Test
    @Tag("C37")
    void aConnectionClosedDuringALookUpThatFailsEndsWithThatError() {
        CountDownLatch answer = new CountDownLatch(1);
        try (Driver client = client(host -> {
            await(answer);
            throw new UnknownHostException(host);
        })) {
            client.handler(event -> {
                if (event.type() == CONNECTION_INIT) {
                    event.connection().close();
                }
            });
            connect(client, "nosuch.example.invalid:");
            client.runTo(CONNECTION_BOUND);
            client.settle();
            assertThat(client.log).contains(CONNECTION_LOCAL_CLOSE).doesNotContain(TRANSPORT_CLOSED);
            answer.countDown();
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "nosuch");
        }
    }

    @Test
    @Tag("C40")
    void aPortThatIsNoneIsNamed() {
        try (Driver client = client(NONE)) {
            connect(client, "127.0.0.1:xxx");
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "xxx");
        }
    }

    @Test
    @Tag("C44")
    @Tag("C46")
    void aRefusalIsToldWithTheSystemsWordsAndTheAddress() throws IOException {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver client = client(NONE);
                Socket refusing = Loopback.refusingPort()) {
            client.handler(event -> {
                switch (event.type()) {
                    case CONNECTION_BOUND, TRANSPORT_ERROR, TRANSPORT_CLOSED ->
                        reasons.add(client.proactor.closeReason(event.connection()));
                    default -> {}
                }
            });
            connect(client, "127.0.0.1:" + refusing.getLocalPort());
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "refused");
            assertThat(client.lastCondition.getDescription())
                    .matches(".*refused - connect 127\\.0\\.0\\.1:" + refusing.getLocalPort());
            assertThat(reasons).containsExactly(null, CloseReason.CONNECT_FAILED, CloseReason.CONNECT_FAILED);
            assertThat(counts(client, "dynamic").attemptsFailed()).isEqualTo(1);
            assertThat(counts(client, "dynamic").attemptsSucceeded()).isZero();
        }
    }

    @Test
    @Tag("C45")
    void closingTheConnectionInTheHandlerOfTheErrorChangesNothing() {
        try (Driver client = client(NONE)) {
            client.handler(event -> {
                if (event.type() == TRANSPORT_ERROR) {
                    event.connection().close();
                }
            });
            connect(client, ":yyy");
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, ":yyy");
            client.settle();
            assertThat(client.log).endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C46")
    void aConditionThatTheTransportHasAlreadyIsKept() {
        try (Driver client = client(NONE)) {
            client.handler(event -> {
                if (event.type() == CONNECTION_BOUND) {
                    event.transport().setCondition(condition("test:mine", "set before"));
                }
            });
            connect(client, "nosuch.example.invalid:");
            client.runTo(PROACTOR_INACTIVE);
            assertThatObject(client.lastCondition.getCondition()).isEqualTo(Symbol.valueOf("test:mine"));
            assertThat(client.lastCondition.getDescription()).isEqualTo("set before");
        }
    }

    @Test
    @Tag("C46")
    void aConnectionThatThePeerResetsIsToldWithTheAddressToo() throws IOException {
        try (Driver server = new Driver(Handlers::mirror)) {
            Listener listener = Handlers.listen(server);
            int peerPort;
            try (Socket peer = Loopback.connect(listener.localPort())) {
                server.runTo(CONNECTION_BOUND);
                peerPort = peer.getLocalPort();
                peer.setSoLinger(true, 0);
            }
            server.runTo(TRANSPORT_CLOSED);
            assertThatObject(server.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(server.lastCondition.getDescription()).matches(".+ - .+ 127\\.0\\.0\\.1:" + peerPort);
        }
    }

    @Test
    @Tag("C47")
    void theAddressesOfAHostAreTriedInTurn() {
        List<InetAddress> addresses = List.of(ip("127.0.0.3"), ip("127.0.0.2"), ip("127.0.0.1"));
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = client(host -> addresses)) {
            Listener listener = Handlers.listen(server);
            connect(client, "several.example.invalid:" + listener.localPort());
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            assertThat(client.log).doesNotContain(TRANSPORT_ERROR);
            assertThat(counts(client, "dynamic").attemptsSucceeded()).isEqualTo(1);
        }
    }

    @Test
    @Tag("C47")
    void theErrorComesOnlyAfterTheLastAddressFailed() throws IOException {
        try (Driver client = client(host -> List.of(ip("127.0.0.1"), ip("127.0.0.2"), ip("127.0.0.3")));
                ServerSocket first = new ServerSocket(0, 5, ip("127.0.0.4"))) {
            connect(client, "several.example.invalid:" + first.getLocalPort());
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "refused");
            assertThat(client.lastCondition.getDescription())
                    .endsWith(" - connect several.example.invalid:" + first.getLocalPort());
        }
    }

    @Test
    @Tag("C55")
    void anAddressThatIsTooLongIsAnErrorAndIsNotLookedUp() {
        List<String> asked = new ArrayList<>();
        try (Driver client = client(host -> {
            asked.add(host);
            throw new UnknownHostException(host);
        })) {
            connect(client, "a".repeat(1056) + ":5672");
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED);
            assertThatObject(client.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(client.lastCondition.getDescription()).contains("1060");
            assertThat(asked).isEmpty();

            connect(client, "a".repeat(1055) + ":5672");
            client.runTo(PROACTOR_INACTIVE);
            assertThat(asked).hasSize(1);
        }
    }

    @Test
    void aHandshakeThatNeverGetsToTcpEndsWithAnIoErrorInTime() throws IOException {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver client = client(NONE);
                Loopback.FullServer full = new Loopback.FullServer()) {
            client.handler(event -> noteReason(event, reasons));
            long start = System.nanoTime();
            client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + full.port())
                    .handshakeTimeout(Duration.ofMillis(150))
                    .build());
            client.runTo(PROACTOR_INACTIVE);
            assertFailedWith(client, "timed out");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(150));
            assertThat(reasons).containsExactly(CloseReason.HANDSHAKE_TIMEOUT);
            assertThat(counts(client, "dynamic").attemptsFailed()).isEqualTo(1);
        }
    }

    @Test
    void aHandshakeWithASilentPeerEndsWithAResourceLimitInTime() throws IOException {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver client = client(NONE);
                ServerSocket silent = Loopback.silentServer()) {
            client.handler(event -> noteReason(event, reasons));
            long start = System.nanoTime();
            client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + silent.getLocalPort())
                    .handshakeTimeout(Duration.ofMillis(150))
                    .build());
            client.runTo(TRANSPORT_CLOSED);
            assertThatObject(client.lastCondition.getCondition())
                    .isEqualTo(Symbol.valueOf("amqp:resource-limit-exceeded"));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(150));
            assertThat(reasons).containsExactly(CloseReason.HANDSHAKE_TIMEOUT);
            assertThat(counts(client, "dynamic").attemptsSucceeded()).isEqualTo(1);
            assertThat(counts(client, "dynamic").attemptsFailed()).isZero();
        }
    }

    private static void noteReason(Event event, List<CloseReason> reasons) {
        if (event.type() == TRANSPORT_CLOSED) {
            reasons.add(event.proactor().closeReason(event.connection()));
        }
    }

    private static ErrorCondition condition(String name, String description) {
        return new ErrorCondition(Symbol.valueOf(name), description);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
