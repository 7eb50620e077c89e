package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_LOCAL_OPEN;
import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connecting, when it goes well and when all that is wrong is the address. */
@Timeout(20)
class ConnectTest {

    /** A client that closes as soon as the peer has opened. */
    private static void closeOnOpen(Event event) {
        if (event.type() == CONNECTION_REMOTE_OPEN) {
            event.connection().close();
        }
    }

    private static Connection connect(Driver client, String address) {
        return client.proactor.connect(ConnectionOptions.to(address).build());
    }

    @Test
    @Tag("C26")
    @Tag("C27")
    void bothEndsCloseWithoutAnErrorWhenTheClientClosesOnceItIsOpen() {
        List<CloseReason> reasons = new ArrayList<>();
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(ConnectTest::closeOnOpen)) {
            Listener listener = listen(server, ListenerOptions.on(":0").build());
            Connection connection = connect(client, address(listener));
            client.handler(event -> {
                closeOnOpen(event);
                if (event.type() == TRANSPORT_CLOSED) {
                    reasons.add(client.proactor.closeReason(connection));
                }
            });
            client.runTo(PROACTOR_INACTIVE, server);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end of the connection", client);

            assertThat(client.log).containsOnlyOnce(TRANSPORT_CLOSED).doesNotContain(TRANSPORT_ERROR);
            assertThat(server.log).containsOnlyOnce(TRANSPORT_CLOSED).doesNotContain(TRANSPORT_ERROR);
            assertThatObject(connection.getRemoteCondition().getCondition()).isNull();
            assertThat(reasons).containsExactly(CloseReason.CLOSED);
        }
    }

    @Test
    @Tag("C28")
    void aHostByNameIsLookedUp() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(ConnectTest::closeOnOpen)) {
            Listener listener = listen(server);
            connect(client, "localhost:" + listener.localPort());
            client.runTo(PROACTOR_INACTIVE, server);
            assertThat(client.log).contains(CONNECTION_REMOTE_OPEN).doesNotContain(TRANSPORT_ERROR);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1:xxx",
                "127.0.0.1:99999",
                "nosuch.example.invalid:",
                ":yyy",
                "a:b:c:d",
                "[:",
                " ",
                "\0:1"
            })
    @Tag("C29")
    void anAddressThatCannotBeUsedIsToldByEventsAndNotByTheCall(String address) {
        Proactor proactor = Proactor.builder()
                .resolver(host -> {
                    throw new UnknownHostException(host);
                })
                .build();
        try (Driver client = new Driver(proactor, event -> {})) {
            assertThat(connect(client, address)).isNotNull();
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log)
                    .startsWith(CONNECTION_INIT, CONNECTION_LOCAL_OPEN, CONNECTION_BOUND)
                    .containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE)
                    .containsOnlyOnce(TRANSPORT_ERROR)
                    .containsOnlyOnce(TRANSPORT_CLOSED);
            assertThatObject(client.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
        }
    }

    @Test
    @Tag("C29")
    @Tag("C44")
    void aRefusedConnectionIsToldByEventsAndNotByTheCall() throws IOException {
        try (Driver client = new Driver();
                Socket refusing = Loopback.refusingPort()) {
            Connection connection = connect(client, "127.0.0.1:" + refusing.getLocalPort());
            assertThat(connection).isNotNull();
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
            assertThatObject(client.lastCondition.getCondition()).isEqualTo(Proactor.IO_ERROR);
            assertThat(client.lastCondition.getDescription()).containsIgnoringCase("refused");
        }
    }

    @Test
    @Tag("C29")
    @Tag("C30")
    void theFirstEventsDoNotWaitForTheNetwork() throws InterruptedException {
        CountDownLatch answer = new CountDownLatch(1);
        Proactor proactor = Proactor.builder()
                .resolver(host -> {
                    await(answer);
                    throw new UnknownHostException(host);
                })
                .build();
        try (Driver client = new Driver(proactor, event -> {})) {
            connect(client, "slow.example.invalid:5672");
            client.runTo(CONNECTION_BOUND);
            client.settle();
            assertThat(client.takeLog()).containsExactly(CONNECTION_INIT, CONNECTION_LOCAL_OPEN, CONNECTION_BOUND);
            answer.countDown();
            client.runTo(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C30")
    void theConnectionIsOpenFromTheStartAndBoundAfterTheHandlerOfInit() {
        List<String> seen = new ArrayList<>();
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_INIT || event.type() == CONNECTION_BOUND) {
                        Connection connection = event.connection();
                        seen.add(event.type() + " " + connection.getLocalState() + " "
                                + (connection.getTransport() == null ? "unbound" : "bound"));
                    }
                })) {
            Listener listener = listen(server);
            connect(client, address(listener));
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            assertThat(client.log)
                    .startsWith(CONNECTION_INIT, CONNECTION_LOCAL_OPEN, CONNECTION_BOUND)
                    .endsWith(CONNECTION_REMOTE_OPEN);
            assertThat(seen).containsExactly("CONNECTION_INIT ACTIVE unbound", "CONNECTION_BOUND ACTIVE bound");
        }
    }

    @Test
    @Tag("C30")
    void whatTheHandlerOfInitSetsIsInTheOpenFrame() {
        List<String> containers = new ArrayList<>();
        try (Driver server = new Driver(event -> {
                    if (event.type() == CONNECTION_REMOTE_OPEN) {
                        containers.add(event.connection().getRemoteContainer());
                    }
                    Handlers.mirror(event);
                });
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_INIT) {
                        event.connection().setContainer("set late");
                    }
                })) {
            Listener listener = listen(server);
            client.proactor.connect(ConnectionOptions.to(address(listener))
                    .containerId("set early")
                    .build());
            client.runTo(CONNECTION_REMOTE_OPEN, server);
            assertThat(containers).containsExactly("set late");
        }
    }

    @Test
    @Tag("C38")
    void aConnectionAndAListenerThatAreClosedAtOnceBothEnd() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver()) {
            Listener listener = listen(server);
            Connection connection = connect(client, "localhost:" + listener.localPort());
            client.proactor.execute(connection, connection::close);
            listener.close();
            client.runTo(PROACTOR_INACTIVE, server);
            server.runUntil(() -> server.log.contains(PROACTOR_INACTIVE), "end of the server", client);
            assertThat(client.log).containsOnlyOnce(TRANSPORT_CLOSED);
            assertThat(client.log.get(client.log.size() - 2)).isEqualTo(TRANSPORT_CLOSED);
            assertThat(connection.getLocalState()).isEqualTo(EndpointState.CLOSED);
        }
    }

    @Test
    @Tag("C38")
    void aConnectionClosedInTheHandlerOfInitIsOpenedAndClosedInOrder() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_INIT) {
                        event.connection().close();
                    }
                })) {
            Listener listener = listen(server);
            connect(client, address(listener));
            client.runTo(PROACTOR_INACTIVE, server);
            server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end of the connection", client);
            assertThat(client.log).containsOnlyOnce(TRANSPORT_CLOSED).doesNotContain(TRANSPORT_ERROR);
            assertThat(server.log).containsOnlyOnce(TRANSPORT_CLOSED).doesNotContain(TRANSPORT_ERROR);
        }
    }

    @Test
    void aClosedProactorRefusesToConnectAndToListen() {
        Driver driver = new Driver();
        driver.close();
        assertThatThrownBy(() -> connect(driver, "127.0.0.1:5672")).isInstanceOf(ProactorClosedException.class);
        assertThatThrownBy(() ->
                        driver.proactor.listen(ListenerOptions.on("127.0.0.1:0").build()))
                .isInstanceOf(ProactorClosedException.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
