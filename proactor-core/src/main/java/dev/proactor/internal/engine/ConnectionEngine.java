package dev.proactor.internal.engine;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.TransportOptions;
import dev.proactor.internal.counts.ConnectionGroup;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Transport;
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

    private final EngineConnection connection;
    private final TransportOptions options;
    private final ConnectionGroup group;
    private final EventCursor events = new EventCursor();
    private final GuardedTransport transport;
    private final ProtocolGate gate;
    private final FrameReader reader;
    private final IdleClock clock;
    private final BeforeLive before = new BeforeLive();
    private boolean live;
    private boolean released;
    private @Nullable EventType current;
    private @Nullable CloseReason reason;

    private ConnectionEngine(
            EngineConnection connection,
            TransportOptions options,
            String containerId,
            @Nullable String hostname,
            ConnectionGroup group,
            long nowNanos) {
        this.connection = connection;
        this.options = options;
        this.group = group;
        this.transport = new GuardedTransport(events);
        if (options instanceof ConnectionOptions client) {
            this.gate = new ClientGate(transport, client.sasl(), hostname);
        } else {
            this.gate = new ServerGate(transport, ((ListenerOptions) options).sasl());
        }
        this.reader = new FrameReader(gate);
        boolean isServer = options instanceof ListenerOptions;
        this.clock = new IdleClock(nowNanos, options.handshakeTimeout().toNanos(), isServer);
        String ownId = options.containerId();
        connection.setContainer(ownId == null ? containerId : ownId);
        if (options.context() != null) {
            connection.setContext(options.context());
        }
        transport.setMaxFrameSize(options.maxFrameBytes());
        transport.setOutboundFrameSizeLimit(options.maxFrameBytes());
        transport.setIdleTimeout((int) options.idleTimeout().toMillis());
        transport.setChannelMax(options.maxSessions() - 1);
        transport.setEmitFlowEventOnSend(false);
        connection.collect(events.collector());
    }

    /**
     * Makes the engine of a connection that connects. Its connection is opened.
     *
     * @param connection nothing has happened to it yet
     * @param containerId for a connection whose options name none
     * @param hostname the virtual host, where the options name none
     * @param group whose counts it adds to
     * @param nowNanos the time; the handshake's time-out begins
     */
    public static ConnectionEngine client(
            EngineConnection connection,
            ConnectionOptions options,
            String containerId,
            @Nullable String hostname,
            ConnectionGroup group,
            long nowNanos) {
        String virtualHost = options.virtualHost() == null ? hostname : options.virtualHost();
        connection.setHostname(virtualHost);
        ConnectionEngine engine = new ConnectionEngine(connection, options, containerId, virtualHost, group, nowNanos);
        connection.open();
        return engine;
    }

    /**
     * Makes the engine of a connection that was accepted. The application opens it, or not.
     *
     * @param connection nothing has happened to it yet
     * @param containerId for a connection whose options name none
     * @param group whose counts it adds to
     * @param nowNanos the time; the handshake's time-out begins
     */
    public static ConnectionEngine server(
            EngineConnection connection,
            ListenerOptions options,
            String containerId,
            ConnectionGroup group,
            long nowNanos) {
        return new ConnectionEngine(connection, options, containerId, null, group, nowNanos);
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
        current = events.take();
        return current;
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
            before.wake = true;
        }
    }

    private void finishCurrent() {
        EventType handled = current;
        current = null;
        if (handled == EventType.CONNECTION_INIT) {
            transport.bind(connection);
        } else if (handled == EventType.CONNECTION_BOUND) {
            goLive();
        }
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
        clock.read(nowNanos);
        if (!live) {
            before.keep(bytes);
            return;
        }
        feed(bytes);
    }

    private void feed(ByteBuffer bytes) {
        reader.read(bytes);
        transport.inputConsumed();
    }

    /** The peer will send nothing more. */
    public void inputEnded() {
        if (live && !released) {
            transport.endTail(gate.describeEnd());
        } else {
            before.inputEnded = true;
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
            before.endings.add(() -> end(why, how));
            return;
        }
        if (reason == null && !transport.hasFailed()) {
            reason = why;
        }
        how.run();
        if (transport.bothClosed()) {
            events.dropWake();
        }
    }

    // ---- output

    /**
     * Moves bytes that are to be written. That the head is closed is noticed, and told as an event, by the call that finds
     * nothing more to move: after everything before was taken.
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
            done = gate.amqpMayBeWritten() ? outputFrames(target) : transport.hasFailed();
        }
        int moved = target.position() - start;
        if (moved == 0 && done) {
            transport.closeHeadOnly();
            return Transport.END_OF_STREAM;
        }
        return moved;
    }

    /** {@return whether no frame will ever come any more} */
    private boolean outputFrames(ByteBuffer target) {
        boolean done = false;
        int before;
        do {
            before = target.position();
            try {
                done = transport.writeInto(target);
            } catch (RuntimeException e) {
                transport.fault(Conditions.INTERNAL_ERROR, "writing: " + e);
            }
        } while (!done && target.hasRemaining() && target.position() > before);
        return done;
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
     * @param nowNanos the time
     * @return when to call again at the latest, or {@link Long#MAX_VALUE}
     */
    public long tick(long nowNanos) {
        while (!released && !transport.bothClosed()) {
            boolean beats = live && !transport.closeSent();
            IdleClock.Due due = clock.due(
                    nowNanos,
                    handshakeDone(),
                    transport.getIdleTimeout(),
                    beats ? transport.getRemoteIdleTimeout() : 0,
                    transport.hasFailed());
            switch (due) {
                case NOTHING -> {
                    return clock.nextDeadline();
                }
                case HANDSHAKE ->
                    failGracefully(
                            "amqp:resource-limit-exceeded",
                            "handshake not finished within "
                                    + options.handshakeTimeout().toMillis() + " ms",
                            CloseReason.HANDSHAKE_TIMEOUT);
                case IDLE ->
                    failGracefully(
                            "amqp:resource-limit-exceeded", "local-idle-timeout expired", CloseReason.IDLE_TIMEOUT);
                case HEARTBEAT -> transport.writeEmptyFrame();
                case CLOSE -> outputFailed();
            }
            if (!live) {
                return Long.MAX_VALUE;
            }
        }
        return Long.MAX_VALUE;
    }

    /**
     * There is a transport connection now: the peer's silence counts from here on.
     *
     * @param nowNanos when
     */
    public void connected(long nowNanos) {
        clock.connect(nowNanos);
    }

    /**
     * Bytes went to the network.
     *
     * @param nowNanos when
     */
    public void wrote(long nowNanos) {
        clock.wrote(nowNanos);
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

    /** {@return why the connection is over} */
    public CloseReason reason() {
        if (reason != null) {
            return reason;
        }
        if (transport.hasFailed()) {
            return CloseReason.TRANSPORT_ERROR;
        }
        if (isSet(connection.getRemoteCondition())) {
            return CloseReason.REMOTE_ERROR;
        }
        return isSet(connection.getCondition()) ? CloseReason.LOCAL_ERROR : CloseReason.CLOSED;
    }

    private static boolean isSet(@Nullable ErrorCondition condition) {
        return condition != null && condition.getCondition() != null;
    }

    /** The owner lets go of the connection for now: what its handlers left is put in order. */
    public void endBatch() {
        finishCurrent();
    }

    /** Lets go of the connection: no more events, transport unbound, and all endpoints as they are. */
    public void release() {
        if (released) {
            return;
        }
        released = true;
        reason = CloseReason.RELEASED;
        events.end();
        connection.collect(null);
        if (connection.getTransport() != null) {
            transport.unbind();
        }
    }

    /** {@return how many deliveries may be begun on a sender now} */
    public int sendable(Sender sender) {
        return Math.max(0, sender.getCredit());
    }

    /**
     * Gives up an outgoing delivery that is not complete.
     *
     * @throws IllegalArgumentException if it is an incoming delivery
     * @throws IllegalStateException if it was completed, aborted or settled
     */
    public void abort(Delivery delivery) {
        throw new UnsupportedOperationException("abort");
    }

    /** What happened before the connection was live, to be done then. */
    private static final class BeforeLive {
        final List<Runnable> endings = new ArrayList<>(1);
        boolean wake;
        boolean inputEnded;
        private byte[] bytes = {};

        boolean hasEvents() {
            return wake || inputEnded || !endings.isEmpty();
        }

        void keep(ByteBuffer more) {
            int length = bytes.length;
            bytes = Arrays.copyOf(bytes, length + more.remaining());
            more.get(bytes, length, more.remaining());
        }

        void replay(ConnectionEngine engine) {
            if (bytes.length > 0) {
                engine.feed(ByteBuffer.wrap(bytes));
                bytes = new byte[0];
            }
            if (inputEnded) {
                engine.inputEnded();
            }
            endings.forEach(Runnable::run);
            endings.clear();
            if (wake) {
                engine.postWake();
            }
        }
    }
}
