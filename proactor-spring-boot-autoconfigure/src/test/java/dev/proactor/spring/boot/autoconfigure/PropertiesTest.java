package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import dev.proactor.ConnectionOptions;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientCertificates;
import dev.proactor.security.Credentials;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.dispatch.Dispatcher;
import dev.proactor.spring.boot.internal.runtime.ConnectionsLifecycle;
import dev.proactor.spring.boot.internal.runtime.IntakeLifecycle;
import dev.proactor.spring.boot.internal.runtime.ManagedListener;
import dev.proactor.spring.boot.internal.runtime.Workers;
import dev.proactor.spring.boot.internal.send.DefaultProactorTemplate;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import dev.proactor.spring.boot.observation.MicrometerSendObserver;
import io.micrometer.observation.ObservationRegistry;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.test.util.ReflectionTestUtils;
import tools.jackson.databind.json.JsonMapper;

/** What each property does, where it is used; and what a bad value is told. */
class PropertiesTest {

    private static final String CONNECTION = "proactor.connections.orders.";
    private static final String LISTENER = "proactor.listeners.ingress.";
    private static final Executor EXECUTOR = Runnable::run;

    /** What a context made of its properties. */
    private record Made(
            ApplicationContext context,
            AtomicReference<ConnectionOptions> connectionOptions,
            AtomicReference<ListenerOptions> listenerOptions) {

        ConnectionOptions out() {
            return connectionOptions.get();
        }

        ListenerOptions in() {
            return listenerOptions.get();
        }

        ConnectionSpec spec() {
            return context.getBean(ProactorConnections.class).get("orders").spec();
        }

        ConnectionSpec.ReceiverSpec receiver() {
            return spec().receivers().get("in");
        }

        ManagedListener listener() {
            return (ManagedListener) context.getBean(ProactorListeners.class).get("ingress");
        }

        ListenerSpec listenerSpec() {
            return context.getBean(ProactorProperties.class)
                    .getListeners()
                    .get("ingress")
                    .toSpec("ingress", false);
        }

        Credentials credentials() {
            return out().sasl()
                    .provider()
                    .credentials("host")
                    .toCompletableFuture()
                    .join();
        }

        TemplateSettings template() {
            return (TemplateSettings) field(DefaultProactorTemplate.class, "settings");
        }

        @Nullable Object field(Class<?> bean, String name) {
            return ReflectionTestUtils.getField(context.getBean(bean), name);
        }
    }

    /**
     * A property that is set.
     *
     * @param property its name, as in the metadata
     * @param value its value, not the default
     * @param effect what it changes
     * @param expected what that is then
     * @param more what else has to be set
     */
    private record Row(
            String property, String value, Function<Made, @Nullable Object> effect, Object expected, String... more) {
        String assignment() {
            return concrete(property) + "=" + value;
        }

        @Override
        public String toString() {
            return assignment();
        }
    }

    private static String concrete(String property) {
        return property.replace("connections.*", "connections.orders")
                .replace("listeners.*", "listeners.ingress")
                .replace("receivers.*", "receivers.in")
                .replace("senders.*", "senders.out");
    }

    private static Row row(
            String property, String value, Function<Made, @Nullable Object> effect, Object expected, String... more) {
        return new Row("proactor." + property, value, effect, expected, more);
    }

    private static Row connection(
            String property, String value, Function<Made, @Nullable Object> effect, Object expected, String... more) {
        return row("connections.*." + property, value, effect, expected, more);
    }

    private static Row listener(
            String property, String value, Function<Made, @Nullable Object> effect, Object expected, String... more) {
        return row("listeners.*." + property, value, effect, expected, more);
    }

    private static Row receiver(
            String property,
            String value,
            Function<ConnectionSpec.ReceiverSpec, @Nullable Object> effect,
            Object expected,
            String... more) {
        return connection("receivers.*." + property, value, made -> effect.apply(made.receiver()), expected, more);
    }

    private static Row redelivery(
            String property, String value, Function<ConnectionSpec.Redelivery, Object> effect, Object expected) {
        return receiver("redelivery." + property, value, spec -> effect.apply(spec.redelivery()), expected);
    }

