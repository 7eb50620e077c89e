package dev.proactor.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.qpid.proton.engine.Delivery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Transactions with a broker that has them. */
@Timeout(120)
class TransactionsTest {

    private static final List<String> HUNDRED =
            IntStream.range(0, 100).mapToObj(i -> "part " + i).toList();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Forwarder.class)
    static class App {}

    /** Takes an order and makes an invoice of it, or neither. */
    @ProactorHandler(connections = "broker", addresses = "orders")
    static class Forwarder {
        final AtomicInteger tries = new AtomicInteger();
        private final ProactorTemplate template;

        Forwarder(ProactorTemplate template) {
            this.template = template;
        }

        @OnMessage
        CompletionStage<?> order(@Body String order, Delivery delivery) {
            int attempt = tries.incrementAndGet();
            return template.inTransaction(transaction -> {
                transaction.accept(delivery);
                CompletionStage<?> sent = transaction.send("invoices", "invoice for " + order);
                return attempt < 3
                        ? sent.thenCompose(
                                outcome -> CompletableFuture.failedFuture(new IllegalStateException("not this time")))
                        : sent;
            });
        }
    }

    @TempDir
    Path directory;

    private static ConfigurableApplicationContext start(Broker broker) {
        SpringApplication application = new SpringApplication(App.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        return application.run(
                "--proactor.connections.broker.uris=amqp://127.0.0.1:" + broker.port(),
                "--logging.level.org.apache.activemq=warn");
    }

    @Test
    void whatWasSentInOneArrivesAsAWholeOrNotAtAll() throws Exception {
        try (Broker broker = new Broker(directory, "orders", "parts", "others");
                ConfigurableApplicationContext context = start(broker)) {
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            template.inTransactionAndWait(transaction -> {
                HUNDRED.forEach(part -> transaction.send("parts", part));
                return transaction.send("others", "one");
            });
            await().untilAsserted(() -> assertThat(broker.bodies("parts")).isEqualTo(HUNDRED));
            await().untilAsserted(() -> assertThat(broker.bodies("others")).containsExactly("one"));

            assertThatThrownBy(() -> template.inTransactionAndWait(transaction -> {
                        HUNDRED.forEach(part -> transaction.send("parts", part));
                        transaction
                                .send("others", "two")
                                .toCompletableFuture()
                                .orTimeout(30, TimeUnit.SECONDS)
                                .join();
                        throw new IllegalStateException("not these");
                    }))
                    .hasMessage("not these");
            assertThat(broker.bodies("parts")).hasSize(100);
            assertThat(broker.bodies("others")).hasSize(1);
        }
    }

    @Test
    void aMessageIsTakenAndItsAnswerSentInOneOrItComesAgain() throws Exception {
        try (Broker broker = new Broker(directory, "orders", "invoices");
                ConfigurableApplicationContext context = start(broker)) {
            context.getBean(ProactorTemplate.class)
                    .on("broker")
                    .send("orders", "order 1")
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join();
            ProactorConnections connections = context.getBean(ProactorConnections.class);
            connections.remove("broker");
            connections.register(
                    "broker",
                    ConnectionSpec.to("amqp://127.0.0.1:" + broker.port())
                            .withReceiver("in", new ReceiverSpec("orders", 10)));
            await().until(() -> broker.bodies("invoices").equals(List.of("invoice for order 1")));
            await().until(() -> broker.messages("orders") == 0);
            assertThat(context.getBean(Forwarder.class).tries).hasValue(3);
            assertThat(broker.bodies("invoices"))
                    .as("only of the third attempt")
                    .hasSize(1);
            assertThat(broker.messages(Broker.DEAD)).isZero();
        }
    }
}
