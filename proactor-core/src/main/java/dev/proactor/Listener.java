package dev.proactor;

import java.net.InetSocketAddress;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * A listening port, made by {@link Proactor#listen}. Its life is told by events: {@link EventType#LISTENER_OPEN} once it is
 * bound, a {@link EventType#LISTENER_ACCEPT} for each peer, {@link EventType#LISTENER_CLOSE} at the end; one that can't be
 * bound has only the last, with a {@link #condition()}.
 *
 * <p>Every method is thread-safe.
 */
public interface Listener {

    /** {@return the options that this listener was made with} */
    ListenerOptions options();

    /**
     * Takes the oldest waiting peer with this listener's own options ({@code pn_listener_accept2}).
     *
     * <p>A peer that is neither accepted nor rejected goes on waiting until {@link ListenerOptions#handshakeTimeout} is over, and may be accepted later, from any
     * thread.
     *
     * @return the connection; it begins with {@link EventType#CONNECTION_INIT} and is not opened: the handler of
     *     {@link EventType#CONNECTION_REMOTE_OPEN} opens or refuses it. If no peer is waiting any more, because the listener
     *     was closed for example, it ends at once with {@code proton:io} by {@link EventType#TRANSPORT_ERROR} and
     *     {@link EventType#TRANSPORT_CLOSED}
     * @throws ProactorClosedException if the proactor is closed
     */
    Connection accept();

    /**
     * As {@link #accept()}, with other settings for this one connection.
     *
     * @param options only what concerns a connection counts (frame size, time-outs, limits, SASL), not address and backlog;
     *     best made from {@code options().toBuilder()}
     * @return the connection
     * @throws ProactorClosedException if the proactor is closed
     */
    Connection accept(ListenerOptions options);

    /**
     * Takes the oldest waiting peer as a stream of bytes ({@code pn_listener_raw_accept}), with this listener's
     * {@link #context()}. What the listener's options say of AMQP does not count.
     *
     * @return the raw connection; it begins with {@link EventType#RAW_CONNECTION_CONNECTED}. If no peer is waiting any more it ends
     *     at once with {@code proton:io} by {@link EventType#RAW_CONNECTION_DISCONNECTED}
     * @throws ProactorClosedException if the proactor is closed
     */
    RawConnection acceptRaw();

    /**
     * As {@link #acceptRaw()}, with a context of its own.
     *
     * @param context what {@link RawConnection#context()} is at first, or {@code null}
     * @return the raw connection
     * @throws ProactorClosedException if the proactor is closed
     */
    RawConnection acceptRaw(@Nullable Object context);

    /**
     * Closes the socket of the oldest waiting peer without a word. Does nothing if none is waiting any more.
     */
    void reject();

    /** {@return how many peers have connected and were neither accepted nor rejected} */
    int waiting();

    /** {@return the addresses it is bound to, empty before {@link EventType#LISTENER_OPEN} and once it is closed} */
    List<InetSocketAddress> localAddresses();

    /**
     * {@return the port it is bound to, or -1 before {@link EventType#LISTENER_OPEN} and once it is closed} With port 0 in
     * the options this is the one that the system chose. All addresses of a listener have the same port.
     */
    int localPort();

    /** {@return why the listener failed, or {@code null}; it has a value from {@link EventType#LISTENER_CLOSE} on} */
    @Nullable ErrorCondition condition();

    /** {@return the object given to {@link ListenerOptions.Builder#context}, or {@code null}} */
    @Nullable Object context();

    /**
     * Stops listening. Peers that wait are disconnected, accepted connections go on. {@link EventType#LISTENER_CLOSE}
     * follows, without a condition. A second call does nothing. It never blocks.
     */
    void close();
}
