package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.proof.RawPeer.Frame;
import dev.proactor.security.ServerSasl;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.transport.Close;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No AMQP of a peer is looked at that has not gone through the SASL exchange it must go through. */
@Timeout(30)
class SaslBypassTest {

    private static final List<EventType> NOT_BEFORE_AUTHENTICATION = List.of(
            EventType.TRANSPORT_AUTHENTICATED,
            EventType.CONNECTION_REMOTE_OPEN,
            EventType.CONNECTION_REMOTE_CLOSE,
            EventType.SESSION_INIT,
            EventType.SESSION_REMOTE_OPEN,
            EventType.LINK_INIT,
            EventType.LINK_REMOTE_OPEN,
            EventType.DELIVERY);

    private static final byte[] CONVERSATION =
            Frames.join(Frames.AMQP, Frames.open("intruder"), Frames.begin(100), Frames.attachSender("l", 0));

    // ---- a client, and a server that goes on after it has refused

    static Stream<Arguments> refusals() {
        return Stream.of(1, 2, 3, 4).flatMap(code -> Stream.of(arguments(code, true), arguments(code, false)));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void nothingThatAServerSendsAfterItsRefusalReachesAHandlerOfTheClient(int code, boolean inOneSegment)
            throws IOException {
        byte[] refusal = Frames.saslOutcome((byte) code);
        try (Driver client = talkToServer(refusal, CONVERSATION, inOneSegment)) {
            assertThat((Object) client.lastCondition.getCondition()).hasToString("amqp:unauthorized-access");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anOutcomeThatIsNoneOfThoseDefinedLetsNobodyIn(boolean inOneSegment) throws IOException {
        for (byte[] outcome : List.of(
                Frames.saslOutcome((byte) 5),
                Frames.saslOutcome((byte) 0x80),
                Frames.saslOutcome((byte) 0xff),
                Frames.saslOutcome((Object) null),
                Frames.saslOutcome(),
                Frames.saslMechanisms("ANONYMOUS"),
                Frames.saslInit("ANONYMOUS"),
                new byte[0])) {
            talkToServer(outcome, CONVERSATION, inOneSegment).close();
        }
    }

    @Test
    void aServerThatSpeaksNoSaslIsNotTalkedToByAClientThatWantsIt() throws IOException {
        try (ServerSocket listening = RawPeer.listen();
                Driver client = connect(listening)) {
            try (RawPeer server = RawPeer.accept(listening)) {
                server.write(CONVERSATION);
                client.runTo(EventType.TRANSPORT_CLOSED);
            }
            client.runTo(EventType.PROACTOR_INACTIVE);
            assertRefused(client);
            assertThat((Object) client.lastCondition.getCondition()).hasToString("amqp:connection:framing-error");
        }
    }

    /** Runs a client to its end against a server that sends this after the mechanism was chosen. */
    private static Driver talkToServer(byte[] outcome, byte[] afterwards, boolean inOneSegment) throws IOException {
        try (ServerSocket listening = RawPeer.listen()) {
            Driver client = connect(listening);
            try (RawPeer server = RawPeer.accept(listening)) {
                server.write(Frames.SASL, Frames.saslMechanisms("ANONYMOUS"));
                client.settle();
                assertThat(server.readHeader()).isEqualTo(Frames.SASL);
                assertThat(server.readFrame().performative()).isNotNull();
                if (inOneSegment) {
                    server.write(outcome, afterwards);
                } else {
                    server.write(outcome);
                    client.settle();
                    writeIfPossible(server, afterwards);
                }
                client.runUntil(() -> client.log.contains(EventType.TRANSPORT_CLOSED), "end of the connection");
            }
            client.runTo(EventType.PROACTOR_INACTIVE);
            assertRefused(client);
            return client;
        }
    }

    private static Driver connect(ServerSocket listening) {
        Driver client = new Driver();
        client.proactor.connect(
                ConnectionOptions.to("127.0.0.1:" + listening.getLocalPort()).build());
        client.runTo(EventType.CONNECTION_BOUND);
        return client;
    }

    private static void writeIfPossible(RawPeer peer, byte[] bytes) throws IOException {
        try {
            peer.write(bytes);
        } catch (SocketException closedAlready) {
            assertThat(closedAlready).hasMessageMatching(".*(Broken pipe|reset).*");
        }
    }

    private static void assertRefused(Driver driver) {
        assertThat(driver.log).doesNotContainAnyElementsOf(NOT_BEFORE_AUTHENTICATION);
        assertThat(driver.log).containsSubsequence(EventType.TRANSPORT_ERROR, EventType.TRANSPORT_CLOSED);
    }

    // ---- a server that wants authentication, and clients that go around it

    static Stream<Arguments> intruders() {
        byte[] init = Frames.saslInit("ANONYMOUS");
        byte[] unknown = Frames.saslInit("X-UNKNOWN");
        byte[] ok = Frames.saslOutcome((byte) 0);
        return Stream.of(
                arguments("no SASL", new byte[0]),
                arguments("SASL header only", Frames.SASL),
                arguments("unknown mechanism", Frames.join(Frames.SASL, unknown)),
                arguments("unknown mechanism, then a known one", Frames.join(Frames.SASL, unknown, init)),
                arguments("client plays the server", Frames.join(Frames.SASL, ok)),
                arguments("unknown mechanism, client says it is fine", Frames.join(Frames.SASL, unknown, ok)),
                arguments("AMQP frame of type SASL", Frames.join(Frames.SASL, Frames.frame(1, 0))),
                arguments("AMQP open as a SASL frame", Frames.join(Frames.SASL, asSasl("a"))),
                arguments("SASL header twice", Frames.join(Frames.SASL, Frames.SASL, init)),
                arguments("a frame before any header", Frames.open("early")));
    }

    private static byte[] asSasl(String containerId) {
        return Frames.frame(1, 0, Frames.described(Frames.OPEN, containerId));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("intruders")
    void nothingReachesAHandlerOfAServerThatWantsAuthenticationAndGetsNone(String what, byte[] before)
            throws IOException {
        for (boolean inOneSegment : new boolean[] {true, false}) {
            try (Driver server = new Driver(Handlers::mirror)) {
                int port = listenWithSaslRequired(server);
                try (RawPeer client = RawPeer.connect(port)) {
                    if (inOneSegment) {
                        client.write(before, CONVERSATION);
                    } else {
                        client.write(before);
                        server.settle();
                        writeIfPossible(client, CONVERSATION);
                    }
                    server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end of the connection");
                    server.settle();
                }
                assertRefused(server);
            }
        }
    }

    @Test
    void aClientThatLeavesOutTheSaslThatIsRequiredIsToldSoInACloseFrame() throws IOException {
        try (Driver server = new Driver(Handlers::mirror)) {
            try (RawPeer client = RawPeer.connect(listenWithSaslRequired(server))) {
                client.write(CONVERSATION);
                server.runTo(EventType.TRANSPORT_CLOSED);
                assertThat(client.readHeader()).isEqualTo(Frames.AMQP);
                assertThat(client.readFrames())
                        .last()
                        .extracting(Frame::performative)
                        .isInstanceOfSatisfying(
                                Close.class,
                                close -> assertThat((Object) close.getError().getCondition())
                                        .hasToString("amqp:connection:policy-error"));
            }
            assertRefused(server);
        }
    }

    @Test
    void aClientThatAuthenticatesIsServed() throws IOException {
        try (Driver server = new Driver(Handlers::mirror);
                RawPeer client = RawPeer.connect(listenWithSaslRequired(server))) {
            client.write(Frames.SASL, Frames.saslInit("ANONYMOUS"), CONVERSATION);
            server.runTo(EventType.LINK_REMOTE_OPEN);
            assertThat(server.log)
                    .containsSubsequence(EventType.TRANSPORT_AUTHENTICATED, EventType.CONNECTION_REMOTE_OPEN);
            assertThat(server.lastCondition).isNull();
        }
    }

    private static int listenWithSaslRequired(Driver server) {
        return Handlers.listen(
                        server,
                        ListenerOptions.on("127.0.0.1:0")
                                .sasl(ServerSasl.anonymous().required(true))
                                .build())
                .localPort();
    }
}
