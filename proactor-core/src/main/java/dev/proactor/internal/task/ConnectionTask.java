package dev.proactor.internal.task;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.LastingConnection;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.NetworkAddress;
import dev.proactor.TransportOptions;
import dev.proactor.internal.counts.ConnectionGroup;
import dev.proactor.internal.engine.CodecPool;
import dev.proactor.internal.engine.ConnectionEngine;
import dev.proactor.internal.engine.EngineConnection;
import dev.proactor.internal.engine.FailureDelays;
import dev.proactor.internal.engine.Surroundings;
import dev.proactor.internal.poll.LeaderFollower;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.transport.Transports;
import dev.proactor.security.Identity;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLSession;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/**
 * One AMQP connection: its engine, its socket, and the batch that its owner works on.
 *
 * <p>Who may touch what: everything belongs to the owner of the RUNNING task (the open batch), but for {@code inbox},
 * {@code disconnectCondition} and the wire's addresses, which any thread may use.
 *
 * <p>A run goes: input, time, events; and where there are none, output, and release. A batch goes: events; when there are no
 * more, output and one more look at what has come meanwhile; at its close output again, and release. Before the task is
 * released the poller's interest and the deadline are set; after it nothing of it is touched.
 *
 * <p>The thread that stands by runs it without events: as long as there are none, as any run goes; once there are some, output
 * and heartbeats only, with nothing read and nothing judged for which a read would be needed.
 */
final class ConnectionTask extends Task implements TaskBatch.Subject, Surroundings {

    /** What is of use to a connection with events pending: a connect that goes on, output, a heartbeat. */
    private static final int WITHOUT_HANDLER =
            TaskState.RESOLVED | TaskState.CONNECT | TaskState.WRITE | TaskState.TICK;

    private final DefaultProactor proactor;
    private final TransportOptions options;
    private final EngineConnection connection;
    private final ConnectionEngine engine;
    private final ConnectionGroup group;
    private final ConnectionEvent event;
    private final Wire wire;
    private final @Nullable Reconnector lasting;
    private final Admission.@Nullable Place place;

    // Any thread.
    private final Inbox inbox = new Inbox();
    private volatile @Nullable ErrorCondition disconnectCondition;

    // The owner.
    private boolean disconnected;
    private boolean released;
    private boolean toppedUp;

    /** A fault of ours, which ends the connection: the engine is not asked any more. */
    private @Nullable Throwable fault;

    /** TRANSPORT_ERROR was handed out. */
    private boolean errorTold;

    /** How many events are still to come after a fault: the error, and that it is over. */
    private int farewell;

    private long readyAtNanos;
    private long openedNanos;
    private int events;

    private ConnectionTask(
            DefaultProactor proactor,
            TransportOptions options,
            ConnectionRole role,
            @Nullable SocketChannel channel,
            WaitingPeers.@Nullable Peer peer,
            @Nullable Reconnector lasting) {
        this.lasting = lasting;
        // The handshake of a peer that had to wait began when it came.
        long now = peer != null ? peer.sinceNanos() : proactor.loop().nowNanos();
        this.place = peer == null ? null : peer.place();
        this.proactor = proactor;
        this.options = options;
        this.group = proactor.group(role, options.name());
        this.connection = new EngineConnection(proactor, this, options);
        if (options instanceof ConnectionOptions client) {
            NetworkAddress address = NetworkAddress.parse(client.address());
            String host = client.virtualHost() != null ? client.virtualHost() : virtualHost(address);
            this.engine = ConnectionEngine.client(connection, client, proactor.containerId(), host, group, this, now);
            Wire.Opener opener = socket -> Transports.client(socket, client.tls(), address.host(), portOf(address));
            this.wire = channel == null
                    ? new Wire(proactor, this, engine, group, opener, address, now + handshakeNanos())
                    : new Wire(proactor, this, engine, group, opener, channel);
        } else {
            ListenerOptions server = (ListenerOptions) options;
            this.engine = ConnectionEngine.server(connection, server, proactor.containerId(), group, this, now);
            this.wire =
                    new Wire(proactor, this, engine, group, socket -> Transports.server(socket, server.tls()), channel);
        }
        this.event = new ConnectionEvent(proactor, connection, engine.transport());
    }

