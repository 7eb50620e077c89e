package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LINK_REMOTE_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.LastingConnection;
import dev.proactor.LastingConnection.State;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ReconnectOptions;
import dev.proactor.testing.Conditions;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that come back. */
@Timeout(20)
class LastingConnectionTest {

    private static final ReconnectOptions SOON = ReconnectOptions.builder()
            .initialDelay(Duration.ofMillis(1))
            .maxDelay(Duration.ofMillis(5))
            .build();
    private static final ReconnectOptions MUCH_LATER = ReconnectOptions.builder()
            .initialDelay(Duration.ofHours(1))
            .maxDelay(Duration.ofHours(1))
            .build();

    private final List<Connection> accepted = new ArrayList<>();
    private final Driver server = new Driver(this::onServer);
    /** What the handler saw of the lasting connection's state, with each event of interest. */
    private final List<String> seen = new ArrayList<>();

    private final List<Sender> senders = new ArrayList<>();
    /** Knows no names: the system's answer may take longer than a test. */
    private final Driver client = new Driver(
            Proactor.builder()
                    .resolver(host -> {
                        throw new UnknownHostException(host);
                    })
                    .build(),
            this::onClient);

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private void onServer(Event event) {
        Handlers.mirror(event);
        if (event.type() == CONNECTION_REMOTE_OPEN) {
            accepted.add(event.connection());
        }
    }

    private void onClient(Event event) {
        EventType type = event.type();
        if (type == CONNECTION_INIT) {
            Session session = event.connection().session();
            session.open();
            Sender sender = session.sender("readings");
            sender.setTarget(new Target());
            sender.open();
            senders.add(sender);
        }
        if (type == CONNECTION_INIT || type == CONNECTION_REMOTE_OPEN || type == TRANSPORT_CLOSED) {
            seen.add(type + " " + event.proactor().lasting(event.connection()).state());
        }
        if (type == EventType.CONNECTION_REMOTE_CLOSE) {
            event.connection().close();
        }
    }

    private LastingConnection keep(String address, ReconnectOptions options) {
        return client.proactor.keepConnected(
                ConnectionOptions.to(address).name("uplink").build(), options);
    }

    private void untilOpen(LastingConnection lasting, int links) {
        client.runUntil(
                () -> lasting.state() == State.OPEN
                        && senders.size() == links
                        && senders.get(links - 1).getRemoteState() == EndpointState.ACTIVE,
                "open link",
                server);
    }

    @Test
    void itComesBackWithANewConnectionWhoseInitOpensTheLinksAgain() {
        Listener listener = Handlers.listen(server);
        String where = address(listener);
        LastingConnection lasting = keep(where, SOON);
        assertThat(lasting.name()).isEqualTo("uplink");
        untilOpen(lasting, 1);
        Connection first = lasting.connection();

        server.proactor.disconnect(null);
        server.runTo(PROACTOR_INACTIVE, client);
        client.runUntil(() -> seen.contains("TRANSPORT_CLOSED WAITING"), "loss", server);
        Handlers.listen(server, ListenerOptions.on(where).build());
        client.runUntil(() -> lasting.state() == State.OPEN, "second life", server);

        assertThatObject(lasting.connection()).isNotSameAs(first);
        assertThat(lasting.failures()).isZero();
        assertThat(lasting.lastError()).isNull();
        assertThat(lasting.nextAttemptIn()).isZero();
        client.runUntil(
                () -> client.log.stream().filter(LINK_REMOTE_OPEN::equals).count() == 2, "link", server);
        assertThat(seen)
                .startsWith("CONNECTION_INIT CONNECTING", "CONNECTION_REMOTE_OPEN OPEN", "TRANSPORT_CLOSED WAITING")
                .endsWith("CONNECTION_INIT CONNECTING", "CONNECTION_REMOTE_OPEN OPEN");
        assertThat(client.log).doesNotContain(PROACTOR_INACTIVE);
    }

    @Test
    void itTriesItsAddressesInTurn() throws Exception {
        Listener listener = Handlers.listen(server);
        try (Socket refusing = Loopback.refusingPort()) {
            String dead = "127.0.0.1:" + refusing.getLocalPort();
            LastingConnection lasting = keep(
                    dead,
                    ReconnectOptions.builder()
                            .alternatives("nosuch.example.invalid:5672", address(listener))
                            .initialDelay(Duration.ofMillis(1))
                            .build());
            untilOpen(lasting, 3);
            assertThat(lasting.address()).isEqualTo(address(listener));
            assertThat(seen)
                    .containsExactly(
                            "CONNECTION_INIT CONNECTING",
                            "TRANSPORT_CLOSED WAITING",
                            "CONNECTION_INIT CONNECTING",
                            "TRANSPORT_CLOSED WAITING",
                            "CONNECTION_INIT CONNECTING",
                            "CONNECTION_REMOTE_OPEN OPEN");
        }
    }

    @Test
    void itGivesUpWhenNoAttemptIsLeft() throws Exception {
        try (Socket refusing = Loopback.refusingPort()) {
            LastingConnection lasting = keep(
                    "127.0.0.1:" + refusing.getLocalPort(),
                    ReconnectOptions.builder()
                            .initialDelay(Duration.ofMillis(1))
                            .maxAttempts(3)
                            .build());
            client.runTo(PROACTOR_INACTIVE);

            assertThat(lasting.state()).isEqualTo(State.FAILED);
            assertThat(lasting.failures()).isEqualTo(3);
            Conditions.assertCondition(lasting.lastError(), "proton:io", "refused");
            assertThatObject(lasting.connection()).isNull();
            assertThat(seen).endsWith("CONNECTION_INIT CONNECTING", "TRANSPORT_CLOSED FAILED");
            assertThat(client.log).containsOnlyOnce(PROACTOR_INACTIVE);
        }
    }

