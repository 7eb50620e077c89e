package dev.proactor.internal.engine;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.TransportOptions;
import dev.proactor.internal.counts.ConnectionGroup;
import dev.proactor.internal.counts.ConnectionTally;
import dev.proactor.security.Identity;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.jspecify.annotations.Nullable;

/**
 * Drives one connection: bytes in, bytes out, events between. It does no input or output and reads no clock; whoever owns it
 * gives it both. Nothing the peer sends makes it throw: what is wrong ends this connection, with a condition.
 *
 * <p>The transport is bound when {@code CONNECTION_INIT} was handled, and goes to work when {@code CONNECTION_BOUND} was, so
 * that what handlers of these two set takes effect. What comes before waits.
 *
 * <p>Not thread-safe: for the owner of the connection's task.
 */
public final class ConnectionEngine {

    private static final String LIMIT_EXCEEDED = Conditions.RESOURCE_LIMIT_EXCEEDED.toString();

    private final EngineConnection connection;
    private final TransportOptions options;
    private final ConnectionAccount account;
    private final EventCursor events = new EventCursor();
    private final GuardedTransport transport;
    private final ProtocolGate gate;
    private final FrameReader reader;
    private final IdleClock clock;
    private final BeforeLive before = new BeforeLive();
    private final Settler settler = new Settler();
    private boolean live;
    private boolean released;
    private boolean lastBytesGiven;
    private @Nullable EventType current;

    private ConnectionEngine(
            EngineConnection connection,
            TransportOptions options,
            String containerId,
            @Nullable String hostname,
            ConnectionGroup group,
            Surroundings surroundings,
            long nowNanos) {
        this.connection = connection;
        this.options = options;
        ConnectionTally tally = new ConnectionTally(group);
        this.transport = new GuardedTransport(connection, events, options, tally, surroundings.codecs());
        this.account = new ConnectionAccount(connection, transport, tally, nowNanos);
        if (options instanceof ConnectionOptions client) {
            this.gate = new ClientGate(transport, client.sasl(), hostname, surroundings);
        } else {
            this.gate = new ServerGate(transport, ((ListenerOptions) options).sasl(), surroundings);
        }
        this.reader = new FrameReader(gate);
        boolean isServer = options instanceof ListenerOptions;
        this.clock = new IdleClock(nowNanos, options.handshakeTimeout().toNanos(), isServer);
        String ownId = options.containerId();
        connection.setContainer(ownId == null ? containerId : ownId);
        if (options.context() != null) {
            connection.setContext(options.context());
        }
        connection.collect(events.collector());
    }

    /**
     * Makes the engine of a connection that connects. Its connection is opened.
     *
     * @param connection nothing has happened to it yet
     * @param containerId for a connection whose options name none
     * @param hostname the virtual host, where the options name none
     * @param group whose counts it adds to
     * @param surroundings what it shares with others, and what authentication has to know
     * @param nowNanos the time; the handshake's time-out begins
     */
    public static ConnectionEngine client(
            EngineConnection connection,
            ConnectionOptions options,
            String containerId,
            @Nullable String hostname,
            ConnectionGroup group,
            Surroundings surroundings,
            long nowNanos) {
        String virtualHost = options.virtualHost() == null ? hostname : options.virtualHost();
        connection.setHostname(virtualHost);
        ConnectionEngine engine =
                new ConnectionEngine(connection, options, containerId, virtualHost, group, surroundings, nowNanos);
        connection.open();
        return engine;
    }

    /**
     * Makes the engine of a connection that was accepted. The application opens it, or not.
     *
     * @param connection nothing has happened to it yet
     * @param containerId for a connection whose options name none
     * @param group whose counts it adds to
     * @param surroundings what it shares with others, and what authentication has to know
     * @param nowNanos the time; the handshake's time-out begins
     */
    public static ConnectionEngine server(
            EngineConnection connection,
            ListenerOptions options,
            String containerId,
            ConnectionGroup group,
            Surroundings surroundings,
            long nowNanos) {
        return new ConnectionEngine(connection, options, containerId, null, group, surroundings, nowNanos);
    }

    /** {@return the connection} */
    public EngineConnection connection() {
        return connection;
    }

    /** {@return the connection's transport, also before it is bound} */
    public Transport transport() {
        return transport;
    }

    // ---- events