    /** A connection that is to be made. */
    static ConnectionTask connecting(DefaultProactor proactor, ConnectionOptions options) {
        return new ConnectionTask(proactor, options, ConnectionRole.CLIENT, null, null, null);
    }

    /** One of a lasting connection's. */
    static ConnectionTask lasting(DefaultProactor proactor, ConnectionOptions options, Reconnector lasting) {
        return new ConnectionTask(proactor, options, ConnectionRole.CLIENT, null, null, lasting);
    }

    /** A connection over a channel that is connected already. */
    static ConnectionTask adopting(DefaultProactor proactor, ConnectionOptions options, SocketChannel channel) {
        return new ConnectionTask(proactor, options, ConnectionRole.CLIENT, channel, null, null);
    }

    /** A connection that a listener has accepted; without a peer it fails at once. */
    static ConnectionTask accepted(
            DefaultProactor proactor, ListenerOptions options, WaitingPeers.@Nullable Peer peer) {
        SocketChannel channel = peer == null ? null : peer.channel();
        return new ConnectionTask(proactor, options, ConnectionRole.SERVER, channel, peer, null);
    }

    /** The hostname of {@code open} is a name (AMQP 2.7.1): an address is none. */
    private static @Nullable String virtualHost(NetworkAddress address) {
        return address.host().isEmpty() || Lookups.literal(address.host()) != null ? null : address.host();
    }

