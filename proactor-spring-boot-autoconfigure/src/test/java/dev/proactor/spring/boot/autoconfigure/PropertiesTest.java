package dev.proactor.spring.boot.autoconfigure;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Proactor;
import dev.proactor.security.ClientCertificates;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ServerSasl;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.Reconnect;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.internal.dispatch.Dispatcher;
import dev.proactor.spring.boot.internal.runtime.ConnectionsLifecycle;
import dev.proactor.spring.boot.internal.runtime.IntakeLifecycle;
import dev.proactor.spring.boot.internal.runtime.Workers;
import dev.proactor.spring.boot.internal.send.DefaultSending;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import dev.proactor.spring.boot.observation.MicrometerMessageObserver;
import io.micrometer.observation.ObservationRegistry;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.test.util.ReflectionTestUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Each property of the metadata reaches what it is for, and a value out of its range fails the start. Binds and connects nothing. */
class PropertiesTest {

    /** A property has a value that is not its default, and where to see it. {@code more} is what it needs besides. */
    private record Row(String value, Object effect, Function<ApplicationContext, Object> seen, String... more) {}

    private static final Executor EXECUTOR = Runnable::run;

    private static final String USER = "proactor.connections.c.username=ann";
    private static final String PASSWORD = "proactor.connections.c.password=geheim";
    private static final String MANAGER = "proactor.listeners.l.sasl.authentication-manager=users";
    private static final String INSECURE = "proactor.listeners.l.sasl.allow-insecure=true";
    private static final String BUNDLE = "proactor.listeners.l.ssl.bundle=mine";

