package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.LISTENER_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.SESSION_REMOTE_OPEN;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Loopback.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.proactor.ConnectionOptions;
import dev.proactor.HostResolver;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorCounts.ListenerCounts;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Listening: where, and how it ends. */
@Timeout(20)
class ListenTest {

    /** An address that no interface has (RFC 1112, class E), so that it can't be bound. */
    private static final InetAddress FOREIGN = ip("240.0.0.1");

    private static Driver server(HostResolver resolver) {
        return new Driver(Proactor.builder().resolver(resolver).build(), Handlers::mirror);
    }

    private static Driver server() {
        return server(host -> {
            throw new UnknownHostException(host);
        });
    }

    private static Listener begin(Driver server, String address) {
        return server.proactor.listen(ListenerOptions.on(address).build());
    }

    private static Listener open(Driver server, String address) {
        return Handlers.listen(server, ListenerOptions.on(address).build());
    }

    private static ListenerCounts counts(Driver server, String name) {
        return server.proactor.counts().listeners().stream()
                .filter(counts -> counts.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Connects, opens and closes, with no error. */
    private static void assertReachable(Driver server, String address) {
        try (Driver client = new Driver(event -> {
            if (event.type() == CONNECTION_REMOTE_OPEN) {
                event.connection().close();
            }
        })) {
            client.proactor.connect(ConnectionOptions.to(address).build());
            client.runTo(PROACTOR_INACTIVE, server);
            assertThat(client.log)
                    .as("connecting to " + address)
                    .contains(CONNECTION_REMOTE_OPEN)
                    .doesNotContain(TRANSPORT_ERROR);
        }
    }

    private static void assertRefused(String address) {
        try (Driver client = new Driver()) {
            client.proactor.connect(ConnectionOptions.to(address).build());
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).as("connecting to " + address).contains(TRANSPORT_ERROR);
            assertThat(client.lastCondition.getDescription()).containsIgnoringCase("refused");
        }
    }

    @Test
    @Tag("C26")
    @Tag("C57")
    void thePortThatTheSystemChoseIsKnownFromOpenToClose() {
        try (Driver server = server()) {
            Listener listener = begin(server, ":0");
            assertThat(listener.localPort()).isEqualTo(-1);
            assertThat(listener.localAddresses()).isEmpty();
            server.handler(event -> {
                if (event.type() == LISTENER_OPEN) {
                    assertThat(event.listener()).isSameAs(listener);
                    assertThat(listener.localPort()).isPositive();
                }
            });
            server.runTo(LISTENER_OPEN);
            assertThat(listener.localPort()).isPositive();
            assertThat(listener.localAddresses())
                    .isNotEmpty()
                    .allMatch(address -> address.getPort() == listener.localPort());
            listener.close();
            server.runTo(LISTENER_CLOSE);
            assertThat(listener.localPort()).isEqualTo(-1);
            assertThat(listener.localAddresses()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:xxx, xxx", "127.0.0.1:65536, 65536", ":yyy, yyy", "nosuch.example.invalid:, nosuch"})
    @Tag("C41")
    @Tag("C42")
    @Tag("C46")
    void anAddressThatCannotBeUsedClosesTheListenerAndIsNamed(String address, String part) {
        try (Driver server = server()) {
            Listener listener = begin(server, address);
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.log).containsExactly(LISTENER_CLOSE, PROACTOR_INACTIVE);
            assertThatObject(listener.condition().getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(listener.condition().getDescription()).contains(part).contains(" - listen ");
            assertThat(listener.localPort()).isEqualTo(-1);
            assertThat(counts(server, "dynamic").active()).isZero();
        }
    }

    @Test
    @Tag("C55")
    void anAddressThatIsTooLongClosesTheListener() {
        try (Driver server = server(host -> List.of(ip("127.0.0.1")))) {
            Listener listener = begin(server, "a".repeat(1059) + ":0");
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.log).containsExactly(LISTENER_CLOSE, PROACTOR_INACTIVE);
            assertThat(listener.condition().getDescription()).contains("1060");
        }
    }

    @Test
    @Tag("C43")
    void aPortInUseClosesTheSecondListenerAndLeavesTheFirstUnharmed() {
        try (Driver server = server()) {
            Listener first = open(server, "127.0.0.1:0");
            Listener second = begin(server, address(first));
            server.runTo(LISTENER_CLOSE);
            assertThat(server.log).containsExactly(LISTENER_OPEN, LISTENER_CLOSE);
            assertThatObject(second.condition().getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(second.condition().getDescription()).endsWith(" - listen " + address(first));
            assertThat(first.condition()).isNull();
            assertReachable(server, address(first));
        }
    }

    @Test
    @Tag("C43")
    void theEmptyHostDoesNotGetAPortThatIsInUseOnEveryAddress() {
        try (Driver server = server()) {
            Listener first = open(server, ":0");
            Listener second = begin(server, ":" + first.localPort());
            server.runTo(LISTENER_CLOSE);
            assertThatObject(second.condition().getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(first.localPort()).isPositive();
        }
    }

    @Test
    @Tag("C48")
    void everyIpv4AddressIsIpv4Only() {
        try (Driver server = server()) {
            Listener listener = open(server, "0.0.0.0:0");
            assertReachable(server, "127.0.0.1:" + listener.localPort());
            assertReachable(server, ":" + listener.localPort());
            if (Loopback.hasIpv6()) {
                assertRefused("::1:" + listener.localPort());
            }
        }
    }

    @Test
    @Tag("C49")
    void theEmptyHostIsEveryAddressOfBothKindsOnOnePort() {
        try (Driver server = server()) {
            Listener listener = open(server, ":0");
            assertReachable(server, "127.0.0.1:" + listener.localPort());
            assertReachable(server, "127.0.0.2:" + listener.localPort());
            assertReachable(server, ":" + listener.localPort());
            assumeTrue(Loopback.hasIpv6());
            assertReachable(server, "::1:" + listener.localPort());
        }
    }

    @Test
    @Tag("C50")
    void theIpv6LoopbackAddressStandsBesideAnIpv4Listener() {
        assumeTrue(Loopback.hasIpv6());
        try (Driver server = server()) {
            Listener six = open(server, "::1:0");
            Listener four = open(server, "127.0.0.1:" + six.localPort());
            assertThat(four.localPort()).isEqualTo(six.localPort());
            assertReachable(server, "::1:" + six.localPort());
            four.close();
            server.runTo(LISTENER_CLOSE);
            assertReachable(server, ":" + six.localPort());
            assertRefused("127.0.0.1:" + six.localPort());
        }
    }

    @Test
    @Tag("C51")
    void theAddressesThatCanBeBoundAreEnough() {
        try (Driver server = server(host -> List.of(FOREIGN, ip("127.0.0.1"), FOREIGN, ip("127.0.0.2")))) {
            Listener listener = open(server, "several.example.invalid:0");
            int port = listener.localPort();
            assertThat(listener.condition()).isNull();
            assertThat(listener.localAddresses())
                    .containsExactly(
                            new InetSocketAddress("127.0.0.1", port), new InetSocketAddress("127.0.0.2", port));
            assertReachable(server, "127.0.0.1:" + port);
            assertReachable(server, "127.0.0.2:" + port);
            listener.close();
            server.runTo(LISTENER_CLOSE);
            assertThat(listener.condition()).isNull();
        }
    }

    @Test
    @Tag("C51")
    void onlyWhenNoAddressCanBeBoundTheListenerCloses() {
        try (Driver server = server(host -> List.of(FOREIGN, ip("240.0.0.2")))) {
            Listener listener = begin(server, "several.example.invalid:0");
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.log).containsExactly(LISTENER_CLOSE, PROACTOR_INACTIVE);
            assertThatObject(listener.condition().getCondition()).isEqualTo(Proactor.IO_ERROR);
        }
    }

    @Test
    @Tag("C58")
    void aListenerClosesOnceWithoutAConditionHoweverManyThreadsCloseIt() throws InterruptedException {
        try (Driver server = server()) {
            Listener listener = open(server, "127.0.0.1:0");
            int port = listener.localPort();
            assertThat(counts(server, "dynamic").active()).isEqualTo(1);
            Thread[] threads = new Thread[4];
            for (int i = 0; i < threads.length; i++) {
                threads[i] = new Thread(listener::close);
                threads[i].start();
            }
            listener.close();
            for (Thread thread : threads) {
                thread.join();
            }
            server.runTo(PROACTOR_INACTIVE);
            listener.close();
            server.settle();
            assertThat(server.log).containsExactly(LISTENER_OPEN, LISTENER_CLOSE, PROACTOR_INACTIVE);
            assertThat(listener.condition()).isNull();
            assertThat(counts(server, "dynamic").active()).isZero();
            assertRefused("127.0.0.1:" + port);
        }
    }

    @Test
    @Tag("C58")
    void theHandlerOfOpenMayCloseTheListener() {
        try (Driver server = server()) {
            server.handler(event -> {
                if (event.type() == LISTENER_OPEN) {
                    event.listener().close();
                }
            });
            begin(server, "127.0.0.1:0");
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.log).containsExactly(LISTENER_OPEN, LISTENER_CLOSE, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C58")
    void peersThatWaitAreDisconnectedWhenTheListenerCloses() throws IOException {
        try (Driver server = server()) {
            server.handler(event -> {});
            Listener listener = open(server, "127.0.0.1:0");
            try (Socket first = Loopback.connect(listener.localPort());
                    Socket second = Loopback.connect(listener.localPort())) {
                server.runUntil(() -> listener.waiting() == 2, "peers");
                listener.close();
                server.runTo(LISTENER_CLOSE);
                assertThat(first.getInputStream().read()).isEqualTo(-1);
                assertThat(second.getInputStream().read()).isEqualTo(-1);
                assertThat(listener.waiting()).isZero();
                assertThat(counts(server, "dynamic").rejected()).isEqualTo(2);
            }
        }
    }

    @Test
    @Tag("C59")
    void aListenerMayBeClosedBeforeItIsOpen() {
        try (Driver server = server()) {
            Listener listener = begin(server, "127.0.0.1:0");
            listener.close();
            server.runTo(PROACTOR_INACTIVE);
            assertThat(server.log).endsWith(LISTENER_CLOSE, PROACTOR_INACTIVE).containsOnlyOnce(LISTENER_CLOSE);
            assertThat(listener.condition()).isNull();
            assertReachable(server, address(open(server, "127.0.0.1:0")));
        }
    }

    @Test
    @Tag("C60")
    void connectionsOfAClosedListenerGoOn() {
        try (Driver server = server();
                Driver client = new Driver(Handlers::mirror)) {
            Listener listener = open(server, "127.0.0.1:0");
            Connection connection = client.proactor.connect(
                    ConnectionOptions.to(address(listener)).build());
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            listener.close();
            server.runTo(LISTENER_CLOSE, client);

            client.proactor.execute(connection, () -> connection.session().open());
            client.runTo(SESSION_REMOTE_OPEN, server);
            client.proactor.execute(connection, connection::close);
            client.runTo(PROACTOR_INACTIVE, server);
            server.runUntil(() -> server.log.contains(PROACTOR_INACTIVE), "end of the server", client);
            assertThat(server.log)
                    .containsSubsequence(LISTENER_CLOSE, SESSION_REMOTE_OPEN, TRANSPORT_CLOSED, PROACTOR_INACTIVE)
                    .doesNotContain(TRANSPORT_ERROR);
        }
    }

    @Test
    void aListenerHasItsOptionsAndItsContext() {
        try (Driver server = server()) {
            ListenerOptions options =
                    ListenerOptions.on("127.0.0.1:0").context("mine").build();
            Listener listener = Handlers.listen(server, options);
            assertThat(listener.options()).isSameAs(options);
            assertThat(listener.context()).isEqualTo("mine");
            assertThat(open(server, "127.0.0.1:0").context()).isNull();
        }
    }
}
