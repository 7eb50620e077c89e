package dev.proactor.conformance;

import static dev.proactor.testing.Conditions.assertCondition;
import static dev.proactor.testing.Conditions.assertFramingError;
import static dev.proactor.testing.Frames.attachReceiver;
import static dev.proactor.testing.Frames.attachSender;
import static dev.proactor.testing.Frames.begin;
import static dev.proactor.testing.Frames.continuation;
import static dev.proactor.testing.Frames.detach;
import static dev.proactor.testing.Frames.transfer;
import static dev.proactor.testing.Frames.uint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import java.util.function.Consumer;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Detach;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.End;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames that are well-formed and not allowed. Each ends its own connection, with a condition in the close frame. */
class PeerBreaksProtocolTest {

    private static final String INVALID_FIELD = "amqp:invalid-field";
    private static final String NOT_ALLOWED = "amqp:not-allowed";

    private final Driver server = new Driver(Handlers::mirror);

    @AfterEach
    void noExceptionLeavesTheCoreAtTheEnd() {
        server.settle();
        server.close();
    }

    private Listener listen(ListenerOptions.Builder options) {
        return Handlers.listen(server, options.build());
    }

    private Listener listen() {
        return listen(ListenerOptions.on("127.0.0.1:0"));
    }

    private RawPeer connectAndOpen(Listener listener) {
        RawPeer peer = RawPeer.connect(listener.localPort()).open();
        peer.await(Open.class, server);
        return peer;
    }

    /** Session on channel 0, a link on which the peer sends with handle 0 and credit, one on which it receives with 1. */
    private RawPeer connectAndAttach(Listener listener) {
        RawPeer peer = connectAndOpen(listener);
        peer.send(0, begin()).await(Begin.class, server);
        peer.send(0, attachSender("out", 0)).await(Flow.class, server);
        peer.send(0, attachReceiver("in", 1)).await(Attach.class, server);
        return peer;
    }

    /** The connection is over, with this condition at both ends, and another one is served as before. */
    private void assertEnded(RawPeer peer, Listener listener, String condition, String inDescription) {
        ErrorCondition told = peer.awaitEnd(server);
        assertCondition(told, condition, inDescription);
        assertThat(peer.broken()).isFalse();
        server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
        assertCondition(server.lastCondition, condition, inDescription);
        assertThat(server.lastCondition.getDescription()).isEqualTo(told.getDescription());
        assertThat(server.log).containsOnlyOnce(EventType.TRANSPORT_ERROR);
        try (RawPeer later = connectAndOpen(listener)) {
            later.send(0, begin()).await(Begin.class, server);
        }
    }

    private void assertServed(RawPeer other) {
        other.send(1, begin());
        assertThat(other.await(Begin.class, server).getRemoteChannel().intValue())
                .isEqualTo(1);
    }

    @Test
    @Tag("C97")
    void aChannelAboveTheMaximumIsAFramingErrorThatNamesBoth() {
        Listener listener =
                listen(ListenerOptions.on("127.0.0.1:0").maxSessions(8).maxFrameBytes(1024));
        try (RawPeer peer = connectAndOpen(listener)) {
            peer.send(7, begin()).await(Begin.class, server);
            peer.send(29, begin());
            ErrorCondition told = peer.awaitEnd(server);
            assertFramingError(told, "29");
            assertThat(told.getDescription()).contains("7");
            assertEnded(peer, listener, "amqp:connection:framing-error", "29");
        }
    }

    @Test
    @Tag("C98")
    void aLinkAttachedTwiceByNameEndsTheConnection() {
        Listener listener = listen();
        try (RawPeer peer = connectAndAttach(listener)) {
            peer.send(0, attachSender("out", 7));
            assertEnded(peer, listener, INVALID_FIELD, "out");
        }
    }

    @Test
    @Tag("C98")
    void aLinkMayBeAttachedAgainByNameOnceItWasDetached() {
        try (RawPeer peer = connectAndAttach(listen())) {
            for (int i = 0; i < 3; i++) {
                peer.send(0, detach(0)).await(Detach.class, server);
                peer.send(0, attachSender("out", 0)).await(Attach.class, server);
            }
            server.settle();
            assertThat(server.log).doesNotContain(EventType.TRANSPORT_ERROR);
            assertServed(peer);
        }
    }

    @Test
    @Tag("C98")
    void theSameNameMayBeUsedInTheOtherDirection() {
        try (RawPeer peer = connectAndAttach(listen())) {
            peer.send(0, attachReceiver("out", 7)).await(Attach.class, server);
            server.settle();
            assertThat(server.log).doesNotContain(EventType.TRANSPORT_ERROR);
        }
    }

