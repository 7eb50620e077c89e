package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.TRANSPORT_AUTHENTICATED;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Conditions.assertCondition;
import static dev.proactor.testing.Handlers.address;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.LastingConnection;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.ReconnectOptions;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientCertificates;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ClientTls;
import dev.proactor.security.Credentials;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.security.Identity;
import dev.proactor.security.ScramKeys;
import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import dev.proactor.testing.TestCertificates;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come in, over SASL: client and server, by every mechanism. */
@Timeout(20)
class SaslTest {

    private static final String UNAUTHORIZED = "amqp:unauthorized-access";
    private static final TestCertificates CERTIFICATES = new TestCertificates();
    private static final TestCertificates.Identity SERVER = CERTIFICATES.issue("localhost");
    private static final Authenticator USERS = Authenticator.of(Map.of("anna", "secret-of-anna", "bert", "pencil"));

    private final List<Identity> identities = new ArrayList<>();
    private final List<Identity> clientIdentities = new ArrayList<>();
    private final Driver server = new Driver(event -> {
        Handlers.mirror(event);
        note(event, identities());
    });
    private final Driver client = new Driver(event -> note(event, clientIdentities()));

    private List<Identity> identities() {
        return identities;
    }

    private List<Identity> clientIdentities() {
        return clientIdentities;
    }

