package dev.proactor.internal.task;

import dev.proactor.CloseReason;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import dev.proactor.internal.counts.ConnectionGroup;
import dev.proactor.internal.engine.ConnectionEngine;
import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.transport.ByteTransport;
import dev.proactor.internal.transport.TcpTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of a connection's bytes between its engine and the network, from the connect to the last byte.
 *
 * <pre>
 *   CONNECTING --&gt; CONNECTED --&gt; LINGERING --&gt; DEREGISTERING --&gt; GONE
 *        |             |                             ^             ^
 *        |             +-----------------------------+             |
 *        +-------------------------------------------+-------------+
 *                                       no channel, or never registered
 * </pre>
 *
 * <p>It belongs to the owner of the connection's task, but for the addresses and {@link #kill}, which any thread may use.
 */
final class Wire implements Connector.Outcome {

    private enum Phase {
        /** There is no transport connection yet, or there never will be. */
        CONNECTING,
        CONNECTED,
        /** Our output is ended; what the peer still sends is read and dropped, so that no reset destroys our last bytes. */
        LINGERING,
        /** The channel is closed; its descriptor is free once the poller has let it go. */
        DEREGISTERING,
        GONE
    }

    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int LINGER_BYTES = 256 * 1024;

    private final DefaultProactor proactor;
    private final Task task;
    private final ConnectionEngine engine;
    private final ConnectionGroup group;
    private final @Nullable Connector connector;

    // Any thread.
    private volatile @Nullable SocketChannel channel;
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    private volatile @Nullable String peer;

    // The owner.
    private Phase phase = Phase.CONNECTING;
    private @Nullable ByteTransport transport;
    private @Nullable Registration registration;
    private @Nullable ByteBuffer unwritten;
    private boolean inputEnded;
    private boolean outputDead;
    private boolean moreInput;
    private boolean abandoned;
    private long lookedAtNanos;
    private long nextTickNanos = Deadlines.NONE;
    private long lingerUntilNanos;
    private int lingered;

    /** A wire to be made. */
    Wire(
            DefaultProactor proactor,
            Task task,
            ConnectionEngine engine,
            ConnectionGroup group,
            NetworkAddress target,
            long connectDeadlineNanos) {
        this.proactor = proactor;
        this.task = task;
        this.engine = engine;
        this.group = group;
        this.connector = new Connector(proactor, task, target, connectDeadlineNanos, this);
        this.peer = target.toString();
    }

    /** A wire over a channel that is connected already; without one it fails. */
    Wire(
            DefaultProactor proactor,
            Task task,
            ConnectionEngine engine,
            ConnectionGroup group,
            @Nullable SocketChannel channel) {
        this.proactor = proactor;
        this.task = task;
        this.engine = engine;
        this.group = group;
        this.connector = null;
        this.channel = channel;
    }

    // ---- any thread

    @Nullable InetSocketAddress localAddress() {
        return local;
    }

    @Nullable InetSocketAddress remoteAddress() {
        return remote;
    }

    /** Closes the socket under the owner, if there is one. */
    void kill() {
        if (connector != null) {
            connector.kill();
        }
        SocketChannel socket = channel;
        if (socket != null) {
            new TcpTransport(socket).close();
        }
    }

    // ---- the owner: what is ready

    /** Does what the reasons ask for. */
    void work(int reasons, long nowNanos) {
        if (abandoned) {
            return;
        }
        if (phase == Phase.CONNECTING) {
            connect(reasons, nowNanos);
        }
        if (phase != Phase.CONNECTED) {
            return;
        }
        // A deadline is judged after a look at the socket: bytes may wait there that came in time.
        if ((reasons & (TaskState.READ | TaskState.TICK)) != 0 || moreInput) {
            read(nowNanos);
        }
        if ((reasons & TaskState.TICK) != 0) {
            engine.tick(nowNanos, unwritten != null);
        }
    }

    /**
     * Goes on without input, which would only add to the events that wait for a handler. As nothing is read, the peer's silence
     * is not judged: only heartbeats are due.
     */
    void workWithoutInput(int reasons, long nowNanos) {
        nextTickNanos = Deadlines.NONE;
        if (abandoned) {
            return;
        }
        if (phase == Phase.CONNECTING) {
            connect(reasons, nowNanos);
        }
        if (phase == Phase.CONNECTED) {
            engine.beat(nowNanos, unwritten != null);
            flush(nowNanos);
            nextTickNanos = engine.beat(nowNanos, unwritten != null);
        }
    }

    private void connect(int reasons, long nowNanos) {
        SocketChannel socket = channel;
        if (connector != null) {
            connector.work(reasons, nowNanos);
        } else if (socket != null) {
            connected(socket, null, nowNanos);
        } else {
            fail("no peer is waiting", "accept", CloseReason.CONNECT_FAILED);
            abandon();
        }
    }

