package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static dev.proactor.testing.Loopback.ip;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

import dev.proactor.ConnectionOptions;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ServerSasl;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Transport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What settings come to on the wire, and when they may be made. */
@Timeout(20)
class ConnectionSettingsTest {

    private static final ListenerOptions ANY = ListenerOptions.on("127.0.0.1:0").build();

    /** What the peers of a client and a server saw of the other end in its open frame. */
    private static final class Pair implements AutoCloseable {
        final Driver server;
        final Driver client;
        final List<Connection> serverEnd = new ArrayList<>();
        Connection clientEnd;

        Pair(Driver.Handler serverHandler, Driver.Handler clientHandler) {
            this(Proactor.create(), serverHandler, Proactor.create(), clientHandler);
        }

        Pair(Proactor server, Driver.Handler serverHandler, Proactor client, Driver.Handler clientHandler) {
            this.server = new Driver(server, event -> {
                if (event.type() == CONNECTION_REMOTE_OPEN) {
                    serverEnd.add(event.connection());
                }
                serverHandler.on(event);
            });
            this.client = new Driver(client, clientHandler);
        }

        void open(ListenerOptions listening, Function<ConnectionOptions.Builder, ConnectionOptions.Builder> how) {
            begin(listening, how);
            client.runTo(CONNECTION_REMOTE_OPEN, server);
        }

        void begin(ListenerOptions listening, Function<ConnectionOptions.Builder, ConnectionOptions.Builder> how) {
            Listener listener = listen(server, listening);
            clientEnd = client.proactor.connect(
                    how.apply(ConnectionOptions.to(address(listener))).build());
        }

        Connection serverEnd() {
            return serverEnd.get(0);
        }

        @Override
        public void close() {
            server.close();
            client.close();
        }
    }

    @Test
    @Tag("C32")
    void theOptionsGivenToAcceptCountForThatConnection() {
        try (Pair pair = new Pair(
                event -> {
                    if (event.type() == LISTENER_ACCEPT) {
                        event.listener()
                                .accept(event.listener().options().toBuilder()
                                        .maxFrameBytes(1024)
                                        .maxSessions(3)
                                        .idleTimeout(Duration.ofSeconds(8))
                                        .containerId("one of many")
                                        .build());
                    } else {
                        Handlers.mirror(event);
                    }
                },
                event -> {})) {
            pair.open(ANY, builder -> builder);
            Transport transport = pair.clientEnd.getTransport();
            assertThat(transport.getRemoteMaxFrameSize()).isEqualTo(1024);
            assertThat(transport.getRemoteChannelMax()).isEqualTo(2);
            assertThat(transport.getRemoteIdleTimeout()).isEqualTo(4000);
            assertThat(pair.clientEnd.getRemoteContainer()).isEqualTo("one of many");
        }
    }

    @ParameterizedTest
    @CsvSource({"CONNECTION_INIT", "CONNECTION_BOUND"})
    @Tag("C32")
    void whatTheHandlersOfInitAndBoundSetCountsAtBothEnds(String type) {
        Driver.Handler settings = event -> {
            if (event.type().name().equals(type)) {
                event.transport().setMaxFrameSize(2048);
                event.transport().setChannelMax(9);
                event.transport().setIdleTimeout(6000);
            }
            Handlers.mirror(event);
        };
        try (Pair pair = new Pair(settings, settings)) {
            pair.open(ANY, builder -> builder);
            for (Connection connection : List.of(pair.clientEnd, pair.serverEnd())) {
                Transport transport = connection.getTransport();
                assertThat(transport.getRemoteMaxFrameSize()).isEqualTo(2048);
                assertThat(transport.getRemoteChannelMax()).isEqualTo(9);
                assertThat(transport.getRemoteIdleTimeout()).isEqualTo(3000);
            }
        }
    }

    @Test
    @Tag("C32")
    void saslMayBeRequiredOfOneConnection() {
        ServerSasl required = ServerSasl.anonymous().required(true);
        try (Pair pair = new Pair(
                event -> {
                    if (event.type() == LISTENER_ACCEPT) {
                        event.listener().accept(ANY.toBuilder().sasl(required).build());
                    }
                },
                event -> {})) {
            pair.begin(ANY, builder -> builder.sasl(ClientSasl.none()));
            pair.server.runTo(TRANSPORT_CLOSED, pair.client);
            assertThatObject(pair.server.lastCondition.getCondition())
                    .isEqualTo(Symbol.valueOf("amqp:connection:policy-error"));
        }
    }

    @Test
    @Tag("C32")
    void saslMayBeLeftOutOfOneConnection() {
        try (Pair pair = new Pair(
                event -> {
                    if (event.type() == LISTENER_ACCEPT) {
                        event.listener().accept(ANY);
                    } else {
                        Handlers.mirror(event);
                    }
                },
                event -> {})) {
            ListenerOptions strict =
                    ANY.toBuilder().sasl(ServerSasl.anonymous().required(true)).build();
            pair.open(strict, builder -> builder.sasl(ClientSasl.none()));
            assertThat(pair.server.lastCondition).isNull();
        }
    }

