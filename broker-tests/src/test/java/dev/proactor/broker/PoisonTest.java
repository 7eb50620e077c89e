package dev.proactor.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.broker.OrdersApp.Orders;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.ConfigurableApplicationContext;

/** A message that no handler can take, in a queue with others behind it. */
@Timeout(120)
class PoisonTest {

    private static final List<String> OTHERS =
            IntStream.range(0, 500).mapToObj(i -> "order " + i).toList();

    @TempDir
    Path directory;

    private static long inTheFirstSeconds(int seconds, Orders orders) {
        long first = orders.poisonNanos.get(0);
        return orders.poisonNanos.stream()
                .filter(at -> at - first < Duration.ofSeconds(seconds).toNanos())
                .count();
    }

    @Test
    void itIsTriedLessAndLessOftenWhileOthersFlowAndEndsInTheBrokersDeadLetterQueue() throws Exception {
        try (Broker broker = new Broker(directory, "orders");
                ConfigurableApplicationContext context = OrdersApp.start(
                        broker.port(), "proactor.connections.broker.receivers.in.redelivery.max-delay=1s")) {
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            Orders orders = context.getBean(Orders.class);
            template.sendAndWait("orders", "poison");
            template.sendAll("orders", OTHERS)
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();

            await().atMost(Duration.ofSeconds(10)).until(() -> orders.seen.containsAll(OTHERS));
            // Artemis tries ten times, and with the delays of 200 ms, 400 ms, 800 ms and 1 s that takes a while.
            assertThat(orders.poisonNanos).as("others did not wait for it").hasSizeLessThan(10);
            await().atMost(Duration.ofSeconds(20)).until(() -> broker.messages(Broker.DEAD) == 1);
            assertThat(inTheFirstSeconds(5, orders))
                    .as("attempts in the first 5 s")
                    .isBetween(2L, 10L);
            assertThat(orders.poisonNanos).hasSize(10);
            assertThat(broker.bodies(Broker.DEAD)).containsExactly("poison");
            await().until(() -> broker.messages("orders") == 0);
        }
    }

    @Test
    void withTheDefaultsItIsNoHotLoopEither() throws Exception {
        try (Broker broker = new Broker(directory, "orders");
                ConfigurableApplicationContext context = OrdersApp.start(broker.port())) {
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            Orders orders = context.getBean(Orders.class);
            template.sendAndWait("orders", "poison");
            template.sendAll("orders", OTHERS)
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
            await().atMost(Duration.ofSeconds(10)).until(() -> orders.seen.containsAll(OTHERS));
            // 0, 200, 600, 1400, 3000 ms, and only after 6200 ms the sixth.
            await().atMost(Duration.ofSeconds(20)).until(() -> orders.poisonNanos.size() == 6);
            assertThat(inTheFirstSeconds(5, orders)).isLessThanOrEqualTo(10);
            assertThat(broker.messages("orders")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"reject, 1", "accept, 0", "undeliverable-here, 0"})
    void afterItsLastAttemptItEndsWhereExhaustedSays(String exhausted, int dead) throws Exception {
        try (Broker broker = new Broker(directory, "orders");
                ConfigurableApplicationContext context = OrdersApp.start(
                        broker.port(),
                        "proactor.connections.broker.receivers.in.redelivery.initial-delay=100ms",
                        "proactor.connections.broker.receivers.in.redelivery.max-attempts=3",
                        "proactor.connections.broker.receivers.in.redelivery.exhausted=" + exhausted)) {
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            Orders orders = context.getBean(Orders.class);
            template.sendAndWait("orders", "poison");
            template.sendAll("orders", OTHERS)
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();

            await().atMost(Duration.ofSeconds(10)).until(() -> orders.seen.containsAll(OTHERS));
            await().atMost(Duration.ofSeconds(10)).until(() -> orders.poisonNanos.size() == 3);
            await().until(() -> broker.messages(Broker.DEAD) == dead);
            if (exhausted.equals("undeliverable-here")) {
                // For another receiver, if there is one.
                await().until(() -> broker.bodies("orders").equals(List.of("poison")));
            } else {
                await().until(() -> broker.messages("orders") == 0);
            }
            assertThat(orders.poisonNanos).hasSize(3);
        }
    }
}