    @Override
    public void connected(SocketChannel socket, @Nullable Registration place, long nowNanos) {
        channel = socket;
        registration = place;
        transport = new TcpTransport(socket);
        phase = Phase.CONNECTED;
        lookedAtNanos = nowNanos;
        try {
            socket.configureBlocking(false);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            InetSocketAddress other = (InetSocketAddress) socket.getRemoteAddress();
            local = (InetSocketAddress) socket.getLocalAddress();
            remote = other;
            if (peer == null) {
                peer = NetworkAddress.format(other.getAddress().getHostAddress(), String.valueOf(other.getPort()));
            }
            group.attemptSucceeded();
            engine.connected(nowNanos);
        } catch (IOException e) {
            // Over before it began.
            outputDead = true;
            inputEnded = true;
            fail(Lookups.message(e), "connect", CloseReason.CONNECT_FAILED);
        }
    }

    @Override
    public void failed(String why, CloseReason reason) {
        group.attemptFailed();
        fail(why, "connect", reason);
        abandon();
    }

    /** C's form of an I/O condition: what the system says - what was tried host:port. */
    private void fail(String why, String what, CloseReason reason) {
        engine.fail(Proactor.IO_ERROR.toString(), why + " - " + what + " " + describe(), reason);
    }

    // ---- the owner: bytes

    private void read(long nowNanos) {
        ByteTransport stream = transport;
        if (stream == null || inputEnded) {
            moreInput = false;
            return;
        }
        lookedAtNanos = nowNanos;
        ByteBuffer buffer = proactor.buffers().lend();
        try {
            int count = stream.read(buffer);
            if (count < 0) {
                inputEnded = true;
                moreInput = false;
                engine.inputEnded();
            } else {
                moreInput = !stream.drained();
                if (count > 0) {
                    engine.input(buffer.flip(), nowNanos);
                }
            }
        } catch (IOException e) {
            inputEnded = true;
            outputDead = true;
            moreInput = false;
            fail(Lookups.message(e), "disconnected", CloseReason.TRANSPORT_ERROR);
        } finally {
            proactor.buffers().giveBack(buffer.clear());
        }
    }

    /** Moves the engine's output to the network, as much as that takes. */
    void flush(long nowNanos) {
        ByteTransport stream = transport;
        if (phase != Phase.CONNECTED || stream == null) {
            return;
        }
        if (outputDead) {
            engine.outputFailed();
            return;
        }
        if (unwritten == null && engine.outputFinished()) {
            return;
        }
        try {
            if (writeLeftOver(stream, nowNanos)) {
                writeNew(stream, nowNanos);
                if (unwritten != null) {
                    // The end may wait for it, but not for ever.
                    tick(nowNanos);
                }
            }
        } catch (IOException e) {
            outputDead = true;
            unwritten = null;
            // The peer's last words may wait in the socket, with the reason.
            do {
                read(nowNanos);
            } while (moreInput);
            fail(Lookups.message(e), "disconnected", CloseReason.TRANSPORT_ERROR);
            engine.outputFailed();
        }
    }

    private boolean writeLeftOver(ByteTransport stream, long nowNanos) throws IOException {
        ByteBuffer left = unwritten;
        if (left == null) {
            return true;
        }
        int before = left.remaining();
        stream.write(left);
        boolean some = left.hasRemaining();
        if (!some) {
            unwritten = null;
        }
        if (left.remaining() < before) {
            engine.wrote(nowNanos, some);
        }
        return !some;
    }

    private void writeNew(ByteTransport stream, long nowNanos) throws IOException {
        ByteBuffer buffer = proactor.buffers().lend();
        try {
            while (engine.output(buffer) > 0) {
                boolean maybeMore = !buffer.hasRemaining();
                buffer.flip();
                int given = buffer.remaining();
                stream.write(buffer);
                int left = buffer.remaining();
                if (left > 0) {
                    unwritten = ByteBuffer.allocate(left).put(buffer).flip();
                }
                if (left < given) {
                    engine.wrote(nowNanos, left > 0);
                }
                if (left > 0 || !maybeMore) {
                    return;
                }
                buffer.clear();
            }
        } finally {
            proactor.buffers().giveBack(buffer.clear());
        }
    }

    /**
     * Looks at the clock at the end of a batch: a heartbeat may be due. Silence is judged as of the last look at the socket;
     * what has come since then is not known yet.
     */
    void tick(long nowNanos) {
        if (phase == Phase.CONNECTED) {
            nextTickNanos = engine.tick(Math.min(lookedAtNanos, nowNanos), nowNanos, unwritten != null);
        }
    }

    /** {@return whether the last read may have left something behind that the poller would not tell of} */
    boolean hasMoreInput() {
        return moreInput;
    }

