package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.qpid.protonj2.client.Client;
import org.apache.qpid.protonj2.client.Connection;
import org.apache.qpid.protonj2.client.ConnectionOptions;
import org.apache.qpid.protonj2.client.Message;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What docs/actuator.md says of meters, health and the endpoint is what the gateway shows. */
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "proactor.listeners.ingress.port=0",
            "proactor.connections.orders.uris=amqp://localhost:1",
            "proactor.connections.orders.username=clerk",
            "proactor.connections.orders.password=not-for-eyes",
            "proactor.connections.orders.sasl.allow-insecure=true",
            "proactor.connections.orders.reconnect.max-attempts=1000",
            "proactor.connections.orders.receivers.in.address=orders",
            "proactor.connections.reports.uris=amqp://localhost:1",
            "proactor.connections.reports.required=false",
            "gateway.simulated-devices=0",
            "spring.datasource.url=jdbc:h2:mem:actuator-document-test;DB_CLOSE_DELAY=-1",
            // As the document has it.
            "management.endpoint.health.probes.enabled=true",
            "management.endpoint.health.group.readiness.include=readinessState,proactor",
            "management.endpoint.health.group.readiness.show-details=always",
            "management.endpoint.proactor.access=unrestricted"
        })
class ActuatorDocumentTest {

    private static final JsonMapper JSON = new JsonMapper();

    @Value("${local.server.port}")
    int http;

    @Value("${local.proactor.ingress.port}")
    int amqp;

    @Autowired
    MeterRegistry meters;

    private Client client;

