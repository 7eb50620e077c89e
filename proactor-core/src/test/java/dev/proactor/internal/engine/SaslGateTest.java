package dev.proactor.internal.engine;

import static dev.proactor.EventType.*;
import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.frame;
import static dev.proactor.internal.engine.Frames.join;
import static dev.proactor.internal.engine.Frames.open;
import static dev.proactor.internal.engine.Frames.sasl;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.security.ClientSasl;
import dev.proactor.security.ServerSasl;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.security.SaslChallenge;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.apache.qpid.proton.amqp.security.SaslMechanisms;
import org.apache.qpid.proton.amqp.security.SaslOutcome;
import org.apache.qpid.proton.amqp.security.SaslResponse;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Open;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, and that nothing else does. */
class SaslGateTest {

    private static final byte[] HELLO = join(Frames.AMQP, amqp(0, open()));

    private static SaslInit init(String mechanism) {
        SaslInit init = new SaslInit();
        init.setMechanism(Symbol.valueOf(mechanism));
        return init;
    }

    private static SaslMechanisms offer(String... names) {
        SaslMechanisms mechanisms = new SaslMechanisms();
        Symbol[] symbols = new Symbol[names.length];
        for (int i = 0; i < names.length; i++) {
            symbols[i] = Symbol.valueOf(names[i]);
        }
        mechanisms.setSaslServerMechanisms(symbols);
        return mechanisms;
    }

    private static SaslOutcome outcome(SaslCode code) {
        SaslOutcome outcome = new SaslOutcome();
        outcome.setCode(code);
        return outcome;
    }

    private static SaslResponse response() {
        SaslResponse response = new SaslResponse();
        response.setResponse(new Binary(new byte[0]));
        return response;
    }

    private static SaslChallenge challenge() {
        SaslChallenge challenge = new SaslChallenge();
        challenge.setChallenge(new Binary(new byte[0]));
        return challenge;
    }

    private static End server(ServerSasl sasl) {
        return new End(End.serverOptions().sasl(sasl).build());
    }

    private static End client() {
        End client = new End(End.clientOptions().build());
        client.runBatch();
        return client;
    }

