package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Attempts that fail: to connect, and to attach what is declared. */
@ExtendWith(OutputCaptureExtension.class)
class AttemptsTest {

    /** Fails now and then, as one does that asks a server for a token. */
    static class Moody implements ProactorConnectionCustomizer {
        final AtomicInteger calls = new AtomicInteger();
        volatile boolean fails;

        @Override
        public void customize(String name, ConnectionOptions.Builder options) {
            calls.incrementAndGet();
            if (fails) {
                throw new IllegalStateException("no token today");
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class App {
        @Bean
        Moody moody() {
            return new Moody();
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withUserConfiguration(App.class)
            .withPropertyValues(
                    "proactor.connections.device.uris=amqp://localhost:1",
                    "proactor.connections.device.auto-connect=false",
                    "proactor.connections.device.reconnect.initial-delay=20ms",
                    "proactor.connections.device.reconnect.max-delay=50ms");

    @Test
    void aCustomizerThatThrowsFailsThisAttemptAndNotTheNextOnes(CapturedOutput output) {
        runner.run(context -> {
            Moody moody = context.getBean(Moody.class);
            NamedConnection device = context.getBean(ProactorConnections.class).get("device");
            moody.fails = true;
            device.start();
            int before = moody.calls.get();
            await().until(() -> moody.calls.get() > before + 2);
            assertThat(device.status().state()).isEqualTo(NamedConnection.State.RECONNECTING);
            assertThat(device.status().lastError()).contains("no token today");
            moody.fails = false;
            await().until(() -> String.valueOf(device.status().lastError()).contains("proton:io"));
            // The log is told after the status.
            await().untilAsserted(() -> assertThat(output).contains("Connection refused"));
            device.stop();
            assertThat(device.status().state()).isEqualTo(NamedConnection.State.STOPPED);
            assertThat(output)
                    .as("a warning for each reason, and not for each attempt")
                    .containsOnlyOnce("no token today; next attempt")
                    .containsOnlyOnce("Connection refused");
        });
    }

    /** Opens each connection, and closes it at once: so AMQP refuses one (2.4.1). */
    @ProactorHandler(listeners = "unwilling")
    static class Unwilling {
        final AtomicInteger opened = new AtomicInteger();

        @OnConnectionOpened
        void opened(Connection connection) {
            opened.incrementAndGet();
            connection.open();
            connection.setCondition(new ErrorCondition(Symbol.valueOf("amqp:not-allowed"), "not you"));
            connection.close();
        }
    }

    @Test
    void aConnectionThatThePeerClosesAsSoonAsItIsOpenIsAnAttemptThatFailed() {
        runner.withPropertyValues(
                        "proactor.listeners.unwilling.port=0", "proactor.connections.device.reconnect.max-attempts=3")
                .withUserConfiguration(Unwilling.class)
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("unwilling")
                            .localPort();
                    NamedConnection refused = context.getBean(ProactorConnections.class)
                            .register(
                                    "refused",
                                    ConnectionSpec.to("amqp://localhost:" + port)
                                            .withReconnect(new ConnectionSpec.Reconnect(
                                                    true, Duration.ofMillis(10), Duration.ofMillis(50), 2, 0, 3)));
                    await().until(() -> refused.status().state() == NamedConnection.State.FAILED);
                    assertThat(refused.status().attempts()).isEqualTo(3);
                    assertThat(refused.status().lastError()).contains("not you");
                    assertThat(context.getBean(Unwilling.class).opened).hasValue(3);
                });
    }

    /** Attaches each link, and closes it at once. */
    @ProactorHandler(listeners = "unwilling", addresses = "orders")
    static class ClosesLinks {
        final List<Long> attached = new CopyOnWriteArrayList<>();

        @OnLinkOpened
        void opened(Sender link) {
            attached.add(System.nanoTime());
            link.setSource(link.getRemoteSource()); // or it would be a refusal
            link.open();
            link.close();
        }
    }

    @Test
    void aLinkThatThePeerClosesAsSoonAsItIsAttachedIsTriedAgainEverMoreSlowly() {
        runner.withPropertyValues("proactor.listeners.unwilling.port=0")
                .withUserConfiguration(ClosesLinks.class)
                .run(context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("unwilling")
                            .localPort();
                    ConnectionSpec spec = new ConnectionSpec(
                            List.of("amqp://localhost:" + port),
                            null,
                            true,
                            true,
                            Duration.ofSeconds(60),
                            16 * 1024,
                            Duration.ofSeconds(10),
                            new ConnectionSpec.Reconnect(true, Duration.ofMillis(20), Duration.ofSeconds(10), 2, 0, -1),
                            Map.of("in", new ConnectionSpec.ReceiverSpec("orders", 10)),
                            Map.of());
                    context.getBean(ProactorConnections.class).register("closed", spec);
                    List<Long> attached = context.getBean(ClosesLinks.class).attached;
                    await().until(() -> attached.size() >= 5);
                    assertThat(Duration.ofNanos(attached.get(4) - attached.get(0)))
                            .isGreaterThanOrEqualTo(Duration.ofMillis(20 + 40 + 80 + 160));
                });
    }

    @Test
    void whenNoAttemptIsLeftItIsGivenUpAndCanBeStartedAgain() {
        runner.withPropertyValues("proactor.connections.device.reconnect.max-attempts=3")
                .run(context -> {
                    Moody moody = context.getBean(Moody.class);
                    NamedConnection device =
                            context.getBean(ProactorConnections.class).get("device");
                    int before = moody.calls.get();
                    moody.fails = true;
                    device.start();
                    await().until(() -> device.status().state() == NamedConnection.State.FAILED);
                    assertThat(moody.calls).hasValue(before + 3);
                    moody.fails = false;
                    device.start();
                    await().until(() -> device.status().state() == NamedConnection.State.FAILED
                            && String.valueOf(device.status().lastError()).contains("proton:io"));
                    assertThat(moody.calls).hasValue(before + 6);
                });
    }

    /** Fails, when it is told to go on. */
    static class Hesitant implements ProactorConnectionCustomizer {
        final CountDownLatch asked = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicInteger failed = new AtomicInteger();
        volatile boolean fails;

        @Override
        public void customize(String name, ConnectionOptions.Builder options) {
            if (fails) {
                asked.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                failed.incrementAndGet();
                throw new IllegalStateException("no token today");
            }
        }
    }

    @Test
    void anAttemptThatIsUnderWayWhenItIsStartedAgainCountsAsTheFirst(CapturedOutput output) {
        runner.withPropertyValues("proactor.connections.device.reconnect.max-attempts=2")
                .withBean(Hesitant.class)
                .run(context -> {
                    Hesitant hesitant = context.getBean(Hesitant.class);
                    NamedConnection device =
                            context.getBean(ProactorConnections.class).get("device");
                    hesitant.fails = true;
                    CompletableFuture<Void> first = CompletableFuture.runAsync(device::start);
                    assertThat(hesitant.asked.await(10, TimeUnit.SECONDS)).isTrue();
                    device.stop();
                    device.start();
                    hesitant.goOn.countDown();
                    assertThat(first).succeedsWithin(Duration.ofSeconds(10));
                    await().until(() -> device.status().state() == NamedConnection.State.FAILED);
                    assertThat(hesitant.failed).hasValue(2);
                    assertThat(device.status().attempts()).isEqualTo(2);
                });
        assertThat(output).contains("is given up after 2 attempts");
    }

    @Test
    void oneWhosePeerSaysNothingIsStoppedAndStartedAgainAtOnce() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            silent.setSoTimeout(5_000); // half of what a connection may take
            runner.withPropertyValues("proactor.connections.device.uris=amqp://localhost:" + silent.getLocalPort())
                    .run(context -> {
                        NamedConnection device =
                                context.getBean(ProactorConnections.class).get("device");
                        device.start();
                        try (Socket first = silent.accept()) {
                            first.setSoTimeout(10_000);
                            assertThat(first.getInputStream().read()).isEqualTo('A');
                            device.stop();
                            device.start();
                            try (Socket second = silent.accept()) {
                                second.setSoTimeout(10_000);
                                assertThat(second.getInputStream().read()).isEqualTo('A');
                            }
                        }
                    });
        }
    }

