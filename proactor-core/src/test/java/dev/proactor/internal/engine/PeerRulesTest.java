package dev.proactor.internal.engine;

import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.attach;
import static dev.proactor.internal.engine.Frames.begin;
import static dev.proactor.internal.engine.Frames.beginReply;
import static dev.proactor.internal.engine.Frames.continuation;
import static dev.proactor.internal.engine.Frames.detach;
import static dev.proactor.internal.engine.Frames.disposition;
import static dev.proactor.internal.engine.Frames.flow;
import static dev.proactor.internal.engine.Frames.frame;
import static dev.proactor.internal.engine.Frames.join;
import static dev.proactor.internal.engine.Frames.more;
import static dev.proactor.internal.engine.Frames.open;
import static dev.proactor.internal.engine.Frames.transfer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.sun.management.ThreadMXBean;
import dev.proactor.CloseReason;
import dev.proactor.EventType;
import dev.proactor.security.ClientSasl;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.security.SaslResponse;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.Detach;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a peer may not do, one by one: its connection ends, with a condition that it is told. */
class PeerRulesTest {

    private static final int MIB = 1024 * 1024;
    private static final byte[] HELLO = join(Frames.AMQP, amqp(0, open()));

    /** A receiving link "in" with handle 0 and 5 credits, a sending link "out" with handle 1. */
    private static final byte[] LINKS = join(
            HELLO, amqp(0, begin()), amqp(0, attach("in", 0, Role.SENDER)), amqp(0, attach("out", 1, Role.RECEIVER)));

