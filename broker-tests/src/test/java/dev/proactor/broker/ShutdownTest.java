package dev.proactor.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.broker.OrdersApp.Orders;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** An application that stops while its broker has messages for it. */
@Timeout(120)
@ExtendWith(OutputCaptureExtension.class)
class ShutdownTest {

    @TempDir
    Path directory;

    @Test
    void whatAHandlerHasIsAcceptedAndTheRestStaysInTheQueueForTheNextOne(CapturedOutput output) throws Exception {
        List<String> messages = Stream.concat(
                        Stream.of("slow"), IntStream.range(0, 300).mapToObj(i -> "order " + i))
                .toList();
        try (Broker broker = new Broker(directory, "orders")) {
            ConfigurableApplicationContext first = OrdersApp.start(broker.port());
            Orders orders = first.getBean(Orders.class);
            // Over a connection of their own: a handler that is busy holds up the outcomes of its connection.
            first.getBean(ProactorConnections.class)
                    .register("sender", ConnectionSpec.to("amqp://127.0.0.1:" + broker.port()));
            first.getBean(ProactorTemplate.class)
                    .on("sender")
                    .sendAll("orders", messages)
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
            orders.slow.await();
            InFlight intake = first.getBean(InFlight.class);
            CompletableFuture<Void> closed = CompletableFuture.runAsync(first::close);
            await().until(() -> !intake.isTaking());
            orders.goOn.release();
            assertThat(closed).succeedsWithin(Duration.ofSeconds(15));

            List<String> done = List.copyOf(orders.seen);
            await().untilAsserted(() -> assertThat(broker.acknowledged()).containsExactlyInAnyOrderElementsOf(done));
            await().until(() -> broker.bodies("orders").size() == messages.size() - done.size());
            try (ConfigurableApplicationContext second = OrdersApp.start(broker.port())) {
                Orders rest = second.getBean(Orders.class);
                await().until(() -> rest.seen.size() == messages.size() - done.size());
                assertThat(Stream.concat(done.stream(), rest.seen.stream()))
                        .containsExactlyInAnyOrderElementsOf(messages);
                assertThat(broker.messages(Broker.DEAD)).isZero();
            }
        }
        assertThat(output).contains("Stopped taking messages: 1 in flight were finished and settled");
    }

    @Test
    void withNothingToDoItTakesLessThanASecond() throws Exception {
        try (Broker broker = new Broker(directory, "orders")) {
            ConfigurableApplicationContext context = OrdersApp.start(broker.port());
            await().until(() -> OrdersApp.health(context).equals(Status.UP));
            context.getBean(ProactorTemplate.class).sendAndWait("orders", "order");
            await().until(() -> broker.messages("orders") == 0);
            long begun = System.nanoTime();
            context.close();
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            System.out.printf("idle stop: %d ms%n", took.toMillis());
            assertThat(took).isLessThan(Duration.ofSeconds(1));
        }
    }

    @Test
    void withTheBrokerGoneItTakesLessThanASecondToo() throws Exception {
        try (Broker broker = new Broker(directory, "orders")) {
            ConfigurableApplicationContext context = OrdersApp.start(broker.port());
            await().until(() -> OrdersApp.health(context).equals(Status.UP));
            broker.cut();
            await().until(() -> OrdersApp.health(context).equals(Status.OUT_OF_SERVICE));
            long begun = System.nanoTime();
            context.close();
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(1));
            broker.start();
        }
    }
}
