package dev.proactor.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.proactor.EventType;
import dev.proactor.testing.LinkPair;
import org.apache.qpid.proton.engine.Delivery;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Deliveries that their sender or receiver gives up half way. */
class DeliveryAbortTest {

    private static final byte[] DATA = "0123456789".repeat(10).getBytes(UTF_8);

    private static void abort(LinkPair pair, Delivery delivery) {
        pair.onClient(() -> {
            pair.client.proactor.abort(delivery);
            return null;
        });
        pair.settle();
    }

    /** Runs the abort, and has the handler of its event see that it is aborted, settled by the sender and empty. */
    private static void abortAndSettle(LinkPair pair, Delivery outgoing) {
        pair.server.log.clear();
        pair.deliveries.clear();
        pair.deliveryHandler = incoming -> {
            assertThat(incoming.isAborted()).isTrue();
            assertThat(incoming.remotelySettled()).isTrue();
            assertThat(pair.receiver.current()).isSameAs(incoming);
            incoming.settle();
        };
        abort(pair, outgoing);
        assertThat(pair.server.takeLog()).containsExactly(EventType.DELIVERY);
        assertThat(pair.onServer(pair.receiver::current)).isNull();
        assertThat(pair.onServer(pair.receiver::getUnsettled)).isZero();
        pair.deliveryHandler = incoming -> {};
    }

    private static byte[] receive(LinkPair pair, int count) {
        return pair.onServer(() -> {
            byte[] bytes = new byte[count];
            assertThat(pair.receiver.recv(bytes, 0, count)).isEqualTo(count);
            return bytes;
        });
    }

    private static void assertCredit(LinkPair pair, int credit) {
        assertThat(pair.onClient(pair.sender::getCredit)).isEqualTo(credit);
        assertThat(pair.onClient(() -> pair.client.proactor.sendable(pair.sender)))
                .isEqualTo(credit);
        assertThat(pair.onServer(pair.receiver::getCredit)).isEqualTo(credit);
    }

    private static void assertNoErrors(LinkPair pair) {
        assertThat(pair.client.log).doesNotContain(EventType.TRANSPORT_ERROR, EventType.CONNECTION_REMOTE_CLOSE);
        assertThat(pair.server.log).doesNotContain(EventType.TRANSPORT_ERROR, EventType.CONNECTION_REMOTE_CLOSE);
    }

    /** Sends a whole delivery, settled, and sees that it comes and is used up. */
    private static void sendAndReceive(LinkPair pair, String tag) {
        byte[] bytes = tag.getBytes(UTF_8);
        int before = pair.deliveries.size();
        pair.onClient(() -> {
            Delivery delivery = pair.sender.delivery(bytes);
            pair.sender.send(bytes, 0, bytes.length);
            delivery.settle();
            return null;
        });
        pair.settle();
        assertThat(pair.deliveries).hasSize(before + 1);
        assertThat(receive(pair, bytes.length)).isEqualTo(bytes);
        pair.onServer(() -> {
            Delivery delivery = pair.receiver.current();
            assertThat(delivery.getTag()).isEqualTo(bytes);
            assertThat(delivery.isPartial()).isFalse();
            assertThat(delivery.isAborted()).isFalse();
            delivery.settle();
            return null;
        });
        pair.settle();
    }

    @Test
    @Tag("C112")
    void aDeliveryAbortedAfterTwoFramesIsAbortedAndSettledAtTheReceiverAndUsesOneCredit() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(1);
            Delivery outgoing = pair.begin("1", DATA);
            receive(pair, DATA.length);
            pair.onClient(() -> pair.sender.send(DATA, 0, DATA.length));
            pair.settle();
            receive(pair, DATA.length);
            Delivery incoming = pair.deliveries.get(0);
            pair.onServer(() -> {
                assertThat(incoming.isPartial()).isTrue();
                assertThat(incoming.isAborted()).isFalse();
                return null;
            });
            assertCredit(pair, 1);
            pair.settle();

