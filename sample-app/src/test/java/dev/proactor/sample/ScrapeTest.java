package dev.proactor.sample;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Proactor;
import dev.proactor.sample.CountingRelay.Line;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ConnectionOperations;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.Tracker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * All meters, as Prometheus sees them, against what this test knows: of what it sends, and of what a relay counts between the clients and the gateway. The
 * gateway is its own client too, by the connection {@code sim-up}.
 */
@Timeout(120)
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "proactor.listeners.ingress.port=0",
            "proactor.listeners.ingress.max-connections=5",
            "proactor.connections.sim-up.auto-connect=false",
            "proactor.connections.sim-up.receivers.commands.address=commands/sim-up",
            "proactor.connections.sim-up.receivers.commands.credit=10",
            "gateway.simulated-devices=0",
            "spring.datasource.url=jdbc:h2:mem:scrape-test;DB_CLOSE_DELAY=-1"
        })
@Import(ScrapeTest.Trouble.class)
class ScrapeTest {

    private static final int DEVICES = 3;

    /** Of the listener: the devices, {@code sim-up}, and one that a program makes. */
    private static final int ACCEPTED = DEVICES + 2;

    private static final int EXECUTED = 10;
    private static final int READINGS = 40;

    /** What {@code sim-up} sends: two readings, one that a handler fails to handle, and one that a handler holds. */
    private static final int SENT = 4;

    /** One to a device, two to {@code sim-up}. */
    private static final int COMMANDS = 3;

    private static final String NONSENSE = "GET / HTTP/1.1\r\n\r\n";

    /** Each meter, its kind, and its tags. */
    private static final Map<String, String> METERS = meters(
            "proactor_connections_active gauge name role",
            "proactor_connections_opened counter name role",
            "proactor_connections_closed counter name role reason",
            "proactor_connections_attempts counter name role outcome",
            "proactor_connections_handshake_seconds summary name role outcome",
            "proactor_listeners_active gauge name",
            "proactor_listeners_accepts counter name outcome",
            "proactor_batches_seconds summary name role source",
            "proactor_batches_wait_seconds summary name role source",
            "proactor_batches_events summary name role source",
            "proactor_batches_pending gauge",
            "proactor_handler_seconds summary event handler exception",
            "proactor_sessions_active gauge name role",
            "proactor_links_active gauge name role link_role",
            "proactor_links_credit gauge name role link_role",
            "proactor_deliveries counter name role direction state",
            "proactor_unsettled gauge name role direction",
            "proactor_settlement_seconds summary name role direction state",
            "proactor_bytes counter name role direction",
            "proactor_frames counter name role direction",
            "proactor_wakeups counter",
            "proactor_timeouts counter",
            "proactor_interrupts counter",
            "proactor_threads_active gauge",
            "proactor_threads_max gauge",
            "proactor_starvation_seconds counter");

    private static Map<String, String> meters(String... lines) {
        return Arrays.stream(lines)
                .collect(Collectors.toMap(
                        line -> line.substring(0, line.indexOf(' ')),
                        line -> line.substring(line.indexOf(' ') + 1),
                        (one, other) -> one,
                        TreeMap::new));
    }

    private static final CountingRelay RELAY = new CountingRelay();

    @DynamicPropertySource
    static void byTheRelay(DynamicPropertyRegistry properties) {
        properties.add("proactor.connections.sim-up.uris", () -> "amqp://localhost:" + RELAY.port());
    }

    @AfterAll
    static void closeTheRelay() throws IOException {
        RELAY.close();
    }

    /** Handlers that do not just do their work. */
    @TestConfiguration(proxyBeanMethods = false)
    @ProactorHandler(listeners = "ingress")
    static class Trouble {

        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch leave = new CountDownLatch(1);
        final CompletableFuture<Void> settle = new CompletableFuture<>();

        @OnMessage(addresses = "trouble/fail")
        void fail() {
            throw new IllegalStateException("as asked");
        }

        @OnMessage(addresses = "trouble/hold")
        CompletionStage<Void> hold() throws InterruptedException {
            entered.countDown();
            leave.await();
            return settle;
        }
    }

    @Value("${local.server.port}")
    int http;

    @Value("${local.proactor.ingress.port}")
    int amqp;

    @Autowired
    Proactor proactor;

    @Autowired
    ProactorConnections connections;

    @Autowired
    ProactorTemplate template;

    @Autowired
    Trouble trouble;

    private final long began = System.nanoTime();

