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
import dev.proactor.internal.transport.UnencryptedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
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

    /** Makes the transport of a channel. */
    interface Opener {
        ByteTransport open(SocketChannel channel) throws IOException;
    }

    private static final String FRAMING_ERROR = "amqp:connection:framing-error";
    private static final String POLICY_ERROR = "amqp:connection:policy-error";
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int LINGER_BYTES = 256 * 1024;

    private final DefaultProactor proactor;
    private final Task task;
    private final ConnectionEngine engine;
    private final ConnectionGroup group;
    private final Opener opener;
    private final @Nullable Connector connector;

    // Any thread.
    private volatile @Nullable SocketChannel channel;
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    private volatile @Nullable String peer;
    private volatile @Nullable ByteTransport transport;

    // The owner.
    private Phase phase = Phase.CONNECTING;
    private @Nullable Registration registration;
    private @Nullable ByteBuffer unwritten;
    private boolean inputEnded;
    /** TLS has failed, and the peer was told: it should have the time to hear it. */
    private boolean refused;

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
            Opener opener,
            NetworkAddress target,
            long connectDeadlineNanos) {
        this.proactor = proactor;
        this.task = task;
        this.engine = engine;
        this.group = group;
        this.opener = opener;
        this.connector = new Connector(proactor, task, target, connectDeadlineNanos, this);
        this.peer = target.toString();
    }

    /** A wire over a channel that is connected already; without one it fails. */
    Wire(
            DefaultProactor proactor,
            Task task,
            ConnectionEngine engine,
            ConnectionGroup group,
            Opener opener,
            @Nullable SocketChannel channel) {
        this.proactor = proactor;
        this.task = task;
        this.engine = engine;
        this.group = group;
        this.opener = opener;
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

    @Nullable SSLSession security() {
        ByteTransport stream = transport;
        return stream == null ? null : stream.security();
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
            engine.tick(nowNanos, outputWaits());
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
            engine.beat(nowNanos, outputWaits());
            flush(nowNanos);
            nextTickNanos = engine.beat(nowNanos, outputWaits());
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
        phase = Phase.CONNECTED;
        lookedAtNanos = nowNanos;
        try {
            socket.configureBlocking(false);
            transport = opener.open(socket);
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
            if (transport == null) {
                transport = new TcpTransport(socket);
            }
            outputDead = true;
            inputEnded = true;
            broken(e, "connect", CloseReason.CONNECT_FAILED);
        }
    }

    @Override
    public void failed(String why, CloseReason reason) {
        group.attemptFailed();
        fail(why, "connect", reason);
        abandon();
    }

    private void broken(IOException e, String what, CloseReason reason) {
        if (e instanceof SSLException) {
            // As Proton C has it: what is wrong with TLS is a fault of framing.
            refused = true;
            engine.fail(FRAMING_ERROR, "SSL: " + Lookups.message(e) + " - " + describe(), reason);
        } else {
            fail(Lookups.message(e), what, reason);
        }
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
        } catch (UnencryptedException e) {
            moreInput = false;
            engine.failGracefully(POLICY_ERROR, Lookups.message(e), CloseReason.TRANSPORT_ERROR);
        } catch (IOException e) {
            inputEnded = true;
            outputDead = true;
            unwritten = null;
            moreInput = false;
            broken(e, "disconnected", CloseReason.TRANSPORT_ERROR);
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
        if (!outputWaits() && engine.outputFinished()) {
            return;
        }
        try {
            if (writeLeftOver(stream, nowNanos)) {
                writeNew(stream, nowNanos);
                if (outputWaits()) {
                    // The end may wait for it, but not for ever.
                    tick(nowNanos);
                }
            }
            moreInput |= !inputEnded && !stream.drained();
        } catch (IOException e) {
            outputDead = true;
            unwritten = null;
            if (e instanceof SSLException) {
                inputEnded = true;
                moreInput = false;
            } else {
                // The peer's last words may wait in the socket, with the reason.
                do {
                    read(nowNanos);
                } while (moreInput);
            }
            broken(e, "disconnected", CloseReason.TRANSPORT_ERROR);
            engine.outputFailed();
        }
    }

    /** {@return whether bytes that the engine gave are not with the network yet} */
    private boolean outputWaits() {
        ByteTransport stream = transport;
        return unwritten != null || (stream != null && !outputDead && !stream.flushed());
    }

    private boolean writeLeftOver(ByteTransport stream, long nowNanos) throws IOException {
        if (!outputWaits()) {
            return true;
        }
        ByteBuffer left = unwritten == null ? NOTHING : unwritten;
        int before = left.remaining();
        stream.write(left);
        if (!left.hasRemaining()) {
            unwritten = null;
        }
        boolean some = outputWaits();
        if (!some || left.remaining() < before) {
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
                boolean waits = outputWaits();
                if (left < given) {
                    engine.wrote(nowNanos, waits);
                }
                if (waits || !maybeMore) {
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
            nextTickNanos = engine.tick(Math.min(lookedAtNanos, nowNanos), nowNanos, outputWaits());
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
        if (!outputWaits()) {
            endOutput(stream);
        }
        boolean calm = !refused && (abandoned || inputEnded || outputDead || engine.endedInOrder());
        phase = Phase.LINGERING;
        lingerUntilNanos = nowNanos + LINGER_NANOS;
        lingered = 0;
        if (discard(stream) || (calm && !outputWaits())) {
            close();
        }
    }

    /** Another look while lingering. */
    void linger(long nowNanos) {
        ByteTransport stream = transport;
        if (phase != Phase.LINGERING || stream == null) {
            return;
        }
        if (outputWaits()) {
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
        if (inputEnded && !refused) {
            return !outputWaits();
        }
        ByteBuffer buffer = proactor.buffers().lend();
        try {
            for (int count = stream.discard(buffer); count != 0; count = stream.discard(buffer)) {
                if (count < 0) {
                    inputEnded = true;
                    refused = false;
                    return !outputWaits();
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
                ByteTransport stream = transport;
                interest(stream == null ? 0 : stream.interest(input && !inputEnded, outputWaits()));
                yield nextTickNanos;
            }
            case LINGERING -> {
                // What waits may wait for input, of a handshake that will not end: then a socket that takes output is
                // no news.
                ByteTransport stream = transport;
                interest(stream == null ? 0 : stream.interest(!inputEnded || refused, outputWaits()));
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