            abortAndSettle(pair, outgoing);
            assertThat(pair.deliveries).containsExactly(incoming);
            assertCredit(pair, 0);
            pair.onClient(() -> {
                assertThat(outgoing.isSettled()).isTrue();
                assertThat(pair.sender.current()).isNull();
                assertThat(pair.sender.getUnsettled()).isZero();
                return null;
            });
            pair.credit(1);
            sendAndReceive(pair, "2");
            assertNoErrors(pair);
        }
    }

    @Test
    @Tag("C112")
    void bytesThatWereNotTakenWhenTheDeliveryIsAbortedAreNoMessage() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(2);
            abortAndSettle(pair, pair.begin("1", DATA));
            sendAndReceive(pair, "2");
            assertCredit(pair, 0);
            assertNoErrors(pair);
        }
    }

    @Test
    @Tag("C112")
    void theEndOfAnAbortedDeliveryHasNothingToRead() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(1);
            Delivery outgoing = pair.begin("1", DATA);
            receive(pair, DATA.length);
            int[] count = {1};
            pair.deliveryHandler = incoming -> count[0] = pair.receiver.recv(new byte[10], 0, 10);
            abort(pair, outgoing);
            assertThat(count[0]).isNotPositive();
        }
    }

    @Test
    @Tag("C113")
    void aDeliveryAbortedBeforeAnyFrameWasSentIsDropped() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(1);
            pair.server.log.clear();
            pair.client.log.clear();
            pair.onClient(() -> {
                Delivery outgoing = pair.sender.delivery("x".getBytes(UTF_8));
                pair.sender.send(DATA, 0, DATA.length);
                pair.client.proactor.abort(outgoing);
                assertThat(outgoing.isSettled()).isTrue();
                assertThat(pair.sender.current()).isNotSameAs(outgoing);
                return null;
            });
            pair.settle();
            assertThat(pair.server.log).isEmpty();
            assertThat(pair.deliveries).isEmpty();
            assertThat(pair.client.log).contains(EventType.LINK_FLOW);
            assertCredit(pair, 1);
            assertThat(pair.onClient(pair.sender.getSession()::getOutgoingBytes))
                    .isZero();
            assertThat(pair.onClient(pair.sender::getUnsettled)).isZero();
            sendAndReceive(pair, "2");
            assertNoErrors(pair);
        }
    }

    @Test
    @Tag("C114")
    void creditIsTheSameAtBothEndsWhenAbortedAndGoodDeliveriesAreMixed() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(5);
            assertCredit(pair, 5);
            sendAndReceive(pair, "one");
            assertCredit(pair, 4);

            Delivery begun = pair.begin("x1", DATA);
            receive(pair, DATA.length);
            assertCredit(pair, 4);
            abortAndSettle(pair, begun);
            assertCredit(pair, 3);

            sendAndReceive(pair, "two");
            assertCredit(pair, 2);

            pair.onClient(() -> {
                Delivery unsent = pair.sender.delivery("x2".getBytes(UTF_8));
                pair.sender.send(DATA, 0, DATA.length);
                pair.client.proactor.abort(unsent);
                return null;
            });
            pair.settle();
            assertCredit(pair, 2);

            sendAndReceive(pair, "three");
            assertCredit(pair, 1);
            assertNoErrors(pair);
        }
    }

    @Test
    @Tag("C112")
    void onlyAnOutgoingDeliveryThatIsNotCompleteMayBeAborted() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(3);
            Delivery outgoing = pair.begin("1", DATA);
            Delivery incoming = pair.deliveries.get(0);
            pair.onServer(
                    () -> assertThatIllegalArgumentException().isThrownBy(() -> pair.server.proactor.abort(incoming)));
            pair.onClient(() -> {
                pair.sender.advance();
                return assertThatIllegalStateException().isThrownBy(() -> pair.client.proactor.abort(outgoing));
            });
            Delivery second = pair.begin("2", DATA);
            abort(pair, second);
            pair.onClient(() -> assertThatIllegalStateException().isThrownBy(() -> pair.client.proactor.abort(second)));
            pair.onServer(() -> {
                assertThat(receivedOfFirst(pair)).isEqualTo(DATA.length);
                return null;
            });
            assertNoErrors(pair);
        }
    }

    private static int receivedOfFirst(LinkPair pair) {
        int count = pair.receiver.recv(new byte[1000], 0, 1000);
        assertThat(pair.receiver.current().isPartial()).isFalse();
        assertThat(pair.receiver.current().isAborted()).isFalse();
        return count;
    }

    @Test
    @Tag("C115")
    void theRestOfADeliverySettledHalfWayIsDroppedAndTheNextOneArrivesWhole() {
        try (LinkPair pair = new LinkPair()) {
            pair.credit(2);
            Delivery outgoing = pair.begin("1", DATA);
            receive(pair, DATA.length);
            pair.onServer(() -> {
                pair.receiver.current().settle();
                return null;
            });
            pair.settle();
            pair.onClient(() -> pair.sender.send(DATA, 0, DATA.length));
            pair.settle();
            pair.onClient(() -> {
                outgoing.settle();
                return null;
            });
            pair.settle();
            assertNoErrors(pair);
            pair.deliveries.clear();

            sendAndReceive(pair, "2");
            assertThat(pair.deliveries).hasSize(1);
            assertCredit(pair, 0);
            pair.credit(1);
            sendAndReceive(pair, "3");
            assertNoErrors(pair);
        }
    }
}
