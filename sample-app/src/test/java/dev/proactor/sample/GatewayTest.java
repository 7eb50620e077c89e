package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventSource;
import dev.proactor.Proactor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Delivery;
import org.apache.qpid.protonj2.client.DeliveryState;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Rejected;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.Tracker;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.client.RestClient;

/** The whole gateway, with two simulated devices and a client that is not ours. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "proactor.listeners.ingress.port=0",
            "gateway.simulated-devices=2",
            "gateway.simulated-interval=50ms",
            "gateway.command-timeout=2s",
            "spring.datasource.url=jdbc:h2:mem:gateway-test;DB_CLOSE_DELAY=-1"
        })
class GatewayTest {

    /** Readings of some devices are troublesome. Not a mock: the simulated devices store theirs at any moment. */
    static class WatchedStore extends ReadingStore {

        private final Map<String, Runnable> troubles = new ConcurrentHashMap<>();

        WatchedStore(JdbcClient jdbc) {
            super(jdbc);
        }

        void beforeAdding(String device, Runnable trouble) {
            troubles.put(device, trouble);
        }

        @Override
        void add(String device, double value, @Nullable String unit, Instant at) {
            troubles.getOrDefault(device, () -> {}).run();
            super.add(device, value, unit, at);
        }
    }

    @TestConfiguration(proxyBeanMethods = false)
    static class Storage {

        @Bean
        @Primary
        WatchedStore watchedStore(JdbcClient jdbc) {
            return new WatchedStore(jdbc);
        }
    }

    private static Client client;

    @Value("${local.server.port}")
    int http;

    @Value("${local.proactor.ingress.port}")
    int amqp;

    @Autowired
    Proactor proactor;

    @Autowired
    WatchedStore store;

    @BeforeAll
    static void open() {
        client = Client.create();
    }

    @AfterAll
    static void close() {
        client.close();
    }

    private RestClient rest() {
        return Http.builder(http)
                .defaultStatusHandler(HttpStatusCode::isError, (request, response) -> {})
                .build();
    }

    private Map<String, Object> device(String id) {
        List<Map<String, Object>> all =
                rest().get().uri("/api/devices").retrieve().body(new ParameterizedTypeReference<>() {});
        return all.stream()
                .filter(device -> device.get("id").equals(id))
                .findFirst()
                .orElse(Map.of());
    }

    private long count(String device) {
        return rest().get()
                .uri("/api/readings/count?device={device}", device)
                .retrieve()
                .body(Long.class);
    }

    private ResponseEntity<Map<String, Object>> command(String device, String command) {
        return rest().post()
                .uri("/api/devices/{device}/commands", device)
                .contentType(MediaType.TEXT_PLAIN)
                .body(command)
                .retrieve()
                .toEntity(new ParameterizedTypeReference<>() {});
    }

    private Connection connect() throws Exception {
        return client.connect(
                "localhost",
                amqp,
                new ConnectionOptions().requestTimeout(30_000).sendTimeout(30_000));
    }

    @Test
    void aClientThatIsNotOursSendsTenThousandReadingsAndEachIsAcceptedAndStoredOnce() throws Exception {
        int readings = 10_000;
        try (Connection connection = connect()) {
            Sender sender = connection.openSender("readings/outside-1");
            List<Tracker> trackers = new ArrayList<>(readings);
            for (int i = 0; i < readings; i++) {
                trackers.add(sender.send(Message.create("{\"value\": " + i + ", \"unit\": \"C\"}")));
            }
            for (Tracker tracker : trackers) {
                tracker.awaitSettlement(10, TimeUnit.SECONDS);
                assertThat(tracker.remoteState().getType()).isEqualTo(DeliveryState.Type.ACCEPTED);
            }
            assertThat(count("outside-1")).isEqualTo(readings);
            // Once each: they differ, and so many different ones are there.
            assertThat(store.summaries())
                    .filteredOn(summary -> summary.device().equals("outside-1"))
                    .singleElement()
                    .satisfies(summary -> {
                        assertThat(summary.readings()).isEqualTo(readings);
                        assertThat(summary.lastValue()).isEqualTo(readings - 1);
                    });
            assertThat(device("outside-1"))
                    .containsEntry("online", true)
                    .containsEntry("readings", readings)
                    .containsEntry("commandable", false);
        }
        await().until(() -> device("outside-1").get("online").equals(false));
    }

    @Test
    void takesJsonAsTextAndAsBytesAndRejectsTheRestWithAReason() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender("readings/mixed");

            assertThat(outcome(sender, Message.create("{\"value\": 1, \"at\": \"2026-01-31T12:00:00Z\", \"more\": 2}")))
                    .isEqualTo("ACCEPTED");
            assertThat(outcome(sender, Message.create("{\"value\": 2}".getBytes())))
                    .isEqualTo("ACCEPTED");
            assertThat(outcome(sender, Message.create("{\"unit\": \"C\"}")))
                    .startsWith("REJECTED")
                    .contains("a value");
            assertThat(outcome(sender, Message.create("{\"value\": \"warm\"}")))
                    .startsWith("REJECTED")
                    .contains("value");
            assertThat(outcome(sender, Message.create("{\"value\": 1, \"at\": \"noon\"}")))
                    .startsWith("REJECTED")
                    .contains("at");
            assertThat(outcome(sender, Message.create("warm"))).startsWith("REJECTED");
            assertThat(outcome(sender, Message.create(new byte[] {(byte) 0xff, 0})))
                    .startsWith("REJECTED");
            assertThat(count("mixed")).isEqualTo(2);
            assertThat(device("mixed")).containsEntry("readings", 2).containsEntry("lastValue", 2.0);
        }
    }

    private static String outcome(Sender sender, Message<?> message) throws Exception {
        Tracker tracker = sender.send(message).awaitSettlement(10, TimeUnit.SECONDS);
        DeliveryState state = tracker.remoteState();
        return state.getType() + (state instanceof Rejected rejected ? " " + rejected.getDescription() : "");
    }

    @Test
    void aReadingThatCantBeStoredIsNotAcceptedAndOthersDoNotNotice() throws Exception {
        store.beforeAdding("unlucky", () -> {
            throw new IllegalStateException("the disk is full, for this one");
        });
        try (Connection connection = connect()) {
            Sender unlucky = connection.openSender("readings/unlucky");
            Sender lucky = connection.openSender("readings/lucky");
            long simulated = count("sim-1");

            Tracker tracker = unlucky.send(Message.create("{\"value\": 1}")).awaitSettlement(10, TimeUnit.SECONDS);
            assertThat(tracker.remoteState().getType()).isEqualTo(DeliveryState.Type.MODIFIED);
            tracker = lucky.send(Message.create("{\"value\": 1}")).awaitSettlement(10, TimeUnit.SECONDS);
            assertThat(tracker.remoteState().getType()).isEqualTo(DeliveryState.Type.ACCEPTED);
            assertThat(count("unlucky")).isZero();
            await().until(() -> count("sim-1") > simulated);
        }
    }

    @Test
    void aSlowReadingHoldsUpItsOwnConnectionOnly() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        store.beforeAdding("slow", () -> {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (Connection slow = connect();
                Connection quick = connect()) {
            Tracker held = slow.openSender("readings/slow").send(Message.create("{\"value\": 1}"));
            Tracker passed = quick.openSender("readings/quick").send(Message.create("{\"value\": 1}"));
            passed.awaitSettlement(10, TimeUnit.SECONDS);
            assertThat(held.settlementFuture().isDone()).isFalse();
            goOn.countDown();
            assertThat(held.awaitSettlement(10, TimeUnit.SECONDS).remoteState().getType())
                    .isEqualTo(DeliveryState.Type.ACCEPTED);
        } finally {
            goOn.countDown();
        }
    }

    @Test
    void anAddressThatNobodyClaimsIsRefused() throws Exception {
        try (Connection connection = connect()) {
            Sender sender = connection.openSender("secrets/1");
            Future<Sender> opened = sender.openFuture();
            await().until(opened::isDone);
            assertThat(opened)
                    .failsWithin(10, TimeUnit.SECONDS)
                    .withThrowableThat()
                    .withMessageContaining("secrets/1");
        }
    }

    @Test
    void aCommandIsAnsweredWithWhatTheDeviceMadeOfIt() throws Exception {
        try (Connection connection = connect()) {
            Receiver receiver = connection.openReceiver(
                    "commands/obedient", new ReceiverOptions().autoAccept(false).autoSettle(false));
            await().until(() -> Boolean.TRUE.equals(device("obedient").get("commandable")));

            for (String word : List.of("accept", "reject", "release")) {
                var answer = java.util.concurrent.CompletableFuture.supplyAsync(() -> command("obedient", word));
                Delivery delivery = receiver.receive(10, TimeUnit.SECONDS);
                assertThat(delivery.message().body()).isEqualTo(word);
                switch (word) {
                    case "accept" -> delivery.accept();
                    case "reject" -> delivery.reject("test:no", "not today");
                    default -> delivery.release();
                }
                assertThat(answer.get(10, TimeUnit.SECONDS).getBody())
                        .containsEntry("device", "obedient")
                        .containsEntry("outcome", word + (word.endsWith("e") ? "d" : "ed"))
                        .hasSize(word.equals("reject") ? 3 : 2);
            }
        }
    }

    @Test
    void aCommandForNobodyForSomebodyAwayAndForSomebodySilentSaysSo() throws Exception {
        assertThat(command("never-seen", "hello").getStatusCode().value()).isEqualTo(404);
        try (Connection connection = connect()) {
            connection
                    .openSender("readings/deaf")
                    .send(Message.create("{\"value\": 1}"))
                    .awaitSettlement(10, TimeUnit.SECONDS);
            assertThat(command("deaf", "hello").getStatusCode().value()).isEqualTo(409);
            connection.openReceiver(
                    "commands/silent", new ReceiverOptions().autoAccept(false).autoSettle(false));
            await().until(() -> Boolean.TRUE.equals(device("silent").get("commandable")));
            assertThat(command("silent", "hello").getStatusCode().value()).isEqualTo(504);
            connection.openReceiver("commands/full", new ReceiverOptions().creditWindow(0));
            await().until(() -> Boolean.TRUE.equals(device("full").get("commandable")));
            assertThat(command("full", "hello").getStatusCode().value()).isEqualTo(504);
        }
        await().until(() -> Boolean.FALSE.equals(device("silent").get("commandable")));
        assertThat(command("silent", "hello").getStatusCode().value()).isEqualTo(409);
    }

    @Test
    void simulatedDevicesSendAndTakeCommands() {
        await().until(() -> device("sim-2").get("readings") instanceof Integer readings && readings > 3);
        await().until(() -> Boolean.TRUE.equals(device("sim-1").get("commandable")));
        assertThat(command("sim-1", "reboot").getBody()).containsEntry("outcome", "accepted");
        assertThat(command("sim-1", "self-destruct").getBody())
                .containsEntry("outcome", "rejected")
                .containsEntry("reason", "I would rather not");
    }

    @Test
    void thePageAndHealthAreThere() {
        assertThat(rest().get().uri("/").retrieve().body(String.class)).contains("gateway.js");
        Map<String, Object> health =
                rest().get().uri("/actuator/health").retrieve().body(new ParameterizedTypeReference<>() {});
        assertThat(health).containsEntry("status", "UP");
        assertThat(health.toString()).contains("ingress", "localhost:" + amqp);
    }

    @Test
    void metricsTellTheTruth() throws Exception {
        await().until(() -> value("/actuator/metrics/proactor.connections.active?tag=role:client") == 2);
        // The other ends of these two are there a moment later, beside those that other tests have left.
        await().until(() -> value("/actuator/metrics/proactor.connections.active?tag=name:ingress") >= 2);
        try (Connection one = connect();
                Connection two = connect()) {
            one.openFuture().get(10, TimeUnit.SECONDS);
            two.openFuture().get(10, TimeUnit.SECONDS);
            // Other tests' connections may end meanwhile, but none begins.
            await().until(() -> value("/actuator/metrics/proactor.connections.active?tag=name:ingress") == 4);
        }
        await().until(() -> value("/actuator/metrics/proactor.connections.active?tag=name:ingress") == 2);

        long least = batches();
        double shown = value("/actuator/metrics/proactor.batches");
        assertThat(shown).isBetween((double) least, (double) batches());
    }

    private long batches() {
        long all = 0;
        for (EventSource source : EventSource.values()) {
            all += proactor.counts().batches(source);
        }
        return all;
    }

    @SuppressWarnings("unchecked")
    private double value(String uri) {
        Map<String, Object> metric = rest().get().uri(uri).retrieve().body(new ParameterizedTypeReference<>() {});
        List<Map<String, Object>> measurements =
                (List<Map<String, Object>>) metric.getOrDefault("measurements", List.of(Map.of("value", -1.0)));
        return ((Number) measurements.get(0).get("value")).doubleValue();
    }
}
