package dev.proactor;

/**
 * The kinds of event that a proactor delivers. The names are those of Proton C without the {@code PN_} prefix, and so is
 * the meaning, where the description here does not say otherwise.
 *
 * <p>Of one connection, {@link #CONNECTION_INIT} is always the first event and {@link #TRANSPORT_CLOSED} always the last.
 * Types that Proton knows and a proactor never delivers ({@code REACTOR_*}, {@code SELECTABLE_*}, {@code *_FINAL}, the bare
 * {@code TRANSPORT}) are not here.
 */
public enum EventType {
    /**
     * A connection begins its life. Its transport is not bound yet: the moment to set properties and the transport's
     * limits, and (on a client) to open sessions and links, which are sent as soon as the peer can be reached. A client's
     * connection is open already, but {@code open} is not written before this handler returns: what it sets counts, also
     * in place of the options.
     */
    CONNECTION_INIT(EventSource.CONNECTION),
    /** The connection has been bound to its transport. The last moment to change the transport's settings. */
    CONNECTION_BOUND(EventSource.CONNECTION),
    /** The local end was opened. A client connection is opened by {@link Proactor#connect}. */
    CONNECTION_LOCAL_OPEN(EventSource.CONNECTION),
    /** The peer's {@code open} arrived (AMQP 2.7.1). A server answers with {@code connection.open()}. */
    CONNECTION_REMOTE_OPEN(EventSource.CONNECTION),
    /** The local end was closed. */
    CONNECTION_LOCAL_CLOSE(EventSource.CONNECTION),
    /** The peer's {@code close} arrived (AMQP 2.7.9); {@code connection.getRemoteCondition()} says why, if there was an error. */
    CONNECTION_REMOTE_CLOSE(EventSource.CONNECTION),

    /** A session object was made, by either end. */
    SESSION_INIT(EventSource.CONNECTION),
    /** The local end of a session was opened. */
    SESSION_LOCAL_OPEN(EventSource.CONNECTION),
    /** The peer's {@code begin} arrived (AMQP 2.7.2). */
    SESSION_REMOTE_OPEN(EventSource.CONNECTION),
    /** The local end of a session was closed. */
    SESSION_LOCAL_CLOSE(EventSource.CONNECTION),
    /** The peer's {@code end} arrived (AMQP 2.7.8). */
    SESSION_REMOTE_CLOSE(EventSource.CONNECTION),

    /** A link object was made, by either end. */
    LINK_INIT(EventSource.CONNECTION),
    /** The local end of a link was opened. */
    LINK_LOCAL_OPEN(EventSource.CONNECTION),
    /** The peer's {@code attach} arrived (AMQP 2.7.3). */
    LINK_REMOTE_OPEN(EventSource.CONNECTION),
    /** The local end of a link was closed. */
    LINK_LOCAL_CLOSE(EventSource.CONNECTION),
    /**
     * The peer closed the link: {@code detach} with {@code closed=true} (AMQP 2.7.7). Once both ends are closed, the link is
     * freed at the end of the batch; so are sessions.
     */
    LINK_REMOTE_CLOSE(EventSource.CONNECTION),
    /** The local end of a link was detached and not closed. */
    LINK_LOCAL_DETACH(EventSource.CONNECTION),
    /** The peer detached the link and did not close it. */
    LINK_REMOTE_DETACH(EventSource.CONNECTION),
    /**
     * A link's flow state changed: for a sender, credit may have come, or output that was over the high mark has drained
     * (ask {@link Proactor#sendable}).
     */
    LINK_FLOW(EventSource.CONNECTION),

    /**
     * A delivery has news: bytes of an incoming one arrived, it is complete or aborted, or the peer changed the state of
     * or settled one, incoming or outgoing. {@code receiver.recv} reads the link's current delivery, which need not be this
     * one: {@code delivery.isReadable()} tells. An aborted one ({@code delivery.isAborted()}) stays partial for ever; settle
     * it. Deliveries that the peer settled are settled here too once they have been advanced past.
     */
    DELIVERY(EventSource.CONNECTION),

