package dev.proactor.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

@Timeout(120)
class ArtemisTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Orders.class)
    static class App {}

    @ProactorHandler(connections = "orders", addresses = "orders")
    static class Orders {
        final Queue<String> seen = new ConcurrentLinkedQueue<>();
        final List<Long> poisonNanos = new CopyOnWriteArrayList<>();

        @OnMessage
        void order(@Body String order) {
            seen.add(order);
            if (order.equals("poison")) {
                poisonNanos.add(System.nanoTime());
                throw new IllegalStateException("this one fails always");
            }
        }
    }

    @TempDir
    Path directory;

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static ConfigurableApplicationContext start(int port, String... properties) {
        SpringApplication application = new SpringApplication(App.class);
        application.setDefaultProperties(Map.of(
                "spring.main.web-application-type", "none",
                "proactor.connections.orders.uris", "amqp://127.0.0.1:" + port,
                "proactor.connections.orders.reconnect.max-delay", "500ms",
                "proactor.connections.orders.receivers.in.address", "orders",
                "proactor.connections.orders.receivers.in.credit", "50",
                "proactor.template.timeout", "5s",
                "management.endpoint.health.show-details", "always"));
        return application.run(
                java.util.stream.Stream.of(properties).map(p -> "--" + p).toArray(String[]::new));
    }

    private static Status health(ConfigurableApplicationContext context) {
        return context.getBean(HealthEndpoint.class).health().getStatus();
    }

    @Test
    void aPoisonousMessageIsTriedLessAndLessOftenAndEndsInTheBrokersDeadLetterQueue() throws Exception {
        int port = freePort();
        try (Broker broker = new Broker(directory, port, "orders");
                ConfigurableApplicationContext context =
                        start(port, "proactor.connections.orders.receivers.in.redelivery.max-delay=1s")) {
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            Orders orders = context.getBean(Orders.class);
            template.sendAndWait("orders", "poison");
            List<String> others =
                    IntStream.range(0, 500).mapToObj(i -> "order " + i).toList();
            template.sendAll("orders", others).toCompletableFuture().join();

            await().atMost(Duration.ofSeconds(10)).until(() -> orders.seen.containsAll(others));
            // Artemis tries ten times, and with the delays of 200 ms, 400 ms, 800 ms and 1 s that takes a while.
            await().atMost(Duration.ofSeconds(20)).until(() -> broker.messages(Broker.DEAD) == 1);
            long first = orders.poisonNanos.get(0);
            assertThat(orders.poisonNanos.stream()
                            .filter(at -> at - first < Duration.ofSeconds(5).toNanos())
                            .count())
                    .as("attempts in the first 5 s")
                    .isBetween(2L, 10L);
            assertThat(orders.poisonNanos).hasSize(10);
            assertThat(broker.messages("orders")).isZero();
        }
    }

    @Test
    void aBrokerThatIsRestartedUnderLoadIsFoundAgainAndNothingAcceptedIsLost() throws Exception {
        int port = freePort();
        try (Broker broker = new Broker(directory, port, "orders");
                ConfigurableApplicationContext context = start(port)) {
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            Orders orders = context.getBean(Orders.class);
            await().until(() -> health(context).equals(Status.UP));

            Set<String> accepted = ConcurrentHashMap.newKeySet();
            Set<String> unknown = ConcurrentHashMap.newKeySet();
            AtomicInteger open = new AtomicInteger();
            AtomicInteger longestMillis = new AtomicInteger();
            AtomicBoolean stop = new AtomicBoolean();
            Thread load = new Thread(() -> {
                for (int i = 0; !stop.get(); i++) {
                    String order = "order " + i;
                    long begun = System.nanoTime();
                    open.incrementAndGet();
                    template.send("orders", order).whenComplete((outcome, failure) -> {
                        longestMillis.accumulateAndGet((int) ((System.nanoTime() - begun) / 1_000_000), Math::max);
                        (outcome instanceof Accepted ? accepted : unknown).add(order);
                        open.decrementAndGet();
                    });
                    await().pollInterval(Duration.ofMillis(1)).until(() -> open.get() < 200);
                }
            });
            load.start();
            await().until(() -> accepted.size() > 500);

            broker.stop();
            await().until(() -> health(context).equals(Status.OUT_OF_SERVICE));
            int before = accepted.size();
            broker.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> health(context).equals(Status.UP));
            await().atMost(Duration.ofSeconds(20)).until(() -> accepted.size() > before + 500);

            stop.set(true);
            load.join(20_000);
            await().atMost(Duration.ofSeconds(10)).until(() -> open.get() == 0);
            assertThat(longestMillis.get()).as("the longest stage, in ms").isLessThan(6000);
            await().atMost(Duration.ofSeconds(20)).until(() -> broker.messages("orders") == 0);
            Set<String> distinct =
                    Set.copyOf(Set.of(orders.seen.stream().distinct().toArray(String[]::new)));
            assertThat(distinct).as("what was accepted has arrived").containsAll(accepted);
            // Twice only what was under way when the broker stopped: no more than there was credit for.
            assertThat(orders.seen.size() - distinct.size()).as("came again").isLessThanOrEqualTo(50);
            System.out.printf(
                    "%,d accepted, %,d without an outcome, %,d came twice%n",
                    accepted.size(), unknown.size(), orders.seen.size() - distinct.size());
        }
    }
}