    private static Row reconnect(
            String property, String value, Function<ConnectionSpec.Reconnect, Object> effect, Object expected) {
        return connection(
                "reconnect." + property, value, made -> effect.apply(made.spec().reconnect()), expected);
    }

    static Stream<Row> rows() {
        return Stream.of(proactorRows(), connectionRows(), reconnectRows(), linkRows(), listenerRows(), securityRows())
                .flatMap(rows -> rows);
    }

    private static Stream<Row> proactorRows() {
        return Stream.of(
                row("enabled", "false", made -> made.context().getBeanNamesForType(Proactor.class).length, 0),
                row(
                        "auto-startup",
                        "true",
                        made -> made.context()
                                        .getBean(ConnectionsLifecycle.class)
                                        .isRunning()
                                && made.listener().status().state() == NamedListener.State.LISTENING,
                        true,
                        CONNECTION + "auto-connect=false"),
                row(
                        "keep-alive",
                        "false",
                        made -> made.context().getBean(ProactorProperties.class).getKeepAlive(),
                        ProactorProperties.KeepAlive.FALSE),
                row("threads", "3", made -> made.field(Workers.class, "count"), 3),
                row("executor", "mine", made -> made.field(Workers.class, "executor"), EXECUTOR),
                row(
                        "container-id",
                        "us",
                        made -> made.context().getBean(Proactor.class).containerId(),
                        "us"),
                row("default-responses", "false", made -> made.field(Dispatcher.class, "answers"), false),
                row("logging.mdc", "true", made -> made.field(Dispatcher.class, "logContext") != null, true),
                row("template.connection", "orders", made -> made.template().connection(), "orders"),
                row("template.timeout", "3s", made -> made.template().timeout(), Duration.ofSeconds(3)),
                row("template.max-pending", "7", made -> made.template().maxPending(), 7),
                row(
                        "shutdown.grace-period",
                        "3s",
                        made -> made.field(IntakeLifecycle.class, "patience"),
                        Duration.ofSeconds(3)),
                row(
                        "observation.enabled",
                        "false",
                        made -> made.context().getBeanNamesForType(MicrometerSendObserver.class).length,
                        0),
                row(
                        "start-command",
                        "run {arguments}",
                        made -> new ListenerBindFailureAnalyzer(made.context().getEnvironment())
                                .analyze(new ListenerBindException("ingress", "localhost", 5672, "in use"))
                                .getAction()
                                .contains("run --proactor.listeners.ingress.port=5673"),
                        true));
    }

    private static Stream<Row> connectionRows() {
        return Stream.of(
                connection("uris", "amqp://b:2", made -> made.out().address(), "b:2"),
                connection("virtual-host", "vhost", made -> made.out().virtualHost(), "vhost"),
                connection("auto-connect", "false", made -> made.spec().autoConnect(), false),
                connection("required", "false", made -> made.spec().required(), false),
                connection("idle-timeout", "7s", made -> made.out().idleTimeout(), Duration.ofSeconds(7)),
                connection("max-frame-size", "1KB", made -> made.out().maxFrameBytes(), 1024),
                connection("connect-timeout", "7s", made -> made.out().handshakeTimeout(), Duration.ofSeconds(7)));
    }

    private static Stream<Row> reconnectRows() {
        return Stream.of(
                reconnect("enabled", "false", ConnectionSpec.Reconnect::enabled, false),
                reconnect("initial-delay", "7ms", ConnectionSpec.Reconnect::initialDelay, Duration.ofMillis(7)),
                reconnect("max-delay", "7s", ConnectionSpec.Reconnect::maxDelay, Duration.ofSeconds(7)),
                reconnect("multiplier", "3", ConnectionSpec.Reconnect::multiplier, 3.0),
                reconnect("jitter", "0.5", ConnectionSpec.Reconnect::jitter, 0.5),
                reconnect("max-attempts", "7", ConnectionSpec.Reconnect::maxAttempts, 7));
    }