    /** The peer was authenticated. */
    TRANSPORT_AUTHENTICATED(EventSource.CONNECTION),
    /** The transport failed; {@code transport.getCondition()} names the fault. At most once, before {@link #TRANSPORT_CLOSED}. */
    TRANSPORT_ERROR(EventSource.CONNECTION),
    /** Nothing more will be written. */
    TRANSPORT_HEAD_CLOSED(EventSource.CONNECTION),
    /** Nothing more will be read. */
    TRANSPORT_TAIL_CLOSED(EventSource.CONNECTION),
    /**
     * The last event of a connection, exactly once; only {@link Proactor#release} and {@link Proactor#close()} end a
     * connection without it. After its batch is closed the proactor knows the connection no more.
     */
    TRANSPORT_CLOSED(EventSource.CONNECTION),

    /** The answer to {@link Proactor#wake}, or tasks of {@link Proactor#execute} have just run. */
    CONNECTION_WAKE(EventSource.CONNECTION),

    /** The listener is bound; {@link Listener#localAddresses()} tells where. */
    LISTENER_OPEN(EventSource.LISTENER),
    /** A peer has connected and waits for {@link Listener#accept()}, {@link Listener#acceptRaw()} or {@link Listener#reject()}; one event for each peer. */
    LISTENER_ACCEPT(EventSource.LISTENER),
    /**
     * The last event of a listener, exactly once; only {@link Proactor#close()} ends a listener without it.
     * {@link Listener#condition()} tells why if it failed.
     */
    LISTENER_CLOSE(EventSource.LISTENER),

    /**
     * A raw connection has come about. The moment to give it buffers: those that it lacks are asked for next, by
     * {@link #RAW_CONNECTION_NEED_READ_BUFFERS} and {@link #RAW_CONNECTION_NEED_WRITE_BUFFERS}.
     */
    RAW_CONNECTION_CONNECTED(EventSource.RAW_CONNECTION),
    /** A raw connection has no buffer to read into. It is said once, until buffers are given; that there are bytes to read it does not say. */
    RAW_CONNECTION_NEED_READ_BUFFERS(EventSource.RAW_CONNECTION),
    /** A raw connection has nothing to write. It is said once, until buffers are given. */
    RAW_CONNECTION_NEED_WRITE_BUFFERS(EventSource.RAW_CONNECTION),
    /** There are buffers to take with {@link RawConnection#takeReadBuffer()}: bytes have come, or the input has ended and those not used come back empty. */
    RAW_CONNECTION_READ(EventSource.RAW_CONNECTION),
    /** There are buffers to take with {@link RawConnection#takeWrittenBuffer()}: their bytes are with the system. */
    RAW_CONNECTION_WRITTEN(EventSource.RAW_CONNECTION),
    /** Nothing more will be read from a raw connection: the peer has ended its stream, this end has, or the connection broke. At most once. */
    RAW_CONNECTION_CLOSED_READ(EventSource.RAW_CONNECTION),
    /** Nothing more will be written to a raw connection: all was written after this end closed it, or the connection broke. At most once. */
    RAW_CONNECTION_CLOSED_WRITE(EventSource.RAW_CONNECTION),
    /** A raw connection is about to be disconnected and still holds buffers: the last call to take them back. At most once. */
    RAW_CONNECTION_DRAIN_BUFFERS(EventSource.RAW_CONNECTION),
    /**
     * The last event of a raw connection, exactly once; only {@link Proactor#close()} ends one without it.
     * {@link RawConnection#condition()} tells why if it failed.
     */
    RAW_CONNECTION_DISCONNECTED(EventSource.RAW_CONNECTION),
    /** The answer to {@link RawConnection#wake()}. It may come before {@link #RAW_CONNECTION_CONNECTED}. */
    RAW_CONNECTION_WAKE(EventSource.RAW_CONNECTION),

    /** The answer to {@link Proactor#interrupt()}. */
    PROACTOR_INTERRUPT(EventSource.PROACTOR),
    /** The time set with {@link Proactor#setTimeout} is over. */
    PROACTOR_TIMEOUT(EventSource.PROACTOR),
    /** No connection, raw or not, no listener and no time-out is left. Nothing more comes unless something new is begun. */
    PROACTOR_INACTIVE(EventSource.PROACTOR);

    private final EventSource source;

    EventType(EventSource source) {
        this.source = source;
    }

    /** {@return the kind of subject that events of this type are about} */
    public EventSource source() {
        return source;
    }
}
