package dev.proactor.conformance;

import static dev.proactor.testing.Conditions.LIMIT_EXCEEDED;
import static dev.proactor.testing.Conditions.assertCondition;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.LinkPair;
import dev.proactor.testing.RawPeer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a connection holds that was sent and that the network has not taken. The server's window is small, so little is. */
class OutgoingBytesTest {

    private static final int KIBIBYTE = 1024;
    private static final int LIMIT = 128 * KIBIBYTE;
    private static final int WINDOW = 16 * KIBIBYTE;
    private static final int MESSAGE = 4 * KIBIBYTE;
    private static final int MOST_ROUNDS = 500;

    private final List<Integer> received = new ArrayList<>();
    private int sent;

    private static LinkPair pair() {
        return new LinkPair(
                client -> client.maxOutputBytes(LIMIT),
                server -> server.maxFrameBytes(WINDOW).sessionWindowBytes(WINDOW));
    }

    /** One message, whatever sendable says. */
    private void send(LinkPair pair) {
        byte[] bytes = ByteBuffer.allocate(MESSAGE).putInt(sent++).array();
        Delivery delivery =
                pair.sender.delivery(ByteBuffer.allocate(4).putInt(sent).array());
        pair.sender.send(bytes, 0, bytes.length);
        delivery.settle();
    }

    private int sendWhatMayBeSent(LinkPair pair) {
        int before = sent;
        while (pair.client.proactor.sendable(pair.sender) > 0) {
            send(pair);
        }
        return sent - before;
    }

    private static int outgoingBytes(LinkPair pair) {
        return pair.onClient(pair.sender.getSession()::getOutgoingBytes);
    }

    /** Takes what has come. */
    private void receive(LinkPair pair) {
        pair.onServer(() -> {
            for (Delivery delivery = pair.receiver.current();
                    delivery != null && !delivery.isPartial();
                    delivery = pair.receiver.current()) {
                byte[] bytes = new byte[MESSAGE];
                assertThat(pair.receiver.recv(bytes, 0, MESSAGE)).isEqualTo(MESSAGE);
                received.add(ByteBuffer.wrap(bytes).getInt());
                delivery.settle();
            }
            return null;
        });
        pair.settle();
    }

    private void receiveAll(LinkPair pair) {
        for (int round = 0; received.size() < sent; round++) {
            assertThat(round).as("rounds, with %d received", received.size()).isLessThan(MOST_ROUNDS);
            receive(pair);
        }
    }

    @Test
    @Tag("C117")
    void outgoingBytesAreWhatIsBufferedAndUnsentAndFallAsTheNetworkTakesThem() {
        try (LinkPair pair = pair()) {
            pair.credit(1000);
            assertThat(outgoingBytes(pair)).isZero();
            pair.onClient(() -> {
                for (int i = 0; i < 10; i++) {
                    send(pair);
                }
                assertThat(pair.sender.getSession().getOutgoingBytes()).isEqualTo(10 * MESSAGE);
                return null;
            });
            pair.settle();
            int waiting = outgoingBytes(pair);
            assertThat(waiting).isBetween(1, 9 * MESSAGE);
            receive(pair);
            assertThat(outgoingBytes(pair)).isLessThan(waiting);
            receiveAll(pair);
            assertThat(outgoingBytes(pair)).isZero();
        }
    }

    @Test
    @Tag("C117")
    void sendableIsZeroFromHalfOfTheLimitAndNothingIsLost() {
        try (LinkPair pair = pair()) {
            pair.credit(1000);
            int first = pair.onClient(() -> sendWhatMayBeSent(pair));
            assertThat(first * MESSAGE).isBetween(LIMIT / 2, LIMIT / 2 + 2 * MESSAGE);
            pair.settle();

            // More may be sent now only as far as the network took some; then it is full.
            int second = pair.onClient(() -> sendWhatMayBeSent(pair));
            pair.settle();
            assertThat(second * MESSAGE).isLessThan(LIMIT / 2);
            assertThat(pair.onClient(() -> pair.client.proactor.sendable(pair.sender)))
                    .isZero();
            assertThat(pair.onClient(pair.sender::getCredit)).isZero();

            receiveAll(pair);
            assertThat(received).hasSize(sent).isSorted();
            assertCredit(pair, 1000 - sent);
            assertThat(pair.client.log).doesNotContain(EventType.TRANSPORT_ERROR);
        }
    }