    private static Stream<Row> linkRows() {
        return Stream.of(
                receiver("address", "other", ConnectionSpec.ReceiverSpec::address, "other"),
                receiver("credit", "7", ConnectionSpec.ReceiverSpec::credit, 7),
                receiver("capabilities", "queue", ConnectionSpec.ReceiverSpec::capabilities, List.of("queue")),
                receiver("selector", "a = 1", ConnectionSpec.ReceiverSpec::selector, "a = 1"),
                receiver("durable", "true", ConnectionSpec.ReceiverSpec::durable, true, "proactor.container-id=us"),
                receiver("subscription-name", "mine", ConnectionSpec.ReceiverSpec::subscriptionName, "mine"),
                receiver(
                        "settle-mode",
                        "settled",
                        ConnectionSpec.ReceiverSpec::settleMode,
                        ConnectionSpec.SettleMode.SETTLED),
                receiver("max-unsettled", "7", ConnectionSpec.ReceiverSpec::maxUnsettled, 7),
                redelivery("initial-delay", "7ms", ConnectionSpec.Redelivery::initialDelay, Duration.ofMillis(7)),
                redelivery("multiplier", "3", ConnectionSpec.Redelivery::multiplier, 3.0),
                redelivery("max-delay", "7s", ConnectionSpec.Redelivery::maxDelay, Duration.ofSeconds(7)),
                redelivery("max-attempts", "7", ConnectionSpec.Redelivery::maxAttempts, 7),
                redelivery(
                        "exhausted",
                        "undeliverable-here",
                        ConnectionSpec.Redelivery::exhausted,
                        ConnectionSpec.Redelivery.Exhausted.UNDELIVERABLE_HERE),
                connection(
                        "senders.*.address",
                        "other",
                        made -> made.spec().senders().get("out").address(),
                        "other"),
                connection(
                        "senders.*.capabilities",
                        "topic",
                        made -> made.spec().senders().get("out").capabilities(),
                        List.of("topic")));
    }

    private static Stream<Row> listenerRows() {
        return Stream.of(
                listener("host", "127.0.0.1", made -> made.in().address(), "127.0.0.1:0"),
                listener("port", "5999", made -> made.in().address(), "localhost:5999"),
                listener("backlog", "7", made -> made.in().backlog(), 7),
                listener("max-connections", "7", made -> made.listenerSpec().maxConnections(), 7),
                listener("idle-timeout", "7s", made -> made.in().idleTimeout(), Duration.ofSeconds(7)),
                listener("handshake-timeout", "7s", made -> made.in().handshakeTimeout(), Duration.ofSeconds(7)),
                listener("max-frame-size", "1KB", made -> made.in().maxFrameBytes(), 1024),
                listener("max-message-size", "7KB", made -> made.in().maxMessageBytes(), 7 * 1024L),
                listener("max-sessions", "7", made -> made.in().maxSessions(), 7),
                listener("max-links", "7", made -> made.in().maxLinks(), 7),
                listener("auto-accept-links", "true", made -> made.listener().autoAcceptLinks(), true),
                listener("credit", "7", made -> made.listenerSpec().credit(), 7));
    }

    private static Stream<Row> securityRows() {
        String user = CONNECTION + "username=me";
        String password = CONNECTION + "password=secret";
        return Stream.of(
                connection("username", "you", made -> made.credentials().user(), "you", password),
                connection("password", "key", made -> made.credentials().secret(), "key", user),
                connection("ssl.enabled", "true", made -> made.out().tls() != null, true),
                connection("ssl.bundle", "mine", made -> made.out().tls() != null, true),
                connection(
                        "ssl.verify-host",
                        "false",
                        made -> made.out().tls().verifyName(),
                        false,
                        CONNECTION + "ssl.enabled=true"),
                connection(
                        "sasl.mechanisms", "EXTERNAL", made -> made.out().sasl().mechanisms(), List.of("EXTERNAL")),
                connection(
                        "sasl.allow-insecure",
                        "true",
                        made -> made.out().sasl().secretsWithoutTls(),
                        true,
                        user,
                        password),
                listener("ssl.bundle", "mine", made -> made.in().tls() != null, true),
                listener(
                        "ssl.client-auth",
                        "want",
                        made -> made.in().tls().clientCertificates(),
                        ClientCertificates.WANTED,
                        LISTENER + "ssl.bundle=mine"),
                listener("sasl.mechanisms", "PLAIN", made -> made.in().sasl().mechanisms(), List.of("PLAIN")),
                listener("sasl.allow-insecure", "true", made -> made.in().sasl().plainWithoutTls(), true),
                listener(
                        "sasl.allow-anonymous",
                        "true",
                        made -> made.in().address(),
                        "0.0.0.0:0",
                        LISTENER + "host=0.0.0.0",
                        "test.authenticator=false"),
                listener(
                        "sasl.authentication-manager",
                        "manager",
                        made -> made.in().sasl().mechanisms(),
                        List.of("PLAIN")));
    }