    private static End server() {
        return new End(End.serverOptions()
                .maxLinks(3)
                .maxSessions(2)
                .maxMessageBytes(1000)
                .maxFrameBytes(2048)
                .sessionWindowBytes(4096)
                .build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver receiver) {
                    receiver.flow(5);
                }
            }
        };
    }

    /** Whose keys are lists: they may have one hash, and no order. */
    private static Attach withProperties(int bytes) {
        Attach attach = attach("x", 0, Role.SENDER);
        Map<Object, Object> properties = new LinkedHashMap<>();
        properties.put(List.of("Aa"), "x".repeat(bytes));
        properties.put(List.of("BB"), "y");
        @SuppressWarnings({"unchecked", "rawtypes"})
        Map<Symbol, Object> unfit = (Map) properties;
        attach.setProperties(unfit);
        return attach;
    }

    static Stream<Arguments> violations() {
        Transfer noId = transfer(0, 0);
        noId.setDeliveryId(null);
        Transfer noTag = transfer(0, 0);
        noTag.setDeliveryTag(null);
        Transfer longTag = transfer(0, 0);
        longTag.setDeliveryTag(new Binary(new byte[33]));
        Transfer settledFirst = more(transfer(0, 0));
        settledFirst.setSettled(true);
        Transfer thenNot = continuation(0);
        thenNot.setSettled(false);
        Attach noCount = attach("x", 2, Role.SENDER);
        noCount.setInitialDeliveryCount(null);
        Flow noCredit = flow(1, 0, 1);
        noCredit.setLinkCredit(null);
        SaslResponse sasl = new SaslResponse();
        sasl.setResponse(new Binary(new byte[0]));
        byte[] four = join(
                amqp(0, more(transfer(0, 0))),
                amqp(0, more(continuation(0))),
                amqp(0, more(continuation(0))),
                amqp(0, continuation(0)));
        return Stream.of(
                arguments(
                        "begin before open",
                        Frames.AMQP,
                        amqp(0, begin()),
                        "amqp:connection:framing-error",
                        "before open"),
                arguments(
                        "close before open",
                        Frames.AMQP,
                        amqp(0, Frames.close()),
                        "amqp:connection:framing-error",
                        "before open"),
                arguments(
                        "transfer before open",
                        Frames.AMQP,
                        amqp(0, transfer(0, 0)),
                        "amqp:connection:framing-error",
                        "before open"),
                arguments("second open", HELLO, amqp(0, open()), "amqp:illegal-state", "second open"),
                arguments(
                        "channel above channel-max",
                        HELLO,
                        amqp(2, begin()),
                        "amqp:connection:framing-error",
                        "remote channel 2 is above negotiated channel_max 1"),
                arguments(
                        "properties with lists for keys",
                        HELLO,
                        join(amqp(0, begin()), amqp(0, withProperties(300))),
                        "amqp:decode-error",
                        "a key of a map is a list"),
                arguments("channel 65535", HELLO, amqp(65535, begin()), "amqp:connection:framing-error", "65535"),
                arguments("channel in use", LINKS, amqp(0, begin()), "amqp:not-allowed", "channel 0 is in use"),
                arguments(
                        "uncorrelated begin", HELLO, amqp(0, beginReply(7)), "amqp:invalid-field", "unknown channel 7"),
                arguments(
                        "attach on no channel",
                        HELLO,
                        amqp(1, attach("x", 0, Role.SENDER)),
                        "amqp:not-allowed",
                        "no such channel: 1"),
                arguments("flow on no channel", HELLO, amqp(1, flow()), "amqp:not-allowed", "no such channel: 1"),
                arguments(
                        "transfer on no channel",
                        HELLO,
                        amqp(1, transfer(0, 0)),
                        "amqp:not-allowed",
                        "no such channel: 1"),
                arguments(
                        "disposition on no channel",
                        HELLO,
                        amqp(1, disposition(Role.SENDER, 0, 0, true)),
                        "amqp:not-allowed",
                        "no such channel: 1"),
                arguments(
                        "detach on no channel",
                        HELLO,
                        amqp(1, detach(0, true)),
                        "amqp:not-allowed",
                        "no such channel: 1"),
                arguments("end on no channel", HELLO, amqp(1, Frames.end()), "amqp:not-allowed", "no such channel: 1"),
                arguments(
                        "end twice",
                        LINKS,
                        join(amqp(0, Frames.end()), amqp(0, Frames.end())),
                        "amqp:not-allowed",
                        "no such channel: 0"),
                arguments(
                        "handle in use",
                        LINKS,
                        amqp(0, attach("x", 0, Role.SENDER)),
                        "amqp:session:handle-in-use",
                        "handle 0"),
                arguments("name in use", LINKS, amqp(0, attach("in", 2, Role.SENDER)), "amqp:invalid-field", "'in'"),
                arguments(
                        "handle above handle-max",
                        LINKS,
                        amqp(0, attach("x", 65536, Role.SENDER)),
                        "amqp:connection:framing-error",
                        "handle-max"),
                arguments(
                        "handle 4294967295",
                        LINKS,
                        amqp(0, attach("x", -1, Role.SENDER)),
                        "amqp:connection:framing-error",
                        "4294967295"),
                arguments(
                        "no initial-delivery-count",
                        LINKS,
                        amqp(0, noCount),
                        "amqp:invalid-field",
                        "initial-delivery-count"),
                arguments(
                        "too many links",
                        LINKS,
                        join(amqp(0, attach("x", 2, Role.SENDER)), amqp(0, attach("y", 3, Role.SENDER))),
                        "amqp:resource-limit-exceeded",
                        "more than 3 links"),
                arguments(
                        "flow of no handle", LINKS, amqp(0, flow(9, 0, 1)), "amqp:invalid-field", "no such handle: 9"),
                arguments("flow without credit", LINKS, amqp(0, noCredit), "amqp:invalid-field", "link-credit"),
                arguments(
                        "flow beyond credit", LINKS, amqp(0, flow(0, 6, 0)), "amqp:invalid-field", "beyond its credit"),
                arguments(
                        "transfer of no handle",
                        LINKS,
                        amqp(0, transfer(9, 0)),
                        "amqp:invalid-field",
                        "no such handle: 9"),
                arguments(
                        "detach of no handle",
                        LINKS,
                        amqp(0, detach(9, true)),
                        "amqp:invalid-field",
                        "no such handle: 9"),
                arguments(
                        "detach twice",
                        LINKS,
                        join(amqp(0, detach(0, true)), amqp(0, detach(0, true))),
                        "amqp:invalid-field",
                        "no such handle: 0"),
                arguments("transfer to a sender", LINKS, amqp(0, transfer(1, 0)), "amqp:not-allowed", "'out'"),
                arguments("no delivery-id", LINKS, amqp(0, noId), "amqp:invalid-field", "no delivery-id"),
                arguments("no delivery-tag", LINKS, amqp(0, noTag), "amqp:invalid-field", "no delivery-tag"),
                arguments("long delivery-tag", LINKS, amqp(0, longTag), "amqp:invalid-field", "33 bytes"),
                arguments(
                        "delivery-id gap",
                        LINKS,
                        join(amqp(0, transfer(0, 0)), amqp(0, transfer(0, 2))),
                        "amqp:session:invalid-field",
                        "expected delivery-id 1, got 2"),
                arguments(
                        "delivery-id changed",
                        LINKS,
                        join(amqp(0, more(transfer(0, 0))), amqp(0, transfer(0, 1))),
                        "amqp:invalid-field",
                        "changed to 1"),
                arguments(
                        "settled turned",
                        LINKS,
                        join(amqp(0, settledFirst), amqp(0, thenNot)),
                        "amqp:invalid-field",
                        "settled"),
                arguments(
                        "beyond credit",
                        LINKS,
                        join(
                                amqp(0, transfer(0, 0)),
                                amqp(0, transfer(0, 1)),
                                amqp(0, Frames.flow(0, 5, 0)),
                                amqp(0, transfer(0, 2))),
                        "amqp:link:transfer-limit-exceeded",
                        "no credit"),
                arguments("over the window", LINKS, four, "amqp:session:window-violation", "window"),
                arguments(
                        "disposition backwards",
                        LINKS,
                        amqp(0, disposition(Role.RECEIVER, 5, 1, true)),
                        "amqp:not-allowed",
                        "range"),
                arguments("no performative", HELLO, amqp(0, "text"), "amqp:decode-error", "not a performative"),
                arguments("SASL in AMQP", HELLO, amqp(0, sasl), "amqp:decode-error", "not a performative"),
                arguments(
                        "garbage",
                        HELLO,
                        frame(0, 0, null, (byte) 0, (byte) 0x53, (byte) 0x10, (byte) 0xc0, (byte) 9, (byte) 9),
                        "amqp:decode-error",
                        "not a performative"),
                arguments("frame type", HELLO, frame(7, 0, null), "amqp:connection:framing-error", "malformed frame"),
                arguments(
                        "frame too small",
                        HELLO,
                        new byte[] {0, 0, 0, 7, 2, 0, 0, 0},
                        "amqp:connection:framing-error",
                        "malformed frame"),
                arguments(
                        "frame too large",
                        HELLO,
                        new byte[] {0, 0, 8, 1, 2, 0, 0, 0},
                        "amqp:connection:framing-error",
                        "malformed frame"),
                arguments(
                        "frame of 4 GiB",
                        HELLO,
                        new byte[] {-1, -1, -1, -1, 2, 0, 0, 0},
                        "amqp:connection:framing-error",
                        "malformed frame"),
                arguments(
                        "data offset too small",
                        HELLO,
                        new byte[] {0, 0, 0, 8, 1, 0, 0, 0},
                        "amqp:connection:framing-error",
                        "malformed frame"),
                arguments(
                        "data offset too large",
                        HELLO,
                        new byte[] {0, 0, 0, 8, 3, 0, 0, 0},
                        "amqp:connection:framing-error",
                        "malformed frame"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("violations")
    void endsTheConnectionWithACondition(String name, byte[] before, byte[] violation, String condition, String text) {
        for (int chunk : new int[] {64 * 1024, 1}) {
            End server = server();
            server.chunk = chunk;
            server.exchange(before);
            assertThat(server.condition()).isNull();
            byte[] answer = server.exchange(violation);

            assertThat((Object) server.condition()).isNotNull();
            assertThat((Object) server.condition().getCondition()).hasToString(condition);
            assertThat(server.condition().getDescription()).contains(text);
            assertThat(server.log).endsWith(EventType.TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
            assertThat(server.log).containsOnlyOnce(TRANSPORT_ERROR);
            List<Close> close = Frames.bodies(answer, Close.class);
            assertThat(close).hasSize(1);
            assertThat((Object) close.get(0).getError().getCondition()).hasToString(condition);
            assertThat(server.engine.reason()).isEqualTo(CloseReason.TRANSPORT_ERROR);
        }
    }

    @Test
    void nothingAfterAViolationIsLookedAt() {
        End server = server();
        server.exchange(LINKS);
        int events = server.log.size();
        server.receive(join(amqp(0, transfer(9, 0)), amqp(0, transfer(0, 0)), amqp(1, begin())));
        assertThat(server.log.subList(events, server.log.size()))
                .containsExactly(TRANSPORT_ERROR, EventType.TRANSPORT_TAIL_CLOSED);
    }

    @Test
    void attachAfterDetachByTheSameNameIsANewLink() {
        End server = server();
        server.exchange(LINKS);
        for (int i = 0; i < 10; i++) {
            boolean closed = i % 2 == 0;
            byte[] answer = server.exchange(amqp(0, detach(0, closed)));
            assertThat(Frames.bodies(answer, Detach.class)).hasSize(1);
            answer = server.exchange(amqp(0, attach("in", 0, Role.SENDER)));
            assertThat(Frames.bodies(answer, Attach.class)).hasSize(1);
        }
        server.exchange(amqp(0, transfer(0, 0)));
        assertThat(server.deliveries).hasSize(1);
        assertThat(server.condition()).isNull();
    }

    @Test
    void attachByTheSameNameIsANewLinkAlsoWhileEventsWait() {
        End server = server();
        server.exchange(LINKS);
        Receiver former = (Receiver) server.link("in");
        server.receive(amqp(0, detach(0, false)));
        // The answer is written while there is an event, so the former link is still there.
        server.engine.postWake();
        assertThat(Frames.bodies(server.takeOutput(), Detach.class)).hasSize(1);
        byte[] answer = server.exchange(amqp(0, attach("in", 0, Role.SENDER)));
        assertThat(Frames.bodies(answer, Attach.class)).hasSize(1);
        assertThat(server.link("in")).isNotSameAs(former);
    }

    @Test
    void linksAndSessionsThatAreOverAreFreed() {
        End server = server();
        server.exchange(HELLO);
        for (int i = 0; i < 100; i++) {
            server.exchange(join(amqp(0, begin()), amqp(0, attach("link-" + i, 0, Role.SENDER))));
            server.exchange(amqp(0, detach(0, true)));
            server.exchange(amqp(0, attach("other-" + i, 0, Role.RECEIVER)));
            server.exchange(amqp(0, Frames.end()));
        }
        assertThat(server.condition()).isNull();
        assertThat(server.engine.connection().sessions()).isEmpty();
        assertThat(server.connection().linkHead(End.ANY, End.ANY)).isNull();
    }

    @Test
    void aLinkThatIsOverIsFreedWhileItsSessionGoesOn() {
        End server = server();
        server.exchange(LINKS);
        server.exchange(join(amqp(0, detach(0, true)), amqp(0, detach(1, true))));
        assertThat(server.condition()).isNull();
        assertThat(server.connection().linkHead(End.ANY, End.ANY)).isNull();
        assertThat(server.connection().sessionHead(End.ANY, End.ANY)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatAttachesAndDetachesWithoutWaitingIsAnswered(boolean closed) {
        End server = server();
        server.exchange(join(HELLO, amqp(0, begin())));
        for (int i = 0; i < 20; i++) { // many more than it may have at once
            byte[] answer = server.exchange(join(
                    amqp(0, attach("in", 0, Role.SENDER)),
                    amqp(0, detach(0, closed)),
                    amqp(0, attach("out", 0, Role.RECEIVER)),
                    amqp(0, detach(0, closed))));
            assertThat(server.condition()).isNull();
            assertThat(Frames.bodies(answer, Attach.class))
                    .extracting(Attach::getName)
                    .containsExactly("in", "out");
            assertThat(Frames.bodies(answer, Detach.class)).hasSize(2).allMatch(detach -> detach.getClosed() == closed);
        }
        assertThat(server.connection().linkHead(End.ANY, End.ANY)).isNull();
    }

    @Test
    void aLinkIsSeenDetachedByTheHandlerThatAnswersItsAttach() {
        List<EndpointState> seen = new ArrayList<>();
        End server = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (context instanceof Link link) {
                    seen.add(link.getRemoteState());
                }
            }
        };
        server.exchange(join(HELLO, amqp(0, begin()), amqp(0, attach("in", 0, Role.SENDER)), amqp(0, detach(0, true))));
        assertThat(seen).isNotEmpty().containsOnly(EndpointState.CLOSED);
    }

    @Test
    void aPeerThatBeginsAndEndsWithoutWaitingIsStopped() {
        End server = new End(End.serverOptions().maxSessions(2).build()) {
            @Override
            void answer(EventType type, Object context) {}
        };
        server.exchange(HELLO);
        for (int i = 0; i < 4; i++) {
            server.exchange(join(amqp(0, begin()), amqp(0, Frames.end())));
        }
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:resource-limit-exceeded");
    }

    @Test
    void aSessionBegunHereAndEndedBeforeTheAnswerDisturbsNobody() {
        End client = new End(End.clientOptions().sasl(ClientSasl.none()).build());
        client.runBatch();
        client.openSession();
        client.exchange(HELLO);
        client.connection().sessionHead(End.ANY, End.ANY).close();
        client.takeOutput();
        client.exchange(join(amqp(0, beginReply(0)), amqp(0, attach("late", 0, Role.SENDER)), amqp(0, Frames.end())));
        assertThat(client.condition()).isNull();
        // The channel can be used again.
        client.openSession();
        client.takeOutput();
        client.exchange(amqp(0, beginReply(0)));
        assertThat(client.condition()).isNull();
        assertThat(client.log).endsWith(EventType.SESSION_REMOTE_OPEN);
    }

    @Test
    void anEmptyFrameIsTaken() {
        End server = server();
        server.exchange(join(LINKS, frame(0, 0, null), frame(0, 9, null)));
        assertThat(server.condition()).isNull();
    }

    @Test
    void hugeCreditIsUsable() {
        End server = server();
        server.exchange(join(LINKS, amqp(0, flow(1, 0, -1))));
        assertThat(server.engine.sendable((Sender) server.link("out"))).isPositive();
    }

    @Test
    void aSessionSmallerThanAFrameIsRefused() {
        End server = new End(End.serverOptions().build()) {
            @Override
            void answer(EventType type, Object context) {
                if (type == EventType.SESSION_REMOTE_OPEN) {
                    ((Session) context).setIncomingCapacity(1233);
                }
                if (type == EventType.CONNECTION_INIT) {
                    engine.transport().setMaxFrameSize(1234);
                }
                super.answer(type, context);
            }
        };
        server.exchange(join(HELLO, amqp(0, begin())));
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:internal-error");
        assertThat(server.condition().getDescription()).isEqualTo("session capacity 1233 is less than frame size 1234");
    }

    @Test
    void aMessageTooLargeClosesItsLinkAndNoMore() {
        End server = server();
        byte[] answer = server.exchange(LINKS);
        Attach in = Frames.bodies(answer, Attach.class).stream()
                .filter(a -> a.getName().equals("in"))
                .findFirst()
                .orElseThrow();
        assertThat(in.getMaxMessageSize().longValue()).isEqualTo(1000);

        answer = server.exchange(
                join(amqp(0, more(transfer(0, 0)), new byte[600]), amqp(0, more(continuation(0)), new byte[600])));
        List<Detach> detach = Frames.bodies(answer, Detach.class);
        assertThat(detach).hasSize(1);
        assertThat((Object) detach.get(0).getError().getCondition()).hasToString("amqp:link:message-size-exceeded");
        assertThat(server.condition()).isNull();
        assertThat(server.engine.connection().sessions().get(0).getIncomingBytes())
                .isZero();

        // The rest, and what was on its way, comes to nothing.
        int events = server.log.size();
        server.exchange(join(amqp(0, continuation(0), new byte[600]), amqp(0, detach(0, true))));
        assertThat(server.condition()).isNull();
        assertThat(server.log.subList(events, server.log.size())).containsExactly(EventType.LINK_REMOTE_CLOSE);
    }

    @Test
    void aMessageThatStreamsOnBeyondItsLimitIsHeldNowhere() {
        End server = server();
        server.exchange(LINKS);
        server.exchange(
                join(amqp(0, more(transfer(0, 0)), new byte[600]), amqp(0, more(continuation(0)), new byte[600])));
        for (int i = 0; i < 2000; i++) {
            server.exchange(amqp(0, more(continuation(0)), new byte[600]));
            assertThat(server.engine.connection().sessions().get(0).getIncomingBytes())
                    .isZero();
        }
        assertThat(server.condition()).isNull();
    }

    @Test
    void aSessionsWindowIsWidenedBeforeItIsUsedUp() {
        End server = new End(End.serverOptions()
                .maxFrameBytes(512)
                .sessionWindowBytes(512 * 16)
                .build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver receiver) {
                    receiver.flow(1000);
                } else if (type == EventType.DELIVERY) {
                    ((Delivery) context).settle();
                }
            }
        };
        server.exchange(LINKS);
        List<Flow> flows = new ArrayList<>();
        int left = 16;
        for (int i = 0; i < 100; i++) {
            left--;
            // proton-j itself widens a window that is used up; the peer would have to wait for that.
            assertThat(left).as("frames left after transfer %s", i).isPositive();
            for (Flow flow : Frames.bodies(server.exchange(amqp(0, transfer(0, i), new byte[10])), Flow.class)) {
                left = flow.getIncomingWindow().intValue();
                flows.add(flow);
            }
        }
        assertThat(server.condition()).isNull();
        assertThat(flows).hasSizeBetween(5, 20);
        assertThat(flows)
                .allSatisfy(
                        flow -> assertThat(flow.getIncomingWindow().intValue()).isEqualTo(16));
    }

    @Test
    void aSessionsWindowIsWidenedWhileMoreIsToBeWrittenThanFits() {
        End server = new End(End.serverOptions()
                .maxFrameBytes(512)
                .sessionWindowBytes(512 * 16)
                .build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver receiver) {
                    receiver.flow(1000);
                } else if (type == EventType.DELIVERY) {
                    ((Delivery) context).settle();
                }
            }
        };
        server.exchange(join(LINKS, amqp(0, flow(1, 0, 10))));
        End.send((Sender) server.link("out"), "1", new byte[200_000]);
        for (int i = 0; i < 12; i++) {
            server.receive(amqp(0, transfer(0, i), new byte[10]));
        }
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ByteBuffer full = ByteBuffer.allocate(1024);
        for (int i = 0; i < 32; i++) {
            server.engine.output(full.clear());
            assertThat(full.hasRemaining()).as("room that is left over").isFalse();
            written.write(full.array(), 0, full.position());
        }
        // The rest, up to a whole frame.
        server.chunk = 1;
        written.writeBytes(server.takeOutput());
        List<Object> frames = Frames.read(written.toByteArray());
        int flow = 0;
        while (!(((Frames.Read) frames.get(flow)).body() instanceof Flow)) {
            flow++;
        }
        assertThat(flow).as("frames before the window").isLessThan(32 * 1024 / 512);
    }

    private static End manySessions(int ownCapacity) {
        return new End(End.serverOptions()
                .maxSessions(64)
                .maxFrameBytes(16 * 1024)
                .sessionWindowBytes(4 * MIB)
                .maxInputBytes(8 * MIB)
                .maxMessageBytes(8 * MIB)
                .build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.SESSION_REMOTE_OPEN && ownCapacity > 0 && context instanceof Session session) {
                    session.setIncomingCapacity(ownCapacity);
                }
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver receiver) {
                    receiver.flow(5);
                }
            }
        };
    }

    @Test
    void aPeerThatFillsTheWindowsOfAllSessionsAndNoMoreStaysWithinTheBound() {
        End server = manySessions(0);
        server.exchange(HELLO);
        long sum = 0;
        for (int channel = 0; channel < 64; channel++) {
            byte[] answer = server.exchange(join(amqp(channel, begin()), amqp(channel, attach("in", 0, Role.SENDER))));
            int window = Frames.bodies(answer, Begin.class)
                    .get(0)
                    .getIncomingWindow()
                    .intValue();
            assertThat(window).as("frames of session %d", channel).isPositive();
            sum += window;
            server.exchange(amqp(channel, more(transfer(0, 0)), new byte[16_000]));
            for (int i = 1; i < window; i++) {
                server.exchange(amqp(channel, more(continuation(0)), new byte[16_000]));
            }
        }
        assertThat(server.condition()).isNull();
        assertThat(sum * 16 * 1024).isBetween(7L * MIB, 8L * MIB);
    }

    @Test
    void sessionsThatAHandlerHasWidenedTogetherHoldNoMoreThanTheBound() {
        End server = manySessions(MIB);
        server.exchange(HELLO);
        int channel = 0;
        for (; channel < 40 && server.condition() == null; channel++) {
            server.exchange(join(amqp(channel, begin()), amqp(channel, attach("in", 0, Role.SENDER))));
            server.exchange(amqp(channel, more(transfer(0, 0)), new byte[16_000]));
            for (int i = 1; i < 64; i++) {
                server.exchange(amqp(channel, more(continuation(0)), new byte[16_000]));
            }
        }
        assertThat((Object) server.condition().getCondition()).hasToString("amqp:resource-limit-exceeded");
        assertThat(server.condition().getDescription())
                .isEqualTo("connection delivery buffer limit exceeded: maxInputBytes = 8388608");
        assertThat(channel).as("sessions that fill 8 MiB").isEqualTo(9);
    }

    @Test
    void whatASessionThatIsOverHadIsForOthersAgain() {
        End server = manySessions(0);
        server.exchange(HELLO);
        int first = 0;
        for (int i = 0; i < 10; i++) {
            byte[] answer = server.exchange(amqp(0, begin()));
            int window = Frames.bodies(answer, Begin.class)
                    .get(0)
                    .getIncomingWindow()
                    .intValue();
            first = i == 0 ? window : first;
            assertThat(window).isEqualTo(first);
            server.exchange(amqp(0, new org.apache.qpid.proton.amqp.transport.End()));
        }
    }

    @Test
    void aLargeClaimAllocatesNothing() {
        End server = new End(End.serverOptions().maxFrameBytes(16 * 1024 * 1024).build());
        server.exchange(HELLO);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        server.engine.input(ByteBuffer.wrap(new byte[] {0, (byte) 0xff, 0, 0, 2, 0, 0, 0, 1, 2, 3}), server.nowNanos);
        long after = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        assertThat(after - before).isLessThan(1024 * 1024);
    }
}
