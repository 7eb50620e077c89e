package dev.proactor.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventType;
import dev.proactor.security.ClientSasl;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.Flow;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;

/** What a handler may send before the network takes it. The limit is 64 KiB here. */
class OutputBoundTest {

    private static final int LIMIT = 64 * 1024;

    private End client;
    private Sender sender;

    /** A client whose peer, played by hand, has granted credit. */
    private void connect(int credit) {
        client = new End(End.clientOptions()
                .sasl(ClientSasl.none())
                .maxOutputBytes(LIMIT)
                .build());
        client.runBatch();
        sender = client.openSender(client.openSession(), "x");
        client.takeOutput();
        client.exchange(Frames.join(
                Frames.AMQP,
                Frames.amqp(0, Frames.open()),
                Frames.amqp(0, Frames.beginReply(0)),
                Frames.amqp(0, Frames.attach("x", 0, org.apache.qpid.proton.amqp.transport.Role.RECEIVER)),
                Frames.amqp(0, window(Frames.flow(0, 0, credit)))));
        client.log.clear();
    }

    private static Flow window(Flow flow) {
        flow.setIncomingWindow(Frames.uint(1_000_000));
        return flow;
    }

    private int sendable() {
        return client.engine.sendable(sender);
    }

    @Test
    void creditLooksUsedUpFromTheHighMarkToTheLowMark() {
        connect(100);
        for (int i = 0; i < 3; i++) {
            End.send(sender, "t" + i, new byte[10_000]);
        }
        client.engine.endBatch();
        assertThat(sendable()).isEqualTo(97);
        End.send(sender, "t3", new byte[10_000]);
        assertThat(sendable()).isZero();
        client.runBatch();
        assertThat(sender.getCredit()).isZero();
        assertThat(client.log).isEmpty();

        client.takeOutput();
        client.runBatch();
        assertThat(client.log).containsExactly(EventType.LINK_FLOW);
        assertThat(sendable()).isEqualTo(96);
        assertThat(sender.getCredit()).isEqualTo(96);
    }

    @Test
    void creditThatComesMeanwhileIsNotLost() {
        connect(10);
        for (int i = 0; i < 4; i++) {
            End.send(sender, "t" + i, new byte[10_000]);
        }
        client.runBatch();
        client.engine.input(java.nio.ByteBuffer.wrap(Frames.amqp(0, window(Frames.flow(0, 0, 20)))), client.nowNanos);
        client.runBatch();
        assertThat(sender.getCredit()).isZero();
        assertThat(client.log).isEmpty();
        client.takeOutput();
        client.runBatch();
        assertThat(client.log).containsExactly(EventType.LINK_FLOW);
        assertThat(sendable()).isEqualTo(16);
    }

    @Test
    void whoGoesOnSendingLosesTheConnectionAndNothingSilently() {
        connect(1_000);
        for (int i = 0; i < 8; i++) {
            End.send(sender, "t" + i, new byte[10_000]);
        }
        client.runBatch();
        client.runBatch();
        assertThat((Object) client.condition().getCondition()).hasToString("amqp:resource-limit-exceeded");
        assertThat(client.condition().getDescription()).contains("maxOutputBytes = 65536");
        assertThat(client.log).contains(EventType.TRANSPORT_ERROR);
    }

    @Test
    void whoGoesByTheCreditShownIsNeverBeyondTheLimitForLong() {
        connect(10_000);
        int most = 0;
        for (int i = 0; i < 200; i++) {
            while (sender.getCredit() > 0) {
                End.send(sender, "t", new byte[12_000]);
            }
            most = Math.max(most, sender.getSession().getOutgoingBytes());
            client.runBatch();
            client.runBatch();
            assertThat(client.condition()).isNull();
            client.takeOutput();
            client.runBatch();
        }
        assertThat(most).isLessThanOrEqualTo(LIMIT);
        assertThat(sender.getCredit()).isPositive();
    }

    @Test
    void moreCreditIsShownWhenMessagesTurnOutToBeSmall() {
        connect(10_000);
        int rounds = 0;
        for (int sent = 0; sent < 5_000 && rounds < 15; rounds++) {
            for (; sender.getCredit() > 0; sent++) {
                End.send(sender, "t", new byte[10]);
            }
            client.runBatch();
            client.takeOutput();
            client.runBatch();
        }
        assertThat(rounds).isLessThan(15);
    }

    @Test
    void oneMessageMayBeLargerThanTheLimit() {
        connect(1_000);
        End.send(sender, "t", new byte[3 * LIMIT]);
        client.runBatch();
        assertThat(client.condition()).isNull();
        assertThat(client.takeOutput()).hasSizeGreaterThan(3 * LIMIT);
        client.runBatch();
        assertThat(sendable()).isEqualTo(999);
    }

    @Test
    void aMessageThatIsSentInPiecesReachesTheHighMarkToo() {
        connect(10);
        sender.delivery(new byte[] {1});
        for (int sent = 0; sent < 10; sent++) {
            for (int i = 0; sendable() > 0; i++) {
                assertThat(i).as("pieces that wait").isLessThan(4);
                sender.send(new byte[10_000], 0, 10_000);
            }
            assertThat(sender.getSession().getOutgoingBytes()).isLessThan(LIMIT);
            client.runBatch();
            client.log.clear();
            client.takeOutput();
            client.runBatch();
            assertThat(client.log).containsExactly(EventType.LINK_FLOW);
            assertThat(sendable()).isEqualTo(10);
        }
        sender.advance();
        client.runBatch();
        assertThat(Frames.bodies(client.takeOutput(), Transfer.class))
                .singleElement()
                .satisfies(transfer -> assertThat(transfer.getMore()).isFalse());
        client.runBatch();
        assertThat(sendable()).isEqualTo(9);
        assertThat(client.condition()).isNull();
    }

