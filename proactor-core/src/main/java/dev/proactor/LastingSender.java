package dev.proactor;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * A sender that outlives connections: on each new connection of a {@link LastingConnection} it attaches its link again and sends
 * what the peer had not settled once more, as new deliveries, in the order in which it was given. So a message may arrive
 * twice, and is not lost as long as this object lives. (AMQP's own resumption of links, 2.6.13, is not used: few peers have it.)
 *
 * <p>The handler of the connection passes it every event:
 *
 * <pre>{@code
 * LastingSender readings = new LastingSender("readings", "queue.readings", 1000);
 * proactor.keepConnected(options, ReconnectOptions.defaults());
 * // in the handler, with every event of the connection
 * readings.handle(event);
 * // from any thread
 * readings.send(bytes).thenAccept(state -> ...);
 * }</pre>
 *
 * <p>A link that the peer closes is attached again by the next {@link #send} or the next connection.
 *
 * <p>{@link #send}, {@link #pending} and {@link #close} are thread-safe; {@link #handle} belongs to the handler.
 */
public final class LastingSender implements AutoCloseable {

    private static final class Pending {
        final byte[] message;
        final CompletableFuture<@Nullable DeliveryState> outcome = new CompletableFuture<>();

        Pending(byte[] message) {
            this.message = message;
        }
    }

    private final String linkName;
    private final String address;
    private final int maxPending;
    private final Object lock = new Object();

    @GuardedBy("lock") private final Deque<Pending> waiting = new ArrayDeque<>();

    /** Sent on this connection and not settled, the oldest first. */
    @GuardedBy("lock") private final Deque<Pending> unsettled = new ArrayDeque<>();

    @GuardedBy("lock") private @Nullable Connection connection;

    @GuardedBy("lock") private boolean closed;

    // The owner of the connection.
    private @Nullable Sender sender;
    private long tag;

    /**
     * Makes a sender that waits for its first connection.
     *
     * @param linkName the name of the link, one of its own on the connection
     * @param address where to send to
     * @param maxPending how many messages may wait or be unsettled, at least 1
     */
    public LastingSender(String linkName, String address, int maxPending) {
        this.linkName = Objects.requireNonNull(linkName, "linkName");
        this.address = Objects.requireNonNull(address, "address");
        if (maxPending < 1) {
            throw new IllegalArgumentException("maxPending is " + maxPending + ", but must be at least 1");
        }
        this.maxPending = maxPending;
    }

    /**
     * Sends a message, as soon as there is a connection and credit.
     *
     * @param message the encoded message (AMQP 3.2); not copied, so not to be changed before it is settled
     * @return the peer's outcome, {@code null} where it settled without one. Completed by the thread that handles the connection.
     *     Fails with {@link ConnectionEndedException} only by {@link #close()}
     * @throws IllegalStateException if as many messages as may be are pending, or this is closed
     */
    public CompletionStage<@Nullable DeliveryState> send(byte[] message) {
        Pending pending = new Pending(message);
        Connection now;
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("the sender " + linkName + " is closed");
            }
            if (waiting.size() + unsettled.size() >= maxPending) {
                throw new IllegalStateException(
                        "the sender " + linkName + " has " + maxPending + " messages pending, and takes no more");
            }
            waiting.add(pending);
            now = connection;
        }
        if (now != null) {
            wake(now);
        }
        return pending.outcome.minimalCompletionStage();
    }

    private static void wake(Connection connection) {
        Proactor proactor = Proactor.of(connection);
        if (proactor != null) {
            proactor.wake(connection);
        }
    }

    /** {@return how many messages wait to be sent or to be settled} */
    public int pending() {
        synchronized (lock) {
            return waiting.size() + unsettled.size();
        }
    }

    /** Gives up what is pending: it fails, though the peer may have it or get it still. The link ends with its connection. */
    @Override
    public void close() {
        List<Pending> lost;
        synchronized (lock) {
            closed = true;
            lost = new ArrayList<>(unsettled);
            lost.addAll(waiting);
            unsettled.clear();
            waiting.clear();
        }
        for (Pending pending : lost) {
            pending.outcome.completeExceptionally(
                    new ConnectionEndedException("the sender " + linkName + " was closed"));
        }
    }

    /**
     * Does what an event asks for: attaches, sends, takes outcomes. Only for the handler of the event.
     *
     * @param event any event of the connection
     */
    public void handle(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> begin(event.connection());
            case LINK_FLOW, CONNECTION_WAKE -> pump(event.proactor());
            case DELIVERY -> {
                if (event.delivery().getLink() == sender) {
                    settled(event.delivery());
                }
            }
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                if (event.link() == sender) {
                    detached();
                }
            }
            case TRANSPORT_CLOSED -> over();
            default -> {
                // Not its business.
            }
        }
    }

    private void begin(Connection begun) {
        again();
        synchronized (lock) {
            connection = begun;
        }
        Session session = begun.session();
        session.open();
        attach(session);
    }

    private void attach(Session session) {
        Sender link = session.sender(linkName);
        Target target = new Target();
        target.setAddress(address);
        link.setTarget(target);
        link.setSource(new Source());
        link.open();
        sender = link;
    }

    private void pump(Proactor proactor) {
        Sender link = sender;
        if (link == null) {
            return;
        }
        if (link.getLocalState() == EndpointState.CLOSED) {
            // The peer had closed it; somebody wants it again.
            if (waitsForLink() && link.getSession().getLocalState() == EndpointState.ACTIVE) {
                attach(link.getSession());
            }
            return;
        }
        while (proactor.sendable(link) > 0) {
            Pending next;
            synchronized (lock) {
                next = waiting.poll();
                if (next == null) {
                    return;
                }
                unsettled.add(next);
            }
            Delivery delivery = link.delivery(Long.toString(tag++, 36).getBytes(StandardCharsets.US_ASCII));
            delivery.setContext(next);
            link.send(next.message, 0, next.message.length);
            link.advance();
        }
    }

    private boolean waitsForLink() {
        synchronized (lock) {
            return !waiting.isEmpty();
        }
    }

    private void settled(Delivery delivery) {
        DeliveryState state = delivery.getRemoteState();
        if (!(delivery.getContext() instanceof Pending pending) || !(delivery.remotelySettled() || isOutcome(state))) {
            return;
        }
        synchronized (lock) {
            unsettled.remove(pending);
        }
        delivery.setContext(null);
        delivery.settle();
        pending.outcome.complete(state);
    }

    /** Not {@code received}, which is how far it has come. */
    private static boolean isOutcome(@Nullable DeliveryState state) {
        return state instanceof org.apache.qpid.proton.amqp.messaging.Outcome;
    }

    private void detached() {
        Sender link = sender;
        if (link != null) {
            link.close();
        }
        // Who waits is served by the next send: a peer that refuses for ever must not be asked for ever.
        again();
    }

    private void over() {
        sender = null;
        synchronized (lock) {
            connection = null;
        }
        again();
    }

    /** What was sent and not settled comes first, in its old order. */
    private void again() {
        synchronized (lock) {
            while (!unsettled.isEmpty()) {
                waiting.addFirst(unsettled.removeLast());
            }
        }
    }

    @Override
    public String toString() {
        return "LastingSender[" + linkName + " to " + address + ", " + pending() + " pending]";
    }
}
