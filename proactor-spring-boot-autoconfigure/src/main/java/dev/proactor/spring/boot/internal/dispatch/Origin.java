package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.Listener;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * Where a connection comes from: the named connection that makes it, or the named listener that accepts it. It is the context of
 * the options with which the proactor makes them, and so is found with the first event.
 *
 * <p>The methods without another word are called in the connection's sequence.
 */
public interface Origin {

    /** {@return the name} Any thread. */
    String name();

    /** {@return which end we are} Any thread. */
    ConnectionRole role();

    /** {@return the context that the user's customizer set, or {@code null}} Any thread. */
    @Nullable Object userContext();

    /** {@return whether peers may attach links that no handler claims} Any thread. */
    boolean autoAcceptLinks();

    /**
     * {@return how many messages may be under way on a link that the peer attached}
     *
     * @param link a receiver
     */
    default int credit(Link link) {
        return 0;
    }

    /**
     * {@return what is wanted of a receiver that the configuration declares, or {@code null} of another one}
     *
     * @param link a receiver
     */
    default @Nullable ReceiverSpec receiver(Link link) {
        return null;
    }

    /**
     * {@return whether a receiver that the configuration declares is to have no credit}
     *
     * @param link a receiver
     */
    default boolean isPaused(Link link) {
        return false;
    }

    /**
     * A connection begins its life.
     *
     * @param connection the connection
     */
    void begins(Connection connection);

    /**
     * The peer has opened a connection.
     *
     * @param connection the connection
     */
    void opened(Connection connection);

    /**
     * A connection is over. Called once for each.
     *
     * @param connection the connection
     * @param condition why, or {@code null}
     * @param reason why
     */
    void over(Connection connection, @Nullable ErrorCondition condition, CloseReason reason);

    /**
     * The peer has attached a link.
     *
     * @param link the link
     */
    void linkOpened(Link link);

    /**
     * A link is over, or was refused by the peer.
     *
     * @param link the link
     * @param condition why, or {@code null}
     */
    void linkClosed(Link link, @Nullable ErrorCondition condition);

    /**
     * The peer has ended a session. Its links that were open are closed by now, and {@link #linkClosed} was called for them; of those that
     * the peer had not answered nothing else tells.
     *
     * @param session the session
     * @param condition why, or {@code null}
     */
    default void sessionEnded(Session session, @Nullable ErrorCondition condition) {}

    /**
     * A listener is bound. In the listener's sequence.
     *
     * @param listener the listener
     */
    default void listenerOpened(Listener listener) {}

    /**
     * A peer waits, and no handler has accepted or rejected it. In the listener's sequence.
     *
     * @param listener the listener
     */
    default void accept(Listener listener) {
        listener.accept();
    }

    /**
     * A listener is closed. In the listener's sequence.
     *
     * @param listener the listener
     */
    default void listenerClosed(Listener listener) {}
}