    private static void assertFailed(End end, String condition, String text) {
        assertThat((Object) end.condition()).isNotNull();
        assertThat((Object) end.condition().getCondition()).hasToString(condition);
        assertThat(end.condition().getDescription()).contains(text);
        assertThat(end.log).endsWith(TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
        assertThat(end.log).containsOnlyOnce(TRANSPORT_ERROR).doesNotContain(TRANSPORT_AUTHENTICATED);
        assertThat(end.engine.handshakeDone()).isFalse();
    }

    // ---- server

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 64 * 1024})
    void anonymousIsLetInHoweverTheBytesAreCut(int chunk) {
        End client = new End(End.clientOptions().build());
        End server = server(ServerSasl.anonymous().required(true));
        client.chunk = chunk;
        server.chunk = chunk;
        End.pump(client, server);
        assertThat(client.log).contains(TRANSPORT_AUTHENTICATED, CONNECTION_REMOTE_OPEN);
        assertThat(server.log).containsSubsequence(TRANSPORT_AUTHENTICATED, CONNECTION_REMOTE_OPEN);
        assertThat(client.log).containsOnlyOnce(TRANSPORT_AUTHENTICATED);
    }

    @Test
    void serverSaysNothingBeforeTheClient() {
        End server = server(ServerSasl.anonymous());
        server.runBatch();
        assertThat(server.takeOutput()).isEmpty();
        server.receive(new byte[] {'A', 'M', 'Q'});
        assertThat(server.takeOutput()).isEmpty();
        List<Object> answer = Frames.read(server.exchange(new byte[] {'P', 3, 1, 0, 0}));
        assertThat(answer.get(0)).isEqualTo(Frames.SASL);
        assertThat(((Frames.Read) answer.get(1)).body()).isInstanceOf(SaslMechanisms.class);
        assertThat(answer).hasSize(2);
    }

    @Test
    void saslMayBeLeftOutWhereItIsNotRequired() {
        End server = server(ServerSasl.anonymous());
        byte[] answer = server.exchange(HELLO);
        assertThat(Frames.read(answer).get(0)).isEqualTo(Frames.AMQP);
        assertThat(server.log).contains(CONNECTION_REMOTE_OPEN).doesNotContain(TRANSPORT_AUTHENTICATED);
    }

    @Test
    void saslMayNotBeSkippedWhereItIsRequired() {
        End server = server(ServerSasl.anonymous().required(true));
        byte[] answer = server.exchange(HELLO);
        assertFailed(server, "amqp:connection:policy-error", "Client skipped authentication - forbidden");
        assertThat(server.log).doesNotContain(CONNECTION_REMOTE_OPEN);
        assertThat((Object) Frames.bodies(answer, Close.class).get(0).getError().getCondition())
                .hasToString("amqp:connection:policy-error");
    }

    @Test
    void aSaslClientIsTurnedAwayWhereThereIsNoSasl() {
        End server = server(ServerSasl.none());
        byte[] answer = server.exchange(Frames.SASL);
        assertThat(Frames.read(answer).get(0)).isEqualTo(Frames.AMQP);
        assertFailed(server, "amqp:connection:framing-error", "Incompatible AMQP connection detected");
    }

    @Test
    void aMechanismNotOfferedIsRefusedAndNothingAfterItIsLookedAt() {
        End server = server(ServerSasl.anonymous());
        byte[] answer = server.exchange(join(Frames.SASL, sasl(init("PLAIN")), HELLO));
        assertFailed(
                server,
                "amqp:unauthorized-access",
                "Authentication failed [mech=PLAIN]: not offered; offered are [ANONYMOUS]");
        assertThat(server.log).doesNotContain(CONNECTION_REMOTE_OPEN);
        assertThat(Frames.bodies(answer, SaslOutcome.class))
                .singleElement()
                .satisfies(o -> assertThat(o.getCode()).isEqualTo(SaslCode.AUTH));
        assertThat(Frames.bodies(answer, Open.class)).isEmpty();
        assertThat(Frames.bodies(answer, Close.class)).isEmpty();
    }

    @Test
    void aRefusedClientCanNotTryAgainOnTheSameConnection() {
        End server = server(ServerSasl.anonymous().required(true));
        server.exchange(join(Frames.SASL, sasl(init("PLAIN"))));
        server.receive(join(sasl(init("ANONYMOUS")), HELLO));
        assertFailed(server, "amqp:unauthorized-access", "PLAIN");
    }

    @Test
    void amqpBeforeAnOutcomeIsNotLookedAt() {
        End server = server(ServerSasl.anonymous().required(true));
        server.exchange(join(Frames.SASL, amqp(0, open())));
        assertFailed(server, "amqp:connection:framing-error", "malformed frame: unknown frame type 0");
    }

    @Test
    void aHeaderOtherThanAmqpAfterSaslIsRefused() {
        End server = server(ServerSasl.anonymous());
        server.exchange(join(Frames.SASL, sasl(init("ANONYMOUS")), Frames.SASL));
        assertThat(server.condition().getDescription())
                .contains("Expected AMQP protocol header got: 'AMQP\\x03\\x01\\x00\\x00'");
    }

    @Test
    void aServerTakesNoFramesOfAServer() {
        for (Object body : List.of(offer("ANONYMOUS"), challenge(), outcome(SaslCode.OK), response())) {
            End server = server(ServerSasl.anonymous().required(true));
            server.exchange(join(Frames.SASL, sasl(body), HELLO));
            assertFailed(server, "amqp:connection:framing-error", "unexpected SASL frame");
        }
    }

    @Test
    void aSecondInitIsRefused() {
        End server = server(ServerSasl.anonymous());
        server.exchange(join(Frames.SASL, sasl(init("ANONYMOUS")), sasl(init("ANONYMOUS"))));
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:connection:framing-error");
        assertThat(server.engine.handshakeDone()).isFalse();
    }

    @Test
    void aFrameOver512BytesIsRefused() {
        SaslInit init = init("ANONYMOUS");
        init.setInitialResponse(new Binary(new byte[600]));
        End server = server(ServerSasl.anonymous());
        server.exchange(join(Frames.SASL, sasl(init)));
        assertFailed(server, "amqp:connection:framing-error", "malformed frame: size");
    }

    @Test
    void nonsenseIsRefused() {
        End server = server(ServerSasl.anonymous());
        server.exchange(join(
                Frames.SASL, frame(1, 0, null, (byte) 0, (byte) 0x53, (byte) 0x41, (byte) 0xc0, (byte) 40, (byte) 3)));
        assertFailed(server, "amqp:decode-error", "");
        server = server(ServerSasl.anonymous());
        server.exchange(join(Frames.SASL, frame(1, 0, null)));
        assertFailed(server, "amqp:decode-error", "");
        server = server(ServerSasl.anonymous());
        server.exchange(join(Frames.SASL, frame(1, 0, init("ANONYMOUS"), (byte) 1)));
        assertFailed(server, "amqp:decode-error", "");
    }

    @Test
    void anUnknownProtocolIsAnsweredWithOurHeaderAndAClose() {
        for (String request : new String[] {"GET / HTTP/1.1\r\n", "\u0016\u0003\u0001", "AMQQ", "HELO"}) {
            End server = server(ServerSasl.anonymous());
            byte[] answer = server.exchange(request.getBytes(StandardCharsets.ISO_8859_1));
            assertFailed(server, "amqp:connection:framing-error", "Unknown protocol detected");
            assertThat(Frames.read(answer).get(0)).isEqualTo(Frames.AMQP);
            assertThat(Frames.bodies(answer, Close.class)).hasSize(1);
        }
        End server = server(ServerSasl.anonymous());
        server.exchange(new byte[] {'A', 'M', 'Q', 'P', 1, 1, 0, 10});
        assertFailed(server, "amqp:connection:framing-error", "Incompatible AMQP connection detected");
    }

    @Test
    void theStreamEndsBeforeAnyHeader() {
        for (byte[] begun : new byte[][] {{}, {'A', 'M'}}) {
            End server = server(ServerSasl.anonymous());
            server.runBatch();
            server.receive(begun);
            server.end();
            assertThat(server.log).endsWith(TRANSPORT_TAIL_CLOSED, TRANSPORT_ERROR);
            assertThat(server.condition().getDescription()).isEqualTo("End of input stream before protocol detection");
        }
        End client = client();
        client.end();
        assertThat(client.condition().getDescription()).contains("no protocol header found (connection aborted)");
    }

    // ---- client

    @Test
    void clientSendsNoAmqpBeforeItIsLetIn() {
        End client = client();
        assertThat(Frames.read(client.takeOutput())).containsExactly((Object) Frames.SASL);
        byte[] answer = client.exchange(join(Frames.SASL, sasl(offer("PLAIN", "ANONYMOUS"))));
        assertThat(Frames.bodies(answer, SaslInit.class)).singleElement().satisfies(init -> {
            assertThat((Object) init.getMechanism()).hasToString("ANONYMOUS");
            assertThat(init.getHostname()).isEqualTo("localhost");
        });
        assertThat(Frames.bodies(answer, Open.class)).isEmpty();
        assertThat(Frames.bodies(client.exchange(sasl(challenge())), SaslResponse.class))
                .hasSize(1);
        answer = client.exchange(sasl(outcome(SaslCode.OK)));
        assertThat(Frames.read(answer).get(0)).isEqualTo(Frames.AMQP);
        assertThat(Frames.bodies(answer, Open.class)).hasSize(1);
        assertThat(client.log).endsWith(TRANSPORT_AUTHENTICATED);
    }

    @Test
    void aLongHostnameIsSentWhole() {
        String hostname = "ü".repeat(600);
        End client = new End(End.clientOptions().virtualHost(hostname).build());
        client.runBatch();
        client.takeOutput();
        byte[] answer = client.exchange(join(Frames.SASL, sasl(offer("ANONYMOUS"))));
        assertThat(Frames.bodies(answer, SaslInit.class))
                .singleElement()
                .satisfies(init -> assertThat(init.getHostname()).isEqualTo(hostname));
        assertThat(client.condition()).isNull();
    }

    @Test
    void clientIsRefused() {
        End client = client();
        client.exchange(join(Frames.SASL, sasl(offer("ANONYMOUS"))));
        client.receive(join(sasl(outcome(SaslCode.AUTH)), Frames.AMQP, amqp(0, open())));
        client.takeOutput();
        client.end();
        assertFailed(client, "amqp:unauthorized-access", "Authentication failed [mech=ANONYMOUS]: no user is set");
        assertThat(client.log).doesNotContain(CONNECTION_REMOTE_OPEN);
    }

    @Test
    void clientFindsNoMechanismOfItsOwn() {
        End client = client();
        client.takeOutput();
        byte[] answer = client.exchange(join(Frames.SASL, sasl(offer("PLAIN", "EXTERNAL"))));
        assertFailed(
                client,
                "amqp:unauthorized-access",
                "the server offers [PLAIN, EXTERNAL], wanted is one of [ANONYMOUS]; no user is set");
        assertThat(answer).isEmpty();
    }

    @Test
    void clientTakesNoFramesOfAClientAndNoOutcomeBeforeItsInit() {
        for (Object body : List.of(init("ANONYMOUS"), response(), outcome(SaslCode.OK), challenge())) {
            End client = client();
            client.exchange(join(Frames.SASL, sasl(body), Frames.AMQP, amqp(0, open())));
            assertFailed(client, "amqp:connection:framing-error", "unexpected SASL frame");
        }
    }

    @Test
    void clientMeetsAServerWithoutSasl() {
        End client = client();
        client.exchange(HELLO);
        assertFailed(
                client,
                "amqp:connection:framing-error",
                "Expected SASL protocol header got: 'AMQP\\x00\\x01\\x00\\x00'");
    }

    @Test
    void clientWithoutSaslBeginsWithAmqp() {
        End client = new End(End.clientOptions().sasl(ClientSasl.none()).build());
        client.runBatch();
        assertThat(Frames.read(client.takeOutput()).get(0)).isEqualTo(Frames.AMQP);
    }
}
