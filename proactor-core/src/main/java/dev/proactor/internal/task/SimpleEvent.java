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

/** The event of a listener, of a raw connection or of the proactor, used again for each. */
final class SimpleEvent implements Event {

    private final Proactor proactor;
    private final @Nullable Listener listener;
    private final @Nullable RawConnection raw;
    private EventType type = EventType.PROACTOR_INACTIVE;

    SimpleEvent(Proactor proactor, @Nullable Listener listener) {
        this(proactor, listener, null);
    }

    SimpleEvent(Proactor proactor, @Nullable Listener listener, @Nullable RawConnection raw) {
        this.proactor = proactor;
        this.listener = listener;
        this.raw = raw;
    }

    SimpleEvent is(EventType type) {
        this.type = type;
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
        if (listener == null) {
            throw lacks("listener");
        }
        return listener;
    }

    @Override
    public RawConnection rawConnection() {
        if (raw == null) {
            throw lacks("raw connection");
        }
        return raw;
    }

    @Override
    public Connection connection() {
        throw lacks("connection");
    }

    @Override
    public Session session() {
        throw lacks("session");
    }

    @Override
    public Link link() {
        throw lacks("link");
    }

    @Override
    public @Nullable Sender sender() {
        return null;
    }

    @Override
    public @Nullable Receiver receiver() {
        return null;
    }

    @Override
    public Delivery delivery() {
        throw lacks("delivery");
    }

    @Override
    public Transport transport() {
        throw lacks("transport");
    }

    private IllegalStateException lacks(String what) {
        return new IllegalStateException("an event of type " + type + " has no " + what);
    }

    @Override
    public String toString() {
        Object subject = raw == null ? listener : raw;
        return type + (subject == null ? "" : " of " + subject);
    }
}