    @Test
    void aPeerThatClosesInOrderIsNoReasonToStayAway() {
        Listener listener = Handlers.listen(server);
        LastingConnection lasting = keep(address(listener), MUCH_LATER);
        untilOpen(lasting, 1);
        Connection peer = accepted.get(0);
        server.proactor.execute(peer, () -> {
            peer.setCondition(new ErrorCondition(
                    org.apache.qpid.proton.amqp.Symbol.valueOf("amqp:connection:forced"), "going down"));
            peer.close();
        });
        client.runUntil(() -> lasting.state() == State.WAITING, "end", server);
        Conditions.assertCondition(lasting.lastError(), "amqp:connection:forced", "going down");
        assertThat(lasting.nextAttemptIn()).isGreaterThan(Duration.ofMinutes(30));
        assertThatObject(lasting.connection()).isNull();

        client.settle(server);
        assertThat(client.log).doesNotContain(PROACTOR_INACTIVE);
        lasting.retryNow();
        client.runUntil(() -> lasting.state() == State.OPEN, "second life", server);
    }

    @Test
    void closedWhenOpenItEndsInOrder() {
        Listener listener = Handlers.listen(server);
        LastingConnection lasting = keep(address(listener), SOON);
        untilOpen(lasting, 1);
        lasting.close();
        lasting.close();
        assertThat(lasting.state()).isEqualTo(State.CLOSED);
        client.runTo(PROACTOR_INACTIVE, server);

        assertThat(client.log).doesNotContain(TRANSPORT_ERROR).containsOnlyOnce(TRANSPORT_CLOSED);
        assertThat(seen).endsWith("TRANSPORT_CLOSED CLOSED");
        assertThat(lasting.state()).isEqualTo(State.CLOSED);
        server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end", client);
        assertThat(server.log).doesNotContain(TRANSPORT_ERROR);
    }

    @Test
    void closedBetweenAttemptsItIsOverAtOnce() throws Exception {
        try (Socket refusing = Loopback.refusingPort()) {
            LastingConnection lasting = keep("127.0.0.1:" + refusing.getLocalPort(), MUCH_LATER);
            client.runUntil(() -> lasting.state() == State.WAITING, "failure");
            lasting.close();
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).containsOnlyOnce(TRANSPORT_CLOSED);
        }
    }

    @Test
    void closedInAnAttemptItDoesNotWaitForTheNetwork() throws Exception {
        try (Loopback.FullServer silent = new Loopback.FullServer()) {
            LastingConnection lasting = keep("127.0.0.1:" + silent.port(), SOON);
            client.settle();
            assertThat(lasting.state()).isEqualTo(State.CONNECTING);
            lasting.close();
            client.runTo(PROACTOR_INACTIVE);
            assertThat(seen).containsExactly("CONNECTION_INIT CONNECTING", "TRANSPORT_CLOSED CLOSED");
        }
    }

    @Test
    void disconnectingTheProactorEndsIt() {
        Listener listener = Handlers.listen(server);
        LastingConnection lasting = keep(address(listener), SOON);
        untilOpen(lasting, 1);
        client.proactor.disconnect(null);
        client.runTo(PROACTOR_INACTIVE, server);
        assertThat(lasting.state()).isEqualTo(State.CLOSED);
        assertThat(client.log).containsOnlyOnce(TRANSPORT_CLOSED);
    }

    @Test
    void aProactorThatIsClosedEndsItWhateverItDoes() throws Exception {
        LastingConnection open = keep(address(Handlers.listen(server)), MUCH_LATER);
        untilOpen(open, 1);
        try (Socket refusing = Loopback.refusingPort()) {
            LastingConnection waiting = keep("127.0.0.1:" + refusing.getLocalPort(), MUCH_LATER);
            client.runUntil(() -> waiting.state() == State.WAITING, "failure", server);

            client.proactor.close();

            for (LastingConnection lasting : List.of(open, waiting)) {
                assertThat(lasting.state()).isEqualTo(State.CLOSED);
                assertThatObject(lasting.connection()).isNull();
                assertThat(lasting.nextAttemptIn()).isZero();
                lasting.retryNow();
                lasting.close();
            }
        }
    }

    @Test
    void whoReleasesItsConnectionHasEndedIt() {
        Listener listener = Handlers.listen(server);
        LastingConnection lasting = keep(address(listener), SOON);
        untilOpen(lasting, 1);
        Connection connection = lasting.connection();
        client.handler(event -> {
            if (event.type() == CONNECTION_WAKE) {
                event.proactor().release(event.connection());
            }
        });
        client.proactor.wake(connection);
        client.runTo(PROACTOR_INACTIVE, server);
        assertThat(lasting.state()).isEqualTo(State.CLOSED);
    }

    @Test
    void anOrdinaryConnectionBelongsToNone() {
        Listener listener = Handlers.listen(server);
        Connection connection =
                client.proactor.connect(ConnectionOptions.to(address(listener)).build());
        assertThat(client.proactor.lasting(connection)).isNull();
        client.handler(event -> {});
        client.runTo(CONNECTION_REMOTE_OPEN, server);
    }
}
