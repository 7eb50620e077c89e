package dev.proactor.conformance;

import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.EventType.TRANSPORT_HEAD_CLOSED;
import static dev.proactor.EventType.TRANSPORT_TAIL_CLOSED;
import static dev.proactor.testing.Conditions.LIMIT_EXCEEDED;
import static dev.proactor.testing.Conditions.assertCondition;
import static dev.proactor.testing.Frames.uint;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Descriptors;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Frames.Frame;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A peer that is there and does not read, so that the socket's buffer is full. */
class StuckPeerTest {

    private static final int CHUNK = 16 * 1024;
    private static final int CREDIT = 2000;

    private final Driver server = new Driver();
    private final List<EventType> transport = new ArrayList<>();
    private Sender sender;
    private boolean sending = true;
    private int sent;

    @AfterEach
    void close() {
        server.close();
    }

    /** A peer that has given much credit, then stopped reading; all buffers between are full. */
    private RawPeer stuckPeer(Duration idleTimeout, Open open) {
        server.handler(this::onEvent);
        Listener listener = Handlers.listen(
                server,
                ListenerOptions.on("127.0.0.1:0").idleTimeout(idleTimeout).build());
        RawPeer peer = RawPeer.connect(listener.localPort(), 64 * 1024).open(open);
        peer.await(Open.class, server);
        peer.send(0, Frames.begin()).await(Begin.class, server);
        peer.send(0, Frames.attachReceiver("in", 0)).await(Attach.class, server);
        peer.send(0, Frames.credit(0, CREDIT));
        server.runTo(EventType.LINK_FLOW);
        for (int before = -1; before < sent; ) {
            before = sent;
            peer.send(Frames.EMPTY_FRAME); // alive until all is full
            server.settle();
        }
        assertThat(sent).isLessThan(CREDIT);
        assertThat(sender.getSession().getOutgoingBytes()).isPositive();
        return peer;
    }

    private void onEvent(Event event) {
        Handlers.mirror(event);
        if (event.type().name().startsWith("TRANSPORT_")) {
            transport.add(event.type());
        }
        if (event.type() == EventType.LINK_FLOW && event.sender() != null && sending) {
            sender = event.sender();
            while (event.proactor().sendable(sender) > 0) {
                sender.delivery(ByteBuffer.allocate(4).putInt(sent++).array());
                sender.send(new byte[CHUNK], 0, CHUNK);
                sender.current().settle();
            }
        }
    }

    @Test
    @Tag("C104")
    void aPeerThatDoesNotReadIsGivenUpWithinTenSecondsOfTheIdleTimeout() {
        long before = Descriptors.open();
        Duration timeout = Duration.ofSeconds(1);
        try (RawPeer peer = stuckPeer(timeout, Frames.open())) {
            long start = System.nanoTime();
            server.runUntil(() -> transport.contains(TRANSPORT_ERROR), "error");
            assertCondition(server.lastCondition, LIMIT_EXCEEDED, "local-idle-timeout expired");
            server.runUntil(() -> transport.contains(TRANSPORT_CLOSED), "end");
            // One descriptor is the listener's, one is the peer's own.
            server.runUntil(() -> Descriptors.open() <= before + 2, "descriptor back");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(timeout.plusSeconds(10));
            assertThat(transport)
                    .containsExactly(TRANSPORT_ERROR, TRANSPORT_TAIL_CLOSED, TRANSPORT_HEAD_CLOSED, TRANSPORT_CLOSED);
            assertThat(peer.has(Transfer.class)).isTrue();
        }
    }

    @Test
    @Tag("C102")
    void noHeartbeatIsQueuedBehindOutputThatWaits() {
        Open open = Frames.open();
        // Half of it is longer than the server takes between two outputs until all is full.
        open.setIdleTimeOut(uint(2000));
        try (RawPeer peer = stuckPeer(Duration.ZERO, open)) {
            sending = false;
            long start = System.nanoTime();
            server.runUntil(() -> System.nanoTime() - start > 2_500_000_000L, "end of the time");
            server.runUntil(() -> transfersEndingADelivery(peer) == sent, "all that was sent");
            int last = peer.frames.size() - 1;
            while (!(peer.frames.get(last).body() instanceof Transfer)) {
                last--;
            }
            assertThat(peer.frames.subList(0, last).stream().filter(frame -> !(frame.body() instanceof Transfer)))
                    .isEmpty();
            assertThat(sent).isGreaterThan(10);
        }
    }

    private static int transfersEndingADelivery(RawPeer peer) {
        int count = 0;
        for (Frame frame : peer.read().frames) {
            if (frame.body() instanceof Transfer transfer && !transfer.getMore()) {
                count++;
            }
        }
        return count;
    }
}