    /** Started after connections, and before listeners. */
    static class Between implements SmartLifecycle {
        private final ProactorConnections connections;
        volatile NamedConnection.@Nullable State seen;

        Between(ProactorConnections connections) {
            this.connections = connections;
        }

        @Override
        public int getPhase() {
            return SmartLifecycle.DEFAULT_PHASE - 1000;
        }

        @Override
        public void start() {
            seen = connections.get("device").status().state();
        }

        @Override
        public void stop() {
            seen = null;
        }

        @Override
        public boolean isRunning() {
            return seen != null;
        }
    }

    @Test
    void aConnectionToAListenerOfTheApplicationItselfIsMadeWhenThatIsBound(CapturedOutput output) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        runner.withUserConfiguration(Between.class)
                .withPropertyValues(
                        "proactor.listeners.here.port=" + port,
                        "proactor.connections.device.auto-connect=true",
                        "proactor.connections.device.uris=amqp://localhost:" + port,
                        "proactor.connections.device.reconnect.initial-delay=1h",
                        "proactor.connections.device.reconnect.max-delay=1h")
                .run(context -> {
                    NamedConnection device =
                            context.getBean(ProactorConnections.class).get("device");
                    await().until(() -> device.status().state() == NamedConnection.State.OPEN);
                    assertThat(context.getBean(Between.class).seen)
                            .as("before the listener")
                            .isEqualTo(NamedConnection.State.STOPPED);
                });
        assertThat(output).doesNotContain("could not be made");
    }
}
