package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Senders that share a session, whose window is full again and again. */
@Timeout(30)
class SessionWindowTest {

    private static final List<String> NAMES = List.of("left", "right");

    /** How many messages each sender of a connection has sent. */
    private static final class Sent {
        private final int goal;
        private final int[] counts = new int[NAMES.size()];

        Sent(int goal) {
            this.goal = goal;
        }
    }

    private static void client(Event event, int payloadBytes) {
        switch (event.type()) {
            case CONNECTION_INIT -> openSenders(event.connection());
            case LINK_FLOW -> {
                Sender sender = event.sender();
                Sent sent = (Sent) event.connection().getContext();
                int at = NAMES.indexOf(sender.getName());
                while (sent.counts[at] < sent.goal && event.proactor().sendable(sender) > 0) {
                    sender.delivery(Frames.bytes(sent.counts[at] >> 8, sent.counts[at]));
                    sender.send(new byte[payloadBytes], 0, payloadBytes);
                    sender.current().settle();
                    sender.advance();
                    sent.counts[at]++;
                }
            }
            default -> {}
        }
    }

    private static void openSenders(Connection connection) {
        Session session = connection.session();
        session.open();
        NAMES.forEach(name -> session.sender(name).open());
    }

    @Test
    void bothSendersOfASessionGetAllTheirMessagesThroughAWindowOfOneFrame() throws Exception {
        int messages = 2000;
        AtomicIntegerArray arrived = new AtomicIntegerArray(NAMES.size());
        CountDownLatch all = new CountDownLatch(NAMES.size() * messages);
        try (Workers server = new Workers(1, event -> {
                    if (event.type() == EventType.DELIVERY) {
                        arrived.incrementAndGet(NAMES.indexOf(event.receiver().getName()));
                        all.countDown();
                    }
                    Pings.server(event);
                });
                Workers client = new Workers(1, event -> client(event, 300))) {
            int port = server.listen(ListenerOptions.on("127.0.0.1:0")
                    .maxFrameBytes(512)
                    .maxMessageBytes(512)
                    .sessionWindowBytes(512));
            client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + port)
                    .context(new Sent(messages))
                    .build());
            assertThat(all.await(15, TimeUnit.SECONDS))
                    .as(() -> "all of " + messages + " messages each; arrived: " + arrived)
                    .isTrue();
            assertThat(arrived.get(0)).isEqualTo(messages);
            assertThat(arrived.get(1)).isEqualTo(messages);
        }
    }

    @Test
    void aSenderStoppedByTheWindowGoesOnWhenTheFlowOfTheOtherLinkReopensIt() throws Exception {
        int messages = 50;
        try (ServerSocket listening = RawPeer.listen();
                Workers client = new Workers(1, event -> client(event, 100))) {
            client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + listening.getLocalPort())
                    .context(new Sent(messages))
                    .build());
            try (RawPeer peer = RawPeer.accept(listening)) {
                peer.answerOpening("peer");
                Map<String, Integer> handles = new ConcurrentHashMap<>();
                int first = peer.readTo(Begin.class).getNextOutgoingId().intValue();
                peer.write(Frames.beginAnswer(0, 1));
                for (int i = 0; i < NAMES.size(); i++) {
                    Attach attach = peer.readTo(Attach.class);
                    int handle = attach.getHandle().intValue();
                    handles.put(attach.getName(), handle);
                    peer.write(Frames.attachReceiver(attach.getName(), handle));
                }
                int left = handles.get("left");
                int right = handles.get("right");
                // Credit for all, but a window of one frame.
                peer.write(Frames.flow(first, 1, left, 0, messages), Frames.flow(first, 1, right, 0, messages));
                int[] arrived = new int[2];
                List<Integer> order = new ArrayList<>();
                for (int next = 1; next <= 2 * messages; next++) {
                    Transfer transfer = peer.readTo(Transfer.class);
                    int from = transfer.getHandle().intValue();
                    order.add(from);
                    arrived[from]++;
                    // The window for the next one comes with a flow of the link that did not send.
                    int other = from == left ? right : left;
                    peer.write(Frames.flow(first + next, 1, other, arrived[other], messages - arrived[other]));
                }
                assertThat(arrived)
                        .as("transfers by handle, in the order %s", order)
                        .containsExactly(messages, messages);
            }
        }
    }
}