    @Test
    @Tag("C99")
    void aSessionThatHoldsLessThanAFrameIsAnErrorOfThisEnd() {
        try (Driver client = new Driver(event -> {
            if (event.type() == EventType.CONNECTION_INIT) {
                Session session = event.connection().session();
                session.setIncomingCapacity(1233);
                session.open();
            }
        })) {
            Listener listener = listen();
            client.proactor.connect(ConnectionOptions.to(Handlers.address(listener))
                    .maxFrameBytes(1234)
                    .build());
            client.runTo(EventType.PROACTOR_INACTIVE, server);
            assertCondition(
                    client.lastCondition, "amqp:internal-error", "session capacity 1233 is less than frame size 1234");
        }
    }

    /** Breaches whose condition C's engine names too. */
    enum Breach {
        ATTACH_ON_AN_UNKNOWN_CHANNEL(NOT_ALLOWED, "no such channel", peer -> peer.send(5, attachSender("x", 0))),
        TRANSFER_ON_AN_UNKNOWN_CHANNEL(NOT_ALLOWED, "no such channel", peer -> peer.send(5, transfer(0, 0, false))),
        FLOW_ON_AN_UNKNOWN_CHANNEL(NOT_ALLOWED, "no such channel", peer -> peer.send(5, Frames.credit(0, 1))),
        END_ON_AN_UNKNOWN_CHANNEL(NOT_ALLOWED, "no such channel", peer -> peer.send(5, new End())),
        TRANSFER_WITH_AN_UNKNOWN_HANDLE(INVALID_FIELD, "handle", peer -> peer.send(0, transfer(9, 0, false))),
        FLOW_WITH_AN_UNKNOWN_HANDLE(INVALID_FIELD, "handle", peer -> peer.send(0, Frames.credit(9, 1))),
        DETACH_WITH_AN_UNKNOWN_HANDLE(INVALID_FIELD, "handle", peer -> peer.send(0, detach(9))),
        NO_DELIVERY_ID(INVALID_FIELD, "delivery-id", peer -> {
            Transfer transfer = transfer(0, 0, false);
            transfer.setDeliveryId(null);
            peer.send(0, transfer);
        }),
        DELIVERY_ID_CHANGED_IN_A_CONTINUATION(INVALID_FIELD, "delivery-id", peer -> {
            peer.send(0, transfer(0, 0, true), new byte[10]);
            peer.send(0, transfer(0, 1, false), new byte[10]);
        }),
        SETTLED_TURNED_TO_UNSETTLED(INVALID_FIELD, "settled", peer -> {
            Transfer first = transfer(0, 0, true);
            first.setSettled(true);
            Transfer second = continuation(0, false);
            second.setSettled(false);
            peer.send(0, first, new byte[10]).send(0, second, new byte[10]);
        }),
        DELIVERY_ID_GAP("amqp:session:invalid-field", "", peer -> {
            peer.send(0, transfer(0, 0, false), new byte[10]);
            peer.send(0, transfer(0, 2, false), new byte[10]);
        });

        private final String condition;
        private final String inDescription;
        private final Consumer<RawPeer> action;

