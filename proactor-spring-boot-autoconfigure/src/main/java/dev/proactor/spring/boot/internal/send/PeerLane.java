package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.concurrent.CompletableFuture;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The way to one peer of a listener: what is meant for it must reach no other peer that receives from the same address, and what it
 * does not take must leave the others their room. There is one a connection, once something was sent along it. Thread-safe.
 */
final class PeerLane implements Lane {

    private static final String KEY = PeerLane.class.getName();

    /** A peer may ask for large answers, and never take one. */
    private static final long MOST_BYTES = 1024 * 1024;

    private final ListenerRoutes routes;
    private final Connection connection;
    private final Pending pending;

    PeerLane(ListenerRoutes routes, Connection connection, int maxPending) {
        this.routes = routes;
        this.connection = connection;
        this.pending = new Pending(maxPending, MOST_BYTES);
        connection.attachments().set(KEY, PeerLane.class, this);
    }

    /** {@return the lane to a peer, or {@code null} if there is none yet} In the connection's sequence. */
    static @Nullable PeerLane of(Connection connection) {
        return connection.attachments().get(KEY, PeerLane.class);
    }

    /** The connection is over. In its sequence. */
    void over() {
        routes.forget(this);
    }

    @Override
    public void submit(OutgoingMessage message) {
        routes.submit(message, connection);
    }

    @Override
    public boolean isHeldUpHere(String address) {
        return HandlingThread.handles(connection);
    }

    @Override
    public Pending pending() {
        return pending;
    }

    @Override
    public String name() {
        return routes.name();
    }

    @Override
    public String describe() {
        return "the peer of " + routes.describe();
    }

    @Override
    public SendException notSentInTime(OutgoingMessage message, WaitingMessages place) {
        return routes.notSentInTime(message, place);
    }

    @Override
    public SendException noOutcomeInTime(OutgoingMessage message) {
        return routes.noOutcomeInTime(message);
    }

    @Override
    public void removedFrom(WaitingMessages place) {
        routes.removedFrom(place);
    }

    @Override
    public void idle(OutgoingLink link) {
        routes.idle(link);
    }

    @Override
    public CompletableFuture<String> replyAddress() {
        return routes.replyAddress();
    }

    @Override
    public boolean leadsTo(Lane other) {
        return routes == other;
    }

    @Override
    public void closed(OutgoingLink link, @Nullable ErrorCondition condition) {
        routes.closed(link, condition);
    }
}