    /** {@return whether {@link #next()} would give an event} */
    public boolean hasEvents() {
        if (events.hasNext()) {
            return true;
        }
        // BOUND follows when INIT was handled, and what waited follows when BOUND was.
        return !events.ended()
                && (current == EventType.CONNECTION_INIT
                        || (current == EventType.CONNECTION_BOUND && before.hasEvents()));
    }

    /**
     * Moves on: does what follows from the event that was handled, and gives the next one.
     *
     * @return its type, or {@code null} if there is none now
     */
    public @Nullable EventType next() {
        finishCurrent();
        EventType type = events.take();
        current = type;
        if (type == EventType.TRANSPORT_CLOSED) {
            account.over();
        }
        return type;
    }

    /** {@return the proton-j object that the current event is about} */
    public Object context() {
        return events.context();
    }

    /** Queues {@code CONNECTION_WAKE}, unless one is queued already. */
    public void postWake() {
        if (live) {
            if (!transport.bothClosed()) {
                events.postWake(connection);
            }
        } else {
            before.keepWake();
        }
    }

    private void finishCurrent() {
        EventType handled = current;
        current = null;
        if (handled == EventType.CONNECTION_INIT) {
            transport.bind(connection);
        } else if (handled == EventType.CONNECTION_BOUND) {
            goLive();
        } else if (handled == EventType.DELIVERY) {
            settler.handled((DeliveryImpl) events.context());
        }
        if (handled != null && live) {
            boundOutput();
        }
    }

    private void boundOutput() {
        OutputBound bound = transport.bound();
        bound.check();
        if (bound.isPassed()) {
            failGracefully(
                    LIMIT_EXCEEDED,
                    "more output than maxOutputBytes = " + options.maxOutputBytes() + " bytes waits for the network",
                    CloseReason.TRANSPORT_ERROR);
        }
        bound.withholdIfHigh();
    }

    private void goLive() {
        live = true;
        if (transport.getMaxFrameSize() <= 0) {
            transport.setMaxFrameSize(options.maxFrameBytes());
        }
        transport.goLive();
        before.replay(this);
    }

    // ---- input

    /**
     * Goes on with an authentication that has waited, for an answer or for its time.
     *
     * @param nowNanos the time
     */
    public void proceed(long nowNanos) {
        if (live && !released) {
            gate.at(nowNanos);
            gate.proceed();
        }
    }

    /** {@return who SASL says the peer is (on a client, who we are to it), or {@code null} before that and without SASL} Any thread. */
    public @Nullable Identity identity() {
        return gate.identity();
    }

    /** {@return whether there is still something to read} */
    public boolean wantsInput() {
        return !released && !transport.tailClosed();
    }

    /**
     * Takes bytes that came.
     *
     * @param bytes all of them are consumed
     * @param nowNanos when
     */
    public void input(ByteBuffer bytes, long nowNanos) {
        if (released) {
            bytes.position(bytes.limit());
            return;
        }
        account.at(nowNanos);
        gate.at(nowNanos);
        clock.read(nowNanos);
        if (!live) {
            before.keepInput(bytes);
            return;
        }
        feed(bytes);
    }

    void feed(ByteBuffer bytes) {
        int count = bytes.remaining();
        reader.read(bytes);
        transport.inputConsumed();
        account.took(count);
        boundInput();
    }

    /** Each session bounds its own, and all together are within the limit, but for those whose capacity a handler has set. */
    private void boundInput() {
        List<SessionImpl> sessions = connection.sessions();
        long buffered = 0;
        for (int i = 0; i < sessions.size(); i++) {
            buffered += sessions.get(i).getIncomingBytes();
        }
        if (buffered > options.maxInputBytes()) {
            failGracefully(
                    LIMIT_EXCEEDED,
                    "connection delivery buffer limit exceeded: maxInputBytes = " + options.maxInputBytes(),
                    CloseReason.TRANSPORT_ERROR);
        }
    }

    /** The peer will send nothing more. */
    public void inputEnded() {
        if (live && !released) {
            transport.endTail(gate.describeEnd());
        } else {
            before.keepInputEnded();
        }
    }

    /**
     * The network failed, or the connection has to go: an error, and nothing more is read or written.
     *
     * @param condition its name, unless the transport has a condition already
     * @param description its description
     * @param why the reason to count
     */
    public void fail(String condition, String description, CloseReason why) {
        end(why, () -> transport.breakOff(Symbol.valueOf(condition), description));
    }