    /** An address that came with a channel need not have a port that makes sense. */
    private static int portOf(NetworkAddress address) {
        try {
            return address.port();
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    private long handshakeNanos() {
        return options.handshakeTimeout().isZero()
                ? Deadlines.NONE / 2
                : options.handshakeTimeout().toNanos();
    }

    // ---- any thread

    @Override
    public EngineConnection connection() {
        return connection;
    }

    void wake() {
        proactor.loop().schedule(this, TaskState.WAKE);
    }

    boolean execute(Runnable task) {
        if (!inbox.offer(task)) {
            return false;
        }
        wake();
        return true;
    }

    void disconnect(@Nullable ErrorCondition condition) {
        disconnectCondition = condition;
        proactor.loop().schedule(this, TaskState.DISCONNECT);
    }

    @Nullable InetSocketAddress localAddress() {
        return wire.localAddress();
    }

    @Nullable InetSocketAddress remoteAddress() {
        return wire.remoteAddress();
    }

    @Override
    public @Nullable SSLSession tlsSession() {
        return wire.security();
    }

    @Nullable Identity identity() {
        return engine.identity();
    }

    @Override
    public @Nullable InetAddress peer() {
        InetSocketAddress remote = wire.remoteAddress();
        return remote == null ? null : remote.getAddress();
    }

    @Override
    public void resume() {
        proactor.loop().schedule(this, TaskState.CONTINUE);
    }

    @Override
    public CodecPool codecs() {
        return proactor.codecs();
    }

    @Override
    public FailureDelays failureDelays() {
        return proactor.failureDelays();
    }

    /** The proactor was closed: the socket goes, and whoever owns the task finds it killed. */
    void kill() {
        state.kill();
        connection.ended();
        inbox.drop();
        wire.forgetAddresses();
        wire.kill();
        leave();
    }

    // ---- the owner: running

    @Override
    public @Nullable EventBatch run(int reasons, long nowNanos) {
        readyAtNanos = readyNanos();
        if (fault != null) {
            return batch(nowNanos);
        }
        if (runToEnd(reasons, nowNanos)) {
            return null;
        }
        work(reasons, nowNanos);
        if (!engine.hasEvents()) {
            wire.flush(nowNanos);
        }
        if (engine.hasEvents()) {
            return batch(nowNanos);
        }
        done(nowNanos);
        return null;
    }

    private EventBatch batch(long nowNanos) {
        openedNanos = nowNanos;
        events = 0;
        toppedUp = false;
        EventBatch batch = new TaskBatch(proactor, this);
        proactor.batchOpened();
        return batch;
    }

    @Override
    public void runIo(int reasons, long nowNanos) {
        if (fault != null) {
            var unused = proactor.loop().leaveToHandlers(this, reasons, 0);
            return;
        }
        if (runToEnd(reasons, nowNanos)) {
            return;
        }
        int left = reasons;
        if (!engine.hasEvents()) {
            work(reasons, nowNanos);
            left = 0;
            wire.flush(nowNanos);
        }
        if (engine.hasEvents()) {
            wire.workWithoutInput(left, nowNanos);
            leaveToHandlers((left & ~WITHOUT_HANDLER) | TaskState.CONTINUE);
        } else {
            done(nowNanos);
        }
    }

    /** {@return whether the last event was handled before, and all that was to do is done} */
    private boolean runToEnd(int reasons, long nowNanos) {
        if ((reasons & TaskState.DEREGISTERED) != 0) {
            finish();
            return true;
        }
        if (wire.isClosing()) {
            wire.linger(nowNanos);
            letGo();
            return true;
        }
        return false;
    }

    private void work(int reasons, long nowNanos) {
        if ((reasons & TaskState.DISCONNECT) != 0 && !disconnected) {
            disconnected = true;
            wire.abandon();
            ErrorCondition condition = disconnectCondition;
            if (condition == null || condition.getCondition() == null) {
                engine.abort(CloseReason.DISCONNECTED);
            } else {
                engine.fail(condition.getCondition().toString(), condition.getDescription(), CloseReason.DISCONNECTED);
            }
        }
        if (disconnected) {
            return;
        }
        wire.work(reasons, nowNanos);
        if ((reasons & TaskState.CONTINUE) != 0) {
            engine.proceed(nowNanos);
        }
        if ((reasons & TaskState.WAKE) != 0) {
            engine.postWake();
        }
    }

    // ---- the owner: the batch

    @Override
    public @Nullable Event advance() {
        if (fault != null) {
            return advanceFarewell();
        }
        if (released) {
            return null;
        }
        EventType type = engine.next();
        if (type == null && !toppedUp && !engine.closed()) {
            // Once a batch: who has endless input goes behind the others after that.
            toppedUp = true;
            try {
                topUp();
            } catch (Throwable failure) {
                // The application has no part in it: its batch is over, and then the connection.
                fault = failure;
                return null;
            }
            type = engine.next();
        }
        if (type == null) {
            return null;
        }
        events++;
        Object context = engine.context();
        if (type == EventType.CONNECTION_WAKE) {
            proactor.countWakeup();
            inbox.run();
        } else if (type == EventType.CONNECTION_REMOTE_OPEN && lasting != null) {
            lasting.opened(this);
        } else if (type == EventType.TRANSPORT_ERROR) {
            errorTold = true;
        } else if (type == EventType.TRANSPORT_CLOSED) {
            ending();
        }
        return released ? null : event.is(type, context);
    }

    /** The application is about to be told that it is over. */
    private void ending() {
        if (lasting != null) {
            lasting.ending(this, error(), engine.reason());
        }
        inbox.runAndClose();
        connection.ended();
        wire.forgetAddresses();
    }

    private @Nullable Event advanceFarewell() {
        if (farewell == 0) {
            return null;
        }
        events++;
        if (--farewell > 0) {
            return event.is(EventType.TRANSPORT_ERROR, engine.transport());
        }
        ending();
        return event.is(EventType.TRANSPORT_CLOSED, engine.transport());
    }

    /** What the transport says, and if that is nothing the peer. */
    private @Nullable ErrorCondition error() {
        ErrorCondition own = engine.transport().getCondition();
        if (own != null && own.getCondition() != null) {
            return own;
        }
        ErrorCondition remote = connection.getRemoteCondition();
        return remote == null || remote.getCondition() == null ? null : remote;
    }

    private void topUp() {
        long now = proactor.loop().nowNanos();
        engine.endBatch();
        wire.flush(now);
        int reasons = state.takeReasons();
        if (reasons != 0 || wire.hasMoreInput()) {
            work(reasons, now);
        }
    }

    /** In a handler: writes now what the network takes. */
    void flush() {
        if (!released && fault == null) {
            wire.flush(proactor.loop().nowNanos());
        }
    }

    /** In a handler: lets go of the connection. */
    void releaseConnection() {
        if (released || fault != null || engine.closed() || state.isFinal()) {
            return;
        }
        if (!state.isRunning()) {
            throw new IllegalStateException("a connection whose batch nobody has open can't be released."
                    + " From another thread: proactor.execute(connection, () -> proactor.release(connection))");
        }
        inbox.runAndClose();
        released = true;
        connection.ended();
        engine.release();
        wire.abandon();
    }

    ConnectionEngine engine() {
        return engine;
    }

    /** In a handler: why the connection ends, if it does. */
    @Nullable CloseReason closeReason() {
        if (released) {
            return CloseReason.RELEASED;
        }
        return engine.closed() || engine.transport().getCondition() != null ? engine.reason() : null;
    }

    @Nullable LastingConnection lasting() {
        return lasting;
    }

    boolean isReleased() {
        return released;
    }

    @Override
    public void closeBatch() {
        Throwable failed = fault;
        if (failed != null) {
            proactor.batchClosed(EventSource.CONNECTION, events);
            if (!engine.closed()) {
                LeaderFollower.crashed(this, failed);
            } else if (farewell == 0) {
                finish();
            } else {
                bidFarewell();
            }
            return;
        }
        try {
            long now = proactor.loop().nowNanos();
            proactor.batchClosed(EventSource.CONNECTION, events);
            if (proactor.isTimed()) {
                group.recorder().batch(openedNanos - readyAtNanos, now - openedNanos, events);
            }
            finishWork(now);
        } catch (Throwable failure) {
            LeaderFollower.crashed(this, failure);
            return;
        }
        letGo();
    }

    // ---- the owner: letting go

    private void done(long nowNanos) {
        finishWork(nowNanos);
        letGo();
    }

    private void finishWork(long nowNanos) {
        if (!released) {
            engine.endBatch();
            wire.tick(nowNanos);
            wire.flush(nowNanos);
            // What was written now, perhaps a heartbeat, says when the next one is due.
            wire.tick(nowNanos);
            engine.updateCounts();
        }
        if (released || engine.closed()) {
            wire.beginClosing(nowNanos);
        }
    }

    /** Arms, sets the deadline, releases. The task is not touched after this. */
    private void letGo() {
        if (wire.isGone()) {
            finish();
            return;
        }
        proactor.loop().deadline(this, wire.arm(true));
        boolean unfinished = !wire.isClosing() && (engine.hasEvents() || wire.hasMoreInput());
        if (unfinished ? state.requeue(TaskState.CONTINUE) : state.release()) {
            proactor.loop().enqueue(this);
        } else if (state.isFinal()) {
            // Killed meanwhile, perhaps before there was a socket to close.
            wire.kill();
        }
    }

    /** As {@link #letGo}, where events are pending and a handler comes first. */
    private void leaveToHandlers(int reasons) {
        proactor.loop().deadline(this, wire.arm(false));
        if (!proactor.loop().leaveToHandlers(this, reasons, WITHOUT_HANDLER)) {
            wire.kill();
        }
    }

    private void leave() {
        Admission.Place taken = place;
        if (taken != null) {
            taken.giveBack();
        }
    }

    private void finish() {
        leave();
        proactor.over(this);
        if (state.finish()) {
            if (lasting != null) {
                // Still alive, so that its timer counts on.
                lasting.gone(this);
            }
            proactor.dead();
        }
    }

    /**
     * The application is told as of any other end, in a last batch, but not by the engine, which may be in any state.
     *
     * @param failure what was thrown
     */
    @Override
    public void crashed(Throwable failure) {
        boolean again = fault != null && engine.closed();
        boolean told = released || engine.closed();
        fault = failure;
        wire.kill();
        if (told) {
            try {
                if (again) {
                    // There was not even the memory for that batch.
                    connection.ended();
                    inbox.runAndClose();
                }
            } finally {
                finish();
            }
            return;
        }
        farewell = errorTold ? 1 : 2;
        try {
            engine.crashed(failure);
        } catch (Throwable unable) {
            // It had been told what it can't do any more; the application is told in any case.
        }
        proactor.loop().deadline(this, Deadlines.NONE);
        bidFarewell();
    }

    private void bidFarewell() {
        if (state.requeue(TaskState.CONTINUE)) {
            proactor.loop().enqueue(this);
        } else {
            finish();
        }
    }

    /** {@return what messages call it} */
    String describe() {
        return options.name() + " " + wire.describe();
    }

    @Override
    public EventSource source() {
        return EventSource.CONNECTION;
    }

    @Override
    public @Nullable Listener listener() {
        return null;
    }

    @Override
    public String toString() {
        return "connection " + describe();
    }
}
