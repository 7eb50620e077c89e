package dev.proactor.internal.engine;

import static dev.proactor.internal.engine.Frames.amqp;
import static dev.proactor.internal.engine.Frames.attach;
import static dev.proactor.internal.engine.Frames.continuation;
import static dev.proactor.internal.engine.Frames.disposition;
import static dev.proactor.internal.engine.Frames.flow;
import static dev.proactor.internal.engine.Frames.join;
import static dev.proactor.internal.engine.Frames.open;
import static dev.proactor.internal.engine.Frames.transfer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.security.ClientSasl;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.Disposition;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deliveries in pieces, aborted, settled early: where proton-j alone breaks. */
class DeliveryTest {

    private static final byte[] HELLO = join(Frames.AMQP, amqp(0, open()));

    private End client;
    private End server;
    private Sender sender;
    private Receiver receiver;
    private final List<byte[]> whole = new ArrayList<>();
    private boolean serverReads = true;

    @BeforeEach
    void connect() {
        client = new End(
                End.clientOptions().sasl(ClientSasl.none()).maxFrameBytes(512).build());
        server = new End(End.serverOptions().maxFrameBytes(512).build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver link) {
                    link.flow(5);
                } else if (type == EventType.DELIVERY && serverReads) {
                    Delivery delivery = (Delivery) context;
                    if (delivery.isAborted()) {
                        delivery.settle();
                    } else if (!delivery.isPartial()) {
                        byte[] bytes = new byte[delivery.available()];
                        ((Receiver) delivery.getLink()).recv(bytes, 0, bytes.length);
                        whole.add(bytes);
                        delivery.disposition(Accepted.getInstance());
                        delivery.settle();
                    }
                }
            }
        };
        client.runBatch();
        sender = client.openSender(client.openSession(), "x");
        End.pump(client, server);
        receiver = (Receiver) server.link("x");
    }

    private void pump() {
        End.pump(client, server);
        assertThat(client.condition()).isNull();
        assertThat(server.condition()).isNull();
    }

    private Delivery begin(String tag, int bytes) {
        Delivery delivery = sender.delivery(tag.getBytes(StandardCharsets.UTF_8));
        more(bytes);
        return delivery;
    }

    private void more(int bytes) {
        sender.send(new byte[bytes], 0, bytes);
    }

    private Session session() {
        return sender.getSession();
    }

    // ---- abort

    @Test
    void anAbortAfterSomeFramesIsTold() {
        Delivery delivery = begin("a", 700);
        pump();
        assertThat(server.deliveries).isNotEmpty();
        Delivery seen = server.deliveries.get(0);
        assertThat(seen.isPartial()).isTrue();

        more(100);
        client.engine.abort(delivery);
        pump();
        assertThat(seen.isAborted()).isTrue();
        assertThat(seen.remotelySettled()).isTrue();
        assertThat(delivery.isSettled()).isTrue();
        assertThat(session().getOutgoingBytes()).isZero();
        assertThat(sender.getQueued()).isZero();
        assertThat(sender.getCredit()).isEqualTo(4);
        assertThat(receiver.getCredit()).isEqualTo(4);
        assertThat(EngineInternals.unsettledOutgoing(
                        client.engine.connection().sessions().get(0)))
                .isZero();
        assertThat(EngineInternals.unsettledIncoming(
                        server.engine.connection().sessions().get(0)))
                .isZero();
        assertThat(whole).isEmpty();
    }

    @Test
    void anAbortBeforeTheFirstFrameLeavesNoTrace() {
        int flows = client.log.size();
        Delivery delivery = begin("a", 700);
        client.engine.abort(delivery);
        pump();
        assertThat(server.deliveries).isEmpty();
        assertThat(session().getOutgoingBytes()).isZero();
        assertThat(sender.getQueued()).isZero();
        assertThat(sender.getUnsettled()).isZero();
        assertThat(sender.getCredit()).isEqualTo(5);
        assertThat(receiver.getCredit()).isEqualTo(5);
        assertThat(client.log.subList(flows, client.log.size())).containsExactly(EventType.LINK_FLOW);
        assertThat(EngineInternals.queuedDeliveries(
                        client.engine.connection().sessions().get(0)))
                .isZero();
    }

    @Test
    void abortedAndGoodDeliveriesMix() {
        End.send(sender, "1", "one".getBytes(StandardCharsets.UTF_8));
        pump();
        assertCredit(4);
        Delivery aborted = begin("2", 1000);
        pump();
        client.engine.abort(aborted);
        pump();
        assertCredit(3);
        End.send(sender, "3", "three".getBytes(StandardCharsets.UTF_8));
        pump();
        assertCredit(2);
        client.engine.abort(begin("4", 1000));
        pump();
        assertCredit(2);
        End.send(sender, "5", "five".getBytes(StandardCharsets.UTF_8));
        pump();
        assertCredit(1);
        assertThat(whole)
                .extracting(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .containsExactly("one", "three", "five");
    }

    private void assertCredit(int credit) {
        assertThat(sender.getCredit()).isEqualTo(credit);
        assertThat(receiver.getCredit()).isEqualTo(credit);
    }

    @Test
    void onlyAnOutgoingDeliveryUnderWayCanBeAborted() {
        Delivery delivery = End.send(sender, "1", new byte[10]);
        assertThatThrownBy(() -> client.engine.abort(delivery)).isInstanceOf(IllegalStateException.class);
        Delivery twice = begin("2", 10);
        client.engine.abort(twice);
        assertThatThrownBy(() -> client.engine.abort(twice)).isInstanceOf(IllegalStateException.class);
        serverReads = false;
        pump();
        assertThatThrownBy(() -> server.engine.abort(server.deliveries.get(0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAbortedDeliveryIsSettledWhenItWasAdvancedPast() {
        serverReads = false;
        Delivery delivery = begin("a", 700);
        pump();
        client.engine.abort(delivery);
        End.send(sender, "b", new byte[10]);
        pump();
        Delivery aborted = receiver.current();
        assertThat(aborted.isAborted()).isTrue();
        assertThat(aborted.isSettled()).isFalse();
        receiver.advance();
        server.runBatch();
        assertThat(aborted.isSettled()).isTrue();
    }

    @Test
    void whatFollowsAnAbortedDeliveryAtOnceIsSentWhole() {
        Delivery delivery = begin("a", 700);
        pump();
        more(100);
        client.engine.abort(delivery);
        End.send(sender, "b", new byte[2000]);
        pump();
        assertThat(whole).singleElement().satisfies(bytes -> assertThat(bytes).hasSize(2000));
        assertCredit(3);
        assertThat(EngineInternals.unsettledOutgoing(
                        client.engine.connection().sessions().get(0)))
                .isZero();
    }

    // ---- settled before it is whole

    @Test
    void aReceiverSettlesWhatHasNotComeWhole() {
        for (boolean settledBySender : new boolean[] {false, true}) {
            int before = server.deliveries.size();
            Delivery delivery = begin("a" + settledBySender, 700);
            if (settledBySender) {
                delivery.settle();
            } else {
                pump();
                server.deliveries.get(before).settle();
                pump();
                more(700);
                pump();
                more(10);
                sender.advance();
            }
            End.send(sender, "b" + settledBySender, "whole".getBytes(StandardCharsets.UTF_8));
            pump();
            assertThat(whole.get(whole.size() - 1)).asString().isEqualTo("whole");
            if (!settledBySender) {
                assertThat(delivery.remotelySettled()).isTrue();
                assertThat(server.deliveries.subList(before, server.deliveries.size()))
                        .hasSize(2);
            }
            assertThat(EngineInternals.unsettledIncoming(
                            server.engine.connection().sessions().get(0)))
                    .isZero();
            assertThat(receiver.getSession().getIncomingBytes()).isZero();
        }
    }

    @Test
    void aReceiverSettlesAPartOfWhatTheSenderHadSettled() {
        End peer = rawServer();
        Transfer settled = Frames.more(transfer(0, 0));
        settled.setSettled(true);
        peer.exchange(amqp(0, settled, new byte[100]));
        assertThat(peer.deliveries.get(0).remotelySettled()).isFalse();
        peer.deliveries.get(0).settle();
        assertThat(Frames.bodies(peer.takeOutput(), Disposition.class)).isEmpty();
        byte[] answer = peer.exchange(join(
                amqp(0, Frames.more(continuation(0)), new byte[100]),
                amqp(0, continuation(0), new byte[100]),
                amqp(0, transfer(0, 1), new byte[3])));
        assertThat(peer.condition()).isNull();
        assertThat(peer.deliveries).hasSize(2);
        assertThat(peer.deliveries.get(1).available()).isEqualTo(3);
        assertThat(Frames.bodies(answer, Disposition.class)).isEmpty();
        assertThat(EngineInternals.unsettledIncoming(
                        peer.engine.connection().sessions().get(0)))
                .isEqualTo(1);
    }

    @Test
    void theDispositionOfAPartialDeliveryWaitsForItsLastFrame() {
        End peer = rawServer();
        peer.exchange(amqp(0, Frames.more(transfer(0, 0)), new byte[100]));
        peer.deliveries.get(0).disposition(Accepted.getInstance());
        peer.deliveries.get(0).settle();
        assertThat(Frames.bodies(peer.takeOutput(), Disposition.class)).isEmpty();
        byte[] answer = peer.exchange(amqp(0, continuation(0), new byte[100]));
        assertThat(Frames.bodies(answer, Disposition.class)).singleElement().satisfies(d -> {
            assertThat(d.getSettled()).isTrue();
            assertThat(d.getState()).isEqualTo(Accepted.getInstance());
        });
    }

    @Test
    void theSenderSettlesWhatHasNotComeWhole() {
        End peer = rawServer();
        peer.exchange(join(
                amqp(0, Frames.more(transfer(0, 0)), new byte[100]),
                amqp(0, disposition(Role.SENDER, 0, 0, true)),
                amqp(0, continuation(0), new byte[100])));
        assertThat(peer.condition()).isNull();
        assertThat(peer.deliveries.get(0).isPartial()).isFalse();
        assertThat(peer.deliveries.get(0).remotelySettled()).isTrue();
        assertThat(peer.deliveries.get(0).available()).isEqualTo(200);
    }

    @Test
    void aReceiverSettlesWhatIsNotSentWhole() {
        End peer = rawServer();
        Sender out = (Sender) peer.link("out");
        peer.exchange(amqp(0, flow(1, 0, 10)));
        Delivery first = out.delivery(new byte[] {1});
        out.send(new byte[100], 0, 100);
        assertThat(Frames.bodies(peer.takeOutput(), Transfer.class)).hasSize(1);

        peer.exchange(amqp(0, disposition(Role.RECEIVER, 0, 0, true)));
        assertThat(peer.deliveries).isEmpty();
        assertThat(first.remotelySettled()).isFalse();

        out.send(new byte[100], 0, 100);
        out.advance();
        End.send(out, "2", new byte[10]);
        assertThat(Frames.bodies(peer.takeOutput(), Transfer.class)).hasSize(2);
        peer.runBatch();
        assertThat(first.remotelySettled()).isTrue();
        assertThat(peer.deliveries).containsExactly(first);
        assertThat(EngineInternals.unsettledOutgoing(
                        peer.engine.connection().sessions().get(0)))
                .isEqualTo(1);
    }

    @Test
    void aRangeIsSettledButForWhatIsUnderWay() {
        End peer = rawServer();
        Sender out = (Sender) peer.link("out");
        peer.exchange(amqp(0, flow(1, 0, 10)));
        Delivery one = End.send(out, "1", new byte[10]);
        Delivery two = out.delivery(new byte[] {2});
        out.send(new byte[100], 0, 100);
        peer.takeOutput();
        peer.exchange(amqp(0, disposition(Role.RECEIVER, 0, 5, true)));
        assertThat(one.remotelySettled()).isTrue();
        assertThat(two.remotelySettled()).isFalse();
        out.advance();
        peer.takeOutput();
        assertThat(two.remotelySettled()).isTrue();
    }

    @Test
    void aDeliverySettledHereBetweenItsFramesIsForgotten() {
        End peer = rawServer();
        Sender out = (Sender) peer.link("out");
        peer.exchange(amqp(0, flow(1, 0, 10)));
        Delivery delivery = out.delivery(new byte[] {2});
        out.send(new byte[100], 0, 100);
        peer.takeOutput();
        out.advance();
        delivery.settle();
        List<Transfer> last = Frames.bodies(peer.takeOutput(), Transfer.class);
        assertThat(last)
                .singleElement()
                .satisfies(t -> assertThat(t.getSettled()).isTrue());
        assertThat(EngineInternals.unsettledOutgoing(
                        peer.engine.connection().sessions().get(0)))
                .isZero();
        assertThat(peer.runBatch()).isZero();
    }

    @Test
    void aDeliverySettledHereBetweenItsFramesIsNotTakenForTheNext() {
        End peer = rawServer();
        Sender out = (Sender) peer.link("out");
        peer.exchange(amqp(0, flow(1, 0, 10)));
        Delivery first = out.delivery(new byte[] {1});
        out.send(new byte[100], 0, 100);
        peer.takeOutput();
        out.advance();
        first.settle();
        Delivery second = out.delivery(new byte[] {2});
        out.send(new byte[100], 0, 100);
        assertThat(Frames.bodies(peer.takeOutput(), Transfer.class)).hasSize(2);
        peer.runBatch();
        assertThat(second.remotelySettled()).isFalse();
        assertThat(peer.deliveries).isEmpty();
        assertThat(EngineInternals.unsettledOutgoing(
                        peer.engine.connection().sessions().get(0)))
                .isEqualTo(1);
    }

    @Test
    void aReceiverSettlesWhatIsNotSentWholeAndNotTheNextDelivery() {
        End peer = rawServer(512);
        Sender out = (Sender) peer.link("out");
        peer.exchange(amqp(0, flow(1, 0, 10)));
        Delivery first = out.delivery(new byte[] {1});
        out.send(new byte[100], 0, 100);
        peer.takeOutput();
        peer.exchange(amqp(0, disposition(Role.RECEIVER, 0, 0, true)));
        out.advance();
        // proton-j writes two frames of a delivery at once: all of it with the last one of the first.
        Delivery second = End.send(out, "2", new byte[700]);
        assertThat(Frames.bodies(peer.takeOutput(), Transfer.class)).hasSize(3);
        peer.runBatch();
        assertThat(first.remotelySettled()).isTrue();
        assertThat(second.remotelySettled()).isFalse();
        assertThat(peer.deliveries).containsExactly(first);
    }

    @Test
    void aReceiverSettlesWhatIsCompletedByAnOutputThatWidensAWindowToo() {
        End peer = rawServer(512);
        Sender out = (Sender) peer.link("out");
        Receiver in = (Receiver) peer.link("in");
        peer.exchange(amqp(0, flow(1, 0, 10)));
        Delivery first = out.delivery(new byte[] {1});
        out.send(new byte[100], 0, 100);
        peer.takeOutput();
        peer.exchange(amqp(0, disposition(Role.RECEIVER, 0, 0, true)));
        for (int i = 0; i < 5; i++) {
            peer.receive(amqp(0, transfer(0, i), new byte[10]));
            in.current().settle();
        }
        // proton-j writes two frames of a delivery at once: the third and last one follows the window's, and does not
        // fit.
        out.send(new byte[1400], 0, 1400);
        out.advance();
        ByteBuffer target = ByteBuffer.allocate(1200);
        peer.engine.output(target);
        assertThat(target.hasRemaining()).isFalse();
        assertThat(first.remotelySettled()).isTrue();
        List<Object> frames = Frames.read(join(Arrays.copyOf(target.array(), 1200), peer.takeOutput()));
        assertThat(frames)
                .extracting(frame -> ((Frames.Read) frame).body().getClass().getSimpleName())
                .endsWith("Transfer", "Transfer", "Flow", "Transfer");
    }

    @Test
    void settlingUponAnOutcomeIsToldToAReceiverThatWaitsForIt() {
        End peer = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.DELIVERY) {
                    ((Delivery) context).settle();
                }
            }
        };
        peer.exchange(join(
                HELLO, amqp(0, Frames.begin()), amqp(0, attach("out", 1, Role.RECEIVER)), amqp(0, flow(1, 0, 10))));
        End.send((Sender) peer.link("out"), "1", new byte[10]);
        peer.takeOutput();
        Disposition outcome = disposition(Role.RECEIVER, 0, 0, false);
        outcome.setState(Accepted.getInstance());
        byte[] answer = peer.exchange(amqp(0, outcome));
        assertThat(Frames.bodies(answer, Disposition.class)).singleElement().satisfies(d -> {
            assertThat(d.getRole()).isEqualTo(Role.SENDER);
            assertThat(d.getSettled()).isTrue();
        });
        assertThat(EngineInternals.unsettledOutgoing(
                        peer.engine.connection().sessions().get(0)))
                .isZero();
    }

    // ---- pre-settled

    @Test
    void whatTheSenderHasSettledIsSettledWhenItWasAdvancedPast() {
        End peer = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN) {
                    ((Receiver) context).flow(10);
                } else if (type == EventType.DELIVERY) {
                    ((Delivery) context).getLink().advance();
                }
            }
        };
        peer.exchange(join(HELLO, amqp(0, Frames.begin()), amqp(0, attach("in", 0, Role.SENDER))));
        Transfer settled = transfer(0, 0);
        settled.setSettled(true);
        peer.exchange(join(amqp(0, settled, new byte[10]), amqp(0, transfer(0, 1), new byte[10])));
        assertThat(peer.deliveries.get(0).isSettled()).isTrue();
        assertThat(peer.deliveries.get(1).isSettled()).isFalse();
        assertThat(EngineInternals.unsettledIncoming(
                        peer.engine.connection().sessions().get(0)))
                .isEqualTo(1);
    }

    @Test
    void whatIsAdvancedPastLaterIsSettledAtTheEndOfThatBatch() {
        End peer = rawServer();
        Transfer settled = transfer(0, 0);
        settled.setSettled(true);
        peer.exchange(amqp(0, settled, new byte[10]));
        assertThat(peer.deliveries.get(0).isSettled()).isFalse();
        peer.deliveries.get(0).getLink().advance();
        peer.runBatch();
        assertThat(peer.deliveries.get(0).isSettled()).isTrue();
    }

    @Test
    void thereIsNoEventOfADeliveryThatWasSettledMeanwhile() {
        End peer = new End(End.serverOptions().build()) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN) {
                    ((Receiver) context).flow(10);
                } else if (type == EventType.DELIVERY) {
                    Receiver link = (Receiver) ((Delivery) context).getLink();
                    while (link.current() != null) {
                        link.current().settle();
                    }
                }
            }
        };
        peer.exchange(join(HELLO, amqp(0, Frames.begin()), amqp(0, attach("in", 0, Role.SENDER)), amqp(0, flow())));
        peer.exchange(join(amqp(0, transfer(0, 0)), amqp(0, transfer(0, 1)), amqp(0, transfer(0, 2))));
        assertThat(peer.deliveries).hasSize(1);
    }

    @Test
    void tagsArePassedOnAsTheyAre() {
        End peer = rawServer();
        Transfer transfer = transfer(0, 0);
        transfer.setDeliveryTag(new Binary(new byte[] {1, 2, 3}));
        peer.exchange(amqp(0, transfer));
        assertThat(peer.deliveries.get(0).getTag()).containsExactly(1, 2, 3);
    }

    /** A server that grants 5 credits and does nothing with deliveries; its peer is played by hand. */
    private static End rawServer() {
        return rawServer(End.serverOptions().build());
    }

    /** The same, of small frames and a narrow session window. */
    private static End rawServer(int frameBytes) {
        return rawServer(End.serverOptions()
                .maxFrameBytes(frameBytes)
                .sessionWindowBytes(8 * frameBytes)
                .build());
    }

    private static End rawServer(ListenerOptions options) {
        End peer = new End(options) {
            @Override
            void handle(EventType type, Object context) {
                if (type == EventType.LINK_REMOTE_OPEN && context instanceof Receiver link) {
                    link.flow(5);
                }
            }
        };
        peer.exchange(join(
                HELLO,
                amqp(0, Frames.begin()),
                amqp(0, attach("in", 0, Role.SENDER)),
                amqp(0, attach("out", 1, Role.RECEIVER))));
        return peer;
    }
}