    private static final Map<String, Row> ROWS = Map.ofEntries(
            entry(
                    "proactor.enabled",
                    new Row("false", 0, in -> in.getBeansOfType(Proactor.class).size())),
            entry(
                    "proactor.auto-startup",
                    new Row(
                            "false",
                            false,
                            in -> in.getBean(IntakeLifecycle.class).isAutoStartup()
                                    || in.getBean(ConnectionsLifecycle.class).isAutoStartup())),
            entry(
                    "proactor.keep-alive",
                    new Row(
                            "false",
                            ProactorProperties.KeepAlive.FALSE,
                            in -> properties(in).getKeepAlive())),
            entry("proactor.threads", new Row("7", 7, in -> field(in, Workers.class, "count"))),
            entry("proactor.executor", new Row("mine", EXECUTOR, in -> field(in, Workers.class, "executor"))),
            entry(
                    "proactor.container-id",
                    new Row("x", "x", in -> in.getBean(Proactor.class).containerId())),
            entry("proactor.default-responses", new Row("false", false, in -> field(in, Dispatcher.class, "answers"))),
            entry(
                    "proactor.logging.mdc",
                    new Row("true", true, in -> field(in, Dispatcher.class, "logContext") != null)),
            entry(
                    "proactor.observation.enabled",
                    new Row(
                            "false",
                            0,
                            in -> in.getBeansOfType(MicrometerMessageObserver.class)
                                    .size())),
            entry(
                    "proactor.shutdown.grace-period",
                    new Row("3s", seconds(3), in -> field(in, IntakeLifecycle.class, "patience"))),
            entry("proactor.template.connection", template("c", "c", TemplateSettings::connection)),
            entry("proactor.template.timeout", template("3s", seconds(3), TemplateSettings::timeout)),
            entry("proactor.template.max-pending", template("5", 5, TemplateSettings::maxPending)),
            entry(
                    "proactor.start-command",
                    new Row(
                            "go {arguments}",
                            true,
                            in -> new ListenerBindFailureAnalyzer(in.getEnvironment())
                                    .analyze(new ListenerBindException("l", "localhost", 1, "in use"))
                                    .getAction()
                                    .contains("go --proactor.listeners.l.port=2"))),
            // Connections.
            entry(
                    "proactor.connections.*.uris",
                    connection("amqp://a:1,amqp://b:2", List.of("amqp://a:1", "amqp://b:2"), ConnectionSpec::uris)),
            entry("proactor.connections.*.virtual-host", connection("v", "v", ConnectionSpec::virtualHost)),
            entry("proactor.connections.*.username", sasl("ann", "ann", to -> credentials(to)[0], PASSWORD)),
            entry("proactor.connections.*.password", sasl("geheim", "geheim", to -> credentials(to)[1], USER)),
            entry("proactor.connections.*.ssl.enabled", tls("true", true, tls -> tls.tls() != null)),
            entry("proactor.connections.*.ssl.bundle", tls("mine", true, tls -> tls.tls() != null)),
            entry(
                    "proactor.connections.*.ssl.verify-host",
                    tls(
                            "false",
                            false,
                            tls -> Objects.requireNonNull(tls.tls()).verifyName(),
                            "proactor.connections.c.ssl.enabled=true")),
            entry(
                    "proactor.connections.*.sasl.mechanisms",
                    sasl("SCRAM-SHA-256", List.of("SCRAM-SHA-256"), ClientSasl::mechanisms, USER, PASSWORD)),
            entry(
                    "proactor.connections.*.sasl.allow-insecure",
                    sasl("true", true, ClientSasl::secretsWithoutTls, USER, PASSWORD)),
            entry("proactor.connections.*.auto-connect", connection("false", false, ConnectionSpec::autoConnect)),
            entry("proactor.connections.*.required", connection("false", false, ConnectionSpec::required)),
            entry("proactor.connections.*.idle-timeout", connection("3s", seconds(3), ConnectionSpec::idleTimeout)),
            entry("proactor.connections.*.max-frame-size", connection("8KB", 8192, ConnectionSpec::maxFrameBytes)),
            entry(
                    "proactor.connections.*.connect-timeout",
                    connection("3s", seconds(3), ConnectionSpec::connectTimeout)),
            entry("proactor.connections.*.reconnect.enabled", reconnect("false", false, Reconnect::enabled)),
            entry(
                    "proactor.connections.*.reconnect.initial-delay",
                    reconnect("3s", seconds(3), Reconnect::initialDelay)),
            entry("proactor.connections.*.reconnect.max-delay", reconnect("3s", seconds(3), Reconnect::maxDelay)),
            entry("proactor.connections.*.reconnect.multiplier", reconnect("1.5", 1.5, Reconnect::multiplier)),
            entry("proactor.connections.*.reconnect.jitter", reconnect("0.5", 0.5, Reconnect::jitter)),
            entry("proactor.connections.*.reconnect.max-attempts", reconnect("5", 5, Reconnect::maxAttempts)),
            entry(
                    "proactor.connections.*.receivers.*.address",
                    receiver("q", "q", ConnectionSpec.ReceiverSpec::address)),
            entry("proactor.connections.*.receivers.*.credit", receiver("5", 5, ConnectionSpec.ReceiverSpec::credit)),
            entry(
                    "proactor.connections.*.receivers.*.capabilities",
                    receiver("queue", List.of("queue"), ConnectionSpec.ReceiverSpec::capabilities)),
            entry(
                    "proactor.connections.*.receivers.*.selector",
                    receiver("a = 1", "a = 1", ConnectionSpec.ReceiverSpec::selector)),
            entry(
                    "proactor.connections.*.receivers.*.durable",
                    receiver("true", true, ConnectionSpec.ReceiverSpec::durable, "proactor.container-id=x")),
            entry(
                    "proactor.connections.*.receivers.*.subscription-name",
                    receiver("s", "s", ConnectionSpec.ReceiverSpec::subscriptionName)),
            entry(
                    "proactor.connections.*.receivers.*.settle-mode",
                    receiver("settled", ConnectionSpec.SettleMode.SETTLED, ConnectionSpec.ReceiverSpec::settleMode)),
            entry(
                    "proactor.connections.*.receivers.*.max-unsettled",
                    receiver("5", 5, ConnectionSpec.ReceiverSpec::maxUnsettled)),
            entry(
                    "proactor.connections.*.receivers.*.redelivery.initial-delay",
                    redelivery("3s", seconds(3), Redelivery::initialDelay)),
            entry(
                    "proactor.connections.*.receivers.*.redelivery.multiplier",
                    redelivery("1.5", 1.5, Redelivery::multiplier)),
            entry(
                    "proactor.connections.*.receivers.*.redelivery.max-delay",
                    redelivery("3s", seconds(3), Redelivery::maxDelay)),
            entry(
                    "proactor.connections.*.receivers.*.redelivery.max-attempts",
                    redelivery("5", 5, Redelivery::maxAttempts)),
            entry(
                    "proactor.connections.*.receivers.*.redelivery.exhausted",
                    redelivery("undeliverable-here", Redelivery.Exhausted.UNDELIVERABLE_HERE, Redelivery::exhausted)),
            entry("proactor.connections.*.senders.*.address", sender("q", "q", ConnectionSpec.SenderSpec::address)),
            entry(
                    "proactor.connections.*.senders.*.capabilities",
                    sender("topic", List.of("topic"), ConnectionSpec.SenderSpec::capabilities)),
            // Listeners.
            entry("proactor.listeners.*.host", listener("127.0.0.1", "127.0.0.1", ListenerSpec::host)),
            entry("proactor.listeners.*.port", listener("1234", 1234, ListenerSpec::port)),
            entry("proactor.listeners.*.backlog", listener("5", 5, ListenerSpec::backlog)),
            entry(
                    "proactor.listeners.*.max-connections",
                    listener("20000", 20_128, spec -> spec.toOptions().build().maxConnections())),
            entry("proactor.listeners.*.idle-timeout", listener("3s", seconds(3), ListenerSpec::idleTimeout)),
            entry("proactor.listeners.*.handshake-timeout", listener("3s", seconds(3), ListenerSpec::handshakeTimeout)),
            entry("proactor.listeners.*.max-frame-size", listener("8KB", 8192, ListenerSpec::maxFrameBytes)),
            entry("proactor.listeners.*.max-message-size", listener("8KB", 8192L, ListenerSpec::maxMessageBytes)),
            entry("proactor.listeners.*.max-input-size", listener("2MB", 2_097_152L, ListenerSpec::maxInputBytes)),
            entry("proactor.listeners.*.max-sessions", listener("5", 5, ListenerSpec::maxSessions)),
            entry("proactor.listeners.*.max-links", listener("5", 5, ListenerSpec::maxLinks)),
            entry("proactor.listeners.*.auto-accept-links", listener("true", true, ListenerSpec::autoAcceptLinks)),
            entry("proactor.listeners.*.credit", listener("5", 5, ListenerSpec::credit)),
            entry("proactor.listeners.*.ssl.bundle", secured("mine", true, of -> of.tls() != null)),
            entry(
                    "proactor.listeners.*.ssl.client-auth",
                    secured(
                            "need",
                            ClientCertificates.REQUIRED,
                            of -> Objects.requireNonNull(of.tls()).clientCertificates(),
                            BUNDLE)),
            entry(
                    "proactor.listeners.*.sasl.mechanisms",
                    server("plain", List.of("PLAIN"), ServerSasl::mechanisms, MANAGER, INSECURE)),
            entry(
                    "proactor.listeners.*.sasl.allow-insecure",
                    server("true", true, ServerSasl::plainWithoutTls, MANAGER)),
            entry(
                    "proactor.listeners.*.sasl.allow-anonymous",
                    listener("true", true, ListenerSpec::allowAnonymous, "proactor.listeners.l.host=0.0.0.0")),
            entry(
                    "proactor.listeners.*.sasl.authentication-manager",
                    server("users", true, of -> of.authenticator() instanceof SpringSecurityAuthenticator, INSECURE)));

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static ProactorProperties properties(ApplicationContext in) {
        return in.getBean(ProactorProperties.class);
    }