    @Test
    void theOptionsAreInTheOpenFrame() {
        try (Pair pair = new Pair(Handlers::mirror, event -> {})) {
            pair.open(
                    ANY.toBuilder()
                            .maxFrameBytes(4096)
                            .maxSessions(5)
                            .idleTimeout(Duration.ofSeconds(20))
                            .build(),
                    builder -> builder.maxFrameBytes(8192).maxSessions(6).idleTimeout(Duration.ofSeconds(30)));
            Transport fromServer = pair.clientEnd.getTransport();
            assertThat(fromServer.getRemoteMaxFrameSize()).isEqualTo(4096);
            assertThat(fromServer.getRemoteChannelMax()).isEqualTo(4);
            assertThat(fromServer.getRemoteIdleTimeout()).isEqualTo(10_000);
            Transport fromClient = pair.serverEnd().getTransport();
            assertThat(fromClient.getRemoteMaxFrameSize()).isEqualTo(8192);
            assertThat(fromClient.getRemoteChannelMax()).isEqualTo(5);
            assertThat(fromClient.getRemoteIdleTimeout()).isEqualTo(15_000);
        }
    }

    @Test
    void theContainerIdIsTheOptionsOwnOrTheProactors() {
        try (Pair pair = new Pair(
                Proactor.builder().containerId("server of all").build(),
                Handlers::mirror,
                Proactor.builder().containerId("client of all").build(),
                event -> {})) {
            pair.open(ANY, builder -> builder);
            assertThat(pair.clientEnd.getRemoteContainer()).isEqualTo("server of all");
            assertThat(pair.serverEnd().getRemoteContainer()).isEqualTo("client of all");
        }
        try (Pair pair = new Pair(Handlers::mirror, event -> {})) {
            pair.open(
                    ANY.toBuilder().containerId("server's own").build(),
                    builder -> builder.containerId("client's own"));
            assertThat(pair.clientEnd.getRemoteContainer()).isEqualTo("server's own");
            assertThat(pair.serverEnd().getRemoteContainer()).isEqualTo("client's own");
        }
    }

    @Test
    void eachProactorHasAContainerIdOfItsOwnUnlessItIsGivenOne() {
        try (Proactor one = Proactor.create();
                Proactor two = Proactor.create();
                Proactor named = Proactor.builder().containerId("named").build()) {
            assertThat(one.containerId()).matches("proactor-[0-9a-f-]{36}").isNotEqualTo(two.containerId());
            assertThat(named.containerId()).isEqualTo("named");
        }
    }

    @Test
    void theVirtualHostIsTheHostsNameUnlessTheOptionsSayAnother() {
        Proactor resolving =
                Proactor.builder().resolver(host -> List.of(ip("127.0.0.1"))).build();
        List<String> hostnames = new ArrayList<>();
        try (Driver server = new Driver(event -> {
                    if (event.type() == CONNECTION_REMOTE_OPEN) {
                        hostnames.add(event.connection().getRemoteHostname());
                    }
                    Handlers.mirror(event);
                });
                Driver client = new Driver(resolving, event -> {})) {
            int port = listen(server).localPort();
            for (ConnectionOptions options : List.of(
                    ConnectionOptions.to("broker.example.invalid:" + port).build(),
                    ConnectionOptions.to("broker.example.invalid:" + port)
                            .virtualHost("other")
                            .build(),
                    ConnectionOptions.to("127.0.0.1:" + port).build(),
                    ConnectionOptions.to(":" + port).build(),
                    ConnectionOptions.to("127.0.0.1:" + port)
                            .virtualHost("named")
                            .build())) {
                client.proactor.connect(options);
                client.runTo(CONNECTION_REMOTE_OPEN, server);
            }
            assertThat(hostnames).containsExactly("broker.example.invalid", "other", null, null, "named");
        }
    }

    @Test
    void theContextOfTheOptionsIsTheConnectionsFromItsFirstEvent() {
        List<Object> contexts = new ArrayList<>();
        Driver.Handler note = event -> {
            if (event.type() == CONNECTION_INIT) {
                contexts.add(event.connection().getContext());
            }
            Handlers.mirror(event);
        };
        try (Pair pair = new Pair(note, note)) {
            pair.open(ANY.toBuilder().context("of the server").build(), builder -> builder.context("of the client"));
            assertThat(contexts).containsExactlyInAnyOrder("of the client", "of the server");
        }
        contexts.clear();
        try (Pair pair = new Pair(note, note)) {
            pair.open(ANY, builder -> builder);
            assertThat(contexts).containsExactly(null, null);
        }
    }

    @Test
    void aConnectionKnowsItsProactorUntilItIsOver() {
        try (Pair pair = new Pair(Handlers::mirror, event -> {
            if (event.type() == CONNECTION_REMOTE_OPEN) {
                assertThat(Proactor.of(event.connection())).isSameAs(event.proactor());
                event.connection().close();
            }
        })) {
            pair.begin(ANY, builder -> builder);
            assertThat(Proactor.of(pair.clientEnd)).isSameAs(pair.client.proactor);
            pair.client.runTo(TRANSPORT_CLOSED, pair.server);
            assertThat(pair.client.log).contains(CONNECTION_BOUND);
            assertThat(Proactor.of(pair.clientEnd)).isNull();
            assertThat(Proactor.of(Connection.Factory.create())).isNull();
        }
    }
}