    /** How long a handler has held a message, at least. */
    private double held;

    private Scrape scrape() {
        return Scrape.of(http);
    }

    private double elapsed() {
        return (System.nanoTime() - began) / 1e9;
    }

    @Test
    void eachMeterTellsWhatHappened() throws Exception {
        RELAY.leadTo(amqp);
        scrape().expect(0, "proactor_connections_opened_total", "name=ingress");
        scrape().expect(0, "proactor_connections_opened_total", "name=sim-up");
        connections.get("sim-up").start();
        awaitOpen("sim-up");
        connections.register("of-a-program", ConnectionSpec.to("amqp://localhost:" + RELAY.port()));
        awaitOpen("of-a-program");
        connections.register("nobody", ConnectionSpec.to("amqp://localhost:1"));
        wakeInterruptAndLetTimePass();
        talkNonsense();
        try (Client client = Client.create()) {
            List<Connection> devices = new ArrayList<>();
            for (int device = 0; device < DEVICES; device++) {
                devices.add(sendReadings(client, "readings/d" + device));
            }
            try (Socket oneTooMany = new Socket("localhost", amqp)) {
                oneTooMany.setSoTimeout(10_000);
                assertThat(oneTooMany.getInputStream().read()).as("turned away").isEqualTo(-1);
            }
            command(devices.get(0));
            assertThat(command("sim-up", "reboot")).contains("accepted");
            assertThat(command("sim-up", "self-destruct")).contains("rejected");
            sendByOurClient();
            await().untilAsserted(() -> duringTheLoad(scrape()));

            devices.forEach(Connection::close);
            connections.remove("of-a-program");
            connections.get("sim-up").stop();
            await().untilAsserted(() -> afterTheLoad(scrape()));
        }
    }

    private void awaitOpen(String name) {
        await().until(() -> connections.get(name).status().state() == NamedConnection.State.OPEN);
    }