    private static Object field(ApplicationContext in, Class<?> bean, String name) {
        return ReflectionTestUtils.getField(in.getBean(bean), name);
    }

    private static Row template(String value, Object effect, Function<TemplateSettings, Object> seen) {
        return new Row(
                value,
                effect,
                in -> seen.apply(
                        (TemplateSettings) Objects.requireNonNull(field(in, DefaultSending.class, "settings"))));
    }

    private static Row connection(String value, Object effect, Function<ConnectionSpec, Object> seen) {
        return new Row(value, effect, in -> seen.apply(spec(in)));
    }

    private static ConnectionSpec spec(ApplicationContext in) {
        return in.getBean(ProactorConnections.class).get("c").spec();
    }

    private static Row reconnect(String value, Object effect, Function<Reconnect, Object> seen) {
        return connection(value, effect, spec -> seen.apply(spec.reconnect()));
    }

    private static Row receiver(
            String value, Object effect, Function<ConnectionSpec.ReceiverSpec, Object> seen, String... more) {
        return new Row(value, effect, in -> seen.apply(spec(in).receivers().get("r")), more);
    }

    private static Row redelivery(String value, Object effect, Function<Redelivery, Object> seen) {
        return receiver(value, effect, spec -> seen.apply(spec.redelivery()));
    }

