package dev.proactor;

import java.time.Duration;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * A connection that comes back: one name for one {@link Connection} after another. Made by {@link Proactor#keepConnected}.
 *
 * <pre>
 *                    peer's open            lost
 *   CONNECTING -----------------&gt; OPEN -----------&gt; WAITING --delay--&gt; CONNECTING …
 *       |    '--no success--&gt; WAITING                  |
 *       +--no attempt is left--&gt; FAILED                +--&gt; CLOSED, from any by close()
 * </pre>
 *
 * <p>Every attempt is a new proton-j {@code Connection} with the same options and context, and all the events of one: a handler
 * opens its sessions and links in {@link EventType#CONNECTION_INIT}, and finds them opened again by that with every attempt.
 * What was sent and not settled by the peer is for the application to send again. Events never lie: when the handler sees
 * {@link EventType#TRANSPORT_CLOSED} the state here already says what comes next, and there is never more than one connection
 * alive. Credentials are asked for at every attempt.
 *
 * <p>Any end but {@link #close()}, {@link Proactor#disconnect}, {@link Proactor#release} and {@link Proactor#close()} makes it
 * come back, also an end in order, by either peer. While it comes back it counts as alive: no
 * {@link EventType#PROACTOR_INACTIVE}.
 *
 * <p>Every method is thread-safe.
 */
public interface LastingConnection {

    /** How a lasting connection is. */
    enum State {
        /** An attempt is under way: until the peer's {@code open}. */
        CONNECTING,
        /** The peer has opened, and nothing is known to be wrong. */
        OPEN,
        /** The last connection is over, and the next attempt has its time. */
        WAITING,
        /** No attempt is left. */
        FAILED,
        /** It was closed here; a connection may still be on its way to its end. */
        CLOSED
    }

    /** {@return the name of its options} */
    String name();

    /** {@return how it is now} */
    State state();

    /** {@return the connection of the attempt under way, or the open one; {@code null} between attempts and after the last} */
    @Nullable Connection connection();

    /** {@return the address of the attempt under way, of the open connection, or of the last one} */
    String address();

    /** {@return how many attempts have failed since it was last open} */
    int failures();

    /** {@return why the last connection ended, or {@code null} if that was without an error, or none has ended} */
    @Nullable ErrorCondition lastError();

    /** {@return how long it is until the next attempt; zero if none waits} */
    Duration nextAttemptIn();

    /** Makes the next attempt now, if one waits. */
    void retryNow();

    /**
     * Closes the connection, with AMQP's {@code close} where it is open, and makes no more attempts. A second call does nothing.
     */
    void close();
}
