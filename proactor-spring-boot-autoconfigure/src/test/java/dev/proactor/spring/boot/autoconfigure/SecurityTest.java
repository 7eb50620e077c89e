package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.Mockito.mock;

import dev.proactor.Proactor;
import dev.proactor.security.Authenticator;
import dev.proactor.security.Credentials;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.security.Identity;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedConnection.State;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;

/** TLS and SASL by properties and beans, on real sockets. */
@ExtendWith(OutputCaptureExtension.class)
class SecurityTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    static Path directory;

    private static KeyStore server;
    private static KeyStore other;
    private static KeyStore device;

    @BeforeAll
    static void makeCertificates() throws Exception {
        server = certificate("server", "CN=server", "dns:localhost");
        other = certificate("other", "CN=other", "dns:elsewhere.example");
        device = certificate("device", "CN=meter-17", "dns:meter-17.example");
    }

    private static KeyStore certificate(String name, String subject, String san) throws Exception {
        Path file = directory.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keystore",
                        file.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        subject,
                        "-ext",
                        "san=" + san,
                        "-validity",
                        "2")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(keytool.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            keytool.destroyForcibly();
        }
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private static SslBundle bundle(KeyStore own, KeyStore... trusted) throws Exception {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        for (KeyStore one : trusted) {
            String alias = one.aliases().nextElement();
            trust.setCertificateEntry(alias, one.getCertificate(alias));
        }
        return SslBundle.of(SslStoreBundle.of(own, PASSWORD, trust));
    }

    /** Whoever comes to the listener. */
    @ProactorHandler(listeners = "ingress")
    static class Guests {
        final List<String> users = new CopyOnWriteArrayList<>();
        private final Proactor proactor;

        Guests(Proactor proactor) {
            this.proactor = proactor;
        }

        @OnConnectionOpened
        void opened(Connection connection) {
            Identity identity = proactor.identity(connection);
            users.add(identity.mechanism() + " " + identity.name()
                    + (proactor.tlsSession(connection) == null ? "" : " by TLS"));
        }
    }

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class));

    private final ApplicationContextRunner listening =
            runner.withPropertyValues("proactor.listeners.ingress.port=0").withUserConfiguration(Guests.class);

    private static int port(ApplicationContext context) {
        return context.getBean(ProactorListeners.class).get("ingress").localPort();
    }

    @Test
    void authenticatorsOfWhichNoneIsForAListenerDoNotLeaveItOpen() {
        ApplicationContextRunner two = listening
                .withBean("indoors", Authenticator.class, () -> mock(Authenticator.class))
                .withBean("outdoors", Authenticator.class, () -> mock(Authenticator.class));
        two.run(context -> assertThat(context)
                .getFailure()
                .rootCause()
                .hasMessageContaining("proactor.listeners.ingress.sasl.allow-anonymous")
                .hasMessageContaining("indoors, outdoors")
                .hasMessageContaining("none is named 'ingress'"));
        two.withPropertyValues("proactor.listeners.ingress.sasl.allow-anonymous=true")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void credentialsOfWhichNoneIsForAConnectionAreAMistake() {
        runner.withBean("one", CredentialsProvider.class, () -> CredentialsProvider.of(Credentials.password("a", "b")))
                .withBean(
                        "two", CredentialsProvider.class, () -> CredentialsProvider.of(Credentials.password("c", "d")))
                .withPropertyValues("proactor.connections.out.uris=amqps://localhost:1", "proactor.auto-startup=false")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("proactor.connections.out.sasl.mechanisms")
                        .hasMessageContaining("one, two"));
    }

    @Test
    void aListenerOfRunTimeIsGuardedByTheAuthenticatorToo() {
        listening.withBean(Authenticator.class, () -> mock(Authenticator.class)).run(context -> {
            int port = context.getBean(ProactorListeners.class)
                    .register("late", ListenerSpec.on("localhost", 0))
                    .localPort();
            runner.withPropertyValues("proactor.connections.out.uris=amqp://localhost:" + port)
                    .run(client -> await().untilAsserted(() ->
                            assertThat(out(client).status().lastError()).contains("amqp:unauthorized-access")));
        });
    }

    private static NamedConnection out(ApplicationContext context) {
        return context.getBean(ProactorConnections.class).get("out");
    }

    private ApplicationContextRunner to(String scheme, int port, String... more) {
        return runner.withPropertyValues("proactor.connections.out.uris=" + scheme + "://localhost:" + port)
                .withPropertyValues(
                        "proactor.connections.out.reconnect.initial-delay=20ms",
                        "proactor.connections.out.reconnect.max-delay=20ms")
                .withPropertyValues(more);
    }

    private static void awaitOpen(ApplicationContext context) {
        await().until(() -> out(context).status().state() == State.OPEN);
    }

    private static void awaitRefusal(ApplicationContext context, String why) {
        await().untilAsserted(
                        () -> assertThat(out(context).status().lastError()).contains(why));
        assertThat(out(context).status().state()).isNotEqualTo(State.OPEN);
    }

    // ---- TLS

    private static ApplicationContextRunner with(ApplicationContextRunner runner, DefaultSslBundleRegistry bundles) {
        return runner.withBean("bundles", SslBundles.class, () -> bundles);
    }

    @Test
    void bothEndsOfAConnectionUseTheirBundlesAndARenewedOneCountsForTheNextHandshake() throws Exception {
        DefaultSslBundleRegistry atServer = new DefaultSslBundleRegistry("mine", bundle(server));
        DefaultSslBundleRegistry atClient = new DefaultSslBundleRegistry("theirs", bundle(null, server));
        with(listening, atServer)
                .withPropertyValues("proactor.listeners.ingress.ssl.bundle=mine")
                .run(context -> {
                    with(to("amqps", port(context), "proactor.connections.out.ssl.bundle=theirs"), atClient)
                            .run(client -> {
                                awaitOpen(client);
                                await().until(() ->
                                        context.getBean(Guests.class).users.contains("ANONYMOUS  by TLS"));
                            });
                    atServer.updateBundle("mine", bundle(other));
                    with(to("amqps", port(context), "proactor.connections.out.ssl.bundle=theirs"), atClient)
                            .run(client -> awaitRefusal(client, "amqp:connection:framing-error"));
                    with(
                                    to(
                                            "amqp",
                                            port(context),
                                            "proactor.connections.out.ssl.bundle=both",
                                            "proactor.connections.out.ssl.verify-host=false"),
                                    new DefaultSslBundleRegistry("both", bundle(null, server, other)))
                            .run(SecurityTest::awaitOpen);
                    with(
                                    to("amqps", port(context), "proactor.connections.out.ssl.bundle=both"),
                                    new DefaultSslBundleRegistry("both", bundle(null, server, other)))
                            .run(client -> awaitRefusal(client, "SSL"));
                    // Without a bundle the runtime's own store knows none of them.
                    to("amqp", port(context), "proactor.connections.out.ssl.enabled=true")
                            .run(client -> awaitRefusal(client, "SSL"));
                });
    }

    @Test
    void aClientThatShowsItsCertificateIsKnownByIt() throws Exception {
        DefaultSslBundleRegistry atServer = new DefaultSslBundleRegistry("mine", bundle(server, device));
        with(listening, atServer)
                .withBean("authenticator", Authenticator.class, () -> Authenticator.of(Map.of()))
                .withPropertyValues(
                        "proactor.listeners.ingress.ssl.bundle=mine",
                        "proactor.listeners.ingress.ssl.client-auth=need",
                        "proactor.listeners.ingress.sasl.mechanisms=EXTERNAL")
                .run(context -> {
                    with(
                                    to(
                                            "amqps",
                                            port(context),
                                            "proactor.connections.out.ssl.bundle=meter",
                                            "proactor.connections.out.sasl.mechanisms=external"),
                                    new DefaultSslBundleRegistry("meter", bundle(device, server)))
                            .run(client -> {
                                awaitOpen(client);
                                await().until(() ->
                                        context.getBean(Guests.class).users.contains("EXTERNAL CN=meter-17 by TLS"));
                            });
                    with(
                                    to("amqps", port(context), "proactor.connections.out.ssl.bundle=meter"),
                                    new DefaultSslBundleRegistry("meter", bundle(null, server)))
                            .run(client -> awaitRefusal(client, "amqp:connection:framing-error"));
                });
    }

    @Test
    void aClientMayShowItsCertificateWhereItIsWanted() throws Exception {
        DefaultSslBundleRegistry atServer = new DefaultSslBundleRegistry("mine", bundle(server, device));
        with(listening, atServer)
                .withBean("authenticator", Authenticator.class, () -> Authenticator.of(Map.of("ann", "secret")))
                .withPropertyValues(
                        "proactor.listeners.ingress.ssl.bundle=mine",
                        "proactor.listeners.ingress.ssl.client-auth=want",
                        "proactor.listeners.ingress.sasl.mechanisms=SCRAM-SHA-256,EXTERNAL")
                .run(context -> {
                    List<String> users = context.getBean(Guests.class).users;
                    with(
                                    to(
                                            "amqps",
                                            port(context),
                                            "proactor.connections.out.ssl.bundle=meter",
                                            "proactor.connections.out.sasl.mechanisms=external"),
                                    new DefaultSslBundleRegistry("meter", bundle(device, server)))
                            .run(client -> await().until(() -> users.contains("EXTERNAL CN=meter-17 by TLS")));
                    with(
                                    to(
                                            "amqps",
                                            port(context),
                                            "proactor.connections.out.ssl.bundle=meter",
                                            "proactor.connections.out.username=ann",
                                            "proactor.connections.out.password=secret"),
                                    new DefaultSslBundleRegistry("meter", bundle(null, server)))
                            .run(client -> await().until(() -> users.contains("SCRAM-SHA-256 ann by TLS")));
                });
    }

    // ---- SASL

    @Test
    void everybodyIsLetInBesideThoseWhoSayWhoTheyAreWhereThatIsAllowed() {
        listening
                .withBean("authenticator", Authenticator.class, () -> Authenticator.of(Map.of("ann", "secret")))
                .withPropertyValues("proactor.listeners.ingress.sasl.allow-anonymous=true")
                .run(context -> {
                    List<String> users = context.getBean(Guests.class).users;
                    to("amqp", port(context))
                            .run(client ->
                                    await().until(() -> users.stream().anyMatch(user -> user.startsWith("ANONYMOUS"))));
                    to(
                                    "amqp",
                                    port(context),
                                    "proactor.connections.out.username=ann",
                                    "proactor.connections.out.password=secret")
                            .run(client -> await().until(() -> users.contains("SCRAM-SHA-512 ann")));
                });
    }

    @Test
    void aPasswordOfThePropertiesIsCheckedByTheAuthenticatorBean(CapturedOutput log) {
        listening
                .withBean("authenticator", Authenticator.class, () -> Authenticator.of(Map.of("ann", "secret")))
                .run(context -> {
                    String[] right = {
                        "proactor.connections.out.username=ann", "proactor.connections.out.password=secret"
                    };
                    to("amqp", port(context), right).run(client -> {
                        awaitOpen(client);
                        await().until(() -> context.getBean(Guests.class).users.contains("SCRAM-SHA-512 ann"));
                    });
                    to(
                                    "amqp",
                                    port(context),
                                    "proactor.connections.out.username=ann",
                                    "proactor.connections.out.password=wrong")
                            .run(client -> awaitRefusal(client, "amqp:unauthorized-access"));
                    await().untilAsserted(() -> assertThat(log)
                            .contains(
                                    "Listener 'ingress' did not let a peer in: Authentication failed [mech=SCRAM-SHA-512")
                            .contains("Check its username and password"));
                    to("amqp", port(context)).run(client -> awaitRefusal(client, "amqp:unauthorized-access"));
                    // PLAIN is neither offered nor used without TLS.
                    to(
                                    "amqp",
                                    port(context),
                                    Stream.concat(
                                                    Stream.of(right),
                                                    Stream.of("proactor.connections.out.sasl.mechanisms=PLAIN"))
                                            .toArray(String[]::new))
                            .run(client -> awaitRefusal(client, "amqp:unauthorized-access"));
                });
    }

    @Test
    void aCredentialsProviderIsAskedAtEveryAttempt() {
        List<String> asked = new CopyOnWriteArrayList<>();
        CredentialsProvider provider = host -> {
            asked.add(host);
            return CompletableFuture.completedFuture(
                    Credentials.password("ann", asked.size() < 3 ? "expired" : "secret"));
        };
        CredentialsProvider others = host -> CompletableFuture.failedFuture(new IllegalStateException("not mine"));
        listening
                .withBean("authenticator", Authenticator.class, () -> Authenticator.of(Map.of("ann", "secret")))
                .run(context -> to("amqp", port(context))
                        .withBean("out", CredentialsProvider.class, () -> provider)
                        .withBean("another", CredentialsProvider.class, () -> others)
                        .run(client -> {
                            awaitOpen(client);
                            assertThat(asked).hasSize(3).containsOnly("localhost");
                        }));
    }

    @Test
    void springSecurityChecksPasswordsOnOtherThreadsThanTheProactors() {
        List<String> threads = new CopyOnWriteArrayList<>();
        AuthenticationManager manager = authentication -> {
            threads.add(Thread.currentThread().getName());
            if (!"secret".equals(authentication.getCredentials())) {
                throw new BadCredentialsException("no");
            }
            return UsernamePasswordAuthenticationToken.authenticated(authentication.getPrincipal(), null, List.of());
        };
        listening
                .withBean("users", AuthenticationManager.class, () -> manager)
                .withPropertyValues(
                        "proactor.listeners.ingress.host=0.0.0.0", // allowed: they authenticate
                        "proactor.listeners.ingress.sasl.authentication-manager=users",
                        "proactor.listeners.ingress.sasl.allow-insecure=true")
                .run(context -> {
                    for (String password : List.of("secret", "wrong")) {
                        to(
                                        "amqp",
                                        port(context),
                                        "proactor.connections.out.username=ann",
                                        "proactor.connections.out.password=" + password,
                                        "proactor.connections.out.sasl.allow-insecure=true")
                                .run(client -> {
                                    if (password.equals("secret")) {
                                        awaitOpen(client);
                                    } else {
                                        awaitRefusal(client, "amqp:unauthorized-access");
                                    }
                                });
                    }
                    assertThat(context.getBean(Guests.class).users).containsOnly("PLAIN ann");
                    assertThat(threads).isNotEmpty().allMatch(name -> name.startsWith("proactor-authentication-"));
                });
    }

    // ---- mistakes

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proactor.connections.out.ssl.bundle=nosuch | proactor.connections.out.ssl.bundle | there are: mine",
                "proactor.listeners.in.ssl.bundle=nosuch | proactor.listeners.in.ssl.bundle | there are: mine",
                "proactor.listeners.in.ssl.client-auth=need | proactor.listeners.in.ssl.client-auth | needs TLS",
                "proactor.connections.out.username=ann | proactor.connections.out.password | must be set",
                "proactor.connections.out.password=geheim | proactor.connections.out.username | must be set",
                "proactor.connections.out.sasl.mechanisms=PLAIN | proactor.connections.out.sasl.mechanisms | need credentials",
                "proactor.connections.out.ssl.enabled=false;proactor.connections.out.uris=amqps://localhost:1 | proactor.connections.out.ssl.enabled | must be true",
                "proactor.connections.out.ssl.enabled=false;proactor.connections.out.ssl.bundle=mine | proactor.connections.out.ssl.bundle | must not be set",
                "proactor.connections.out.uris=amqps://a:1,amqp://b:1 | proactor.connections.out.uris | all be amqps",
                "proactor.connections.out.username=ann;proactor.connections.out.password=geheim;proactor.connections.out.sasl.mechanisms=GSSAPI | proactor.connections.out.sasl.mechanisms | must be of SCRAM",
                "proactor.listeners.in.sasl.mechanisms=PLAIN | proactor.listeners.in.sasl.mechanisms | define an Authenticator bean",
                "proactor.listeners.in.sasl.authentication-manager=users | proactor.listeners.in.sasl.authentication-manager | lets nobody in: without TLS PLAIN is not offered",
                "proactor.listeners.in.sasl.authentication-manager=nosuch | proactor.listeners.in.sasl.authentication-manager | must name a bean",
                "proactor.listeners.in.sasl.authentication-manager=users;proactor.listeners.in.sasl.mechanisms=SCRAM-SHA-256 | proactor.listeners.in.sasl.mechanisms | must be PLAIN",
                "proactor.listeners.in.host=0.0.0.0 | proactor.listeners.in.host | define an Authenticator bean"
            })
    void aMistakeFailsTheStartWithItsPropertyAndWhatWouldBeRight(String values, String property, String reason)
            throws Exception {
        String[] all = Stream.concat(
                        Stream.of("proactor.connections.out.uris=amqp://localhost:1", "proactor.listeners.in.port=0"),
                        Stream.of(values.split(";")))
                .toArray(String[]::new);
        with(runner, new DefaultSslBundleRegistry("mine", bundle(server)))
                .withBean("users", AuthenticationManager.class, () -> authentication -> authentication)
                .withPropertyValues(all)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .satisfies(failure -> assertThat(failure.toString() + failure.getMessage())
                                .contains(property)
                                .doesNotContain("geheim"))
                        .hasMessageContaining(reason));
    }
}