    private static Row sender(String value, Object effect, Function<ConnectionSpec.SenderSpec, Object> seen) {
        return new Row(value, effect, in -> seen.apply(spec(in).senders().get("s")));
    }

    private static Row tls(
            String value, Object effect, Function<ConnectionSecurity.Settings, Object> seen, String... more) {
        return new Row(
                value,
                effect,
                in -> seen.apply(new ConnectionSecurity(new Bundles(in.getBean(SslBundles.class)), Map.of())
                        .of("c", properties(in).getConnections().get("c"))),
                more);
    }

    private static Row sasl(String value, Object effect, Function<ClientSasl, Object> seen, String... more) {
        return tls(value, effect, settings -> seen.apply(Objects.requireNonNull(settings.sasl())), more);
    }

    private static String[] credentials(ClientSasl sasl) {
        var credentials = Objects.requireNonNull(sasl.provider())
                .credentials("host")
                .toCompletableFuture()
                .join();
        return new String[] {credentials.user(), credentials.secret()};
    }

    private static Row listener(String value, Object effect, Function<ListenerSpec, Object> seen, String... more) {
        return new Row(
                value,
                effect,
                in -> seen.apply(properties(in).getListeners().get("l").toSpec("l")),
                more);
    }

    private static Row secured(
            String value, Object effect, Function<ListenerSecurity.Settings, Object> seen, String... more) {
        return new Row(
                value,
                effect,
                in -> seen.apply(new ListenerSecurity(
                                new Bundles(in.getBean(SslBundles.class)),
                                Map.of(),
                                bean -> SpringSecurityAuthenticator.of(in, bean, EXECUTOR))
                        .of("l", properties(in).getListeners().get("l"))),
                more);
    }

    private static Row server(String value, Object effect, Function<ServerSasl, Object> seen, String... more) {
        return secured(value, effect, settings -> seen.apply(Objects.requireNonNull(settings.sasl())), more);
    }