    private static void assertCredit(LinkPair pair, int credit) {
        assertThat(pair.onClient(() -> pair.client.proactor.sendable(pair.sender)))
                .isEqualTo(credit);
        assertThat(pair.onClient(pair.sender::getCredit)).isEqualTo(credit);
    }

    /** The peer gives credit once and is silent then, so any further LINK_FLOW is ours. */
    @Test
    @Tag("C117")
    void linkFlowComesWheneverThereIsRoomAgain() {
        int messages = 2000;
        List<Integer> backlogs = new ArrayList<>();
        try (Driver server = new Driver()) {
            server.handler(event -> {
                Handlers.mirror(event);
                Sender sender = event.type() == EventType.LINK_FLOW ? event.sender() : null;
                if (sender == null) {
                    return;
                }
                backlogs.add(sender.getSession().getOutgoingBytes());
                while (event.proactor().sendable(sender) > 0) {
                    byte[] bytes = ByteBuffer.allocate(MESSAGE).putInt(sent++).array();
                    Delivery delivery =
                            sender.delivery(ByteBuffer.allocate(4).putInt(sent).array());
                    sender.send(bytes, 0, bytes.length);
                    delivery.settle();
                }
            });
            Listener listener = Handlers.listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0").maxOutputBytes(LIMIT).build());
            try (RawPeer peer = RawPeer.connect(listener.localPort(), WINDOW).open()) {
                peer.await(Open.class, server);
                peer.send(0, Frames.begin()).await(Begin.class, server);
                peer.send(0, Frames.attachReceiver("in", 0)).await(Attach.class, server);
                peer.send(0, Frames.credit(0, messages));
                server.runTo(EventType.LINK_FLOW);
                server.settle();
                assertThat(sent).isBetween(LIMIT / 2 / MESSAGE, messages - 1);

                server.runUntil(() -> peer.read().frames.size() == messages, "all messages");
                assertThat(sent).isEqualTo(messages);
                assertThat(backlogs).hasSizeGreaterThan(1).allMatch(bytes -> bytes <= LIMIT / 4);
            }
        }
    }

    @Test
    @Tag("C117")
    void whoGoesOnSendingBeyondTheLimitLosesTheConnection() {
        try (LinkPair pair = pair()) {
            pair.credit(1000);
            pair.onClient(() -> {
                while (sent * MESSAGE <= 2 * LIMIT) {
                    send(pair);
                }
                return null;
            });
            pair.client.runUntil(() -> pair.client.log.contains(EventType.TRANSPORT_CLOSED), "end", pair.server);
            assertCondition(pair.client.lastCondition, LIMIT_EXCEEDED, "");
        }
    }

    @Test
    @Tag("C117")
    void oneMessageAloneMayBeLargerThanTheLimit() {
        try (LinkPair pair = pair()) {
            pair.credit(1000);
            byte[] large = new byte[3 * LIMIT];
            pair.begin("large", large);
            pair.onClient(pair.sender::advance);
            int[] count = new int[1];
            pair.server.runUntil(
                    () -> {
                        pair.onServer(() -> {
                            if (pair.receiver.current() != null) {
                                int bytes = pair.receiver.recv(new byte[WINDOW], 0, WINDOW);
                                count[0] += Math.max(bytes, 0);
                            }
                            return null;
                        });
                        return count[0] == large.length;
                    },
                    "the whole message",
                    pair.client);
            assertThat(pair.client.log).doesNotContain(EventType.TRANSPORT_ERROR);
        }
    }
}
