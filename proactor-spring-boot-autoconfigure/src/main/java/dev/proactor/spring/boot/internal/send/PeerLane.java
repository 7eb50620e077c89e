package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/** The way to one peer of a listener: what is meant for it must reach no other peer that receives from the same address. Thread-safe. */
final class PeerLane implements Lane {

    private final ListenerRoutes routes;
    private final Connection connection;

    PeerLane(ListenerRoutes routes, Connection connection) {
        this.routes = routes;
        this.connection = connection;
    }

    @Override
    public void submit(OutgoingMessage message) {
        routes.submit(message, connection);
    }

    @Override
    public Pending pending() {
        return routes.pending();
    }

    @Override
    public String name() {
        return routes.name();
    }

    @Override
    public String describe() {
        return routes.describe();
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
    public CompletionStage<String> replyAddress() {
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