    private final AtomicReference<ConnectionOptions> connectionOptions = new AtomicReference<>();
    private final AtomicReference<ListenerOptions> listenerOptions = new AtomicReference<>();

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(ProactorAutoConfiguration.class, ProactorObservationAutoConfiguration.class))
            .withBean(ObservationRegistry.class, ObservationRegistry::create)
            .withBean("mine", Executor.class, () -> EXECUTOR)
            .withBean("manager", AuthenticationManager.class, () -> mock(AuthenticationManager.class))
            .withBean(
                    SslBundles.class,
                    () -> new DefaultSslBundleRegistry(
                            "mine", SslBundle.of(org.springframework.boot.ssl.SslStoreBundle.NONE)))
            .withBean(
                    ProactorConnectionCustomizer.class, () -> (name, options) -> connectionOptions.set(options.build()))
            .withBean(ProactorListenerCustomizer.class, () -> (name, options) -> listenerOptions.set(options.build()))
            .withPropertyValues(
                    "proactor.auto-startup=false",
                    CONNECTION + "uris=amqp://a:1",
                    CONNECTION + "receivers.in.address=numbers",
                    CONNECTION + "senders.out.address=words",
                    LISTENER + "port=0");

    private final ApplicationContextRunner authenticating =
            runner.withBean(Authenticator.class, () -> Authenticator.of(Map.of("me", "secret")));

    @ParameterizedTest
    @MethodSource("rows")
    void aPropertyHasItsEffect(Row row) {
        boolean anonymous = List.of(row.more()).contains("test.authenticator=false");
        (anonymous ? runner : authenticating)
                .withPropertyValues(row.more())
                .withPropertyValues(row.assignment())
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(row.effect().apply(new Made(context, connectionOptions, listenerOptions)))
                            .isEqualTo(row.expected());
                });
    }

    /** So that the rows show what the property does, and not the default. */
    @ParameterizedTest
    @MethodSource("rows")
    void withoutAPropertyThereIsNoSuchEffect(Row row) {
        boolean alone = row.property().endsWith("sasl.allow-anonymous"); // without it there is no context
        if (row.property().endsWith(".username") || row.property().endsWith(".password") || alone) {
            runner.withPropertyValues(row.more())
                    .run(context -> assertThat(context).hasFailed());
            return;
        }
        runner.withPropertyValues(row.more()).run(context -> {
            assertThat(context).hasNotFailed();
            Object without;
            try {
                without = row.effect().apply(new Made(context, connectionOptions, listenerOptions));
            } catch (NullPointerException nothingThere) {
                without = null;
            }
            assertThat(without).isNotEqualTo(row.expected());
        });
    }

    @Test
    void eachPropertyOfTheMetadataHasARow() throws Exception {
        Set<String> described = new TreeSet<>();
        try (InputStream in =
                PropertiesTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonMapper.shared().readTree(in).get("properties").forEach(property -> {
                boolean map = property.get("type").asString().startsWith("java.util.Map");
                String name = property.get("name").asString();
                if (!map && name.startsWith("proactor.")) {
                    described.add(name);
                }
            });
        }
        Set<String> tested = new TreeSet<>(rows().map(Row::property).toList());
        assertThat(tested).isEqualTo(described);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proactor.threads | 0 | from 1 to 10000",
                "proactor.executor | nobody | a bean that is an Executor",
                "proactor.container-id | '' | a name that no other instance has",
                "proactor.template.timeout | 0 | more than 0",
                "proactor.template.timeout | -1s | from 0 to 24 days",
                "proactor.template.max-pending | 0 | from 1",
                "proactor.shutdown.grace-period | -1s | from 0 to 24 days",
                "proactor.connections.*.uris | http://host | amqp://host:port",
                "proactor.connections.*.idle-timeout | -1s | from 0 to 24 days",
                "proactor.connections.*.max-frame-size | 100B | from 512B to 16MB",
                "proactor.connections.*.connect-timeout | 25d | from 0 to 24 days",
                "proactor.connections.*.reconnect.initial-delay | -1s | from 0 to 24 days",
                "proactor.connections.*.reconnect.max-delay | 1ms | less than initial-delay",
                "proactor.connections.*.reconnect.multiplier | 0.5 | 1 or more",
                "proactor.connections.*.reconnect.jitter | 1.5 | from 0 to 1",
                "proactor.connections.*.reconnect.max-attempts | -2 | -1 for no limit",
                "proactor.connections.*.receivers.*.address | '' | address of a queue",
                "proactor.connections.*.receivers.*.credit | 0 | from 1 to 1000000",
                "proactor.connections.*.receivers.*.durable | true | proactor.container-id",
                "proactor.connections.*.receivers.*.max-unsettled | -1 | from 0 to 1000000",
                "proactor.connections.*.receivers.*.redelivery.initial-delay | -1s | from 0 to 24 days",
                "proactor.connections.*.receivers.*.redelivery.multiplier | 0.5 | 1 or more",
                "proactor.connections.*.receivers.*.redelivery.max-delay | 1ms | less than initial-delay",
                "proactor.connections.*.receivers.*.redelivery.max-attempts | -1 | 0 for no limit",
                "proactor.connections.*.senders.*.address | '' | address of a queue",
                "proactor.connections.*.ssl.bundle | theirs | mine",
                "proactor.connections.*.sasl.mechanisms | PLAIN | need credentials",
                "proactor.listeners.*.host | 0.0.0.0 | sasl.allow-anonymous",
                "proactor.listeners.*.port | 65536 | from 0 to 65535",
                "proactor.listeners.*.backlog | 0 | from 1 to 65535",
                "proactor.listeners.*.max-connections | 0 | from 1 to 1000000",
                "proactor.listeners.*.idle-timeout | -1s | from 0 to 24 days",
                "proactor.listeners.*.handshake-timeout | -1s | from 0 to 24 days",
                "proactor.listeners.*.max-frame-size | 17MB | from 512B to 16MB",
                "proactor.listeners.*.max-message-size | 0B | 1B or more",
                "proactor.listeners.*.max-sessions | 65537 | from 1 to 65536",
                "proactor.listeners.*.max-links | 0 | from 1 to 1000000",
                "proactor.listeners.*.credit | 0 | from 1 to 1000000",
                "proactor.listeners.*.ssl.bundle | theirs | mine",
                "proactor.listeners.*.ssl.client-auth | need | needs TLS",
                "proactor.listeners.*.sasl.mechanisms | PLAIN | Authenticator bean",
                "proactor.listeners.*.sasl.authentication-manager | nobody | AuthenticationManager"
            })
    void aBadValueFailsTheStartWithPropertyValueAndWhatWouldBeRight(String property, String value, String right) {
        runner.withPropertyValues(concrete(property) + "=" + value).run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure())
                    .rootCause()
                    .isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, failure -> {
                        assertThat(failure.getName()).isEqualTo(concrete(property));
                        assertThat(failure.getReason()).contains(right);
                        assertThat(failure).hasMessageContaining(concrete(property));
                        assertThat(String.valueOf(failure.getValue()))
                                .satisfiesAnyOf(
                                        text -> assertThat(text).isEqualToIgnoringCase(value),
                                        text -> assertThat(text).isEqualTo("[" + value + "]"),
                                        // durations and sizes, as they print themselves
                                        text -> assertThat(text).matches("PT.+|\\d+B"));
                    });
        });
    }
}
