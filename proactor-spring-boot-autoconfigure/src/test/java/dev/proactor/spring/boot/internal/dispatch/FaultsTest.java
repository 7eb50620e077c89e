package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.security.ClientTls;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.handler.OnConnectionClosed;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnTransportError;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorConnections;
import dev.proactor.spring.boot.internal.runtime.OwnPorts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was never meant to be thrown, and peers that end what they have not answered: connections and threads go on. */
@Timeout(30)
class FaultsTest {

    private static final ConnectionSpec.Reconnect SOON =
            new ConnectionSpec.Reconnect(true, Duration.ofMillis(1), Duration.ofMillis(5), 1, 0, -1);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    private static ConnectionSpec soon(int port) {
        return ConnectionSpec.to("amqp://localhost:" + port).withReconnect(SOON);
    }

    private DefaultProactorConnections connections(RunningApp app, ProactorConnectionCustomizer customizer) {
        return new DefaultProactorConnections(app.proactor, List.of(customizer), timer, new OwnPorts(List.of()));
    }

    private static ClientTls throwing(Error error) {
        return ClientTls.engines((host, port) -> {
            throw error;
        });
    }

    @ProactorHandler(connections = "device")
    static class Ends {
        final List<String> seen = new ArrayList<>();

        @OnTransportError
        void failed(ErrorCondition why) {
            seen.add("failed: " + why.getDescription());
        }

        @OnEvent(EventType.TRANSPORT_CLOSED)
        void over() {
            seen.add("over");
        }

        @OnConnectionClosed
        void closed() {
            seen.add("closed");
        }
    }

    @Test
    void aConnectionThatAFaultHasEndedIsToldAndTriedAgain() {
        Ends ends = new Ends();
        try (RunningApp app = new RunningApp(ends)) {
            AtomicInteger calls = new AtomicInteger();
            NamedConnection device = connections(app, (name, options) -> {
                        if (calls.incrementAndGet() == 2) { // the first one looks at the values
                            options.tls(throwing(new NoClassDefFoundError("provider")));
                        }
                    })
                    .register("device", soon(app.ingress.localPort()));
            device.start();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
            assertThat(ends.seen)
                    .containsExactly("failed: an internal error: java.lang.NoClassDefFoundError: provider", "over");
            // The end that was accepted for the first attempt is over by itself.
            await().untilAsserted(() -> assertThat(app.live.size())
                    .as("this one, and the accepted one")
                    .isEqualTo(2));
            device.stop();
        }
    }

    @Test
    void threadsSurviveErrorsOfTheVirtualMachine() {
        try (RunningApp app = new RunningApp()) {
            DefaultProactorConnections faulty =
                    connections(app, (name, options) -> options.tls(throwing(new StackOverflowError("deep"))));
            for (int i = 0; i < 8; i++) { // twice the threads
                NamedConnection one = faulty.register("faulty" + i, soon(app.ingress.localPort()));
                one.start();
                await().until(() -> one.status().lastError() != null);
                one.stop();
            }
            NamedConnection device = app.connect();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
        }
    }

    @Test
    void aCustomizerThatThrowsAnErrorFailsOneAttempt() {
        try (RunningApp app = new RunningApp()) {
            AtomicInteger calls = new AtomicInteger();
            NamedConnection device = connections(app, (name, options) -> {
                        int call = calls.incrementAndGet();
                        if (call == 2 || call == 3) {
                            throw new NoClassDefFoundError("token");
                        }
                    })
                    .register("device", soon(app.ingress.localPort()));
            device.start();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
            device.stop();
        }
    }

