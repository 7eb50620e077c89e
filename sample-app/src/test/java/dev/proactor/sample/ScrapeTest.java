package dev.proactor.sample;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Direction;
import dev.proactor.EventSource;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.Message;
import org.apache.qpid.protonj2.client.Receiver;
import org.apache.qpid.protonj2.client.ReceiverOptions;
import org.apache.qpid.protonj2.client.Sender;
import org.apache.qpid.protonj2.client.Tracker;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.web.client.RestClient;

/** All meters, as Prometheus sees them, against counts that the load makes known. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "proactor.listeners.ingress.port=0",
            "proactor.listeners.ingress.max-connections=4",
            "gateway.simulated-devices=0",
            "spring.datasource.url=jdbc:h2:mem:scrape-test;DB_CLOSE_DELAY=-1"
        })
class ScrapeTest {

    private static final int DEVICES = 3;

    /** Of the listener: the devices, and one that the application makes to itself. */
    private static final int ACCEPTED = DEVICES + 1;

    private static final int EXECUTED = 10;
    private static final int READINGS = 40;
    private static final Pattern SAMPLE = Pattern.compile("(proactor_[a-z_]+)(\\{.*})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");

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

    /** One line of a scrape. */
    private record Sample(String name, Map<String, String> tags, double value) {}

    /** A scrape. */
    private record Scrape(List<Sample> samples, Map<String, String> kinds) {

        /** The sum of all samples of a name that have these tags. */
        double of(String name, String... tags) {
            List<Sample> found = samples.stream()
                    .filter(sample -> sample.name.equals(name))
                    .filter(sample -> {
                        for (int i = 0; i < tags.length; i += 2) {
                            if (!tags[i + 1].equals(sample.tags.get(tags[i]))) {
                                return false;
                            }
                        }
                        return true;
                    })
                    .toList();
            assertThat(found).as("%s %s", name, List.of(tags)).isNotEmpty();
            return found.stream().mapToDouble(Sample::value).sum();
        }

        double sumOf(String name) {
            return samples.stream()
                    .filter(sample -> sample.name.equals(name))
                    .mapToDouble(Sample::value)
                    .sum();
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

    private Scrape scrape() {
        String text = RestClient.create("http://localhost:" + http)
                .get()
                .uri("/actuator/prometheus")
                .retrieve()
                .body(String.class);
        List<Sample> samples = new ArrayList<>();
        Map<String, String> kinds = new TreeMap<>();
        for (String line : String.valueOf(text).split("\n")) {
            String[] words = line.split(" ");
            if (line.startsWith("# TYPE proactor_")) {
                kinds.put(words[2], words[3]);
            }
            Matcher sample = SAMPLE.matcher(line);
            if (sample.matches()) {
                Map<String, String> tags = new TreeMap<>();
                Matcher label = LABEL.matcher(String.valueOf(sample.group(2)));
                while (label.find()) {
                    tags.put(label.group(1), label.group(2));
                }
                samples.add(new Sample(sample.group(1), tags, Double.parseDouble(sample.group(3))));
            }
        }
        return new Scrape(samples, kinds);
    }

    /** {@return the meter that a sample or a TYPE line is of} */
    private static String meterOf(String name) {
        return name.replaceAll("_(total|count|sum|max)$", "");
    }

    @Test
    void eachMeterTellsWhatHappened() throws Exception {
        assertThat(scrape().of("proactor_connections_opened_total", "name", "ingress"))
                .as("bound before the first connection")
                .isZero();
        connections.register("nobody", ConnectionSpec.to("amqp://localhost:1"));
        connections.register("self", ConnectionSpec.to("amqp://localhost:" + amqp));
        await().until(() -> connections.get("self").status().state() == NamedConnection.State.OPEN);
        wakeInterruptAndLetTimePass();
        talkNonsense();
        try (Client client = Client.create()) {
            List<Connection> devices = new ArrayList<>();
            for (int device = 0; device < DEVICES; device++) {
                Connection connection = client.connect("localhost", amqp);
                devices.add(connection);
                Sender sender = connection.openSender("readings/d" + device);
                List<Tracker> trackers = new ArrayList<>();
                for (int i = 0; i < READINGS; i++) {
                    trackers.add(sender.send(Message.create("{\"value\": " + i + "}")));
                }
                trackers.add(sender.send(Message.create("no reading")));
                for (Tracker tracker : trackers) {
                    tracker.settlementFuture().get(10, TimeUnit.SECONDS);
                }
            }
            try (Socket oneTooMany = new Socket("localhost", amqp)) {
                assertThat(oneTooMany.getInputStream().read()).as("turned away").isEqualTo(-1);
            }
            Receiver commands = devices.get(0).openReceiver("commands/d0", new ReceiverOptions().creditWindow(0));
            commands.openFuture().get(10, TimeUnit.SECONDS);
            commands.addCredit(5);
            await().untilAsserted(() -> assertThat(scrape().of("proactor_links_credit", "link_role", "sender"))
                    .isEqualTo(5));
            CompletableFuture<?> command =
                    CompletableFuture.runAsync(() -> RestClient.create("http://localhost:" + http)
                            .post()
                            .uri("/api/devices/d0/commands")
                            .body("reboot")
                            .retrieve()
                            .toBodilessEntity());
            assertThat(commands.receive(10, TimeUnit.SECONDS)).isNotNull();
            command.get(10, TimeUnit.SECONDS);
            await().untilAsserted(() -> duringTheLoad(scrape()));

            devices.forEach(Connection::close);
            connections.remove("self");
            await().untilAsserted(() -> afterTheLoad(scrape()));
        }
    }

    private void wakeInterruptAndLetTimePass() throws Exception {
        var self = connections.get("self").connection();
        for (int i = 0; i < EXECUTED; i++) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            proactor.execute(self, () -> done.complete(null));
            done.get(10, TimeUnit.SECONDS);
        }
        proactor.interrupt();
        proactor.setTimeout(Duration.ofMillis(1));
        await().until(() -> scrape().of("proactor_timeouts_total") == 1);
    }

    /** What comes is no AMQP: that connection never opens. */
    private void talkNonsense() throws Exception {
        try (Socket socket = new Socket("localhost", amqp)) {
            socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
            socket.getInputStream().readAllBytes();
        }
        await().until(() -> scrape().of("proactor_connections_closed_total", "name", "ingress") == 1);
    }

    private void duringTheLoad(Scrape scrape) {
        String ingress = "ingress";
        Map<String, Set<String>> tags = new TreeMap<>();
        scrape.samples.forEach(sample -> tags.put(meterOf(sample.name), new TreeSet<>(sample.tags.keySet())));
        scrape.samples.forEach(sample -> assertThat(sample.tags.keySet())
                .as("one set of tags for %s", sample.name)
                .isEqualTo(tags.get(meterOf(sample.name))));
        Map<String, String> told = new TreeMap<>();
        scrape.kinds.forEach((name, kind) -> {
            String meter = meterOf(name);
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

        assertThat(scrape.of("proactor_connections_active", "name", ingress, "role", "server"))
                .isEqualTo(ACCEPTED);
        assertThat(scrape.of("proactor_connections_active", "name", "self", "role", "client"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_connections_opened_total", "name", ingress))
                .isEqualTo(ACCEPTED);
        assertThat(scrape.of("proactor_connections_opened_total", "name", "self"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_connections_closed_total", "name", ingress, "reason", "transport-error"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_connections_closed_total", "name", ingress))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_connections_attempts_total", "name", ingress, "outcome", "success"))
                .as("accepted sockets")
                .isEqualTo(ACCEPTED + 1.0);
        assertThat(scrape.of("proactor_connections_attempts_total", "name", ingress, "outcome", "failure"))
                .isZero();
        assertThat(scrape.of("proactor_connections_attempts_total", "name", "self", "outcome", "success"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_connections_attempts_total", "name", "nobody", "outcome", "failure"))
                .isPositive();
        assertThat(scrape.of("proactor_connections_attempts_total", "name", "nobody", "outcome", "success"))
                .isZero();
        assertThat(scrape.of("proactor_connections_handshake_seconds_count", "name", ingress, "outcome", "success"))
                .isEqualTo(ACCEPTED);
        assertThat(scrape.of("proactor_connections_handshake_seconds_count", "name", ingress, "outcome", "failure"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_connections_handshake_seconds_count", "name", "self", "outcome", "success"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_listeners_active", "name", ingress)).isEqualTo(1);
        assertThat(scrape.of("proactor_listeners_accepts_total", "outcome", "accepted"))
                .isEqualTo(ACCEPTED + 1.0);
        assertThat(scrape.of("proactor_listeners_accepts_total", "outcome", "rejected"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_listeners_accepts_total", "outcome", "failed"))
                .isZero();
        assertThat(scrape.of(
                        "proactor_handler_seconds_count",
                        "event",
                        "message",
                        "handler",
                        "Readings.reading",
                        "exception",
                        "none"))
                .isEqualTo(DEVICES * READINGS);
        assertThat(scrape.of("proactor_sessions_active", "name", ingress)).isEqualTo(DEVICES);
        assertThat(scrape.of("proactor_links_active", "name", ingress, "link_role", "receiver"))
                .isEqualTo(DEVICES);
        assertThat(scrape.of("proactor_links_active", "name", ingress, "link_role", "sender"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_links_credit", "name", ingress, "link_role", "sender"))
                .isEqualTo(4);
        assertThat(scrape.of("proactor_links_credit", "name", ingress, "link_role", "receiver"))
                .isBetween(DEVICES * 500.0, DEVICES * 1000.0);
        assertThat(scrape.of("proactor_deliveries_total", "direction", "in", "state", "accepted"))
                .isEqualTo(DEVICES * READINGS);
        assertThat(scrape.of("proactor_deliveries_total", "direction", "in", "state", "rejected"))
                .isEqualTo(DEVICES);
        assertThat(scrape.of("proactor_deliveries_total", "direction", "out", "state", "accepted"))
                .isEqualTo(1);
        assertThat(scrape.of("proactor_unsettled")).isZero();
        assertThat(scrape.of("proactor_settlement_seconds_count", "direction", "in", "state", "accepted"))
                .isEqualTo(DEVICES * READINGS);
        assertThat(scrape.of("proactor_settlement_seconds_count", "direction", "in", "state", "rejected"))
                .isEqualTo(DEVICES);
        assertThat(scrape.of("proactor_settlement_seconds_count", "direction", "out", "state", "accepted"))
                .isEqualTo(1);
        for (Direction direction : Direction.values()) {
            String tag = direction.name().toLowerCase(Locale.ROOT);
            assertThat(scrape.of("proactor_bytes_total", "direction", tag))
                    .isEqualTo(proactor.counts().connections().stream()
                            .mapToDouble(counts -> counts.bytes(direction))
                            .sum());
            assertThat(scrape.of("proactor_frames_total", "direction", tag))
                    .isEqualTo(proactor.counts().connections().stream()
                            .mapToDouble(counts -> counts.frames(direction))
                            .sum());
        }
        assertThat(scrape.of("proactor_bytes_total", "name", ingress, "direction", "in"))
                .isGreaterThan(DEVICES * READINGS * "{'value': 1}".length());
        // Each reading came in a frame of its own, and so did each open, begin and attach.
        assertThat(scrape.of("proactor_frames_total", "name", ingress, "direction", "in"))
                .isGreaterThan(DEVICES * (READINGS + 1 + 3.0));
        assertThat(scrape.of("proactor_batches_seconds_count", "source", "proactor", "name", "none", "role", "none"))
                .as("the time-out and the interrupt")
                .isBetween(1.0, 2.0);
        for (EventSource source : EventSource.values()) {
            String tag = source.name().toLowerCase(Locale.ROOT);
            double batches = proactor.counts().batches(source);
            if (batches > 0) {
                assertThat(scrape.of("proactor_batches_seconds_count", "source", tag))
                        .isEqualTo(batches);
                assertThat(scrape.of("proactor_batches_wait_seconds_count", "source", tag))
                        .isEqualTo(batches);
                assertThat(scrape.of("proactor_batches_events_sum", "source", tag))
                        .isEqualTo(proactor.counts().events(source));
            }
        }
        assertThat(scrape.of("proactor_batches_pending")).isZero();
        assertThat(scrape.of("proactor_wakeups_total"))
                .isEqualTo(proactor.counts().wakeups())
                .isGreaterThanOrEqualTo(EXECUTED);
        assertThat(scrape.of("proactor_timeouts_total")).isEqualTo(1);
        assertThat(scrape.of("proactor_interrupts_total")).isEqualTo(1);
        assertThat(scrape.of("proactor_threads_max"))
                .isEqualTo(Math.max(4, 2 * Runtime.getRuntime().availableProcessors()));
        assertThat(scrape.of("proactor_threads_active")).isBetween(0.0, scrape.of("proactor_threads_max"));
        assertThat(scrape.of("proactor_starvation_seconds_total"))
                .isEqualTo(proactor.counts().starvation().toNanos() / 1e9);
        assertThat(scrape.sumOf("proactor_process_seconds_count")).isEqualTo(DEVICES * (READINGS + 1));
        assertThat(scrape.sumOf("proactor_send_seconds_count")).isEqualTo(1);
    }

    private static void afterTheLoad(Scrape scrape) {
        assertThat(scrape.of("proactor_connections_active", "name", "ingress")).isZero();
        assertThat(scrape.of("proactor_connections_closed_total", "name", "ingress", "reason", "closed"))
                .isEqualTo(ACCEPTED);
        assertThat(scrape.of("proactor_connections_closed_total", "name", "ingress"))
                .isEqualTo(ACCEPTED + 1.0);
        assertThat(scrape.samples)
                .as("meters of a connection that was removed")
                .noneMatch(sample -> "self".equals(sample.tags.get("name")));
        assertThat(scrape.of("proactor_sessions_active", "name", "ingress")).isZero();
        assertThat(scrape.of("proactor_links_active", "name", "ingress")).isZero();
        assertThat(scrape.of("proactor_links_credit", "name", "ingress")).isZero();
    }

    private static String sorted(String words) {
        return Arrays.stream(words.split(" ")).sorted().collect(Collectors.joining(" "));
    }
}
