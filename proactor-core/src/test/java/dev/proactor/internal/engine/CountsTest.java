package dev.proactor.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.CloseReason;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener.ConnectionRecorder;
import dev.proactor.EventType;
import dev.proactor.internal.counts.ConnectionGroup;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;

/** What a connection counts, and that the gauges fall to zero with it. */
class CountsTest {

    private final List<String> recorded = new ArrayList<>();
    private final List<String> recordedByServer = new ArrayList<>();

    /** Writes down what it is told. */
    private record Recorder(List<String> recorded) implements ConnectionRecorder {
        @Override
        public void batch(long waitNanos, long handlingNanos, int events) {}

        @Override
        public void handshake(long nanos, boolean succeeded) {
            recorded.add("handshake " + succeeded + " " + nanos);
        }

        @Override
        public void settlement(Direction direction, long nanos, DeliveryOutcome outcome) {
            assertThat(nanos).isNotNegative();
            recorded.add("settlement " + direction + " " + outcome);
        }
    }

    private final List<DeliveryState> states = new ArrayList<>();

    private final End client = new End(End.clientOptions().maxFrameBytes(512).build(), new Recorder(recorded)) {
        @Override
        void handle(EventType type, Object context) {
            if (type == EventType.DELIVERY) {
                ((Delivery) context).settle();
            }
        }
    };
    private final End server = new End(End.serverOptions().maxFrameBytes(512).build(), new Recorder(recordedByServer)) {
        @Override
        void handle(EventType type, Object context) {
            if (type == EventType.LINK_REMOTE_OPEN) {
                ((Receiver) context).flow(10);
            } else if (type == EventType.DELIVERY && !states.isEmpty() && !((Delivery) context).isPartial()) {
                ((Delivery) context).disposition(states.remove(0));
                ((Delivery) context).settle();
            }
        }
    };

    private Sender connect() {
        client.runBatch();
        Sender sender = client.openSender(client.openSession(), "x");
        End.pump(client, server);
        return sender;
    }

    @Test
    void countsWhatHappens() {
        Sender sender = connect();
        ConnectionGroup out = client.group;
        ConnectionGroup in = server.group;
        assertThat(out.active()).isOne();
        assertThat(out.opened()).isOne();
        assertThat(out.activeSessions()).isOne();
        assertThat(out.activeSenders()).isOne();
        assertThat(out.activeReceivers()).isZero();
        assertThat(in.activeReceivers()).isOne();
        assertThat(out.senderCredit()).isEqualTo(10);
        assertThat(in.receiverCredit()).isEqualTo(10);
        assertThat(recorded).containsExactly("handshake true 0");

        End.send(sender, "1", new byte[10]);
        End.send(sender, "2", new byte[2000]);
        End.pump(client, server);
        assertThat(out.unsettled(Direction.OUT)).isEqualTo(2);
        assertThat(in.unsettled(Direction.IN)).isEqualTo(2);
        assertThat(out.senderCredit()).isEqualTo(8);
        assertThat(in.receiverCredit()).isEqualTo(8);

        server.deliveries.get(0).disposition(Accepted.getInstance());
        server.deliveries.get(0).settle();
        server.deliveries.get(server.deliveries.size() - 1).disposition(Released.getInstance());
        server.deliveries.get(server.deliveries.size() - 1).settle();
        End.pump(client, server);
        assertThat(out.deliveries(Direction.OUT, DeliveryOutcome.ACCEPTED)).isOne();
        assertThat(out.deliveries(Direction.OUT, DeliveryOutcome.RELEASED)).isOne();
        assertThat(in.deliveries(Direction.IN, DeliveryOutcome.ACCEPTED)).isOne();
        assertThat(in.deliveries(Direction.IN, DeliveryOutcome.RELEASED)).isOne();
        assertThat(out.unsettled(Direction.OUT)).isZero();
        assertThat(in.unsettled(Direction.IN)).isZero();
        assertThat(recorded).containsExactly("handshake true 0", "settlement OUT ACCEPTED", "settlement OUT RELEASED");
        assertThat(recordedByServer)
                .containsExactly("handshake true 0", "settlement IN ACCEPTED", "settlement IN RELEASED");

        End.send(sender, "3", new byte[10]).settle();
        Delivery aborted = sender.delivery(new byte[] {4});
        sender.send(new byte[1000], 0, 1000);
        End.pump(client, server);
        client.engine.abort(aborted);
        End.pump(client, server);
        assertThat(out.deliveries(Direction.OUT, DeliveryOutcome.SETTLED)).isOne();
        assertThat(in.deliveries(Direction.IN, DeliveryOutcome.SETTLED)).isOne();
        assertThat(out.deliveries(Direction.OUT, DeliveryOutcome.ABORTED)).isOne();
        assertThat(in.deliveries(Direction.IN, DeliveryOutcome.ABORTED)).isOne();

        assertThat(out.bytes(Direction.OUT)).isEqualTo(in.bytes(Direction.IN)).isPositive();
        assertThat(out.bytes(Direction.IN)).isEqualTo(in.bytes(Direction.OUT)).isPositive();
        assertThat(out.frames(Direction.OUT)).isEqualTo(in.frames(Direction.IN)).isGreaterThan(10);
        assertThat(out.frames(Direction.IN)).isEqualTo(in.frames(Direction.OUT)).isGreaterThan(5);
    }

    @Test
    void gaugesFallToZeroHoweverItEnds() {
        Sender sender = connect();
        End.send(sender, "1", new byte[10]);
        End.pump(client, server);
        assertThat(client.group.unsettled(Direction.OUT)).isOne();
        server.engine.inputEnded();
        client.fail("proton:io", "broken", CloseReason.TRANSPORT_ERROR);
        server.runBatch();
        server.takeOutput();
        server.runBatch();
        for (End end : List.of(client, server)) {
            assertZero(end.group);
            assertThat(end.group.closed(CloseReason.TRANSPORT_ERROR)).isOne();
        }
    }

    @Test
    void gaugesFallToZeroWhenTheConnectionIsReleased() {
        connect();
        client.engine.release();
        assertZero(client.group);
        assertThat(client.group.closed(CloseReason.RELEASED)).isOne();
    }

    @Test
    void detachAndEndAreCounted() {
        Sender sender = connect();
        sender.close();
        End.pump(client, server);
        assertThat(client.group.activeSenders()).isZero();
        assertThat(client.group.senderCredit()).isZero();
        assertThat(server.group.activeReceivers()).isZero();
        assertThat(server.group.receiverCredit()).isZero();
        sender.getSession().close();
        End.pump(client, server);
        assertThat(client.group.activeSessions()).isZero();
        assertThat(server.group.activeSessions()).isZero();
        assertThat(client.group.active()).isOne();
    }

    @Test
    void aHandshakeThatFailedIsRecorded() {
        client.runBatch();
        client.fail("proton:io", "refused", CloseReason.CONNECT_FAILED);
        assertThat(recorded).containsExactly("handshake false 0");
        assertThat(client.group.opened()).isZero();
        assertThat(client.group.active()).isZero();
        assertThat(client.group.closed(CloseReason.CONNECT_FAILED)).isOne();
    }

    private static void assertZero(ConnectionGroup group) {
        assertThat(group.active()).isZero();
        assertThat(group.activeSessions()).isZero();
        assertThat(group.activeSenders()).isZero();
        assertThat(group.activeReceivers()).isZero();
        assertThat(group.senderCredit()).isZero();
        assertThat(group.receiverCredit()).isZero();
        assertThat(group.unsettled(Direction.IN)).isZero();
        assertThat(group.unsettled(Direction.OUT)).isZero();
    }
}