    @Test
    void noMoreCreditIsShownThanMayBeQueued() {
        connect(1_000_000);
        assertThat(sendable()).isEqualTo(OutputBound.MOST_SHOWN);
        assertThat(sender.getCredit()).isEqualTo(OutputBound.MOST_SHOWN);
        int sent = 0;
        while (sent < 10_000) {
            int before = sent;
            for (; sendable() > 0; sent++) {
                End.send(sender, "t" + sent, new byte[1]);
            }
            assertThat(sent - before).isEqualTo(OutputBound.MOST_QUEUED);
            client.log.clear();
            client.takeOutput();
            client.runBatch();
            assertThat(client.log).containsExactly(EventType.LINK_FLOW);
        }
        assertThat(client.condition()).isNull();
    }

    @Test
    void whoLooksAtCreditOnlyUponLinkFlowIsShownAllOfIt() {
        connect(5_000);
        int known = sendable();
        int sent = 0;
        while (known > 0 && sent <= 5_000) {
            // So few that the high mark is never reached.
            int end = sent + Math.min(known, 100);
            for (; sent < end; sent++) {
                End.send(sender, "t" + sent, new byte[1]);
                known--;
            }
            client.log.clear();
            client.runBatch();
            client.takeOutput();
            client.runBatch();
            if (client.log.contains(EventType.LINK_FLOW)) {
                known = sendable();
            }
        }
        assertThat(sent).isEqualTo(5_000);
    }

    @Test
    void whoRemembersTheCreditSeenUponLinkFlowIsToldOfAllOfIt() {
        connect(5_000);
        int known = sender.getCredit();
        int sent = 0;
        for (; known > 0 && sent <= 5_000; sent++) {
            End.send(sender, "t" + sent, new byte[1]);
            known--;
            client.log.clear();
            client.runBatch();
            client.takeOutput();
            client.runBatch();
            if (client.log.contains(EventType.LINK_FLOW)) {
                known = sender.getCredit();
            }
        }
        assertThat(sent).isEqualTo(5_000);
    }

    @Test
    void whatIsDrainedIsAllThereIs() {
        connect(5_000);
        Flow drain = window(Frames.flow(0, 0, 5_000));
        drain.setDrain(true);
        client.exchange(Frames.amqp(0, drain));
        assertThat(sender.getCredit()).isEqualTo(5_000);
        assertThat(sender.drained()).isEqualTo(5_000);
        List<Flow> flows = Frames.bodies(client.takeOutput(), Flow.class);
        assertThat(flows).singleElement().satisfies(flow -> {
            assertThat(flow.getLinkCredit().intValue()).isZero();
            assertThat(flow.getDeliveryCount().intValue()).isEqualTo(5_000);
        });
    }

    @Test
    void whatIsDrainedIsAllThereIsAfterTheLowMarkToo() {
        connect(5_000);
        for (int i = 0; i < 4; i++) {
            End.send(sender, "t" + i, new byte[10_000]);
        }
        client.runBatch();
        assertThat(sender.getCredit()).isZero();
        Flow drain = window(Frames.flow(0, 0, 5_000));
        drain.setDrain(true);
        client.receive(Frames.amqp(0, drain));
        client.takeOutput();
        client.runBatch();
        assertThat(sender.getCredit()).isEqualTo(4_996);
        assertThat(sender.drained()).isEqualTo(4_996);
        assertThat(Frames.bodies(client.takeOutput(), Flow.class))
                .singleElement()
                .satisfies(
                        flow -> assertThat(flow.getDeliveryCount().intValue()).isEqualTo(5_000));
        client.runBatch();
        assertThat(sendable()).isZero();
    }

    @Test
    void whatALinkNeverSentDoesNotCountWhenItIsGone() {
        connect(1);
        for (int i = 0; i < 4; i++) {
            End.send(sender, "t" + i, new byte[10_000]);
        }
        client.takeOutput();
        client.runBatch();
        assertThat(sender.getSession().getOutgoingBytes()).isEqualTo(30_000);
        client.exchange(Frames.amqp(0, Frames.detach(0, true)));
        assertThat(sender.getSession().getOutgoingBytes()).isZero();
        assertThat(EngineInternals.queuedDeliveries(
                        client.engine.connection().sessions().get(0)))
                .isZero();
    }

    @Test
    void twoEndsMoveManyMessagesWithinTheBound() {
        int[] received = new int[1];
        client = new End(End.clientOptions().maxOutputBytes(LIMIT).build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_FLOW) {
                    while (engine.sendable((Sender) context) > 0) {
                        End.send((Sender) context, "t", new byte[100]).settle();
                    }
                    assertThat(((Sender) context).getSession().getOutgoingBytes())
                            .isLessThan(LIMIT);
                }
            }
        };
        End server = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN) {
                    ((Receiver) context).flow(20_000);
                } else if (type == EventType.DELIVERY) {
                    received[0]++;
                    ((org.apache.qpid.proton.engine.Delivery) context).settle();
                }
            }
        };
        client.runBatch();
        client.openSender(client.openSession(), "x");
        End.pump(client, server);
        assertThat(received[0]).isEqualTo(20_000);
        assertThat(client.condition()).isNull();
    }
}
