package dev.proactor.spring.boot.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.security.Authenticator;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The endpoint and health over HTTP, in an application with real sockets. */
@ExtendWith(OutputCaptureExtension.class)
class ProactorEndpointTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class App {
        @Bean
        Readings readings() {
            return new Readings();
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings")
    static class Readings {
        final CountDownLatch stuck = new CountDownLatch(1);
        volatile boolean blocking;

        @OnMessage
        void reading(Message message) throws InterruptedException {
            if (blocking) {
                stuck.await();
            }
        }
    }

    private interface Body {
        void run(ConfigurableApplicationContext context) throws Exception;
    }

    private static void run(Body body, String... properties) throws Exception {
        run(body, List.of(), properties);
    }

    private static void run(Body body, List<Class<?>> more, String... properties) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--spring.main.banner-mode=off",
                "--management.endpoints.web.exposure.include=*",
                "--management.endpoint.health.show-details=always",
                "--proactor.container-id=gateway",
                "--proactor.listeners.ingress.port=0"));
        for (String property : properties) {
            String key = "--" + property.substring(0, property.indexOf('=') + 1);
            arguments.removeIf(argument -> argument.startsWith(key));
            arguments.add("--" + property);
        }
        SpringApplication application = new SpringApplication(App.class);
        application.addPrimarySources(more);
        application.setRegisterShutdownHook(false);
        try (ConfigurableApplicationContext context = application.run(arguments.toArray(String[]::new))) {
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            NamedConnection device = context.getBean(ProactorConnections.class)
                    .register("device", ConnectionSpec.to("amqp://localhost:" + port));
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
            body.run(context);
        }
    }

    private static HttpResponse<String> http(ConfigurableApplicationContext context, String path, String post)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:"
                        + context.getEnvironment().getProperty("local.server.port") + "/actuator/" + path))
                .timeout(Duration.ofSeconds(30));
        if (post != null) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(post));
        }
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode get(ConfigurableApplicationContext context, String path) throws Exception {
        return JsonMapper.shared().readTree(http(context, path, null).body());
    }

    private static void send(ConfigurableApplicationContext context) {
        context.getBean(ProactorTemplate.class).on("device").sendAndWait("readings", "21.5");
    }

    @Test
    void tellsOfConnectionsSessionsLinksAndListeners() throws Exception {
        run(context -> {
            send(context);
            JsonNode told = get(context, "proactor");
            String example = System.getProperty("proactor.endpoint.example");
            if (example != null) {
                java.nio.file.Files.writeString(
                        java.nio.file.Path.of(example),
                        JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(told));
            }

            assertThat(told.get("containerId").asString()).isEqualTo("gateway");
            assertThat(told.get("connectionsOmitted").asInt()).isZero();
            JsonNode device = told.get("connections").get(0);
            assertThat(device.get("id").asString()).isEqualTo("device");
            assertThat(device.get("role").asString()).isEqualTo("client");
            assertThat(device.get("state").asString()).isEqualTo("open");
            assertThat(device.get("busy").asBoolean()).isFalse();
            assertThat(device.get("since").asString()).contains("T");
            assertThat(device.get("remoteAddress").asString()).startsWith("127.0.0.1:");
            assertThat(device.get("remoteContainerId").asString()).isEqualTo("gateway");
            assertThat(device.get("bytes").get("out").asLong()).isPositive();
            assertThat(device.get("deliveries").get("out").asLong()).isEqualTo(1);

            JsonNode accepted = told.get("connections").get(1);
            assertThat(accepted.get("id").asString()).startsWith("ingress:");
            assertThat(accepted.get("role").asString()).isEqualTo("server");
            assertThat(accepted.get("deliveries").get("in").asLong()).isEqualTo(1);
            JsonNode link = accepted.get("sessions").get(0).get("links").get(0);
            assertThat(link.get("role").asString()).isEqualTo("receiver");
            assertThat(link.get("address").asString()).isEqualTo("readings");
            assertThat(link.get("state").asString()).isEqualTo("open");
            assertThat(link.get("credit").asInt()).isBetween(500, 1000);
            assertThat(link.get("unsettled").asInt()).isZero();

            JsonNode listener = told.get("listeners").get(0);
            assertThat(listener.get("name").asString()).isEqualTo("ingress");
            assertThat(listener.get("state").asString()).isEqualTo("listening");
            assertThat(listener.get("addresses").get(0).asString()).startsWith("127.0.0.1:");
            assertThat(listener.get("accepted").asInt()).isEqualTo(1);
            assertThat(listener.get("connections").asInt()).isEqualTo(1);

            assertThat(get(context, "proactor/connections/device").get("id").asString())
                    .isEqualTo("device");
            assertThat(http(context, "proactor/connections/nobody", null).statusCode())
                    .isEqualTo(404);
            assertThat(http(context, "proactor/nonsense/nobody", null).statusCode())
                    .isEqualTo(400);
        });
    }

    @Test
    void aConnectionWhoseHandlerIsStuckIsBusyAndHoldsNobodyUp() throws Exception {
        run(context -> {
            Readings readings = context.getBean(Readings.class);
            readings.blocking = true;
            context.getBean(ProactorTemplate.class).on("device").send("readings", "21.5");
            try {
                await().untilAsserted(() -> {
                    long began = System.nanoTime();
                    JsonNode connections = get(context, "proactor").get("connections");
                    assertThat(System.nanoTime() - began).isLessThan(5_000_000_000L);
                    assertThat(connections.get(0).get("busy").asBoolean()).isFalse();
                    assertThat(connections.get(1).get("busy").asBoolean()).isTrue();
                    assertThat(connections.get(1).get("sessions").isNull()).isTrue();
                });
            } finally {
                readings.stuck.countDown();
            }
            await().untilAsserted(() -> assertThat(get(context, "proactor")
                            .get("connections")
                            .get(1)
                            .get("busy")
                            .asBoolean())
                    .isFalse());
        });
    }

    @Test
    void canOnlyBeReadByDefault() throws Exception {
        run(context -> {
            assertThat(http(context, "proactor/connections/device", "{\"action\":\"stop\"}")
                            .statusCode())
                    .isEqualTo(405);
            assertThat(context.getBean(ProactorConnections.class)
                            .get("device")
                            .status()
                            .state())
                    .isEqualTo(NamedConnection.State.OPEN);
        });
    }

    @Test
    void stopsAndStartsWhereThatIsAllowed(CapturedOutput output) throws Exception {
        run(
                context -> {
                    NamedConnection device =
                            context.getBean(ProactorConnections.class).get("device");
                    NamedListener ingress =
                            context.getBean(ProactorListeners.class).get("ingress");

                    assertThat(http(context, "proactor/connections/device", "{\"action\":\"stop\"}")
                                    .body())
                            .contains("\"stopped\"");
                    assertThat(device.status().state()).isEqualTo(NamedConnection.State.STOPPED);
                    assertThat(get(context, "health/proactor").get("status").asString())
                            .isEqualTo("OUT_OF_SERVICE");
                    // The accepting end is gone a little later.
                    await().until(() ->
                            get(context, "proactor").get("connections").size() == 1);
                    http(context, "proactor/connections/device", "{\"action\":\"start\"}");
                    await().until(() -> device.status().state() == NamedConnection.State.OPEN);

                    // Closed by its accepting end, it is made again.
                    JsonNode accepted =
                            get(context, "proactor").get("connections").get(1);
                    String id = accepted.get("id").asString();
                    assertThat(http(context, "proactor/connections/" + id, "{\"action\":\"close\"}")
                                    .statusCode())
                            .isIn(200, 204); // the latter where it is gone before it can be shown
                    // In the status the reason is only until it is made again.
                    await().untilAsserted(() ->
                            assertThat(output).contains("is lost: amqp:connection:forced (closed by an operator)"));
                    await().until(() -> device.status().state() == NamedConnection.State.OPEN);

                    assertThat(http(context, "proactor/listeners/ingress", "{\"action\":\"stop\"}")
                                    .body())
                            .contains("\"stopped\"");
                    assertThat(ingress.status().state()).isEqualTo(NamedListener.State.STOPPED);
                    assertThat(device.status().state()).isEqualTo(NamedConnection.State.OPEN);
                    assertThat(http(context, "health/proactor", null).statusCode())
                            .isEqualTo(503);
                    assertThat(http(context, "proactor/listeners/ingress", "{\"action\":\"start\"}")
                                    .body())
                            .contains("\"listening\"");

                    NamedConnection receiving = context.getBean(ProactorConnections.class)
                            .register(
                                    "receiving",
                                    ConnectionSpec.to("amqp://localhost:" + ingress.localPort())
                                            .withReceiver("in", new ConnectionSpec.ReceiverSpec("orders", 10)));
                    assertThat(http(
                                            context,
                                            "proactor/connections/receiving",
                                            "{\"action\":\"pause\",\"receiver\":\"in\"}")
                                    .body())
                            .contains("\"pausedReceivers\":[\"in\"]");
                    assertThat(receiving.status().pausedReceivers()).containsExactly("in");
                    http(context, "proactor/connections/receiving", "{\"action\":\"resume\",\"receiver\":\"in\"}");
                    assertThat(receiving.status().pausedReceivers()).isEmpty();

                    for (String wrong : List.of(
                            "connections/nobody stop",
                            "connections/nobody close",
                            "connections/device dance",
                            "connections/device pause",
                            "listeners/ingress resume",
                            "listeners/ingress close",
                            "listeners/nobody stop")) {
                        String[] words = wrong.split(" ");
                        assertThat(http(context, "proactor/" + words[0], "{\"action\":\"" + words[1] + "\"}")
                                        .statusCode())
                                .as(wrong)
                                .isEqualTo(400);
                    }
                },
                "management.endpoint.proactor.access=unrestricted");
    }

    @Test
    void makesAndRemovesWhereThatIsAllowed(CapturedOutput output) throws Exception {
        run(
                context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    assertThat(http(
                                            context,
                                            "proactor/connections/audit",
                                            "{\"action\": \"register\", \"uri\": \"amqp://localhost:" + port + "\"}")
                                    .statusCode())
                            .isEqualTo(200);
                    await().until(() -> get(context, "proactor/connections/audit")
                            .get("state")
                            .asString()
                            .equals("open"));
                    assertThat(http(context, "proactor/listeners/extra", "{\"action\": \"register\", \"port\": 0}")
                                    .body())
                            .contains("\"listening\"");
                    assertThat(delete(context, "proactor/connections/audit")).isEqualTo(200);
                    assertThat(delete(context, "proactor/listeners/extra")).isEqualTo(200);
                    assertThat(http(context, "proactor/connections/audit", null).statusCode())
                            .isEqualTo(404);
                    assertThat(http(context, "proactor/listeners/extra", null).statusCode())
                            .isEqualTo(404);

                    assertThat(http(context, "proactor/connections/device", "{\"action\": \"register\"}")
                                    .statusCode())
                            .isEqualTo(400);
                    assertThat(http(
                                            context,
                                            "proactor/connections/secret",
                                            "{\"action\": \"register\", \"uri\": \"amqp://me:s3cr3t@localhost\"}")
                                    .statusCode())
                            .isEqualTo(400);
                    assertThat(delete(context, "proactor/connections/nobody")).isEqualTo(400);
                },
                "management.endpoint.proactor.access=unrestricted");
        assertThat(output)
                .contains("REGISTER of connections/audit by the endpoint")
                .contains("REMOVE of listeners/extra by the endpoint")
                .contains("REGISTER of connections/device by the endpoint is refused: where to?")
                .contains(
                        "REMOVE of connections/nobody by the endpoint is refused: there is no named connection 'nobody'")
                .doesNotContain("s3cr3t");
    }

    @Configuration(proxyBeanMethods = false)
    static class IndoorsAndOutdoors {
        @Bean
        Authenticator indoors() {
            return Authenticator.of(Map.of());
        }

        @Bean
        Authenticator outdoors() {
            return Authenticator.of(Map.of());
        }
    }

    @Test
    void aListenerThatNoneOfTheAuthenticatorsIsForIsRefused(CapturedOutput output) throws Exception {
        run(
                context -> {
                    assertThat(http(context, "proactor/listeners/extra", "{\"action\": \"register\", \"port\": 0}")
                                    .statusCode())
                            .isEqualTo(400);
                    assertThat(http(context, "proactor/listeners/extra", null).statusCode())
                            .isEqualTo(404);
                    assertThat(http(context, "proactor/listeners/indoors", "{\"action\": \"register\", \"port\": 0}")
                                    .body())
                            .contains("\"listening\"");
                },
                List.of(IndoorsAndOutdoors.class),
                "management.endpoint.proactor.access=unrestricted",
                "proactor.listeners.ingress.sasl.allow-anonymous=true");
        assertThat(output)
                .contains("REGISTER of listeners/extra by the endpoint is refused: listener 'extra' has nobody to ask");
    }

    @Test
    void credentialsOfAConfiguredConnectionCanNotBeSentElsewhere(CapturedOutput output) throws Exception {
        run(
                context -> {
                    int port = context.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    assertThat(delete(context, "proactor/connections/orders")).isEqualTo(200);
                    assertThat(http(
                                            context,
                                            "proactor/connections/orders",
                                            "{\"action\": \"register\", \"uri\": \"amqp://localhost:" + port + "\"}")
                                    .statusCode())
                            .isEqualTo(400);
                    assertThat(context.getBean(ProactorConnections.class).all())
                            .extracting(NamedConnection::name)
                            .containsExactly("device");
                },
                "management.endpoint.proactor.access=unrestricted",
                "proactor.connections.orders.uris=amqp://localhost:1",
                "proactor.connections.orders.auto-connect=false",
                "proactor.connections.orders.username=me",
                "proactor.connections.orders.password=s3cr3t");
        assertThat(output)
                .contains("REGISTER of connections/orders by the endpoint is refused: the properties have a connection")
                .doesNotContain("s3cr3t");
    }

    @Test
    void aNamedConnectionIsShownBesideAHundredOlderPeers() throws Exception {
        run(context -> {
            ProactorConnections connections = context.getBean(ProactorConnections.class);
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            List<NamedConnection> peers = new ArrayList<>();
            for (int i = 0; i < 60; i++) { // each is two: ours, and the accepted one
                peers.add(connections.register("peer" + i, ConnectionSpec.to("amqp://localhost:" + port)));
            }
            await().until(() -> peers.stream().allMatch(peer -> peer.status().state() == NamedConnection.State.OPEN));
            NamedConnection device = connections.get("device");
            device.stop();
            await().until(() -> device.connection() == null);
            device.start();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
            JsonNode shown = get(context, "proactor").get("connections").get(0);
            assertThat(shown.get("name").asString()).isEqualTo("device");
            assertThat(shown.get("remoteContainerId").asString()).isEqualTo("gateway");
        });
    }

    private static int delete(ConfigurableApplicationContext context, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:"
                        + context.getEnvironment().getProperty("local.server.port") + "/actuator/" + path))
                .DELETE()
                .timeout(Duration.ofSeconds(30))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    @Test
    void healthFollowsWhatIsRegisteredAndTheReadinessGroupHasIt() throws Exception {
        run(
                context -> {
                    ProactorConnections connections = context.getBean(ProactorConnections.class);
                    ProactorListeners listeners = context.getBean(ProactorListeners.class);
                    assertThat(http(context, "health/readiness", null).statusCode())
                            .isEqualTo(200);

                    connections.register("orders", ConnectionSpec.to("amqp://localhost:1"));
                    assertThat(http(context, "health/readiness", null).statusCode())
                            .isEqualTo(503);
                    assertThat(http(context, "health/liveness", null).statusCode())
                            .isEqualTo(200);
                    connections.remove("orders");
                    connections.register(
                            "optional", ConnectionSpec.to("amqp://localhost:1").withRequired(false));
                    assertThat(http(context, "health/readiness", null).statusCode())
                            .isEqualTo(200);
                    assertThat(get(context, "health/proactor/connections/optional")
                                    .get("details")
                                    .get("required")
                                    .asBoolean())
                            .isFalse();

                    listeners.register("late", ListenerSpec.on("localhost", 0)).stop();
                    assertThat(get(context, "health/readiness").get("status").asString())
                            .isEqualTo("DOWN");
                    listeners.remove("late");
                    assertThat(http(context, "health/readiness", null).statusCode())
                            .isEqualTo(200);
                },
                "management.endpoint.health.probes.enabled=true",
                "management.endpoint.health.group.readiness.include=readinessState,proactor");
    }

    @Test
    void aUserInAUriIsNotShown() {
        assertThat(Text.withoutUser("amqp://user:secret@host:5672")).isEqualTo("amqp://host:5672");
        assertThat(Text.withoutUser("amqp://host:5672")).isEqualTo("amqp://host:5672");
        assertThat(Text.withoutUsers("no user:secret@host there", List.of("amqp://user:secret@host:5672")))
                .isEqualTo("no host there");
    }

    @Test
    void showsAtMostAHundredConnectionsAndSaysHowManyMore() throws Exception {
        run(context -> {
            ProactorConnections connections = context.getBean(ProactorConnections.class);
            for (int i = 0; i < 120; i++) {
                connections.register("c" + i, ConnectionSpec.to("amqp://localhost:1"));
            }
            JsonNode told = get(context, "proactor");
            assertThat(told.get("connections")).hasSize(ProactorEndpoint.MOST);
            assertThat(told.get("connectionsOmitted").asInt()).isBetween(22, 142);
        });
    }

    @Test
    void isAbsentWhereItIsNotExposedOrHasNoAccess() throws Exception {
        for (String off : List.of(
                "management.endpoint.proactor.access=none", "management.endpoints.web.exposure.include=health")) {
            run(
                    context -> {
                        assertThat(context.getBeansOfType(ProactorEndpoint.class))
                                .isEmpty();
                        assertThat(http(context, "proactor", null).statusCode()).isEqualTo(404);
                    },
                    off);
        }
    }
}