    @BeforeEach
    void aDeviceSendsAReading() throws Exception {
        client = Client.create();
        Connection device = client.connect("localhost", amqp, new ConnectionOptions().sendTimeout(30_000));
        device.openSender("readings/d1")
                .send(Message.create("{\"value\": 21}"))
                .settlementFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void theDeviceLeaves() {
        client.close();
    }

    private static String document() throws Exception {
        return Files.readString(Path.of("../docs/actuator.md"));
    }

    private JsonNode get(String path) {
        return JSON.readTree(String.valueOf(Http.at(http)
                .get()
                .uri("/actuator" + path)
                .retrieve()
                .onStatus(HttpStatusCode::isError, (request, response) -> {})
                .body(String.class)));
    }

    private static List<JsonNode> examples() throws Exception {
        return Pattern.compile("```json\n(.*?)```", Pattern.DOTALL)
                .matcher(document())
                .results()
                .map(block -> JSON.readTree(block.group(1)))
                .toList();
    }

    private static void assertSameShape(String at, JsonNode example, JsonNode real) {
        assertThat(real.getNodeType()).as(at).isEqualTo(example.getNodeType());
        if (example.isObject()) {
            assertThat(new TreeSet<>(real.propertyNames())).as(at).isEqualTo(new TreeSet<>(example.propertyNames()));
            example.propertyNames()
                    .forEach(name -> assertSameShape(at + "." + name, example.get(name), real.get(name)));
        } else if (example.isArray()) {
            for (int i = 0; i < example.size(); i++) {
                assertSameShape(at + "[" + i + "]", example.get(i), real.get(i));
            }
        }
    }

    @Test
    void healthIsAsShown() throws Exception {
        await().untilAsserted(() -> {
            JsonNode real = get("/health/proactor");
            assertSameShape("health", examples().get(0), real);
        });
    }

    @Test
    void readinessFollowsWhatIsRequired() {
        await().untilAsserted(() ->
                assertThat(get("/health/readiness").get("status").asString()).isEqualTo("OUT_OF_SERVICE"));
        assertThat(get("/health/liveness").get("status").asString()).isEqualTo("UP");
    }

    @Test
    void theEndpointIsAsShown() throws Exception {
        await().untilAsserted(() -> {
            JsonNode real = get("/proactor");
            assertSameShape("endpoint", examples().get(1), real);
        });
        assertThat(get("/proactor").toString()).doesNotContain("not-for-eyes").doesNotContain("clerk");
    }

    @Test
    void itsCommandsActWhereThatIsAllowed() throws Exception {
        await("devices of other tests have gone")
                .until(() -> get("/proactor").get("connections").size() == 3);
        String device = get("/proactor").get("connections").get(2).get("id").asString();
        List<MatchResult> commands = Pattern.compile("curl localhost:8080(\\S+) -H '([^:]+): ([^']+)' -d '([^']+)'")
                .matcher(document())
                .results()
                .toList();
        assertThat(commands).hasSize(9).allSatisfy(command -> {
            assertThat(command.group(2)).isEqualTo("Content-Type");
            assertThat(post(
                            command.group(1).replace("ingress:9", device),
                            MediaType.parseMediaType(command.group(3)),
                            command.group(4)))
                    .as(command.group())
                    .isEqualTo(200);
        });
        List<String> removed = Pattern.compile("curl localhost:8080(\\S+) -X DELETE")
                .matcher(document())
                .results()
                .map(command -> command.group(1))
                .toList();
        assertThat(removed).containsExactly("/actuator/proactor/connections/audit");
        assertThat(delete(removed.get(0))).isEqualTo(200);
        assertThat(delete("/actuator/proactor/listeners/test")).isEqualTo(200);
        await().untilAsserted(
                        () -> assertThat(get("/proactor").get("connections")).hasSize(2));
        assertThat(get("/proactor").get("listeners").get(0).get("state").asString())
                .isEqualTo("listening");
        assertThat(post("/actuator/proactor/connections/orders", MediaType.APPLICATION_JSON, "{\"action\": \"pause\"}"))
                .isEqualTo(400);
        assertThat(post("/actuator/proactor/connections/orders", MediaType.TEXT_PLAIN, "{\"action\": \"stop\"}"))
                .isEqualTo(415);
    }

    private int delete(String path) {
        return Http.at(http)
                .delete()
                .uri(path)
                .exchange((request, response) -> response.getStatusCode().value());
    }

    private int post(String path, MediaType type, String body) {
        return Http.at(http)
                .post()
                .uri(path)
                .contentType(type)
                .body(body)
                .exchange((request, response) -> response.getStatusCode().value());
    }

    /** A row of the table of meters. */
    private record Row(String name, String kind, TreeSet<String> tags) {}

    @Test
    void theMetersAreThoseOfTheTable() throws Exception {
        List<Row> documented = new ArrayList<>();
        List<String> prometheus = new ArrayList<>();
        Pattern.compile("\n\\| `(proactor\\.[a-z.]+)` \\| (\\w+) \\|([^|]*)\\| `(\\w+)` \\|")
                .matcher(document())
                .results()
                .forEach(row -> {
                    documented.add(new Row(row.group(1), row.group(2), tags(row)));
                    prometheus.add(row.group(4));
                });
        TreeSet<String> real = new TreeSet<>();
        for (Meter meter : meters.getMeters()) {
            String name = meter.getId().getName();
            if (name.startsWith("proactor.") && !name.matches("proactor\\.(send|process)(\\.active)?")) {
                real.add(new Row(
                                name,
                                kind(meter.getId().getType()),
                                meter.getId().getTags().stream()
                                        .map(Tag::getKey)
                                        .collect(Collectors.toCollection(TreeSet::new)))
                        .toString());
            }
        }
        assertThat(documented).extracting(Row::toString).containsExactlyInAnyOrderElementsOf(real);
        String scrape = String.valueOf(
                Http.at(http).get().uri("/actuator/prometheus").retrieve().body(String.class));
        assertThat(prometheus).allSatisfy(name -> assertThat(scrape).containsPattern("(?m)^" + name + "(_count)?[{ ]"));
    }

    private static TreeSet<String> tags(MatchResult row) {
        TreeSet<String> tags = new TreeSet<>();
        Pattern.compile("`([^`]+)`").matcher(row.group(3)).results().forEach(tag -> tags.add(tag.group(1)));
        return tags;
    }

    private static String kind(Meter.Type type) {
        return type == Meter.Type.DISTRIBUTION_SUMMARY ? "summary" : type.name().toLowerCase(Locale.ROOT);
    }
}
