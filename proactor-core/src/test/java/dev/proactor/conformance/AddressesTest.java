package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The addresses of the two ends of a connection. */
@Timeout(20)
class AddressesTest {

    @Test
    @Tag("C56")
    @Tag("C57")
    void theEndsOfAConnectionSeeEachOthersAddressesFromBeginningToEnd() {
        List<Connection> accepted = new ArrayList<>();
        try (Driver server = new Driver(event -> {
                    if (event.type() == CONNECTION_INIT) {
                        accepted.add(event.connection());
                    }
                    Handlers.mirror(event);
                });
                Driver client = new Driver()) {
            Listener listener = listen(server);
            Connection connection = client.proactor.connect(
                    ConnectionOptions.to(address(listener)).build());
            assertThat(client.proactor.localAddress(connection)).isNull();
            assertThat(client.proactor.remoteAddress(connection)).isNull();
            client.runTo(CONNECTION_REMOTE_OPEN, server);

            InetSocketAddress clientLocal = client.proactor.localAddress(connection);
            InetSocketAddress clientRemote = client.proactor.remoteAddress(connection);
            assertThat(clientRemote).isEqualTo(new InetSocketAddress("127.0.0.1", listener.localPort()));
            assertThat(clientRemote.getAddress().getHostAddress()).isEqualTo("127.0.0.1");
            assertThat(clientLocal).isNotEqualTo(clientRemote);
            assertThat(server.proactor.localAddress(accepted.get(0))).isEqualTo(clientRemote);
            assertThat(server.proactor.remoteAddress(accepted.get(0))).isEqualTo(clientLocal);

            client.proactor.execute(connection, connection::close);
            client.runTo(TRANSPORT_CLOSED, server);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end of the connection", client);
            assertThat(client.proactor.localAddress(connection)).isNull();
            assertThat(client.proactor.remoteAddress(connection)).isNull();
            assertThat(server.proactor.localAddress(accepted.get(0))).isNull();
            assertThat(server.proactor.remoteAddress(accepted.get(0))).isNull();
        }
    }

    @Test
    @Tag("C57")
    void aConnectionThatNoProactorMadeHasNone() {
        try (Proactor proactor = Proactor.create()) {
            Connection stranger = Connection.Factory.create();
            assertThat(proactor.localAddress(stranger)).isNull();
            assertThat(proactor.remoteAddress(stranger)).isNull();
        }
    }
}
