package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;

import dev.proactor.ListenerOptions;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ServerSasl;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedConnection.State;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Who is let in is judged by the options that a listener has in the end, be it declared or registered at run time. */
class ListenerGuardTest {

    private static final ListenerSpec ANY_HOST = ListenerSpec.on("0.0.0.0", 0);

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class));

    private final ApplicationContextRunner declared =
            runner.withPropertyValues("proactor.listeners.in.port=0", "proactor.listeners.in.host=0.0.0.0");

    private static ApplicationContextRunner indoorsAndOutdoors(ApplicationContextRunner runner) {
        return runner.withBean("indoors", Authenticator.class, () -> Authenticator.of(Map.of("ann", "inside")))
                .withBean("outdoors", Authenticator.class, () -> Authenticator.of(Map.of("ann", "outside")));
    }

    private static ApplicationContextRunner customized(
            ApplicationContextRunner runner, Consumer<ListenerOptions.Builder> customizer) {
        return runner.withBean(ProactorListenerCustomizer.class, () -> (name, options) -> customizer.accept(options));
    }

    private static Consumer<ListenerOptions.Builder> guardedBy(String password) {
        return options -> options.sasl(ServerSasl.of(Authenticator.of(Map.of("ann", password))));
    }

    private interface Body {
        void run(ProactorListeners listeners);
    }

    private static void run(ApplicationContextRunner runner, Body body) {
        runner.run(context -> {
            assertThat(context).hasNotFailed();
            body.run(context.getBean(ProactorListeners.class));
        });
    }

    private void assertLetsIn(NamedListener listener, String password) {
        connect(
                listener,
                password,
                connection -> await().until(() -> connection.status().state() == State.OPEN));
    }

    private void assertRefuses(NamedListener listener, String password) {
        connect(
                listener,
                password,
                connection -> await().untilAsserted(() ->
                        assertThat(connection.status().lastError()).contains("amqp:unauthorized-access")));
    }

    /** Connects to it: as ann, or as nobody without a password. */
    private void connect(NamedListener listener, String password, Consumer<NamedConnection> then) {
        List<String> properties =
                new ArrayList<>(List.of("proactor.connections.out.uris=amqp://localhost:" + listener.localPort()));
        if (password != null) {
            properties.add("proactor.connections.out.username=ann");
            properties.add("proactor.connections.out.password=" + password);
        }
        runner.withPropertyValues(properties.toArray(String[]::new))
                .run(context ->
                        then.accept(context.getBean(ProactorConnections.class).get("out")));
    }

    private static void assertFailsTheStart(
            ApplicationContextRunner runner, String property, @Nullable Object value, String reason) {
        runner.run(context -> assertThat(context)
                .getFailure()
                .rootCause()
                .isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, failure -> {
                    assertThat(failure.getName()).isEqualTo(property);
                    assertThat(failure.getValue()).isEqualTo(value);
                    assertThat(failure.getReason()).contains(reason);
                }));
    }

    // ---- declared

    @Test
    void aCustomizerMayGuardAListenerThatOtherHostsReach() {
        run(customized(declared, guardedBy("secret")), listeners -> {
            assertLetsIn(listeners.get("in"), "secret");
            assertRefuses(listeners.get("in"), null);
        });
    }

    @Test
    void aCustomizerMayGuardAListenerThatNoneOfTheAuthenticatorsIsFor() {
        for (String more : List.of("proactor.threads=2", "proactor.listeners.in.sasl.mechanisms=SCRAM-SHA-256")) {
            run(
                    customized(indoorsAndOutdoors(declared.withPropertyValues(more)), guardedBy("secret")),
                    listeners -> assertRefuses(listeners.get("in"), "inside"));
        }
    }

    static Stream<Consumer<ListenerOptions.Builder>> open() {
        return Stream.of(
                options -> options.sasl(ServerSasl.anonymous()),
                options -> options.sasl(ServerSasl.none()),
                options -> options.sasl(ServerSasl.of(mock(Authenticator.class)).required(false)),
                options -> options.sasl(ServerSasl.of(mock(Authenticator.class), "SCRAM-SHA-256", "ANONYMOUS")));
    }

    @ParameterizedTest
    @MethodSource("open")
    void aCustomizerThatOpensOneToOtherHostsFailsTheStart(Consumer<ListenerOptions.Builder> customizer) {
        ApplicationContextRunner guarded = declared.withBean(Authenticator.class, () -> mock(Authenticator.class));
        assertFailsTheStart(
                customized(guarded, customizer),
                "proactor.listeners.in.host",
                "0.0.0.0",
                "nobody would have to authenticate");
        run(
                customized(guarded.withPropertyValues("proactor.listeners.in.sasl.allow-anonymous=true"), customizer),
                listeners -> assertThat(listeners.get("in").localPort()).isPositive());
    }

    @ParameterizedTest
    @ValueSource(strings = {"proactor.threads=2", "proactor.listeners.in.sasl.mechanisms=SCRAM-SHA-256"})
    void withoutACustomizerItFailsTheStartThatNoneOfTheAuthenticatorsIsForIt(String more) {
        assertFailsTheStart(
                indoorsAndOutdoors(declared.withPropertyValues(more)),
                "proactor.listeners.in.sasl.allow-anonymous",
                false,
                "of the Authenticator beans indoors, outdoors none is named 'in'. Rename one, "
                        + (more.contains("mechanisms") ? "or set sasl by a Proactor" : "or set this to true"));
    }

    @Test
    void mechanismsThatNobodyCanCheckAreNoWayToLetAnybodyIn() {
        indoorsAndOutdoors(declared)
                .withPropertyValues(
                        "proactor.listeners.in.sasl.mechanisms=SCRAM-SHA-256",
                        "proactor.listeners.in.sasl.allow-anonymous=true")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("proactor.listeners.in.sasl.mechanisms"));
    }

    @Test
    void aCustomizerThatLetsNobodyInIsToldOfAsWhatItIs() {
        assertFailsTheStart(
                customized(declared, options -> options.sasl(ServerSasl.of(mock(Authenticator.class), "PLAIN"))),
                "proactor.listeners.in.ssl.bundle",
                null,
                "plainWithoutTls(true)");
    }

    @Test
    void whereSomebodyIsAskedTheReasonIsThatNotAllNeedAnswer() {
        assertFailsTheStart(
                customized(
                        declared,
                        options ->
                                options.sasl(ServerSasl.of(mock(Authenticator.class), "SCRAM-SHA-256", "ANONYMOUS"))),
                "proactor.listeners.in.host",
                "0.0.0.0",
                "its SASL includes ANONYMOUS or is not required: bind it to localhost, set sasl");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]", "0:0:0:0:0:0:0:1", "[0:0:0:0:0:0:0:1]"})
    void onlyThisHostReaches(String host) {
        assertThat(Checks.isLoopback(host)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0.0.0.0", "::", "[::]", "::2", "0:0:0:0:0:0:0:0", "1270.0.0.1", "127.0.0.1.example"})
    void otherHostsMayReach(String host) {
        assertThat(Checks.isLoopback(host)).isFalse();
    }

    // ---- registered at run time

    @Test
    void oneThatOtherHostsReachIsRefusedWhereNobodyWouldHaveToAuthenticate() {
        run(runner, listeners -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners.register("late", ANY_HOST))
                    .withMessageStartingWith("listener 'late' is reached by other hosts at '0.0.0.0'")
                    .withMessageContaining("Bind it to localhost, define an Authenticator bean")
                    .withMessageContaining("ProactorListeners.register")
                    .withMessageContaining("ProactorListenerCustomizer")
                    .withMessageContaining("ListenerSpec.withAllowAnonymous(true)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners.register("late", ListenerSpec.on("", 0)))
                    .withMessageContaining("other hosts");
            assertThat(listeners.all()).isEmpty();
            assertLetsIn(listeners.register("late", ListenerSpec.on("localhost", 0)), null);
            assertLetsIn(listeners.register("guarded", ANY_HOST, guardedBy("secret")), "secret");
            assertRefuses(listeners.get("guarded"), null);
            assertLetsIn(listeners.register("open", ANY_HOST.withAllowAnonymous(true)), null);
        });
    }

    @Test
    void theSoleAuthenticatorOrACustomizerGuardsItToo() {
        run(runner.withBean(Authenticator.class, () -> Authenticator.of(Map.of("ann", "secret"))), listeners -> {
            assertRefuses(listeners.register("late", ANY_HOST), null);
            NamedListener open = listeners.register("open", ANY_HOST.withAllowAnonymous(true));
            assertLetsIn(open, null);
            assertLetsIn(open, "secret");
            assertRefuses(open, "wrong");
        });
        run(
                customized(runner, guardedBy("secret")),
                listeners -> assertRefuses(listeners.register("late", ANY_HOST), null));
    }

    @Test
    void ofSeveralAuthenticatorsOneMustBeForIt() {
        run(indoorsAndOutdoors(runner), listeners -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners.register("late", ListenerSpec.on("localhost", 0)))
                    .withMessageStartingWith("listener 'late' has nobody to ask")
                    .withMessageContaining("of the Authenticator beans indoors, outdoors none is named 'late'")
                    .withMessageContaining("ListenerSpec.withAllowAnonymous(true)")
                    .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain("proactor.listeners."));
            assertThat(listeners.all()).isEmpty();
            assertLetsIn(listeners.register("indoors", ANY_HOST), "inside");
            assertRefuses(listeners.get("indoors"), "outside");
            assertLetsIn(listeners.register("late", ANY_HOST, guardedBy("late")), "late");
            assertLetsIn(
                    listeners.register("open", ListenerSpec.on("localhost", 0).withAllowAnonymous(true)), null);
        });
        run(
                customized(indoorsAndOutdoors(runner), guardedBy("secret")),
                listeners -> assertLetsIn(listeners.register("late", ANY_HOST), "secret"));
    }

    @Test
    void whoRegistersItHasTheLastWord() {
        run(customized(runner, guardedBy("customizer")), listeners -> {
            NamedListener late = listeners.register("late", ANY_HOST, guardedBy("mine"));
            assertLetsIn(late, "mine");
            assertRefuses(late, "customizer");
            late.stop();
            late.start();
            assertRefuses(late, "customizer");
            open().forEach(options -> assertThatIllegalArgumentException()
                    .isThrownBy(() -> listeners.register("open", ANY_HOST, options))
                    .withMessageStartingWith("listener 'open'"));
        });
    }

    @Test
    void oneThatLetsNobodyInIsRefused() {
        run(runner, listeners -> {
            ServerSasl plain = ServerSasl.of(mock(Authenticator.class), "PLAIN");
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            listeners.register("late", ListenerSpec.on("localhost", 0), options -> options.sasl(plain)))
                    .withMessageStartingWith(
                            "listener 'late' lets nobody in: without TLS PLAIN is not offered. Set tls");
            assertThat(listeners
                            .register(
                                    "late",
                                    ListenerSpec.on("localhost", 0),
                                    options -> options.sasl(plain.plainWithoutTls(true)))
                            .localPort())
                    .isPositive();
        });
    }

    @Test
    void whatTheOptionsThrowIsThrownAndTheNameIsFree() {
        run(runner, listeners -> {
            assertThatIllegalStateException()
                    .isThrownBy(() -> listeners.register("late", ListenerSpec.on("localhost", 0), options -> {
                        throw new IllegalStateException("no certificate yet");
                    }))
                    .withMessage("no certificate yet");
            assertThat(listeners
                            .register("late", ListenerSpec.on("localhost", 0))
                            .localPort())
                    .isPositive();
        });
    }

    @Test
    void theNameOfADeclaredOneBringsItsGuardButNotItsLeave() {
        run(
                indoorsAndOutdoors(declared.withPropertyValues("proactor.listeners.in.sasl.allow-anonymous=true")),
                listeners -> {
                    listeners.remove("in");
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> listeners.register("in", ANY_HOST))
                            .withMessageStartingWith("listener 'in' has nobody to ask");
                    assertLetsIn(listeners.register("in", ANY_HOST.withAllowAnonymous(true)), null);
                });
    }
}
