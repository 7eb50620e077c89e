package dev.proactor.spring.boot.test;

import java.time.Duration;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.message.Message;

/**
 * A client of the application's listener, in the test's process; {@link ProactorPeer#connect(String, int)} makes it. It has one connection, and
 * a link to or from each address that it is told of, attached once.
 *
 * <p>A wait lasts {@link ProactorPeer#PATIENCE} unless it is given another limit, and fails with an {@link AssertionError} that says what the
 * client did see. What the application refuses or ends is a {@link PeerRefusedException}. Thread-safe.
 */
public final class PeerClient implements AutoCloseable {

    private final Peer peer;
    private final Connection connection;

    PeerClient(Peer peer, Connection connection) {
        this.peer = peer;
        this.connection = connection;
    }

    /**
     * Sends a message and waits for its outcome.
     *
     * @param address where to
     * @param body a whole {@code Message}, or a body: a {@code byte[]} becomes {@code data}, anything else that AMQP has a type for an
     *     {@code amqp-value}
     * @return the outcome
     * @throws PeerRefusedException if the application refuses the link, or ends it before there is one
     * @throws IllegalArgumentException if AMQP has no type for the body
     */
    public DeliveryState send(String address, Object body) {
        return send(address, body, ProactorPeer.PATIENCE);
    }

    /**
     * As {@link #send(String, Object)}, with a limit of its own.
     *
     * @param address where to
     * @param body a body, or a whole {@code Message}
     * @param patience how long to wait for the link, and then for the outcome
     * @return the outcome
     */
    public DeliveryState send(String address, Object body, Duration patience) {
        peer.attach(connection, address, true, patience);
        return peer.enqueue(address, body).awaitOutcome(patience);
    }

    /**
     * Sends a message, and does not wait for its outcome.
     *
     * @param address where to
     * @param body a body, or a whole {@code Message}
     * @return the message, which tells what became of it
     * @throws PeerRefusedException if the application refuses the link
     */
    public EnqueuedMessage sendAsync(String address, Object body) {
        peer.attach(connection, address, true, ProactorPeer.PATIENCE);
        return peer.enqueue(address, body);
    }

    /**
     * Attaches a link to receive on, with credit for 100 messages, unless there is one. Messages are accepted as they come, unless
     * {@link #answer} says otherwise, and kept for {@link #receive(String)}.
     *
     * @param address where from
     * @throws PeerRefusedException if the application refuses the link
     */
    public void subscribe(String address) {
        peer.attach(connection, address, false, ProactorPeer.PATIENCE);
    }

    /**
     * {@return the next message; each is returned once} It {@linkplain #subscribe subscribes}, unless that was done, and waits.
     *
     * @param address where from
     * @throws PeerRefusedException if the application refuses the link
     */
    public Message receive(String address) {
        return receive(address, ProactorPeer.PATIENCE);
    }

    /**
     * As {@link #receive(String)}, with a limit of its own.
     *
     * @param address where from
     * @param patience how long to wait for the message
     * @return the message
     */
    public Message receive(String address, Duration patience) {
        subscribe(address);
        return peer.ledger().take(address, patience);
    }

    /**
     * Sends a message that asks for an answer, and waits for that: what a handler method returns, for one. The message's {@code reply-to}
     * and {@code correlation-id} are set. The former is an address that the application gives for a {@code dynamic} source; the answer is the
     * message from there that has the latter.
     *
     * @param address where to
     * @param body a body, as for {@link #send(String, Object)}, or a whole {@code Message}, which is changed
     * @return the answer
     * @throws PeerRefusedException if the application refuses a link, or ends it before there is an answer
     * @throws AssertionError if there is none in time, or at once if the message gets another outcome than {@code accepted}, as from a handler
     *     that throws
     */
    public Message request(String address, Object body) {
        return request(address, body, ProactorPeer.PATIENCE);
    }

    /**
     * As {@link #request(String, Object)}, with a limit of its own.
     *
     * @param address where to
     * @param body a body, or a whole {@code Message}, which is changed
     * @param patience how long to wait for the links, and then for the answer
     * @return the answer
     */
    public Message request(String address, Object body, Duration patience) {
        return peer.request(connection, address, body, patience);
    }

    /**
     * Gives messages that come other outcomes than {@code accepted}.
     *
     * @param address where they come from
     * @param outcome of the next message; see {@link Outcomes}
     * @param more of those after it; the last one goes on
     */
    public void answer(String address, DeliveryState outcome, DeliveryState... more) {
        List<DeliveryState> all = new java.util.ArrayList<>(List.of(outcome));
        all.addAll(List.of(more));
        peer.ledger().answer(address, all);
    }

    /**
     * Gives messages that come no outcome at all.
     *
     * @param address where they come from
     */
    public void leaveUnsettled(String address) {
        peer.ledger().leaveUnsettled(address);
    }

    /** Cuts the connection, with no close, as a device that loses its network. When this returns it is cut. */
    public void drop() {
        peer.drop();
    }

    /** {@return whether the connection is open} */
    public boolean isConnected() {
        return peer.ledger().connections() > 0;
    }

    /** Waits for {@link ProactorPeer#PATIENCE} until the application has ended the connection. */
    public void awaitEnd() {
        peer.ledger()
                .await(ProactorPeer.PATIENCE, () -> isConnected() ? null : this, () -> "the end of the connection");
    }

    /** Ends the connection in order, and its thread. A second call does nothing. */
    @Override
    public void close() {
        peer.leave(connection);
        peer.close();
    }
}
