package dev.proactor.examples;

import dev.proactor.Proactor;
import java.util.Objects;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;

/** A link by which a peer puts messages into a queue. All but {@link #wake} belongs to its connection's sequence. */
final class Producer implements MessageQueue.Waiting {

    private static final int CREDIT = 100;

    private final Receiver receiver;
    private final MessageQueue queue;
    private final Connection connection;
    private final Proactor proactor;

    Producer(Receiver receiver, MessageQueue queue) {
        this.receiver = receiver;
        this.queue = queue;
        this.connection = receiver.getSession().getConnection();
        this.proactor = Objects.requireNonNull(Proactor.of(connection));
        grant();
    }

    /** There may be room now: from any thread. */
    @Override
    public void wake() {
        proactor.wake(connection);
    }

    /** Fills the peer's credit up, if the queue has room. */
    void grant() {
        if (receiver.getCredit() <= CREDIT / 2 && queue.hasRoom(this)) {
            receiver.flow(CREDIT - receiver.getCredit());
        }
    }

    void take(Delivery delivery) {
        if (delivery.isPartial() && !delivery.isAborted()) {
            return; // more of it is on its way
        }
        if (!delivery.isAborted()) {
            ReadableBuffer content = receiver.recv();
            byte[] message = new byte[content.remaining()];
            content.get(message);
            boolean taken = queue.put(new Consumer.Message(message));
            delivery.disposition(taken ? Accepted.getInstance() : Released.getInstance());
        }
        delivery.settle(); // and on to the link's next delivery
        grant();
    }

    void close() {
        queue.leave(this);
        queue.release();
    }
}