        Breach(String condition, String inDescription, Consumer<RawPeer> action) {
            this.condition = condition;
            this.inDescription = inDescription;
            this.action = action;
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("C100")
    void aBreachEndsItsConnectionWithTheConditionInTheCloseFrame(Breach breach) {
        Listener listener = listen();
        try (RawPeer other = connectAndOpen(listener);
                RawPeer peer = connectAndAttach(listener)) {
            breach.action.accept(peer);
            assertEnded(peer, listener, breach.condition, breach.inDescription);
            assertServed(other);
        }
    }

    @Test
    @Tag("C100")
    void aTransferOverTheWindowEndsTheConnection() {
        Listener listener =
                listen(ListenerOptions.on("127.0.0.1:0").maxFrameBytes(512).sessionWindowBytes(1024));
        try (RawPeer other = connectAndOpen(listener);
                RawPeer peer = connectAndAttach(listener)) {
            for (int i = 0; i < 5; i++) { // the window is two, and nobody takes what came
                peer.send(0, transfer(0, i, false), new byte[400]);
            }
            assertEnded(peer, listener, "amqp:session:window-violation", "");
            assertServed(other);
        }
    }

    /** Other things that are not allowed. There is no C engine to say what their conditions are. */
    enum Oddity {
        SECOND_OPEN(peer -> peer.send(0, Frames.open())),
        SECOND_HEADER(peer -> peer.send(Frames.AMQP_HEADER)),
        SECOND_BEGIN_ON_A_CHANNEL(peer -> peer.send(0, begin())),
        BEGIN_THAT_ANSWERS_NO_BEGIN(peer -> peer.send(3, begin(17))),
        HANDLE_IN_USE(peer -> peer.send(0, attachSender("other", 0))),
        HANDLE_ABOVE_THE_MAXIMUM(peer -> peer.send(0, attachSender("other", -1))),
        TRANSFER_TO_A_SENDER(peer -> peer.send(0, transfer(1, 0, false), new byte[10])),
        TRANSFER_WITHOUT_TAG(peer -> {
            Transfer transfer = transfer(0, 0, false);
            transfer.setDeliveryTag(null);
            peer.send(0, transfer, new byte[10]);
        }),
        TRANSFERS_BEYOND_THE_CREDIT(peer -> {
            for (int i = 0; i < 12; i++) {
                peer.send(0, transfer(0, i, false), new byte[10]);
            }
        }),
        NO_PERFORMATIVE(peer -> peer.send(0, "a string")),
        SASL_FRAME_AFTER_OPEN(peer -> peer.send(new byte[] {0, 0, 0, 8, 2, 1, 0, 0})),
        BYTES_THAT_CANNOT_BE_DECODED(peer ->
                peer.send(Frames.frameHeader(16, 2)).send(new byte[] {0, 0x53, 0x11, (byte) 0xd0, -1, -1, -1, -1})),
        LIST_IN_LIST_WITHOUT_END(peer -> {
            byte[] body = new byte[4000];
            for (int i = 0; i < body.length; i++) {
                body[i] = (byte) (i % 3 == 0 ? 0xc0 : 0xff);
            }
            peer.send(Frames.frameHeader(8 + body.length, 2)).send(body);
        }),
        DESCRIBED_WITHOUT_END(peer -> peer.send(Frames.frameHeader(8008, 2)).send(new byte[8000]));

        private final Consumer<RawPeer> action;

        Oddity(Consumer<RawPeer> action) {
            this.action = action;
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("C100")
    void anythingElseNotAllowedEndsItsConnectionWithAConditionToo(Oddity oddity) {
        Listener listener = listen();
        try (RawPeer other = connectAndOpen(listener);
                RawPeer peer = connectAndAttach(listener)) {
            oddity.action.accept(peer);
            ErrorCondition told = peer.awaitEnd(server);
            assertThat(told).isNotNull();
            assertEnded(peer, listener, told.getCondition().toString(), told.getDescription());
            assertServed(other);
        }
    }

    @Test
    @Tag("C100")
    void aFrameBeforeTheOpenEndsTheConnection() {
        Listener listener = listen();
        try (RawPeer peer = RawPeer.connect(listener.localPort())) {
            peer.send(Frames.AMQP_HEADER).send(0, begin());
            ErrorCondition told = peer.awaitEnd(server);
            assertThat(told).isNotNull();
            assertEnded(peer, listener, told.getCondition().toString(), told.getDescription());
        }
    }

    @Test
    @Tag("C100")
    void dispositionsOfWhatWasNeverDeliveredAreHarmless() {
        try (RawPeer peer = connectAndAttach(listen())) {
            Disposition disposition = new Disposition();
            disposition.setRole(Role.RECEIVER);
            disposition.setFirst(uint(0));
            disposition.setLast(uint(1_000_000));
            disposition.setSettled(true);
            disposition.setState(Accepted.getInstance());
            peer.send(0, disposition);
            assertServed(peer);
            assertThat(server.log).doesNotContain(EventType.TRANSPORT_ERROR, EventType.DELIVERY);
        }
    }

    @Test
    @Tag("C100")
    void aSessionEndedAndBegunAgainIsNoBreach() {
        try (RawPeer peer = connectAndAttach(listen())) {
            for (int i = 0; i < 3; i++) {
                peer.send(0, new End()).await(End.class, server);
                Begin begin = begin();
                begin.setRemoteChannel(null);
                peer.send(0, begin);
                assertThat(peer.await(Begin.class, server).getRemoteChannel())
                        .isEqualTo(UnsignedShort.valueOf((short) 0));
            }
            assertThat(server.log).doesNotContain(EventType.TRANSPORT_ERROR);
        }
    }
}