    private void wakeInterruptAndLetTimePass() throws Exception {
        var connection = connections.get("sim-up").connection();
        for (int i = 0; i < EXECUTED; i++) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            proactor.execute(connection, () -> done.complete(null));
            done.get(10, TimeUnit.SECONDS);
        }
        proactor.interrupt();
        proactor.setTimeout(Duration.ofMillis(1));
        await().until(() -> scrape().value("proactor_timeouts_total") == 1);
    }

    /** What comes is no AMQP: that connection never opens. */
    private void talkNonsense() throws Exception {
        try (Socket socket = new Socket("localhost", RELAY.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(NONSENSE.getBytes(US_ASCII));
            socket.getInputStream().readAllBytes();
        }
        await().until(() -> scrape().value("proactor_connections_closed_total", "name=ingress") == 1);
    }

    private static Connection sendReadings(Client client, String address) throws Exception {
        Connection connection = client.connect("localhost", RELAY.port(), new ConnectionOptions().sendTimeout(30_000));
        Sender sender = connection.openSender(address);
        List<Tracker> trackers = new ArrayList<>();
        for (int i = 0; i < READINGS; i++) {
            trackers.add(sender.send(Message.create("{\"value\": " + i + "}")));
        }
        trackers.add(sender.send(Message.create("no reading")));
        for (Tracker tracker : trackers) {
            tracker.settlementFuture().get(10, TimeUnit.SECONDS);
        }
        return connection;
    }

    private void command(Connection device) throws Exception {
        Receiver commands = device.openReceiver("commands/d0", new ReceiverOptions().creditWindow(0));
        commands.openFuture().get(10, TimeUnit.SECONDS);
        commands.addCredit(5);
        await().untilAsserted(() -> scrape().expect(15, "proactor_links_credit", "name=ingress link_role=sender"));
        CompletableFuture<?> command = CompletableFuture.runAsync(() -> command("d0", "reboot"));
        assertThat(commands.receive(10, TimeUnit.SECONDS)).isNotNull();
        command.get(10, TimeUnit.SECONDS);
    }

    private String command(String device, String command) {
        return String.valueOf(Http.at(http)
                .post()
                .uri("/api/devices/" + device + "/commands")
                .body(command)
                .retrieve()
                .body(String.class));
    }

    private void sendByOurClient() throws Exception {
        ConnectionOperations up = template.on("sim-up");
        assertThat(up.sendAndWait("readings/sim-up", Map.of("value", 1))).isInstanceOf(Accepted.class);
        assertThat(up.sendAndWait("readings/sim-up", Map.of("value", 2))).isInstanceOf(Accepted.class);
        assertThat(up.sendAndWait("trouble/fail", "?")).isInstanceOf(Modified.class);
        CompletionStage<DeliveryState> last = up.send("trouble/hold", "?");
        assertThat(trouble.entered.await(10, TimeUnit.SECONDS)).isTrue();
        long entered = System.nanoTime();
        await().untilAsserted(() -> scrape().expect(1, "proactor_threads_active"));
        held = (System.nanoTime() - entered) / 1e9;
        trouble.leave.countDown();
        await().untilAsserted(() -> {
            Scrape scrape = scrape();
            scrape.expect(1, "proactor_unsettled", "name=ingress role=server direction=in");
            scrape.expect(1, "proactor_unsettled", "name=sim-up role=client direction=out");
            scrape.expect(2, "proactor_unsettled");
            scrape.expect(0, "proactor_threads_active");
        });
        trouble.settle.complete(null);
        assertThat(last.toCompletableFuture().get(10, TimeUnit.SECONDS)).isInstanceOf(Accepted.class);
    }

    private void duringTheLoad(Scrape scrape) {
        kindsAndTags(scrape);
        connectionsAndListeners(scrape);
        linksAndDeliveries(scrape);
        traffic(scrape);
        batches(scrape);
        handlers(scrape);
        theProactor(scrape);
    }

    private static void kindsAndTags(Scrape scrape) {
        Map<String, Set<String>> tags = new TreeMap<>();
        scrape.samples()
                .forEach(sample ->
                        tags.put(sample.meter(), new TreeSet<>(sample.tags().keySet())));
        scrape.samples()
                .forEach(sample -> assertThat(sample.tags().keySet())
                        .as("one set of tags for %s", sample.name())
                        .isEqualTo(tags.get(sample.meter())));
        Map<String, String> told = new TreeMap<>();
        scrape.kinds().forEach((name, kind) -> {
            String meter = Scrape.meterOf(name);
            if (!name.endsWith("_max") || METERS.containsKey(name)) {
                String words =
                        kind + " " + String.join(" ", tags.getOrDefault(meter, tags.getOrDefault(name, Set.of("?"))));
                told.put(METERS.containsKey(name) ? name : meter, sorted(words));
            }
        });
        told.keySet().removeIf(name -> name.matches("proactor_(process|send).*")); // observations
        Map<String, String> wanted = new TreeMap<>(METERS);
        wanted.replaceAll((name, words) -> sorted(words));
        assertThat(told).isEqualTo(wanted);
    }

    private static String sorted(String words) {
        return Arrays.stream(words.split(" ")).sorted().collect(Collectors.joining(" "));
    }

    private void connectionsAndListeners(Scrape scrape) {
        scrape.expect(ACCEPTED, "proactor_connections_active", "name=ingress role=server");
        scrape.expect(ACCEPTED, "proactor_connections_opened_total", "name=ingress role=server");
        scrape.expect(1, "proactor_connections_closed_total", "name=ingress role=server reason=transport-error");
        scrape.expect(1, "proactor_connections_closed_total", "name=ingress role=server");
        scrape.expect(ACCEPTED + 1, "proactor_connections_attempts_total", "name=ingress role=server outcome=success");
        scrape.expect(0, "proactor_connections_attempts_total", "name=ingress role=server outcome=failure");
        scrape.expect(
                ACCEPTED, "proactor_connections_handshake_seconds_count", "name=ingress role=server outcome=success");
        scrape.expect(1, "proactor_connections_handshake_seconds_count", "name=ingress role=server outcome=failure");
        assertThat(scrape.value("proactor_connections_handshake_seconds_sum", "outcome=success"))
                .isBetween(0.0, 2 * ACCEPTED * elapsed());
        for (String name : List.of("sim-up", "dynamic")) {
            String client = "role=client name=" + name;
            scrape.expect(1, "proactor_connections_active", client);
            scrape.expect(1, "proactor_connections_opened_total", client);
            scrape.expect(0, "proactor_connections_closed_total", client + " reason=closed");
            scrape.expect(1, "proactor_connections_attempts_total", client + " outcome=success");
            scrape.expect(1, "proactor_connections_handshake_seconds_count", client + " outcome=success");
        }
        scrape.expect(0, "proactor_connections_attempts_total", "name=sim-up outcome=failure");
        scrape.expect(
                connections.get("nobody").status().attempts(),
                "proactor_connections_attempts_total",
                "name=dynamic outcome=failure");
        assertThat(scrape.samples())
                .as("names that a program makes")
                .extracting(sample -> String.valueOf(sample.tags().get("name")))
                .doesNotContain("nobody", "of-a-program");
        scrape.expect(1, "proactor_listeners_active", "name=ingress");
        scrape.expect(ACCEPTED + 1, "proactor_listeners_accepts_total", "name=ingress outcome=accepted");
        scrape.expect(1, "proactor_listeners_accepts_total", "name=ingress outcome=rejected");
        scrape.expect(0, "proactor_listeners_accepts_total", "name=ingress outcome=failed");
    }

    private void linksAndDeliveries(Scrape scrape) {
        // sim-up has a session for its receivers, and one for what it sends to three addresses.
        scrape.expect(DEVICES + 2, "proactor_sessions_active", "name=ingress role=server");
        scrape.expect(2, "proactor_sessions_active", "name=sim-up role=client");
        scrape.expect(DEVICES + 3, "proactor_links_active", "name=ingress link_role=receiver");
        scrape.expect(2, "proactor_links_active", "name=ingress link_role=sender");
        scrape.expect(1, "proactor_links_active", "name=sim-up link_role=receiver");
        scrape.expect(3, "proactor_links_active", "name=sim-up link_role=sender");
        // Credit is given again once half of it is used.
        scrape.expect(
                DEVICES * (1000 - READINGS - 1) + 3 * 1000 - SENT,
                "proactor_links_credit",
                "name=ingress link_role=receiver");
        scrape.expect(3 * 1000 - SENT, "proactor_links_credit", "name=sim-up link_role=sender");
        scrape.expect(8, "proactor_links_credit", "name=sim-up link_role=receiver");
        scrape.expect(4 + 8, "proactor_links_credit", "name=ingress link_role=sender");
        scrape.expect(0, "proactor_unsettled");
        for (String meter : List.of("proactor_deliveries_total", "proactor_settlement_seconds_count")) {
            String ingress = "name=ingress role=server direction=";
            scrape.expect(DEVICES * READINGS + 3, meter, ingress + "in state=accepted");
            scrape.expect(DEVICES, meter, ingress + "in state=rejected");
            scrape.expect(1, meter, ingress + "in state=modified");
            scrape.expect(0, meter, ingress + "in state=released");
            scrape.expect(2, meter, ingress + "out state=accepted");
            scrape.expect(1, meter, ingress + "out state=rejected");
            String up = "name=sim-up role=client direction=";
            scrape.expect(3, meter, up + "out state=accepted");
            scrape.expect(1, meter, up + "out state=modified");
            scrape.expect(1, meter, up + "in state=accepted");
            scrape.expect(1, meter, up + "in state=rejected");
            scrape.expect(DEVICES * (READINGS + 1) + SENT + COMMANDS, meter, "name=ingress");
            scrape.expect(SENT + 2, meter, "name=sim-up");
        }
        assertThat(scrape.value("proactor_settlement_seconds_max", "name=sim-up direction=out state=accepted"))
                .isBetween(held, elapsed());
        assertThat(scrape.value("proactor_settlement_seconds_max", "name=ingress direction=in state=accepted"))
                .isBetween(held, elapsed());
    }

    private static void traffic(Scrape scrape) {
        Line up = RELAY.lines.get(0);
        scrape.expect(up.toServer().bytes.get(), "proactor_bytes_total", "name=sim-up role=client direction=out");
        scrape.expect(up.toClient().bytes.get(), "proactor_bytes_total", "name=sim-up role=client direction=in");
        scrape.expect(up.toServer().frames.get(), "proactor_frames_total", "name=sim-up role=client direction=out");
        scrape.expect(up.toClient().frames.get(), "proactor_frames_total", "name=sim-up role=client direction=in");
        scrape.expect(
                RELAY.sum(line -> line.toServer().bytes),
                "proactor_bytes_total",
                "name=ingress role=server direction=in");
        scrape.expect(
                RELAY.sum(line -> line.toClient().bytes),
                "proactor_bytes_total",
                "name=ingress role=server direction=out");
        scrape.expect(
                RELAY.sum(line -> line.toServer().frames),
                "proactor_frames_total",
                "name=ingress role=server direction=in");
        scrape.expect(
                RELAY.sum(line -> line.toClient().frames),
                "proactor_frames_total",
                "name=ingress role=server direction=out");
    }

    private void batches(Scrape scrape) {
        String server = "source=connection name=ingress role=server";
        String client = "source=connection name=sim-up role=client";
        String listener = "source=listener name=ingress role=server";
        String own = "source=proactor name=none role=none";
        // Each message, and each outcome, is an event; each connection begins, opens, and has a session and a link that
        // open.
        batches(scrape, server, ACCEPTED + 1, DEVICES * (READINGS + 1) + SENT + COMMANDS + 4 * ACCEPTED);
        batches(scrape, client, 1 + EXECUTED, SENT + 2 + EXECUTED + 4);
        batches(scrape, listener, 1, 1 + ACCEPTED + 1);
        batches(scrape, own, 1, 2);
        scrape.expect(2, "proactor_batches_events_sum", own);
        assertThat(scrape.value("proactor_batches_seconds_max", server)).isBetween(held, elapsed());
        scrape.expect(0, "proactor_batches_pending");
    }

    /** A batch has an event at least. */
    private void batches(Scrape scrape, String tags, int least, int leastEvents) {
        double events = scrape.value("proactor_batches_events_sum", tags);
        double batches = scrape.value("proactor_batches_seconds_count", tags);
        assertThat(events).as("events of %s", tags).isGreaterThanOrEqualTo(leastEvents);
        assertThat(batches).as("batches of %s", tags).isBetween((double) least, events);
        scrape.expect(batches, "proactor_batches_events_count", tags);
        scrape.expect(batches, "proactor_batches_wait_seconds_count", tags);
        assertThat(scrape.value("proactor_batches_wait_seconds_max", tags)).isBetween(0.0, elapsed());
        assertThat(scrape.value("proactor_batches_seconds_sum", tags))
                .isBetween(0.0, scrape.value("proactor_threads_max") * elapsed());
    }

    private void handlers(Scrape scrape) {
        String count = "proactor_handler_seconds_count";
        scrape.expect(DEVICES * READINGS + 2, count, "event=message handler=Readings.reading exception=none");
        scrape.expect(DEVICES, count, "event=message handler=Readings.reading exception=MessageConversionException");
        scrape.expect(DEVICES + 1, count, "event=link.opened handler=Readings.opened exception=none");
        scrape.expect(2, count, "event=message handler=SimulatedDevices.command exception=none");
        scrape.expect(1, count, "event=message handler=Trouble.fail exception=IllegalStateException");
        scrape.expect(0, count, "event=message handler=Trouble.fail exception=none");
        scrape.expect(1, count, "event=message handler=Trouble.hold exception=none");
        assertThat(scrape.value("proactor_handler_seconds_sum", "handler=Trouble.hold"))
                .isBetween(held, elapsed());
        scrape.expect(DEVICES * (READINGS + 1) + SENT, "proactor_process_seconds_count", "proactor_name=ingress");
        scrape.expect(2, "proactor_process_seconds_count", "proactor_name=sim-up");
        scrape.expect(COMMANDS, "proactor_send_seconds_count", "proactor_name=ingress");
        scrape.expect(SENT, "proactor_send_seconds_count", "proactor_name=sim-up");
    }

    private void theProactor(Scrape scrape) {
        assertThat(scrape.value("proactor_wakeups_total"))
                .as("one for each task, and none without a call: a task, a send, an outcome that came later")
                .isBetween((double) EXECUTED, EXECUTED + SENT + COMMANDS + 1.0);
        scrape.expect(1, "proactor_timeouts_total");
        scrape.expect(1, "proactor_interrupts_total");
        scrape.expect(Math.max(4, 2 * Runtime.getRuntime().availableProcessors()), "proactor_threads_max");
        scrape.expect(0, "proactor_threads_active");
        assertThat(scrape.value("proactor_starvation_seconds_total"))
                .as("one thread stands by")
                .isBetween(0.0, elapsed());
    }

    private static void afterTheLoad(Scrape scrape) {
        scrape.expect(0, "proactor_connections_active");
        scrape.expect(ACCEPTED, "proactor_connections_closed_total", "name=ingress reason=closed");
        scrape.expect(ACCEPTED + 1, "proactor_connections_closed_total", "name=ingress");
        scrape.expect(1, "proactor_connections_closed_total", "name=sim-up reason=closed");
        scrape.expect(1, "proactor_connections_closed_total", "name=dynamic reason=closed");
        scrape.expect(0, "proactor_sessions_active");
        scrape.expect(0, "proactor_links_active");
        scrape.expect(0, "proactor_links_credit");
        scrape.expect(0, "proactor_unsettled");
    }
}
