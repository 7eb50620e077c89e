package dev.proactor.examples;

import dev.proactor.Proactor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;

/** A link by which a peer takes messages from a queue. All but {@link #wake} belongs to its connection's sequence. */
final class Consumer implements MessageQueue.Waiting {

    private final Sender sender;
    private final MessageQueue queue;
    private final boolean settled;
    private final Proactor proactor;
    private final Connection connection;
    private final Set<Message> unsettled = new LinkedHashSet<>();
    private long tag;

    /** A message of the queue, encoded; one object from when it comes until it is settled. */
    static final class Message {
        final byte[] encoded;

        Message(byte[] encoded) {
            this.encoded = encoded;
        }
    }

    Consumer(Sender sender, MessageQueue queue, boolean settled) {
        this.sender = sender;
        this.queue = queue;
        this.settled = settled;
        this.connection = sender.getSession().getConnection();
        this.proactor = Objects.requireNonNull(Proactor.of(connection));
    }

    /** There may be a message now: from any thread. */
    @Override
    public void wake() {
        proactor.wake(connection);
    }

    /** Sends what the queue has and the peer's credit allows. */
    void send() {
        while (proactor.sendable(sender) > 0) {
            Message message = queue.take(this);
            if (message == null) {
                sender.drained(); // does nothing if the peer did not ask for it
                return;
            }
            Delivery delivery =
                    sender.delivery(ByteBuffer.allocate(8).putLong(tag++).array());
            sender.send(message.encoded, 0, message.encoded.length);
            if (settled) {
                delivery.settle();
            } else {
                delivery.setContext(message);
                unsettled.add(message);
            }
            sender.advance();
        }
        queue.leave(this); // it can't take any now; another may
    }

    /** What the peer accepted or rejected is gone; all else goes back. */
    void settle(Delivery delivery) {
        boolean over = delivery.remotelySettled() || delivery.getRemoteState() != null;
        if (over && delivery.getContext() instanceof Message message && unsettled.remove(message)) {
            boolean gone =
                    delivery.getRemoteState() instanceof Accepted || delivery.getRemoteState() instanceof Rejected;
            delivery.setContext(null);
            delivery.settle();
            if (!gone) {
                queue.putBack(List.of(message));
            }
        }
    }

    void close() {
        queue.leave(this);
        queue.putBack(new ArrayList<>(unsettled));
        unsettled.clear();
        queue.release();
    }
}
