package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.internal.runtime.LoadClient.Peer;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.context.LifecycleAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** What a stop finishes, what it leaves, and how long it takes. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class ShutdownTest {

    private static final int THREADS = 8;

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({LifecycleAutoConfiguration.class, ProactorAutoConfiguration.class})
    @Import(AfterTheIntake.class)
    static class App {}

    @Configuration(proxyBeanMethods = false)
    @Import({App.class, Blocked.class})
    static class BlockedApp {}

    @Configuration(proxyBeanMethods = false)
    @Import({App.class, Slow.class})
    static class SlowApp {}

    @Configuration(proxyBeanMethods = false)
    @Import({App.class, Promising.class})
    static class PromisingApp {}

    @Configuration(proxyBeanMethods = false)
    @Import({App.class, Orders.class})
    static class OrdersApp {}

    /** Stops right after the intake has stopped, and before the connections do. */
    static class AfterTheIntake implements SmartLifecycle {
        volatile Runnable look = () -> {};
        private volatile boolean running;

        @Override
        public int getPhase() {
            return DEFAULT_PHASE - 1;
        }

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            look.run();
            running = false;
        }

        @Override
        public boolean isRunning() {
            return running;
        }
    }

    /** Waits until it is told to go on. */
    @ProactorHandler(listeners = "in", addresses = "work/*")
    static class Blocked {
        final Set<String> begun = ConcurrentHashMap.newKeySet();
        final CountDownLatch go = new CountDownLatch(1);
        final CountDownLatch inside = new CountDownLatch(THREADS);

        @OnMessage
        void work(@Address String address, @ApplicationProperty("number") int number) {
            begun.add(address + "#" + number);
            inside.countDown();
            awaitUninterruptibly(go);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
                return;
            } catch (InterruptedException stubborn) {
                // As handlers are that the stop can't move.
            }
        }
    }

    @ProactorHandler(listeners = "in", addresses = "work/*")
    static class Slow {
        final Set<String> begun = ConcurrentHashMap.newKeySet();

        @OnMessage
        void work(@Address String address, @ApplicationProperty("number") int number) {
            begun.add(address + "#" + number);
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2);
            while (System.nanoTime() < until) {
                LockSupport.parkNanos(until - System.nanoTime());
            }
        }
    }

    @ProactorHandler(listeners = "in", addresses = "work/*")
    static class Promising {
        final Map<String, CompletableFuture<Void>> promised = new ConcurrentHashMap<>();

        @OnMessage
        CompletableFuture<Void> work(@Address String address, @ApplicationProperty("number") int number) {
            return promised.computeIfAbsent(address + "#" + number, any -> new CompletableFuture<>());
        }
    }

    @ProactorHandler(addresses = "orders")
    static class Orders {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        void order(@Body String order) {
            seen.add(order);
        }
    }

    private static ConfigurableApplicationContext start(Class<?> app, String... properties) {
        SpringApplication application = new SpringApplication(app);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setRegisterShutdownHook(false);
        application.setDefaultProperties(Map.of("proactor.listeners.in.port", "0"));
        return application.run(Stream.concat(Stream.of("proactor.threads=" + THREADS), Stream.of(properties))
                .map(property -> "--" + property)
                .toArray(String[]::new));
    }

    private static NamedListener in(ConfigurableApplicationContext context) {
        return context.getBean(ProactorListeners.class).get("in");
    }

    private static Set<String> withOutcome(List<Peer> peers, Class<?> outcome) {
        Set<String> found = new TreeSet<>();
        for (Peer peer : peers) {
            peer.outcomes.forEach((number, state) -> {
                if (outcome.isInstance(state)) {
                    found.add(peer.address() + "#" + number);
                }
            });
        }
        return found;
    }

    @Test
    void messagesThatHandlersHaveAreSettledTheOthersReleasedAndNoCreditIsGiven(CapturedOutput output) {
        int credit = 10;
        try (LoadClient client = new LoadClient();
                ConfigurableApplicationContext context =
                        start(BlockedApp.class, "proactor.listeners.in.credit=" + credit)) {
            Blocked handler = context.getBean(Blocked.class);
            InFlight inFlight = context.getBean(InFlight.class);
            List<Peer> peers = client.connect(in(context).localPort(), 20);
            await().until(() -> peers.stream().allMatch(peer -> peer.granted() == credit));
            client.send(peers, 1000);
            awaitUninterruptibly(handler.inside);
            // Not only handed to the client, which might be told of the close before it writes them.
            await().until(() -> client.underWay() == 20 * credit);

            CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
            await().until(() -> !inFlight.isTaking());
            assertThat(closed).isNotDone();
            handler.go.countDown();

            assertThat(closed).succeedsWithin(Duration.ofSeconds(15));
            await().until(() -> peers.stream().allMatch(Peer::isOver));
            assertThat(handler.begun).hasSize(THREADS);
            assertThat(withOutcome(peers, Accepted.class)).containsExactlyInAnyOrderElementsOf(handler.begun);
            assertThat(withOutcome(peers, Released.class)).hasSize(20 * credit - THREADS);
            assertThat(peers).allMatch(peer -> peer.granted() == credit, "was given no credit by the stop");
        }
        assertThat(output).contains("Stopped taking messages: " + THREADS + " in flight were finished and settled");
    }

    @Test
    void underLoadEachMessageWhoseHandlerBeganIsAcceptedAndNoneBeginsOnceTheIntakeHasStopped() {
        try (LoadClient client = new LoadClient();
                ConfigurableApplicationContext context = start(SlowApp.class, "proactor.listeners.in.credit=20")) {
            Slow handler = context.getBean(Slow.class);
            List<Peer> peers = client.connect(in(context).localPort(), 30);
            // More than the handlers can take in a minute.
            client.send(peers, 10_000);
            int[] begun = new int[1];
            context.getBean(AfterTheIntake.class).look = () -> begun[0] = handler.begun.size();
            await().until(() -> handler.begun.size() > 500);

            long asked = System.nanoTime();
            context.close();
            assertThat(Duration.ofNanos(System.nanoTime() - asked))
                    .as("within the grace period")
                    .isLessThan(Duration.ofSeconds(20));
            await().until(() -> peers.stream().allMatch(Peer::isOver));
            assertThat(handler.begun).hasSize(begun[0]);
            assertThat(withOutcome(peers, Accepted.class)).containsExactlyInAnyOrderElementsOf(handler.begun);
            for (Peer peer : peers) {
                assertThat(peer.outcomes.values())
                        .allMatch(outcome -> outcome instanceof Accepted || outcome instanceof Released);
            }
        }
    }

    @Test
    void aHandlerThatOutlivesTheGracePeriodIsNamedAndTheNextStartDoesWithoutItsThread(CapturedOutput output) {
        try (LoadClient client = new LoadClient();
                ConfigurableApplicationContext context =
                        start(BlockedApp.class, "proactor.shutdown.grace-period=300ms")) {
            Blocked handler = context.getBean(Blocked.class);
            client.send(client.connect(in(context).localPort(), 1), 2);
            await().until(() -> handler.begun.size() == 1);

            long asked = System.nanoTime();
            context.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - asked))
                    .as("300 ms for the handler, 5 s for the peers' closes, two times half a second")
                    .isLessThan(Duration.ofSeconds(10));
            assertThat(output)
                    .contains("handlers still have 1 (Blocked.work 1 of 'in')")
                    .contains("1 connections whose peers did not answer our close")
                    .contains("is still in a handler after");

            context.start();
            handler.go.countDown();
            List<Peer> peers = client.connect(in(context).localPort(), 1);
            client.send(peers, 1);
            await().until(() -> withOutcome(peers, Accepted.class).size() == 1);
            await().untilAsserted(() -> assertThat(workers()).isEqualTo(THREADS));
            asked = System.nanoTime();
            context.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(4));
            await().untilAsserted(() -> assertThat(workers()).isZero());
        }
    }

    private static long workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("proactor-\\d+"))
                .count();
    }

    @Test
    void aStageThatIsNotCompletedIsWaitedForAsLongAsTheGracePeriodAndNamed(CapturedOutput output) {
        try (LoadClient client = new LoadClient();
                ConfigurableApplicationContext context =
                        start(PromisingApp.class, "proactor.shutdown.grace-period=3s")) {
            Promising handler = context.getBean(Promising.class);
            List<Peer> peers = client.connect(in(context).localPort(), 1);
            client.send(peers, 3);
            await().until(() -> handler.promised.size() == 3);
            InFlight inFlight = context.getBean(InFlight.class);
            CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
            await().until(() -> !inFlight.isTaking());
            handler.promised.get("work/0#1").complete(null);
            await().until(() -> withOutcome(peers, Accepted.class).equals(Set.of("work/0#1")));
            assertThat(closed).succeedsWithin(Duration.ofSeconds(10));
        }
        assertThat(output).contains("handlers still have 2 (Promising.work 2 of 'in')");
    }

    @ParameterizedTest
    @ValueSource(strings = {"stop", "pause"})
    void withNothingToDoItTakesLessThanASecondAndCanBeStartedAgain(String how) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        ConfigurableApplicationContext context = start(
                OrdersApp.class,
                "proactor.listeners.in.port=" + port,
                "proactor.connections.self.uris=amqp://localhost:" + port,
                "proactor.connections.self.senders.out.address=orders");
        Orders orders = context.getBean(Orders.class);
        NamedConnection self = context.getBean(ProactorConnections.class).get("self");
        ProactorTemplate template = context.getBean(ProactorTemplate.class);
        for (int round = 1; round <= 3; round++) {
            await().until(() -> self.status().state() == NamedConnection.State.OPEN
                    && self.status().missingLinks().isEmpty());
            template.sendAndWait("orders", "order " + round);
            assertThat(orders.seen).hasSize(round);
            if (round == 3) {
                assertThat(timeOf(context::close)).isLessThan(Duration.ofSeconds(1));
            } else if (how.equals("stop")) {
                assertThat(timeOf(context::stop)).isLessThan(Duration.ofSeconds(1));
                context.start();
            } else {
                assertThat(timeOf(context::pause)).isLessThan(Duration.ofSeconds(1));
                context.restart();
            }
        }
    }

    @Test
    void aPeerThatSaysNothingHoldsUpNoStop() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            silent.setSoTimeout(10_000);
            ConfigurableApplicationContext context = start(
                    OrdersApp.class, "proactor.connections.broker.uris=amqp://localhost:" + silent.getLocalPort());
            try (Socket accepted = silent.accept()) {
                accepted.setSoTimeout(10_000);
                assertThat(accepted.getInputStream().read()).isEqualTo('A');
                assertThat(timeOf(context::close)).isLessThan(Duration.ofSeconds(1));
            }
        }
    }

    @Test
    void aPeerThatDoesNotEvenAcceptHoldsUpNoStop() throws Exception {
        // A backlog that is full: the kernel leaves further peers without an answer.
        List<Socket> filling = new CopyOnWriteArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < 4; i++) {
                Socket socket = new Socket();
                filling.add(socket);
                try {
                    socket.connect(full.getLocalSocketAddress(), 200);
                } catch (SocketTimeoutException noAnswer) {
                    break;
                }
            }
            ConfigurableApplicationContext context =
                    start(OrdersApp.class, "proactor.connections.broker.uris=amqp://localhost:" + full.getLocalPort());
            NamedConnection broker = context.getBean(ProactorConnections.class).get("broker");
            await().until(() -> broker.connection() != null);
            assertThat(timeOf(context::close)).isLessThan(Duration.ofSeconds(1));
        } finally {
            for (Socket socket : filling) {
                socket.close();
            }
        }
    }

    private static Duration timeOf(Runnable action) {
        long begun = System.nanoTime();
        action.run();
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        System.out.printf("idle stop: %d ms%n", took.toMillis());
        return took;
    }
}
