package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.example.shop.ShopApplication;
import dev.proactor.spring.boot.test.EnqueuedMessage;
import dev.proactor.spring.boot.test.Outcomes;
import dev.proactor.spring.boot.test.ProactorPeer;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;

/** Does what docs/getting-started.md says, with the application that it shows. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class GettingStartedTest {

    private static final Path DOCUMENT = Path.of("docs/getting-started.md");
    private static final String ORDER = "{\"item\": \"book\", \"quantity\": 2}";
    private static final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static ConfigurableApplicationContext start(String... properties) {
        List<String> arguments = new ArrayList<>(List.of("--server.port=0", "--server.address=localhost"));
        for (String property : properties) {
            arguments.add("--" + property);
        }
        return SpringApplication.run(ShopApplication.class, arguments.toArray(String[]::new));
    }

    private static HttpResponse<String> ask(ConfigurableApplicationContext shop, String path, @Nullable String body)
            throws Exception {
        String port = shop.getEnvironment().getProperty("local.server.port");
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
        if (body != null) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void theFilesInItAreThoseThatAreTestedHere() throws Exception {
        List<String> files = new ArrayList<>();
        for (Block block : Block.of(DOCUMENT)) {
            Matcher file = Pattern.compile("^`(src/[^`]+)`").matcher(paragraphBefore(block));
            if (file.find()) {
                files.add(file.group(1));
                assertThat(block.text())
                        .as(file.group(1))
                        .isEqualTo(Files.readString(Path.of(file.group(1))).strip());
            }
        }
        assertThat(files).hasSize(6).doesNotHaveDuplicates();
    }

    private static String paragraphBefore(Block block) {
        String text = Block.text(block.document());
        String before = text.substring(0, text.indexOf("```" + block.language() + "\n" + block.text()))
                .stripTrailing();
        return before.substring(before.lastIndexOf("\n\n") + 2);
    }

    /** A command, and beneath it what it prints, or how that begins. */
    private static final Pattern CURL =
            Pattern.compile("curl localhost:8080(\\S+)(?: -H \\S+ \\S+)?(?: -d '([^']*)')?\n# ([^…\n]*)");

    @Test
    void itsCommandsPrintWhatItSays() throws Exception {
        int port = freePort();
        try (ConfigurableApplicationContext shop = start(
                "proactor.listeners.ingress.port=" + port,
                "proactor.connections.broker.uris=amqp://localhost:" + port)) {
            Matcher command = CURL.matcher(Block.text(DOCUMENT));
            for (int i = 0; i < 3; i++) {
                assertThat(command.find()).isTrue();
                assertThat(ask(shop, command.group(1), command.group(2)).body())
                        .as(command.group())
                        .startsWith(command.group(3));
            }
            assertThat(command.find()).isFalse();
        }
    }

    private static List<Block> brokers() {
        List<Block> brokers = Block.of(DOCUMENT).stream()
                .filter(block -> block.language().equals("properties"))
                .filter(block -> block.text().contains("receivers.in"))
                .toList();
        assertThat(brokers).hasSize(3);
        return brokers;
    }

    /** Runs the application with these properties in place of its own, but for where the broker is. */
    private ConfigurableApplicationContext startWithBroker(Block block, ProactorPeer broker) throws IOException {
        Properties properties = new Properties();
        try (Reader own = Files.newBufferedReader(Path.of("src/main/resources/application.properties"))) {
            properties.load(own);
        }
        properties.stringPropertyNames().stream()
                .filter(name -> name.startsWith("proactor.") || name.startsWith("shop."))
                .forEach(properties::remove);
        properties.putAll(block.properties());
        properties.setProperty("SERVICE_BUS_KEY", "key");
        properties.setProperty("proactor.connections.broker.uris", broker.uri());
        if (block.text().contains("amqps:")) { // the peer has no TLS
            properties.setProperty("proactor.connections.broker.sasl.allow-insecure", "true");
        }
        Path file = folder.resolve("application.properties");
        try (Writer out = Files.newBufferedWriter(file)) {
            properties.store(out, null);
        }
        return start("spring.config.location=" + file.toUri());
    }

    @ParameterizedTest
    @MethodSource("brokers")
    void withABrokersPropertiesTheShopSendsToItAndReceivesFromIt(Block block) throws Exception {
        try (ProactorPeer broker = ProactorPeer.listen();
                ConfigurableApplicationContext shop = startWithBroker(block, broker)) {
            String queue = block.properties().getProperty("shop.queue");

            assertThat(ask(shop, "/orders", ORDER).body()).isEqualTo("Accepted\n");
            assertThat(broker.awaitMessage(queue)).isNotNull();
            broker.enqueue(queue, ORDER);

            assertThat(broker).hasSettled(queue, Outcomes.accepted());
            assertThat(ask(shop, "/orders", null).body()).isEqualTo("[{\"item\":\"book\",\"quantity\":2}]");
            assertThat(ask(shop, "/actuator/health/proactor", null).body()).endsWith("\"status\":\"UP\"}");
        }
    }

    @Test
    void withoutTheBrokerItStartsAllTheSameAndHealthSaysWhy() throws Exception {
        try (ConfigurableApplicationContext shop = start(
                "proactor.connections.broker.uris=amqp://localhost:" + freePort(),
                "proactor.listeners.ingress.port=0",
                "proactor.template.timeout=500ms")) {
            await().untilAsserted(
                            () -> assertThat(ask(shop, "/actuator/health", null).body())
                                    .contains("\"OUT_OF_SERVICE\"", "Connection refused"));
            assertThat(ask(shop, "/actuator/health", null).statusCode()).isEqualTo(503);
            assertThat(ask(shop, "/orders", ORDER).statusCode()).isEqualTo(500);
        }
    }

    @Test
    void withoutTheQueueHealthNamesTheMissingLink() throws Exception {
        try (ProactorPeer broker = ProactorPeer.listen()) {
            broker.refuseLinks("orders", "amqp:not-found");
            try (ConfigurableApplicationContext shop = startWithBroker(brokers().get(0), broker)) {
                await().untilAsserted(() -> assertThat(
                                ask(shop, "/actuator/health", null).body())
                        .contains("\"OUT_OF_SERVICE\"", "\"missingLinks\":[\"in\"]", "amqp:not-found"));
                HttpResponse<String> answer = ask(shop, "/orders", ORDER);
                assertThat(answer.statusCode()).isEqualTo(500);
            }
        }
    }

    @Test
    void whereNoHandlerHasTheAddressTheMessagesStayWhereTheyAreAndTheLogSaysSo(CapturedOutput log) throws Exception {
        try (ProactorPeer broker = ProactorPeer.listen();
                ConfigurableApplicationContext shop = start(
                        "proactor.listeners.ingress.port=0",
                        "proactor.connections.broker.uris=" + broker.uri(),
                        "proactor.connections.broker.receivers.in.address=nobody")) {
            EnqueuedMessage message = broker.enqueue("nobody", ORDER);
            broker.awaitLink("nobody");

            await().untilAsserted(() -> assertThat(log).contains("no @OnMessage method for address 'nobody'"));
            assertThat(message.outcome()).isNull();
        }
    }
}
