package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientSasl;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class RunTimeControlTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class));

    private interface Body {
        void run(ProactorConnections connections, ProactorListeners listeners) throws Exception;
    }

    private void run(Body body) {
        runner.run(context ->
                body.run(context.getBean(ProactorConnections.class), context.getBean(ProactorListeners.class)));
    }

    private static void awaitState(NamedConnection connection, NamedConnection.State state) {
        await().until(() -> connection.status().state() == state);
    }

    // ---- listeners

    @Test
    void aListenerThatIsRegisteredIsBoundAndOneThatIsRemovedFreesItsPort() {
        run((connections, listeners) -> {
            NamedListener listener = listeners.register("late", ListenerSpec.on("localhost", 0));
            int port = listener.localPort();
            assertThat(listener.status().state()).isEqualTo(NamedListener.State.LISTENING);
            assertThat(listener.status().localAddresses()).isNotEmpty().allMatch(address -> address.getPort() == port);
            assertThat(listeners.all()).containsExactly(listener);

            awaitState(
                    connections.register("device", ConnectionSpec.to("amqp://localhost:" + port)),
                    NamedConnection.State.OPEN);

            listeners.remove("late");
            listeners.remove("late");
            assertThat(listeners.all()).isEmpty();
            assertThatIllegalArgumentException().isThrownBy(() -> listeners.get("late"));
            assertThatIllegalStateException().isThrownBy(listener::start).withMessageContaining("removed");
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getByName("localhost"))) {
                assertThat(free.isBound()).isTrue();
            }
            // What it has accepted goes on.
            assertThat(connections.get("device").status().state()).isEqualTo(NamedConnection.State.OPEN);
        });
    }

    @Test
    void aListenerStopsAndStartsOnTheSamePortAgainAndAgain() {
        run((connections, listeners) -> {
            NamedListener first = listeners.register("late", ListenerSpec.on("localhost", 0));
            int port = first.localPort();
            listeners.remove("late");
            NamedListener listener = listeners.register("late", ListenerSpec.on("localhost", port));
            for (int i = 0; i < 10; i++) {
                listeners.stop("late");
                listeners.stop("late");
                assertThat(listener.status().state()).isEqualTo(NamedListener.State.STOPPED);
                listeners.start("late");
                listeners.start("late");
                assertThat(listener.status().state()).isEqualTo(NamedListener.State.LISTENING);
                assertThat(listener.localPort()).isEqualTo(port);
            }
            listeners.stop("late");
            await().untilAsserted(() -> assertThatExceptionOfType(ConnectException.class)
                    .isThrownBy(() -> new Socket("localhost", port).close()));
        });
    }

    @Test
    void aListenerThatCantBeBoundIsNotRegistered() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            run((connections, listeners) -> {
                assertThatExceptionOfType(ListenerBindException.class)
                        .isThrownBy(
                                () -> listeners.register("late", ListenerSpec.on("localhost", taken.getLocalPort())))
                        .withMessageContaining("in use");
                assertThat(listeners.all()).isEmpty();
                // The name is free.
                assertThat(listeners
                                .register("late", ListenerSpec.on("localhost", 0))
                                .localPort())
                        .isPositive();
            });
        }
    }

    @Test
    void aListenerThatCantBeBoundAgainSaysSoAndStartsOnceThePortIsFree() {
        run((connections, listeners) -> {
            NamedListener first = listeners.register("late", ListenerSpec.on("localhost", 0));
            int port = first.localPort();
            listeners.remove("late");
            NamedListener listener = listeners.register("late", ListenerSpec.on("localhost", port));
            listeners.remove("late");
            try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getByName("localhost"))) {
                assertThatExceptionOfType(ListenerBindException.class)
                        .isThrownBy(
                                () -> listeners.register("late", ListenerSpec.on("localhost", taken.getLocalPort())));
                assertThat(listener.status().state()).isNotEqualTo(NamedListener.State.LISTENING);
            }
            NamedListener again = listeners.register("late", ListenerSpec.on("localhost", port));
            again.stop();
            try (ServerSocket taken = bind(port)) {
                assertThatExceptionOfType(ListenerBindException.class)
                        .isThrownBy(() -> listeners.start("late"))
                        .withMessageContaining(String.valueOf(taken.getLocalPort()));
                assertThat(again.status().state()).isEqualTo(NamedListener.State.FAILED);
                assertThat(again.status().lastError()).contains("in use");
            }
            listeners.start("late");
            assertThat(again.status().state()).isEqualTo(NamedListener.State.LISTENING);
        });
    }

    private static ServerSocket bind(int port) {
        return await().ignoreExceptions()
                .until(() -> new ServerSocket(port, 1, InetAddress.getByName("localhost")), ServerSocket::isBound);
    }

    // ---- credentials

    @Test
    void aConnectionIsRegisteredWithCredentialsOfItsOwn() {
        runner.withBean(Authenticator.class, () -> Authenticator.of(Map.of("branch-8", "secret")))
                .withBean(
                        ProactorConnectionCustomizer.class,
                        () -> (name, options) -> options.sasl(ClientSasl.password("somebody", "else")))
                .run(context -> {
                    ProactorConnections connections = context.getBean(ProactorConnections.class);
                    ConnectionSpec spec = ConnectionSpec.to("amqp://localhost:"
                            + context.getBean(ProactorListeners.class)
                                    .register("in", ListenerSpec.on("localhost", 0))
                                    .localPort());
                    NamedConnection unknown = connections.register("branch-7", spec);
                    AtomicInteger asked = new AtomicInteger();
                    NamedConnection branch = connections.register("branch-8", spec, options -> {
                        if (asked.incrementAndGet() == 2) { // the first attempt
                            throw new IllegalStateException("no password yet");
                        }
                        options.sasl(ClientSasl.password("branch-8", "secret"));
                    });

                    awaitState(branch, NamedConnection.State.OPEN);
                    assertThat(asked).hasValue(3);
                    await().until(() -> unknown.status().lastError() != null);
                    assertThat(unknown.status().lastError()).contains("amqp:unauthorized-access");
                });
    }

    @Test
    void namesAreCheckedAndTakenOnce() {
        run((connections, listeners) -> {
            listeners.register("late", ListenerSpec.on("localhost", 0));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners.register("late", ListenerSpec.on("localhost", 0)))
                    .withMessageContaining("already");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners.register("a/b", ListenerSpec.on("localhost", 0)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> connections.register("a b", ConnectionSpec.to("amqp://localhost:1")));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> connections.start("nobody"))
                    .withMessageContaining("nobody");
            assertThatIllegalArgumentException().isThrownBy(() -> listeners.stop("nobody"));
        });
    }

    // ---- connections

    @Test
    void aConnectionStopsAndStartsAgainAndAgain() {
        run((connections, listeners) -> {
            int port =
                    listeners.register("late", ListenerSpec.on("localhost", 0)).localPort();
            ConnectionSpec.Reconnect never = new ConnectionSpec.Reconnect(
                    false,
                    ConnectionSpec.Reconnect.DEFAULT.initialDelay(),
                    ConnectionSpec.Reconnect.DEFAULT.maxDelay(),
                    1,
                    0,
                    0);
            ConnectionSpec usual = ConnectionSpec.to("amqp://localhost:" + port);
            // Without reconnecting: a start while the close is under way must not end in FAILED.
            NamedConnection device = connections.register(
                    "device",
                    new ConnectionSpec(
                            usual.uris(),
                            null,
                            true,
                            true,
                            usual.idleTimeout(),
                            usual.maxFrameBytes(),
                            usual.connectTimeout(),
                            never,
                            usual.receivers(),
                            usual.senders()));
            for (int i = 0; i < 10; i++) {
                awaitState(device, NamedConnection.State.OPEN);
                connections.stop("device");
                connections.stop("device");
                assertThat(device.status().state()).isEqualTo(NamedConnection.State.STOPPED);
                if (i % 2 == 0) {
                    await().until(() -> device.connection() == null);
                }
                connections.start("device");
                connections.start("device");
            }
            awaitState(device, NamedConnection.State.OPEN);
            await().until(() -> listeners.get("late").status().connections() == 1);
        });
    }

    @Test
    void aConnectionThatIsRemovedIsClosedAndItsNameIsFree() {
        run((connections, listeners) -> {
            int port =
                    listeners.register("late", ListenerSpec.on("localhost", 0)).localPort();
            NamedConnection device = connections.register("device", ConnectionSpec.to("amqp://localhost:" + port));
            awaitState(device, NamedConnection.State.OPEN);
            connections.remove("device");
            connections.remove("device");
            assertThatIllegalStateException().isThrownBy(device::start).withMessageContaining("removed");
            NamedConnection other = connections.register("device", ConnectionSpec.to("amqp://localhost:" + port));
            awaitState(other, NamedConnection.State.OPEN);
            await().until(() -> listeners.get("late").status().connections() == 1);
        });
    }

    @Test
    void manyThreadsRegisterAndRemoveAndNothingIsLeftBehind() {
        run((connections, listeners) -> {
            int port =
                    listeners.register("late", ListenerSpec.on("localhost", 0)).localPort();
            CompletableFuture<?>[] all = IntStream.range(0, 4)
                    .mapToObj(thread -> CompletableFuture.runAsync(() -> {
                        for (int i = 0; i < 25; i++) {
                            String name = "device-" + (i % 3);
                            try {
                                connections.register(name, ConnectionSpec.to("amqp://localhost:" + port));
                                connections.stop(name);
                                connections.start(name);
                            } catch (IllegalArgumentException | IllegalStateException takenOrRemoved) {
                                // By another thread.
                            }
                            connections.remove(name);
                        }
                    }))
                    .toArray(CompletableFuture<?>[]::new);
            CompletableFuture.allOf(all).get();
            assertThat(connections.all()).isEmpty();
            await().until(() -> listeners.get("late").status().connections() == 0);
        });
    }

    @Test
    void whatIsRegisteredWhileTheApplicationIsStoppedStartsWithIt() {
        runner.run(context -> {
            ProactorConnections connections = context.getBean(ProactorConnections.class);
            ProactorListeners listeners = context.getBean(ProactorListeners.class);
            context.stop();
            NamedListener listener = listeners.register("late", ListenerSpec.on("localhost", 0));
            NamedConnection device = connections.register("device", ConnectionSpec.to("amqp://localhost:1"));
            assertThat(listener.status().state()).isEqualTo(NamedListener.State.STOPPED);
            assertThat(device.status().state()).isEqualTo(NamedConnection.State.STOPPED);
            context.start();
            assertThat(listener.status().state()).isEqualTo(NamedListener.State.LISTENING);
            awaitState(device, NamedConnection.State.RECONNECTING);
        });
    }
}