    /**
     * The connection has to go, and the peer is told why: an error, and the close frame is still to be written.
     *
     * @param condition its name, unless the transport has a condition already
     * @param description its description
     * @param why the reason to count
     */
    public void failGracefully(String condition, String description, CloseReason why) {
        end(why, () -> transport.fault(Symbol.valueOf(condition), description));
    }

    /**
     * Closes both ends with no error of ours.
     *
     * @param why the reason to count
     */
    public void abort(CloseReason why) {
        end(why, () -> {
            transport.closeTailOnly();
            transport.closeHeadOnly();
        });
    }

    private void end(CloseReason why, Runnable how) {
        if (released || transport.bothClosed()) {
            return;
        }
        if (!live) {
            before.keepEnding(() -> end(why, how));
            return;
        }
        account.endsFor(why);
        how.run();
        if (transport.bothClosed()) {
            events.dropWake();
        }
    }

    // ---- output

    /**
     * Moves bytes that are to be written. That the head is closed is told as an event when the last of them {@linkplain #wrote
     * went to the network}, or by the call that finds nothing more to move.
     *
     * @param target as many bytes as fit are put in
     * @return how many; 0 if nothing is ready now, -1 if nothing will ever come
     */
    public int output(ByteBuffer target) {
        if (released || transport.headClosed()) {
            return Transport.END_OF_STREAM;
        }
        if (!live) {
            return 0;
        }
        int start = target.position();
        gate.output(target);
        boolean done = false;
        if (!gate.hasOutput()) {
            done = gate.amqpMayBeWritten() ? transport.output(target) : transport.hasFailed();
        }
        int moved = target.position() - start;
        if (moved == 0 && done) {
            transport.closeHeadOnly();
            return Transport.END_OF_STREAM;
        }
        account.gave(moved);
        lastBytesGiven = done;
        reap();
        return moved;
    }

    /** {@return whether {@link #output} will never give anything any more} */
    public boolean outputFinished() {
        return released || transport.headClosed();
    }

    /** The network takes nothing any more. */
    public void outputFailed() {
        if (live && !released) {
            transport.closeHeadOnly();
        }
    }

    // ---- time

    /**
     * Does what is due: ends a connection that is idle or does not get on, queues a heartbeat.
     *
     * @param lookedAtNanos up to when it is known what came: what is due is judged as of that
     * @param nowNanos the time
     * @param outputWaits whether there is output that the network does not take now
     * @return when to call again at the latest, or {@link Long#MAX_VALUE}
     */
    public long tick(long lookedAtNanos, long nowNanos, boolean outputWaits) {
        account.at(nowNanos);
        proceed(nowNanos);
        while (!released && !transport.bothClosed()) {
            boolean beats = live && !transport.closeSent();
            IdleClock.Due due = clock.due(
                    lookedAtNanos,
                    nowNanos,
                    handshakeDone(),
                    transport.getIdleTimeout(),
                    beats ? transport.getRemoteIdleTimeout() : 0,
                    outputWaits,
                    transport.hasFailed() || (lastBytesGiven && !transport.headClosed()));
            switch (due) {
                case NOTHING -> {
                    return Math.min(clock.nextDeadline(), gate.dueNanos());
                }
                case HANDSHAKE ->
                    failGracefully(
                            LIMIT_EXCEEDED,
                            "handshake not finished within "
                                    + options.handshakeTimeout().toMillis() + " ms",
                            CloseReason.HANDSHAKE_TIMEOUT);
                case IDLE -> failGracefully(LIMIT_EXCEEDED, "local-idle-timeout expired", CloseReason.IDLE_TIMEOUT);
                case HEARTBEAT -> {
                    transport.writeEmptyFrame();
                    events.shrink();
                }
                case CLOSE -> outputFailed();
            }
            if (!live) {
                return Long.MAX_VALUE;
            }
        }
        return Long.MAX_VALUE;
    }

    /** As {@link #tick(long, long, boolean)}, after a look at what has come up to now. */
    public long tick(long nowNanos, boolean outputWaits) {
        return tick(nowNanos, nowNanos, outputWaits);
    }

