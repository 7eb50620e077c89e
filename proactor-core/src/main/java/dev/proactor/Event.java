package dev.proactor;

import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.engine.Transport;
import org.jspecify.annotations.Nullable;

/**
 * One event of a batch.
 *
 * <p>The object is lent: it is valid until the next call of {@link EventBatch#next()} on its batch, which re-uses it, and
 * until its batch is closed or detached. Keep what it gives ({@code connection()}, {@code delivery()}, …), not the event. Not thread-safe: only who owns the batch may
 * call it.
 *
 * <p>The accessors climb: an event about a delivery has a link, a session, a connection and a transport too; an event about
 * a connection has no delivery. Asking an event for what events of its type do not have is a fault of the program and throws
 * {@link IllegalStateException}; only {@link #sender()} and {@link #receiver()} are questions, and may be {@code null}.
 */
public interface Event {

    /** {@return what happened} */
    EventType type();

    /** {@return the proactor that delivered this event} ({@code pn_event_proactor}) */
    Proactor proactor();

    /** {@return the listener of a {@code LISTENER_…} event} ({@code pn_event_listener}) */
    Listener listener();

    /** {@return the raw connection of a {@code RAW_CONNECTION_…} event} ({@code pn_event_raw_connection}) */
    RawConnection rawConnection();

    /** {@return the connection of any event of a connection} */
    Connection connection();

    /** {@return the session of a session's, link's or delivery's event} */
    Session session();

    /** {@return the link of a link's or delivery's event} */
    Link link();

    /** {@return {@link #link()} where there is one and it is a sender, else {@code null}} */
    @Nullable Sender sender();

    /** {@return {@link #link()} where there is one and it is a receiver, else {@code null}} */
    @Nullable Receiver receiver();

    /** {@return the delivery of a {@link EventType#DELIVERY} event} */
    Delivery delivery();

    /** {@return the transport of any event of a connection, also before it is bound} */
    Transport transport();
}