    private static DefaultSslBundleRegistry bundles() {
        return new DefaultSslBundleRegistry("mine", SslBundle.of(SslStoreBundle.NONE));
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorObservationAutoConfiguration.class))
            .withBean(ObservationRegistry.class, ObservationRegistry::create)
            .withBean(SslBundles.class, PropertiesTest::bundles)
            .withBean("mine", Executor.class, () -> EXECUTOR)
            .withBean("users", AuthenticationManager.class, () -> authentication -> authentication)
            .withPropertyValues(
                    "proactor.connections.c.uris=amqp://localhost:1",
                    "proactor.connections.c.receivers.r.address=a",
                    "proactor.connections.c.senders.s.address=a",
                    "proactor.listeners.l.port=0");

    private static Map<String, String> typesOfMetadata() throws Exception {
        Map<String, String> types = new TreeMap<>();
        try (InputStream in =
                PropertiesTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            for (JsonNode property : JsonMapper.shared().readTree(in).get("properties")) {
                String name = property.get("name").asString();
                String type = property.get("type").asString();
                if (name.startsWith("proactor.") && !type.startsWith("java.util.Map")) {
                    types.put(name, type);
                }
            }
        }
        return types;
    }

    private static String concrete(String name) {
        return name.replace("connections.*", "connections.c")
                .replace("receivers.*", "receivers.r")
                .replace("senders.*", "senders.s")
                .replace("listeners.*", "listeners.l");
    }

    @Test
    void eachPropertyOfTheMetadataIsTried() throws Exception {
        assertThat(ROWS.keySet())
                .containsExactlyInAnyOrderElementsOf(typesOfMetadata().keySet());
    }

    static Stream<String> properties() {
        return ROWS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("properties")
    void hasItsEffectAndIsNotTheDefault(String name) {
        Row row = Objects.requireNonNull(ROWS.get(name));
        ApplicationContextRunner still = name.equals("proactor.auto-startup")
                ? runner.withPropertyValues("proactor.connections.c.auto-connect=false")
                : runner.withPropertyValues("proactor.auto-startup=false");
        still.withPropertyValues(row.more())
                .withPropertyValues(concrete(name) + "=" + row.value())
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(row.seen().apply(context)).isEqualTo(row.effect());
                });
    }

    @ParameterizedTest
    @MethodSource("properties")
    void canBeWrittenInCamelCase(String name) {
        Row row = Objects.requireNonNull(ROWS.get(name));
        String camel = java.util.regex.Pattern.compile("-(.)")
                .matcher(concrete(name))
                .replaceAll(letter -> letter.group(1).toUpperCase(java.util.Locale.ROOT));
        runner.withPropertyValues("proactor.auto-startup=false")
                .withPropertyValues(row.more())
                .withPropertyValues(camel + "=" + row.value())
                .run(context -> assertThat(row.seen().apply(context)).isEqualTo(row.effect()));
    }

    /** Those that have a range or a format, with a value that is outside of it. */
    static Stream<String> badValues() throws Exception {
        return typesOfMetadata().entrySet().stream()
                .filter(property -> !property.getKey().equals("proactor.enabled")) // a condition: all but true is off
                .flatMap(property -> Stream.ofNullable(badValue(property.getKey(), property.getValue()))
                        .map(value -> concrete(property.getKey()) + "=" + value));
    }

    private static String badValue(String name, String type) {
        if (name.endsWith(".address")) {
            return "";
        }
        return switch (type) {
            case "java.time.Duration" -> "-1s";
            case "org.springframework.util.unit.DataSize" -> "0B";
            case "java.lang.Integer" -> "-2";
            case "java.lang.Double" -> "-1.0";
            case "java.lang.Boolean" -> "perhaps";
            default -> type.startsWith("dev.proactor") ? "nosuch" : null;
        };
    }

    @ParameterizedTest
    @MethodSource("badValues")
    void aBadValueFailsTheStartWithItsPropertyAndTheValue(String assignment) {
        String property = assignment.substring(0, assignment.indexOf('='));
        String value = assignment.substring(property.length() + 1);
        runner.withPropertyValues("proactor.auto-startup=false", assignment).run(context -> {
            assertThat(context).hasFailed();
            String shown = value.equals("-1s") ? "PT-1S" : value;
            assertThat(context.getStartupFailure()).hasStackTraceContaining(property);
            assertThat(context.getStartupFailure()).hasStackTraceContaining(shown);
        });
    }
}