    /**
     * Queues a heartbeat if one is due, and judges nothing: for who can't look at what the peer sent.
     *
     * @param nowNanos the time
     * @param outputWaits whether there is output that the network does not take now
     * @return when the next one is due, or {@link Long#MAX_VALUE}
     */
    public long beat(long nowNanos, boolean outputWaits) {
        account.at(nowNanos);
        if (!live || released || transport.bothClosed() || transport.closeSent() || transport.hasFailed()) {
            return Long.MAX_VALUE;
        }
        while (clock.due(nowNanos, nowNanos, true, 0, transport.getRemoteIdleTimeout(), outputWaits, false)
                == IdleClock.Due.HEARTBEAT) {
            transport.writeEmptyFrame();
        }
        return clock.nextDeadline();
    }

    /**
     * There is a transport connection now: the peer's silence counts from here on.
     *
     * @param nowNanos when
     */
    public void connected(long nowNanos) {
        clock.restart(nowNanos);
    }

    /**
     * Bytes went to the network.
     *
     * @param nowNanos when
     * @param someWait whether some of what {@link #output} gave before still waits
     */
    public void wrote(long nowNanos, boolean someWait) {
        account.at(nowNanos);
        clock.wrote(nowNanos);
        if (lastBytesGiven && !someWait && !released) {
            transport.closeHeadOnly();
        }
    }

    /** {@return whether the peer's {@code open} has come} */
    public boolean handshakeDone() {
        return transport.getRemoteState() != EndpointState.UNINITIALIZED;
    }

    // ---- the end

    /** {@return whether {@code TRANSPORT_CLOSED} was handed out, or {@link #release()} called: there are no more events} */
    public boolean closed() {
        return events.ended();
    }

    /** {@return whether both close frames were exchanged, with no error: the peer waits for nothing} */
    public boolean endedInOrder() {
        return transport.closeSent() && transport.closeReceived() && !transport.hasFailed();
    }

    /**
     * A fault of ours: the engine may be in any state, and is not asked for events any more.
     *
     * @param failure what was thrown
     */
    public void crashed(Throwable failure) {
        events.end();
        try {
            if (!transport.hasFailed()) {
                transport.breakOff(Conditions.INTERNAL_ERROR, "an internal error: " + failure);
            }
        } finally {
            account.over();
        }
    }

    /** {@return why the connection is over} */
    public CloseReason reason() {
        return account.reason();
    }

    /** The owner lets go of the connection for now: what its handlers left is put in order. */
    public void endBatch() {
        finishCurrent();
        if (released) {
            return;
        }
        settler.endBatch();
        if (live) {
            boundOutput();
        }
        if (!events.ended()) {
            reap();
        }
    }

    /** Brings the counts up to date. After the last output: what is settled is counted when it is written. */
    public void updateCounts() {
        if (!released && !events.ended()) {
            account.update();
        }
    }

    /** Frees endpoints that are over, unless there is still something to be said of them. */
    private void reap() {
        if (current == null && !events.hasNext()) {
            transport.reaper().reap();
        }
    }

    /** Lets go of the connection: no more events, transport closed and unbound, and all endpoints as they are. */
    public void release() {
        if (released) {
            return;
        }
        released = true;
        account.released();
        events.end();
        // Whoever keeps the transport sees that it is over; the events of it are nobody's any more.
        transport.closeTailOnly();
        transport.closeHeadOnly();
        connection.collect(null);
        if (connection.getTransport() != null) {
            transport.unbind();
        }
        account.over();
    }

    /** {@return how many deliveries may be begun on a sender now} */
    public int sendable(Sender sender) {
        boolean over = outputFinished() || transport.hasFailed();
        return over || !isOpen(connection) || !isOpen(sender.getSession()) || !isOpen(sender)
                ? 0
                : transport.bound().sendable(sender);
    }

    private static boolean isOpen(Endpoint endpoint) {
        return endpoint.getLocalState() == EndpointState.ACTIVE && endpoint.getRemoteState() != EndpointState.CLOSED;
    }

    /**
     * Gives up an outgoing delivery that is not complete.
     *
     * @throws IllegalArgumentException if it is an incoming delivery
     * @throws IllegalStateException if it was completed, aborted or settled
     */
    public void abort(Delivery delivery) {
        transport.outgoing().abort(delivery);
    }
}
