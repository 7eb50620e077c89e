package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.engine.Transport;
import org.jspecify.annotations.Nullable;

/** The event of a connection, used again for each: a type, and the object of the engine that it is about. */
final class ConnectionEvent implements Event {

    private final Proactor proactor;
    private final Connection connection;
    private final Transport transport;
    private EventType type = EventType.CONNECTION_INIT;
    private Object context;

    ConnectionEvent(Proactor proactor, Connection connection, Transport transport) {
        this.proactor = proactor;
        this.connection = connection;
        this.transport = transport;
        this.context = connection;
    }

    ConnectionEvent is(EventType type, Object context) {
        this.type = type;
        this.context = context;
        return this;
    }

    @Override
    public EventType type() {
        return type;
    }

    @Override
    public Proactor proactor() {
        return proactor;
    }

    @Override
    public Listener listener() {
        throw lacks("listener");
    }

    @Override
    public RawConnection rawConnection() {
        throw lacks("raw connection");
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public Session session() {
        if (context instanceof Session session) {
            return session;
        }
        Link link = linkOrNull();
        if (link == null) {
            throw lacks("session");
        }
        return link.getSession();
    }

    @Override
    public Link link() {
        Link link = linkOrNull();
        if (link == null) {
            throw lacks("link");
        }
        return link;
    }

    private @Nullable Link linkOrNull() {
        if (context instanceof Link link) {
            return link;
        }
        return context instanceof Delivery delivery ? delivery.getLink() : null;
    }

    @Override
    public @Nullable Sender sender() {
        return linkOrNull() instanceof Sender sender ? sender : null;
    }

    @Override
    public @Nullable Receiver receiver() {
        return linkOrNull() instanceof Receiver receiver ? receiver : null;
    }

    @Override
    public Delivery delivery() {
        if (context instanceof Delivery delivery) {
            return delivery;
        }
        throw lacks("delivery");
    }

    @Override
    public Transport transport() {
        return transport;
    }

    private IllegalStateException lacks(String what) {
        return new IllegalStateException("an event of type " + type + " has no " + what);
    }

    @Override
    public String toString() {
        return type + " of " + context;
    }
}