    /** Languages without checked exceptions throw them all the same. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    @Test
    void aCheckedExceptionOfACustomizerFailsOneAttempt() {
        try (RunningApp app = new RunningApp()) {
            AtomicInteger calls = new AtomicInteger();
            NamedConnection device = connections(app, (name, options) -> {
                        if (calls.incrementAndGet() == 2) {
                            FaultsTest.<RuntimeException>sneak(new IOException("token"));
                        }
                    })
                    .register("device", soon(app.ingress.localPort()));
            device.start();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
            device.stop();
        }
    }

    @Test
    void aCustomizerMayAskForConnectionsWhileOneIsRemoved() throws Exception {
        try (RunningApp app = new RunningApp()) {
            AtomicReference<DefaultProactorConnections> all = new AtomicReference<>();
            CountDownLatch customizing = new CountDownLatch(1);
            CountDownLatch removing = new CountDownLatch(1);
            DefaultProactorConnections connections = connections(app, (name, options) -> {
                DefaultProactorConnections known = all.get();
                if (known != null) {
                    customizing.countDown();
                    try {
                        removing.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    assertThat(known.all()).isNotNull();
                }
            });
            NamedConnection device = connections.register("device", soon(app.ingress.localPort()));
            all.set(connections);
            Thread starter = new Thread(device::start);
            starter.start();
            customizing.await();
            assertThat(device.status().state()).as("health does not wait").isEqualTo(NamedConnection.State.CONNECTING);
            Thread remover = new Thread(() -> connections.remove("device"));
            remover.start();
            remover.join();
            removing.countDown();
            starter.join();
            assertThat(ManagementFactory.getThreadMXBean().findDeadlockedThreads())
                    .isNull();
            assertThat(device.status().state()).isEqualTo(NamedConnection.State.STOPPED);
            assertThat(app.live.size()).isZero();
        }
    }

    /** Ends the sessions of the first ones who want what there is not, and answers none of their links, as RabbitMQ does. */
    private static final class Harsh implements AutoCloseable {
        static final int REFUSALS = 2;

        final CompletableFuture<Integer> port = new CompletableFuture<>();
        final AtomicInteger refused = new AtomicInteger();
        private final Proactor proactor = Proactor.create();

        Harsh() {
            proactor.listen(ListenerOptions.on("localhost:0").build());
            new Thread(this::serve, "harsh").start();
        }

        private void serve() {
            try {
                while (true) {
                    try (EventBatch batch = proactor.await()) {
                        for (Event event; (event = batch.next()) != null; ) {
                            on(event);
                        }
                    }
                }
            } catch (ProactorClosedException | InterruptedException end) {
                // The way out.
            }
        }

        private void on(Event event) {
            switch (event.type()) {
                case LISTENER_OPEN -> port.complete(event.listener().localPort());
                case LISTENER_ACCEPT -> event.listener().accept();
                case CONNECTION_REMOTE_OPEN -> event.connection().open();
                case CONNECTION_REMOTE_CLOSE -> event.connection().close();
                case SESSION_REMOTE_OPEN -> event.session().open();
                case LINK_REMOTE_OPEN -> attached(event.link());
                default -> {}
            }
        }

        private void attached(Link link) {
            Session session = link.getSession();
            if (refused.get() == REFUSALS) {
                link.setSource(link.getRemoteSource());
                link.setTarget(link.getRemoteTarget());
                link.open();
            } else if (session.getLocalState() == EndpointState.ACTIVE) {
                refused.incrementAndGet();
                session.setCondition(new ErrorCondition(Symbol.valueOf("amqp:not-found"), "no queue"));
                session.close();
            }
        }

        @Override
        public void close() {
            proactor.close();
        }
    }

    @Test
    void declaredLinksThatWereNotAnsweredBeforeTheirSessionEndedAreAttachedAgain() throws Exception {
        try (Harsh harsh = new Harsh();
                RunningApp app = new RunningApp()) {
            NamedConnection device = connections(app, (name, options) -> {})
                    .register(
                            "device",
                            soon(harsh.port.get(10, TimeUnit.SECONDS))
                                    .withReceiver("one", new ReceiverSpec("queue/1", 10))
                                    .withReceiver("two", new ReceiverSpec("queue/2", 10)));
            device.start();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN
                    && device.status().missingLinks().isEmpty());
            assertThat(harsh.refused).hasValue(Harsh.REFUSALS);
            assertThat(device.status().lastError()).isNull();
            device.stop();
        }
    }
}
