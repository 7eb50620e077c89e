package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Pair;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Taking over a socket that somebody else has connected. */
@Timeout(30)
class AdoptTest {

    private static final ConnectionOptions OPTIONS =
            ConnectionOptions.to("host.example:5672").build();

    private static Pair closingOnWake() {
        return new Pair(
                event -> {
                    if (event.type() == CONNECTION_WAKE) {
                        event.connection().close();
                    }
                },
                event -> {});
    }

    private static List<EventType> life(Pair pair, Connection connection) {
        pair.client.runTo(CONNECTION_REMOTE_OPEN, pair.server);
        pair.client.settle(pair.server);
        pair.client.proactor.wake(connection);
        pair.client.runTo(PROACTOR_INACTIVE, pair.server);
        return pair.client.takeLog();
    }

    @Test
    @Tag("C62")
    void anAdoptedSocketHasTheEventsOfAConnect() throws Exception {
        try (Pair pair = closingOnWake()) {
            List<EventType> connected = life(
                    pair,
                    pair.client.proactor.connect(
                            ConnectionOptions.to(address(pair.listener)).build()));
            SocketChannel channel =
                    SocketChannel.open(pair.listener.localAddresses().get(0));
            Connection connection = pair.client.proactor.adopt(channel, OPTIONS);
            assertThat(life(pair, connection))
                    .isEqualTo(connected)
                    .startsWith(EventType.CONNECTION_INIT, EventType.CONNECTION_LOCAL_OPEN, EventType.CONNECTION_BOUND)
                    .doesNotContain(TRANSPORT_ERROR);
            assertThat(channel.isOpen())
                    .as("channel after the connection's end")
                    .isFalse();
        }
    }

    @Test
    void aSocketThatIsNoneOfTcpIsRefused(@TempDir Path directory) throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("socket"));
        try (Pair pair = new Pair();
                ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(address);
            try (SocketChannel channel = SocketChannel.open(address)) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> pair.client.proactor.adopt(channel, OPTIONS))
                        .withMessageContaining("TCP");
                assertThat(channel.isOpen()).as("the caller's channel").isTrue();
            }
        }
    }

    @Test
    @Tag("C62")
    void anAdoptedConnectionIsOpenedAndKnowsItsAddresses() throws Exception {
        try (Pair pair = new Pair()) {
            SocketChannel channel =
                    SocketChannel.open(pair.listener.localAddresses().get(0));
            Connection connection = pair.client.proactor.adopt(channel, OPTIONS);
            assertThat(Proactor.of(connection)).isSameAs(pair.client.proactor);
            pair.client.runTo(CONNECTION_REMOTE_OPEN, pair.server);
            assertThat(connection.getLocalState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(pair.client.proactor.localAddress(connection)).isEqualTo(channel.getLocalAddress());
            assertThat(pair.client.proactor.remoteAddress(connection)).isEqualTo(channel.getRemoteAddress());
            assertThat(pair.lastAccepted().getRemoteHostname()).isEqualTo("host.example");
        }
    }

    @Test
    @Tag("C62")
    void theSocketIsClosedWithADisconnect() throws Exception {
        try (Pair pair = new Pair()) {
            SocketChannel channel =
                    SocketChannel.open(pair.listener.localAddresses().get(0));
            pair.client.proactor.adopt(channel, OPTIONS);
            pair.client.runTo(CONNECTION_REMOTE_OPEN, pair.server);
            pair.client.proactor.disconnect(null);
            pair.client.runTo(PROACTOR_INACTIVE);
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    @Tag("C62")
    void aSocketWhosePeerIsGoneEndsAsAConnectionWould() throws Exception {
        try (Pair pair = new Pair();
                ServerSocketChannel acceptor = ServerSocketChannel.open().bind(null)) {
            SocketChannel channel = SocketChannel.open(acceptor.getLocalAddress());
            SocketChannel peer = acceptor.accept();
            peer.setOption(StandardSocketOptions.SO_LINGER, 0);
            peer.close();
            pair.client.proactor.adopt(channel, OPTIONS);
            pair.client.runTo(PROACTOR_INACTIVE);
            assertThat(pair.client.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    @Tag("C62")
    void aSocketThatIsNotConnectedIsRefused() throws Exception {
        try (Proactor proactor = Proactor.create();
                SocketChannel channel = SocketChannel.open()) {
            assertThatIllegalArgumentException().isThrownBy(() -> proactor.adopt(channel, OPTIONS));
            assertThat(channel.isOpen()).isTrue();
            channel.close();
            assertThatIllegalArgumentException().isThrownBy(() -> proactor.adopt(channel, OPTIONS));
            assertThat(proactor.poll()).isNull();
        }
    }

    @Test
    @Tag("C62")
    void aSocketThatWasConnectedAndClosedIsRefused() throws Exception {
        try (Pair pair = new Pair()) {
            SocketChannel channel =
                    SocketChannel.open(pair.listener.localAddresses().get(0));
            channel.close();
            assertThatIllegalArgumentException().isThrownBy(() -> pair.client.proactor.adopt(channel, OPTIONS));
            assertThat(pair.client.proactor.poll()).isNull();
        }
    }

    @Test
    @Tag("C62")
    void aSocketThatIsRegisteredWithASelectorIsRefused() throws Exception {
        try (Pair pair = new Pair();
                Selector selector = Selector.open();
                SocketChannel channel =
                        SocketChannel.open(pair.listener.localAddresses().get(0))) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            assertThatIllegalArgumentException().isThrownBy(() -> pair.client.proactor.adopt(channel, OPTIONS));
        }
    }

    @Test
    @Tag("C62")
    void aClosedProactorAdoptsNothing() throws IOException {
        try (Pair pair = new Pair();
                SocketChannel channel =
                        SocketChannel.open(pair.listener.localAddresses().get(0))) {
            Proactor proactor = Proactor.create();
            proactor.close();
            assertThatExceptionOfType(ProactorClosedException.class).isThrownBy(() -> proactor.adopt(channel, OPTIONS));
        }
    }
}
