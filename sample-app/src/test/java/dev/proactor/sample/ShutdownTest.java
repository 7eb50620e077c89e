package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.core.StandardContext;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Tracker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.tomcat.TomcatWebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.MediaType;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.client.RestClient;

/** What is under way when the gateway is told to stop comes to its end. */
@ExtendWith(OutputCaptureExtension.class)
class ShutdownTest {

    /** Not the common pool: with two processors it has one thread, and what completes an HTTP answer needs that. */
    private static final Executor OWN_THREAD = task -> new Thread(task).start();

    private ConfigurableApplicationContext context;
    private Client client;
    private int amqp;

    /** Stores when it is told to. */
    static class SlowStore extends ReadingStore {
        private final CountDownLatch inside = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);

        void awaitInside() throws InterruptedException {
            inside.await();
        }

        void goOn() {
            goOn.countDown();
        }

        SlowStore(JdbcClient jdbc) {
            super(jdbc);
        }

        @Override
        void add(String device, double value, String unit, java.time.Instant at) {
            if (device.equals("slow")) {
                inside.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException interrupted) {
                    throw new IllegalStateException(interrupted);
                }
            }
            super.add(device, value, unit, at);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Slow {
        @Bean
        @Primary
        SlowStore slowStore(JdbcClient jdbc) {
            return new SlowStore(jdbc);
        }
    }

    @BeforeEach
    void start() {
        context = new SpringApplication(SampleApplication.class, Slow.class)
                .run(
                        "--server.port=0",
                        "--proactor.listeners.ingress.port=0",
                        "--gateway.simulated-devices=0",
                        "--spring.datasource.url=jdbc:h2:mem:shutdown-test");
        amqp = context.getBean(ProactorListeners.class).get("ingress").localPort();
        client = Client.create();
    }

    @AfterEach
    void end() {
        context.close();
        client.close();
    }

    @Test
    void aReadingInFlightIsFinishedAndThoseThatComeLaterAreReleased(CapturedOutput output) throws Exception {
        SlowStore store = context.getBean(SlowStore.class);
        NamedListener listener = context.getBean(ProactorListeners.class).get("ingress");
        try (Connection connection = client.connect("localhost", amqp, new ConnectionOptions().sendTimeout(30_000))) {
            var sender = connection.openSender("readings/slow");
            Tracker inFlight = sender.send(Message.create("{\"value\": 1}"));
            Tracker late = sender.send(Message.create("{\"value\": 2}"));
            store.awaitInside();

            CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close, OWN_THREAD);
            await().until(() -> listener.status().state() == NamedListener.State.STOPPED);
            assertThat(closed).isNotDone();
            store.goOn();
            assertThat(inFlight.awaitSettlement(10, TimeUnit.SECONDS)
                            .remoteState()
                            .getType())
                    .isEqualTo(DeliveryState.Type.ACCEPTED);
            assertThat(late.awaitSettlement(10, TimeUnit.SECONDS).remoteState().getType())
                    .isEqualTo(DeliveryState.Type.RELEASED);
            assertThat(closed).succeedsWithin(10, TimeUnit.SECONDS);
        }
        assertThat(output)
                .contains("Stopped taking messages: 1 in flight were finished and settled")
                .contains("1 messages that came after the intake had stopped were released");
    }

    @Test
    void aCommandInFlightIsStillAnswered() throws Exception {
        int http = context.getEnvironment().getProperty("local.server.port", Integer.class);
        NamedListener listener = context.getBean(ProactorListeners.class).get("ingress");
        try (Connection connection = client.connect("localhost", amqp, new ConnectionOptions().sendTimeout(30_000))) {
            Receiver receiver = connection.openReceiver(
                    "commands/pensive", new ReceiverOptions().autoAccept(false).autoSettle(false));
            Devices devices = context.getBean(Devices.class);
            await().until(() -> devices.all().stream().anyMatch(Devices.Device::commandable));

            CompletableFuture<Map<String, Object>> answer =
                    CompletableFuture.supplyAsync(() -> RestClient.create("http://localhost:" + http)
                            .post()
                            .uri("/api/devices/pensive/commands")
                            .contentType(MediaType.TEXT_PLAIN)
                            .body("think")
                            .retrieve()
                            .body(new ParameterizedTypeReference<>() {}));
            Delivery delivery = receiver.receive(10, TimeUnit.SECONDS);
            // Tomcat counts a request as ended just before it writes the answer, and a stop that looks at that
            // very moment cuts it off. So one request more is under way, until the answer is here.
            StandardContext web = webContext();
            web.incrementInProgressAsyncCount();
            CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close, OWN_THREAD);
            await().until(() -> listener.status().state() == NamedListener.State.STOPPED);
            assertThat(answer).isNotDone();
            delivery.accept();

            assertThat(answer.get(10, TimeUnit.SECONDS)).containsEntry("outcome", "accepted");
            web.decrementInProgressAsyncCount();
            assertThat(closed).succeedsWithin(10, TimeUnit.SECONDS);
        }
    }

    private StandardContext webContext() {
        TomcatWebServer server = (TomcatWebServer) ((WebServerApplicationContext) context).getWebServer();
        return (StandardContext) server.getTomcat().getHost().findChildren()[0];
    }
}
