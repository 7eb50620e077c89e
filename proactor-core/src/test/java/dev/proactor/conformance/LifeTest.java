package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.EventType.TRANSPORT_HEAD_CLOSED;
import static dev.proactor.EventType.TRANSPORT_TAIL_CLOSED;
import static dev.proactor.testing.Conditions.assertCondition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.testing.Descriptors;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LifeTest {

    /** Ways in which a connection comes to a bad end. */
    enum BadEnd {
        RESET((peer, driver) -> peer.reset()),
        END_OF_STREAM((peer, driver) -> peer.finish()),
        END_OF_STREAM_IN_A_FRAME(
                (peer, driver) -> peer.send(Frames.frameHeader(100, 2)).finish()),
        NO_FRAME((peer, driver) -> peer.send(Frames.frameHeader(0, 0))),
        NO_FRAME_AND_THEN_RESET(
                (peer, driver) -> peer.send(Frames.frameHeader(0, 0)).reset()),
        SILENCE((peer, driver) -> {}),
        DISCONNECT((peer, driver) ->
                driver.proactor.disconnect(new ErrorCondition(Symbol.valueOf("test:over"), "no more"))),
        DISCONNECT_AND_RESET((peer, driver) -> {
            driver.proactor.disconnect(new ErrorCondition(Symbol.valueOf("test:over"), "no more"));
            peer.reset();
        });

        private final BiConsumer<RawPeer, Driver> action;

        BadEnd(BiConsumer<RawPeer, Driver> action) {
            this.action = action;
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("C86")
    @Tag("C87")
    void aBadEndIsOneErrorAndThenClosedAndTheConditionStays(BadEnd end) {
        List<EventType> log = new ArrayList<>();
        List<ErrorCondition> conditions = new ArrayList<>();
        try (Driver server = new Driver(event -> {
            Handlers.mirror(event);
            if (event.type().name().matches("(CONNECTION|TRANSPORT)_.*")) {
                log.add(event.type());
                if (event.type() == TRANSPORT_ERROR || event.type() == TRANSPORT_CLOSED) {
                    conditions.add(event.transport().getCondition());
                }
            }
        })) {
            Listener listener = Handlers.listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0")
                            .idleTimeout(Duration.ofMillis(150))
                            .build());
            try (RawPeer peer = RawPeer.connect(listener.localPort()).open()) {
                peer.await(Open.class, server);
                end.action.accept(peer, server);
                server.runUntil(() -> log.contains(TRANSPORT_CLOSED), "end");
                server.settle();
            }
        }
        assertThat(log).containsOnlyOnce(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED);
        assertThat(log).containsOnlyOnce(TRANSPORT_CLOSED).endsWith(TRANSPORT_CLOSED);
        assertThat(conditions).hasSize(2);
        assertThat((Object) conditions.get(0).getCondition()).isNotNull();
        assertThat(conditions.get(1)).isEqualTo(conditions.get(0));
    }

    @Test
    @Tag("C86")
    @Tag("C87")
    void aConnectThatFailsIsOneErrorAndThenClosed() throws Exception {
        try (Driver client = new Driver();
                var server = RawPeer.listen()) {
            String address = RawPeer.address(server);
            server.close(); // so that nobody listens there
            client.proactor.connect(ConnectionOptions.to(address).build());
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).containsOnlyOnce(TRANSPORT_ERROR, TRANSPORT_CLOSED);
            assertThat(client.log)
                    .containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE)
                    .endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C87")
    void nothingComesAfterTransportClosedWhateverIsDoneInItsHandlerOrLater() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver()) {
            client.handler(event -> {
                switch (event.type()) {
                    case CONNECTION_INIT -> {
                        event.connection().session().open();
                    }
                    case SESSION_REMOTE_OPEN -> event.connection().close();
                    case TRANSPORT_CLOSED -> stirUp(event);
                    default -> {}
                }
            });
            Listener listener = Handlers.listen(server);
            Connection connection = client.proactor.connect(
                    ConnectionOptions.to(Handlers.address(listener)).build());
            client.runTo(PROACTOR_INACTIVE, server);
            client.proactor.wake(connection);
            client.settle(server);

            assertThat(client.log)
                    .doesNotContain(TRANSPORT_ERROR)
                    .containsOnlyOnce(TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED)
                    .endsWith(TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThat(Proactor.of(connection)).isNull();
            assertThatThrownBy(() -> client.proactor.execute(connection, () -> {}))
                    .isInstanceOf(ConnectionEndedException.class);
        }
    }

    private static void stirUp(Event event) {
        Connection connection = event.connection();
        event.proactor().wake(connection);
        event.proactor().flush(connection);
        connection.session().open();
        connection.close();
        event.transport().close_tail();
        event.transport().close_head();
    }

    @Test
    @Tag("C87")
    void everyDescriptorIsBackOnceTheConnectionsAreClosed() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(event -> {
                    if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                        event.connection().close();
                    }
                })) {
            Listener listener = Handlers.listen(server);
            openAndClose(1, client, server, listener);
            long before = Descriptors.open();
            openAndClose(20, client, server, listener);
            server.runUntil(() -> Descriptors.open() <= before, "descriptors back", client);
        }
    }

    private static void openAndClose(int connections, Driver client, Driver server, Listener listener) {
        for (int i = 0; i < connections; i++) {
            client.proactor.connect(
                    ConnectionOptions.to(Handlers.address(listener)).build());
        }
        client.runTo(PROACTOR_INACTIVE, server);
        server.settle();
    }

    @Test
    @Tag("C88")
    void aRemoteCloseWithAnErrorIsNoErrorOfTheTransport() {
        ErrorCondition error = new ErrorCondition(Symbol.valueOf("test:leave"), "come back tomorrow");
        List<ErrorCondition> seen = new ArrayList<>();
        try (Driver server = new Driver(event -> {
                    Handlers.mirror(event);
                    if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                        event.connection().setCondition(error);
                        event.connection().close();
                    }
                });
                Driver client = new Driver(event -> {
                    Handlers.mirror(event);
                    if (event.type() == CONNECTION_REMOTE_CLOSE) {
                        seen.add(event.connection().getRemoteCondition());
                    }
                })) {
            Listener listener = Handlers.listen(server);
            client.proactor.connect(
                    ConnectionOptions.to(Handlers.address(listener)).build());
            client.runTo(PROACTOR_INACTIVE, server);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end of the server's side");

            assertThat(seen).hasSize(1);
            assertCondition(seen.get(0), "test:leave", "come back tomorrow");
            assertThat(client.log)
                    .doesNotContain(TRANSPORT_ERROR)
                    .containsSubsequence(CONNECTION_REMOTE_CLOSE, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThat(server.log)
                    .doesNotContain(TRANSPORT_ERROR)
                    .containsSubsequence(CONNECTION_REMOTE_CLOSE, TRANSPORT_CLOSED);
        }
    }
}