    // ---- the owner: the end

    /** Nothing more is written or read: disconnected, released, or never connected. */
    void abandon() {
        abandoned = true;
        moreInput = false;
        unwritten = null;
    }

    void forgetAddresses() {
        local = null;
        remote = null;
    }

    /** {@return whether the engine is done with it} */
    boolean isClosing() {
        return phase == Phase.LINGERING || phase == Phase.DEREGISTERING;
    }

    /** {@return whether nothing is left of it} */
    boolean isGone() {
        return phase == Phase.GONE;
    }

    /** The engine has had its last event: closes the socket, in a way that the peer gets what was written. */
    void beginClosing(long nowNanos) {
        if (isClosing() || isGone()) {
            return;
        }
        forgetAddresses();
        ByteTransport stream = transport;
        if (stream == null || phase != Phase.CONNECTED) {
            close();
            return;
        }
        if (unwritten == null) {
            endOutput(stream);
        }
        boolean calm = abandoned || inputEnded || outputDead || engine.endedInOrder();
        phase = Phase.LINGERING;
        lingerUntilNanos = nowNanos + LINGER_NANOS;
        lingered = 0;
        if (discard(stream) || (calm && unwritten == null)) {
            close();
        }
    }

    /** Another look while lingering. */
    void linger(long nowNanos) {
        ByteTransport stream = transport;
        if (phase != Phase.LINGERING || stream == null) {
            return;
        }
        if (unwritten != null) {
            try {
                if (writeLeftOver(stream, nowNanos)) {
                    endOutput(stream);
                }
            } catch (IOException e) {
                close();
                return;
            }
        }
        if (discard(stream) || nowNanos >= lingerUntilNanos) {
            close();
        }
    }

    private void endOutput(ByteTransport stream) {
        try {
            if (!outputDead) {
                stream.shutdownOutput();
            }
        } catch (IOException e) {
            outputDead = true;
        }
    }

    /** {@return whether there is nothing more to wait for} */
    private boolean discard(ByteTransport stream) {
        if (inputEnded) {
            return unwritten == null;
        }
        ByteBuffer buffer = proactor.buffers().lend();
        try {
            for (int count = stream.read(buffer); count != 0; count = stream.read(buffer)) {
                if (count < 0) {
                    inputEnded = true;
                    return unwritten == null;
                }
                lingered += count;
                if (lingered > LINGER_BYTES) {
                    return true;
                }
                buffer.clear();
            }
            return false;
        } catch (IOException e) {
            inputEnded = true;
            return true;
        } finally {
            proactor.buffers().giveBack(buffer.clear());
        }
    }

    private void close() {
        unwritten = null;
        if (connector != null && channel == null) {
            // An attempt that was cut off.
            channel = connector.channel();
            registration = connector.registration();
        }
        SocketChannel socket = channel;
        if (socket == null) {
            phase = Phase.GONE;
            return;
        }
        new TcpTransport(socket).close();
        if (registration == null) {
            phase = Phase.GONE;
        } else {
            phase = Phase.DEREGISTERING;
            proactor.poller().awaitDeregistered(task);
            proactor.loop().interestChanged();
        }
    }

    // ---- the owner: letting go

    /**
     * Tells the poller what to look for.
     *
     * @param input whether input is wanted now
     * @return when to look again in any case
     */
    long arm(boolean input) {
        return switch (phase) {
            case DEREGISTERING, GONE -> Deadlines.NONE;
            case CONNECTING -> connector == null || abandoned ? Deadlines.NONE : connector.arm();
            case CONNECTED -> {
                int writing = unwritten != null ? SelectionKey.OP_WRITE : 0;
                interest(inputEnded || !input ? writing : SelectionKey.OP_READ | writing);
                yield nextTickNanos;
            }
            case LINGERING -> {
                int writing = unwritten != null ? SelectionKey.OP_WRITE : 0;
                interest(inputEnded ? writing : SelectionKey.OP_READ | writing);
                yield lingerUntilNanos;
            }
        };
    }

    private void interest(int ops) {
        SocketChannel socket = channel;
        if (socket == null) {
            return;
        }
        try {
            if (registration == null) {
                registration = proactor.poller().register(socket, task, ops);
                proactor.loop().interestChanged();
            } else if (registration.arm(ops)) {
                proactor.loop().interestChanged();
            }
        } catch (IOException | RuntimeException e) {
            // The channel was closed under us, by the proactor's own end.
            inputEnded = true;
            outputDead = true;
            fail(Lookups.message(e), "registering", CloseReason.TRANSPORT_ERROR);
        }
    }

    /** {@return the peer, for messages} */
    String describe() {
        String known = peer;
        return known == null ? "a peer" : known;
    }
}
