package dev.proactor.proof;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.Proactor;
import dev.proactor.testing.Handlers;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;

/** Round trips: a client's next message goes when the last one was settled by the server. */
final class Pings {

    /** The trips of one connection. */
    static final class Trips {
        private final int goal;
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile int count;

        private Trips(int goal) {
            this.goal = goal;
        }

        int count() {
            return count;
        }

        boolean awaitGoal(long seconds) throws InterruptedException {
            return done.await(seconds, TimeUnit.SECONDS);
        }
    }

    private static final byte[] PAYLOAD = new byte[64];

    private Pings() {}

    /** Connects with a handler of {@link #client}; the trips begin by themselves. */
    static Trips start(Proactor client, ConnectionOptions.Builder options, int goal) {
        Trips trips = new Trips(goal);
        client.connect(options.context(trips).build());
        return trips;
    }

    static void client(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> openSender(event.connection());
            case LINK_FLOW -> send(event.proactor(), event.sender());
            case DELIVERY -> {
                if (event.delivery().remotelySettled()) {
                    event.delivery().settle();
                    Trips trips = (Trips) event.connection().getContext();
                    int count = trips.count + 1;
                    trips.count = count; // its connection's owner alone writes it
                    if (count == trips.goal) {
                        trips.done.countDown();
                        event.connection().close();
                    } else {
                        send(event.proactor(), event.sender());
                    }
                }
            }
            default -> {}
        }
    }

    static Sender openSender(Connection connection) {
        Session session = connection.session();
        session.open();
        Sender sender = session.sender("pings");
        sender.open();
        return sender;
    }

    private static void send(Proactor proactor, Sender sender) {
        if (sender != null && proactor.sendable(sender) > 0 && sender.getUnsettled() == 0) {
            sender.delivery(ByteBuffer.allocate(4).putInt(0).array());
            sender.send(PAYLOAD, 0, PAYLOAD.length);
            sender.advance();
        }
    }

    static void server(Event event) {
        Handlers.mirror(event);
        switch (event.type()) {
            case DELIVERY -> {
                if (event.receiver() != null && !event.delivery().isPartial()) {
                    event.receiver().recv();
                    event.delivery().disposition(Accepted.getInstance());
                    event.delivery().settle();
                    event.receiver().flow(1);
                }
            }
            default -> {}
        }
    }
}