    private static void note(Event event, List<Identity> identities) {
        if (event.type() == TRANSPORT_AUTHENTICATED) {
            identities.add(event.proactor().identity(event.connection()));
        }
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private Listener listen(ServerSasl sasl) {
        return Handlers.listen(
                server, ListenerOptions.on("127.0.0.1:0").sasl(sasl).build());
    }

    private void connect(Listener listener, ClientSasl sasl) {
        client.proactor.connect(
                ConnectionOptions.to(address(listener)).sasl(sasl).build());
    }

    private void assertLetIn(String user, String mechanism) {
        client.runTo(CONNECTION_REMOTE_OPEN, server);
        assertThat(identities).containsExactly(new Identity(user, mechanism));
        assertThat(clientIdentities).hasSize(1);
        assertThat(server.log).containsOnlyOnce(TRANSPORT_AUTHENTICATED).doesNotContain(TRANSPORT_ERROR);
        assertThat(client.log).containsOnlyOnce(TRANSPORT_AUTHENTICATED).doesNotContain(TRANSPORT_ERROR);
    }

    private void assertKeptOut(String inClientCondition) {
        client.runTo(TRANSPORT_CLOSED, server);
        server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end at the server", client);
        assertCondition(client.lastCondition, UNAUTHORIZED, inClientCondition);
        assertThat(client.log)
                .containsOnlyOnce(TRANSPORT_ERROR)
                .doesNotContain(TRANSPORT_AUTHENTICATED, CONNECTION_REMOTE_OPEN);
        assertThat(server.log).doesNotContain(TRANSPORT_AUTHENTICATED, CONNECTION_REMOTE_OPEN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM-SHA-256", "SCRAM-SHA-512"})
    @Tag("C96")
    void theRightPasswordLetsIn(String mechanism) {
        connect(
                listen(ServerSasl.of(USERS)),
                ClientSasl.password("anna", "secret-of-anna").mechanisms(mechanism));
        assertLetIn("anna", mechanism);
        assertThat(clientIdentities.get(0)).isEqualTo(new Identity("anna", mechanism));
    }

    @Test
    @Tag("C96")
    void theStrongestMechanismThatBothHaveIsUsed() {
        connect(listen(ServerSasl.of(USERS)), ClientSasl.password("anna", "secret-of-anna"));
        assertLetIn("anna", "SCRAM-SHA-512");
    }

    @ParameterizedTest
    @CsvSource({
        "SCRAM-SHA-256, anna, wrong",
        "SCRAM-SHA-512, anna, secret-of-ann",
        "SCRAM-SHA-512, nobody, secret-of-anna",
        "PLAIN, anna, wrong",
        "PLAIN, nobody, secret-of-anna",
        "PLAIN, anna, ''"
    })
    @Tag("C96")
    void aWrongPasswordAndAnUnknownUserAreRefusedAlike(String mechanism, String user, String password) {
        connect(
                listen(ServerSasl.of(USERS).plainWithoutTls(true)),
                ClientSasl.password(user, password).mechanisms(mechanism).secretsWithoutTls(true));
        assertKeptOut("Authentication failed [mech=" + mechanism + "]");
        assertThat(client.lastCondition.getDescription()).endsWith("[mech=" + mechanism + "]");
        assertCondition(
                server.lastCondition,
                UNAUTHORIZED,
                "Authentication failed [mech=" + mechanism + "]: wrong user or password");
    }

    @Test
    void aPasswordInTheClearNeedsTlsOrTheWordOfBothEnds() {
        ClientSasl plain = ClientSasl.password("anna", "secret-of-anna").mechanisms("PLAIN");
        connect(listen(ServerSasl.of(USERS).plainWithoutTls(true)), plain);
        client.runTo(TRANSPORT_CLOSED, server);
        server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end at the server", client);
        assertCondition(client.lastCondition, UNAUTHORIZED, "unless ClientSasl.secretsWithoutTls allows it");
        client.log.clear();
        server.log.clear();

        connect(listen(ServerSasl.of(USERS)), plain.secretsWithoutTls(true));
        client.runTo(TRANSPORT_CLOSED, server);
        server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end at the server", client);
        assertCondition(client.lastCondition, UNAUTHORIZED, "the server offers [SCRAM-SHA-512, SCRAM-SHA-256]");
        client.log.clear();
        server.log.clear();
        identities.clear();

        connect(listen(ServerSasl.of(USERS).plainWithoutTls(true)), plain.secretsWithoutTls(true));
        assertLetIn("anna", "PLAIN");
    }

    @Test
    void underTlsAPasswordMayBeSent() {
        Listener listener = Handlers.listen(
                server,
                ListenerOptions.on("127.0.0.1:0")
                        .tls(ServerTls.of(CERTIFICATES.context(SERVER)))
                        .sasl(ServerSasl.of(USERS))
                        .build());
        client.proactor.connect(ConnectionOptions.to("localhost:" + listener.localPort())
                .tls(ClientTls.of(CERTIFICATES.context(null)))
                .sasl(ClientSasl.password("bert", "pencil").mechanisms("PLAIN"))
                .build());
        assertLetIn("bert", "PLAIN");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theOwnerOfACertificateIsLetInByIt(boolean has) {
        Listener listener = Handlers.listen(
                server,
                ListenerOptions.on("127.0.0.1:0")
                        .tls(ServerTls.of(CERTIFICATES.context(SERVER)).clientCertificates(ClientCertificates.WANTED))
                        .sasl(ServerSasl.of(USERS, "EXTERNAL", "SCRAM-SHA-256"))
                        .build());
        client.proactor.connect(ConnectionOptions.to("localhost:" + listener.localPort())
                .tls(ClientTls.of(CERTIFICATES.context(has ? CERTIFICATES.issue("device-7") : null)))
                .sasl(ClientSasl.external())
                .build());
        if (has) {
            assertLetIn("CN=device-7", "EXTERNAL");
        } else {
            client.runTo(TRANSPORT_CLOSED, server);
            assertCondition(client.lastCondition, UNAUTHORIZED, "the server offers [SCRAM-SHA-256]");
            assertThat(client.lastCondition.getDescription()).contains("offered to who has shown a certificate");
        }
    }

    @Test
    void whereNothingCanBeOfferedThePeerIsTurnedAway() {
        connect(listen(ServerSasl.of(USERS, "PLAIN")), ClientSasl.anonymous());
        server.runTo(TRANSPORT_CLOSED, client);
        assertCondition(
                server.lastCondition, "amqp:connection:policy-error", "none of [PLAIN] can be offered without TLS");
    }

    @ParameterizedTest
    @CsvSource({
        "OAUTHBEARER, 'n,a=a=3Dnna,|host=the.host|auth=Bearer a.b.c||'",
        "XOAUTH2, 'user=a=nna|auth=Bearer a.b.c||'"
    })
    void aTokenIsSentAsTheMechanismSays(String mechanism, String expected) throws Exception {
        // What the server says of it comes as a challenge, which has to be answered before the outcome.
        try (var listening = RawPeer.listen()) {
            client.proactor.connect(ConnectionOptions.to(RawPeer.address(listening))
                    .virtualHost("the.host")
                    .sasl(ClientSasl.token(CredentialsProvider.of(Credentials.token("a=nna", "a.b.c")))
                            .mechanisms(mechanism)
                            .secretsWithoutTls(true))
                    .build());
            try (RawPeer peer = RawPeer.accept(listening, client)) {
                peer.send(SaslFrames.HEADER).send(SaslFrames.mechanisms(mechanism));
                SaslInit init = SaslFrames.await(peer, SaslInit.class, client);
                assertThat(init.getMechanism().toString()).isEqualTo(mechanism);
                assertThat(SaslFrames.text(init.getInitialResponse()).replace('\1', '|'))
                        .isEqualTo(expected);
                peer.send(SaslFrames.challenge("{\"status\":\"invalid_token\"}"));
                client.settle();
                peer.read();
                peer.send(SaslFrames.refused());
                client.runTo(TRANSPORT_CLOSED);
                assertCondition(client.lastCondition, UNAUTHORIZED, "invalid_token");
                assertThat(client.lastCondition.getDescription()).doesNotContain("a.b.c");
            }
        }
    }

    @Test
    void credentialsMayComeLaterAndAreAskedForAtEveryAttempt() {
        List<CompletableFuture<Credentials>> asked = new ArrayList<>();
        CredentialsProvider provider = host -> {
            asked.add(new CompletableFuture<>());
            return asked.get(asked.size() - 1);
        };
        Listener listener = listen(ServerSasl.of(USERS).failuresSlowed(false));
        LastingConnection lasting = client.proactor.keepConnected(
                ConnectionOptions.to(address(listener))
                        .sasl(ClientSasl.password(provider))
                        .build(),
                ReconnectOptions.builder().initialDelay(Duration.ofMillis(1)).build());
        client.runUntil(() -> asked.size() == 1, "first question", server);
        // Another thread answers.
        Background.run(() -> asked.get(0).complete(Credentials.password("anna", "outdated")))
                .result();
        client.runUntil(() -> asked.size() == 2, "second question", server);
        assertCondition(lasting.lastError(), UNAUTHORIZED, "SCRAM-SHA-512");
        asked.get(1).completeExceptionally(new IllegalStateException("the vault is closed"));
        client.runUntil(() -> asked.size() == 3, "third question", server);
        assertCondition(lasting.lastError(), UNAUTHORIZED, "the vault is closed");
        Background.run(() -> asked.get(2).complete(Credentials.password("anna", "secret-of-anna")))
                .result();
        client.runUntil(() -> lasting.state() == LastingConnection.State.OPEN, "success", server);
        assertThat(asked).hasSize(3);
    }

    @Test
    void anAnswerThatComesAfterTheEndIsOfNoUse() {
        CompletableFuture<Credentials> never = new CompletableFuture<>();
        Listener listener = listen(ServerSasl.of(USERS));
        client.proactor.connect(ConnectionOptions.to(address(listener))
                .sasl(ClientSasl.password(host -> never))
                .handshakeTimeout(Duration.ofMillis(100))
                .build());
        client.runTo(TRANSPORT_CLOSED, server);
        assertCondition(client.lastCondition, "amqp:resource-limit-exceeded", "handshake not finished within 100 ms");
        client.settle(server);
        client.log.clear();
        never.complete(Credentials.password("anna", "secret-of-anna"));
        client.settle(server);
        assertThat(client.log).isEmpty();
    }

    @Test
    void anAuthenticatorMayTakeItsTimeAndMayFail() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        CompletableFuture<Boolean> failure = new CompletableFuture<>();
        Authenticator slow = new Authenticator() {
            @Override
            public CompletionStage<Boolean> checkPassword(String user, String password) {
                return user.equals("anna") ? answer : failure;
            }
        };
        ServerSasl sasl = ServerSasl.of(slow, "PLAIN").plainWithoutTls(true).failuresSlowed(false);
        Listener listener = listen(sasl);
        ClientSasl plain = ClientSasl.password("anna", "x").mechanisms("PLAIN").secretsWithoutTls(true);
        connect(listener, plain);
        client.settle(server);
        assertThat(server.log).doesNotContain(TRANSPORT_AUTHENTICATED);
        Background.run(() -> answer.complete(true)).result();
        assertLetIn("anna", "PLAIN");
        client.log.clear();
        server.log.clear();

        connect(listener, ClientSasl.password("bert", "x").mechanisms("PLAIN").secretsWithoutTls(true));
        client.settle(server);
        failure.completeExceptionally(new IllegalStateException("no database"));
        client.runTo(TRANSPORT_CLOSED, server);
        server.runUntil(() -> server.log.contains(TRANSPORT_CLOSED), "end", client);
        assertCondition(server.lastCondition, UNAUTHORIZED, "the authenticator failed");
        assertCondition(client.lastCondition, UNAUTHORIZED, "[mech=PLAIN]: SYS");
    }

    @Test
    void answersToFailuresTakeLongerAndLongerAndGoodClientsDoNotWait() {
        Listener listener = listen(ServerSasl.of(USERS));
        ClientSasl wrong = ClientSasl.password("anna", "wrong").mechanisms("SCRAM-SHA-256");
        for (int i = 0; i < 4; i++) {
            long from = System.nanoTime();
            connect(listener, wrong);
            client.runTo(TRANSPORT_CLOSED, server);
            assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThanOrEqualTo(Duration.ofMillis(100L << i));
        }
        // One more waits for its answer all the time that a good one takes, whatever time that is on this machine.
        client.log.clear();
        connect(listener, wrong);
        connect(listener, ClientSasl.password("anna", "secret-of-anna"));
        client.runTo(CONNECTION_REMOTE_OPEN, server);
        assertThat(client.log).doesNotContain(TRANSPORT_CLOSED);
    }

    @Test
    void whatComesWhileTheAnswerWaitsEndsTheConnection() {
        Authenticator never = (user, password) -> new CompletableFuture<>();
        Listener listener = listen(ServerSasl.of(never, "PLAIN").plainWithoutTls(true));
        try (RawPeer peer = RawPeer.connect(listener.localPort())) {
            SaslInit init = new SaslInit();
            init.setMechanism(Symbol.valueOf("PLAIN"));
            init.setInitialResponse(new Binary("\0anna\0x".getBytes(UTF_8)));
            peer.send(SaslFrames.HEADER).send(SaslFrames.frame(init)).send(SaslFrames.frame(init));
            server.runTo(TRANSPORT_CLOSED);
            assertCondition(server.lastCondition, "amqp:connection:framing-error", "unexpected SASL frame");
        }
    }

    @Test
    void settingsShowNoSecretsAndRefuseWhatMakesNoSense() {
        ClientSasl sasl = ClientSasl.password("anna", "secret-of-anna");
        assertThat(sasl + " " + sasl.provider() + Credentials.password("anna", "secret-of-anna"))
                .doesNotContain("secret");
        assertThat(ServerSasl.of(USERS) + " " + USERS + ScramKeys.derive("SCRAM-SHA-256", "secret"))
                .doesNotContain("secret")
                .doesNotContain("pencil");
        assertThatThrownBy(() -> sasl.mechanisms("EXTERNAL"))
                .hasMessage("mechanisms are [EXTERNAL], but must be of [SCRAM-SHA-512, SCRAM-SHA-256, PLAIN]");
        assertThatThrownBy(() -> ServerSasl.of(USERS, "CRAM-MD5")).hasMessageContaining("mechanisms are [CRAM-MD5]");
        assertThatThrownBy(() -> ScramKeys.derive("SCRAM-MD5", "x")).hasMessageContaining("SCRAM-MD5");
    }
}
