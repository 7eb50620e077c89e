package dev.proactor.internal.task;

import dev.proactor.CloseReason;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.transport.BufferPool;
import dev.proactor.internal.transport.TcpTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/**
 * The way of a raw connection's bytes between its buffers and the network, from the connect to the last byte. Its phases are
 * those of {@link Wire}.
 *
 * <p>The selector tells of a reset only where it is asked for input or output. Where neither is wanted (no read buffer, or the input
 * has ended, and nothing to write) the poller is asked now and then to look for an error alone.
 *
 * <p>It belongs to the owner of the connection's task, but for the addresses and {@link #kill}, which any thread may use.
 */
final class RawSocket implements Connector.Outcome {

    private enum Phase {
        CONNECTING,
        CONNECTED,
        LINGERING,
        DEREGISTERING,
        GONE
    }

    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int LINGER_BYTES = 256 * 1024;

    /** A peer that takes nothing for so long after the close gets no more. */
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LAST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final DefaultProactor proactor;
    private final Task task;
    private final RawState state;
    private final @Nullable Connector connector;

    // Any thread.
    private volatile @Nullable SocketChannel channel;
    private volatile @Nullable InetSocketAddress local;
    private volatile @Nullable InetSocketAddress remote;
    private volatile String peer;

    // The owner.
    private Phase phase = Phase.CONNECTING;
    private @Nullable Registration registration;
    private boolean inputEnded;
    private boolean outputShut;
    private boolean maybeMoreInput;
    private boolean reset;
    private long lookNanos = Deadlines.NONE;
    private long lookIntervalNanos = FIRST_LOOK_NANOS;
    private long stuckNanos = Deadlines.NONE;
    private long lingerUntilNanos;
    private int lingered;

    /** A connection to be made. */
    RawSocket(DefaultProactor proactor, Task task, RawState state, NetworkAddress target, long connectDeadlineNanos) {
        this.proactor = proactor;
        this.task = task;
        this.state = state;
        this.connector = new Connector(proactor, task, target, connectDeadlineNanos, this);
        this.peer = target.toString();
    }

    /** A channel that is connected already; without one it fails. */
    RawSocket(DefaultProactor proactor, Task task, RawState state, @Nullable SocketChannel channel) {
        this.proactor = proactor;
        this.task = task;
        this.state = state;
        this.connector = null;
        this.channel = channel;
        this.peer = "a peer";
    }

    // ---- any thread

    @Nullable InetSocketAddress localAddress() {
        return local;
    }

    @Nullable InetSocketAddress remoteAddress() {
        return remote;
    }

    /** {@return the peer, for messages} */
    String describe() {
        return peer;
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
        if (phase == Phase.CONNECTING) {
            connect(reasons, nowNanos);
            return;
        }
        if (phase != Phase.CONNECTED) {
            return;
        }
        if ((reasons & TaskState.READ) != 0 || maybeMoreInput) {
            read();
        }
        if ((reasons & TaskState.CONNECT) != 0) {
            broken();
        }
        if ((reasons & TaskState.TICK) != 0) {
            look(nowNanos);
            if (nowNanos >= stuckNanos && state.isDrainingOnly()) {
                flush(nowNanos);
                if (nowNanos >= stuckNanos) {
                    fail("timed out", "write");
                }
            }
        }
    }

    /** Goes on where events wait for a handler: nothing is read. */
    void workWithoutInput(int reasons, long nowNanos) {
        if (phase == Phase.CONNECTING) {
            connect(reasons, nowNanos);
        } else if (phase == Phase.CONNECTED && (reasons & TaskState.CONNECT) != 0) {
            broken();
        }
        flush(nowNanos);
    }

    private void connect(int reasons, long nowNanos) {
        if (!state.isConnecting()) {
            return;
        }
        SocketChannel socket = channel;
        if (connector != null) {
            connector.work(reasons, nowNanos);
        } else if (socket != null) {
            connected(socket, null, nowNanos);
        } else {
            fail("no peer is waiting", "accept");
        }
    }

    @Override
    public void connected(SocketChannel socket, @Nullable Registration place, long nowNanos) {
        channel = socket;
        registration = place;
        phase = Phase.CONNECTED;
        try {
            socket.configureBlocking(false);
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            InetSocketAddress other = (InetSocketAddress) socket.getRemoteAddress();
            local = (InetSocketAddress) socket.getLocalAddress();
            remote = other;
            if (connector == null) {
                peer = NetworkAddress.format(other.getAddress().getHostAddress(), String.valueOf(other.getPort()));
            }
            state.connected();
        } catch (IOException e) {
            // Over before it began.
            fail(Lookups.message(e), "connect");
        }
    }

    @Override
    public void failed(String why, CloseReason reason) {
        fail(why, "connect");
    }

    /** C's form of an I/O condition: what the system says - what was tried host:port. */
    private void fail(String why, String what) {
        state.fail(new ErrorCondition(Proactor.IO_ERROR, why + " - " + what + " " + peer));
    }

    /** Disconnected by the proactor, or by a fault: the peer must not take what it has for the whole. */
    void abandon() {
        reset = true;
    }

    // ---- the owner: bytes

    private void read() {
        maybeMoreInput = false;
        SocketChannel socket = channel;
        if (socket == null || !state.wantsInput()) {
            return;
        }
        long room = 0;
        boolean direct = true;
        for (ByteBuffer buffer : state.unread()) {
            room += buffer.remaining();
            direct &= buffer.isDirect();
        }
        try {
            long count;
            if (direct) {
                count = state.unread().size() == 1
                        ? socket.read(state.unread().element())
                        : socket.read(state.unread().toArray(new ByteBuffer[0]));
            } else {
                room = Math.min(room, BufferPool.BUFFER_BYTES);
                count = readByCopy(socket, (int) room);
            }
            if (count < 0) {
                inputEnded = true;
                state.inputEnded();
            } else {
                state.filled(count);
                maybeMoreInput = count > 0 && count == room;
            }
        } catch (IOException e) {
            fail(Lookups.message(e), "disconnected");
        }
    }

    private int readByCopy(SocketChannel socket, int room) throws IOException {
        ByteBuffer copy = proactor.buffers().lend();
        try {
            int count = socket.read(copy.limit(room));
            copy.flip();
            for (ByteBuffer buffer : state.unread()) {
                int bytes = Math.min(buffer.remaining(), copy.remaining());
                buffer.put(buffer.position(), copy, copy.position(), bytes);
                buffer.position(buffer.position() + bytes);
                copy.position(copy.position() + bytes);
            }
            return count;
        } finally {
            proactor.buffers().giveBack(copy.clear());
        }
    }

    /** Writes what the network takes; after the last byte the end of the stream, if it is that. */
    void flush(long nowNanos) {
        SocketChannel socket = channel;
        if (phase != Phase.CONNECTED || socket == null) {
            return;
        }
        try {
            boolean more = state.wantsOutput();
            while (more) {
                more = write(socket, nowNanos) && state.wantsOutput();
            }
            if (state.outputIsComplete() && !outputShut) {
                outputShut = true;
                socket.shutdownOutput();
            }
        } catch (IOException e) {
            // The peer's last words may wait in the socket, with the reason.
            read();
            fail(Lookups.message(e), "disconnected");
        }
    }

    /** {@return whether the network took all that it was offered} */
    private boolean write(SocketChannel socket, long nowNanos) throws IOException {
        Deque<ByteBuffer> buffers = state.unwritten();
        long offered = 0;
        boolean direct = true;
        for (ByteBuffer buffer : buffers) {
            offered += buffer.remaining();
            direct &= buffer.isDirect();
        }
        long count;
        if (direct) {
            count = buffers.size() == 1
                    ? socket.write(buffers.element())
                    : socket.write(buffers.toArray(new ByteBuffer[0]));
        } else {
            offered = Math.min(offered, BufferPool.BUFFER_BYTES);
            count = writeByCopy(socket, buffers);
        }
        state.moved();
        if (count > 0) {
            stuckNanos = nowNanos + STUCK_NANOS;
        }
        return count == offered;
    }

    private int writeByCopy(SocketChannel socket, Deque<ByteBuffer> buffers) throws IOException {
        ByteBuffer copy = proactor.buffers().lend();
        try {
            for (ByteBuffer buffer : buffers) {
                int bytes = Math.min(buffer.remaining(), copy.remaining());
                copy.put(copy.position(), buffer, buffer.position(), bytes);
                copy.position(copy.position() + bytes);
            }
            int count = socket.write(copy.flip());
            int left = count;
            for (ByteBuffer buffer : buffers) {
                int bytes = Math.min(buffer.remaining(), left);
                buffer.position(buffer.position() + bytes);
                left -= bytes;
            }
            return count;
        } finally {
            proactor.buffers().giveBack(copy.clear());
        }
    }

    /** {@return whether the last read may have left something behind, and there is a buffer for it} */
    boolean hasMoreInput() {
        return maybeMoreInput && phase == Phase.CONNECTED && state.wantsInput();
    }

    // ---- the owner: a reset that no read or write would find

    private void look(long nowNanos) {
        Registration place = registration;
        if (nowNanos < lookNanos || place == null) {
            return;
        }
        lookIntervalNanos = Math.min(2 * lookIntervalNanos, LAST_LOOK_NANOS);
        lookNanos = nowNanos + lookIntervalNanos;
        place.lookForError();
        proactor.loop().interestChanged();
    }

    /** The poller says that there is an error. */
    private void broken() {
        SocketChannel socket = channel;
        if (socket == null || state.isEnded()) {
            return;
        }
        if (state.wantsInput()) {
            // What came before the error is read first.
            read();
            return;
        }
        if (outputShut) {
            // It may be no more than the end of both streams.
            return;
        }
        String why = "connection reset";
        try {
            // Nobody wants what can be read; but the error has a name.
            socket.read(ByteBuffer.allocate(1));
        } catch (IOException e) {
            why = Lookups.message(e);
        }
        fail(why, "disconnected");
    }

    // ---- the owner: the end

    void forgetAddresses() {
        local = null;
        remote = null;
    }

    /** {@return whether its connection is done with it} */
    boolean isClosing() {
        return phase == Phase.LINGERING || phase == Phase.DEREGISTERING;
    }

    /** {@return whether nothing is left of it} */
    boolean isGone() {
        return phase == Phase.GONE;
    }

    /** The last event was handled: closes the socket, in a way that the peer gets what was written. */
    void beginClosing(long nowNanos) {
        if (isClosing() || isGone()) {
            return;
        }
        forgetAddresses();
        if (phase != Phase.CONNECTED || !outputShut || inputEnded || reset) {
            close();
            return;
        }
        phase = Phase.LINGERING;
        lingerUntilNanos = nowNanos + LINGER_NANOS;
        linger(nowNanos);
    }

    /** Reads and drops what the peer still sends, so that no reset destroys our last bytes; for some time, and not without end. */
    void linger(long nowNanos) {
        SocketChannel socket = channel;
        if (phase != Phase.LINGERING || socket == null) {
            return;
        }
        if (nowNanos >= lingerUntilNanos || discard(socket)) {
            close();
        }
    }

    /** {@return whether there is nothing more to wait for} */
    private boolean discard(SocketChannel socket) {
        ByteBuffer buffer = proactor.buffers().lend();
        try {
            for (int count = socket.read(buffer); count != 0; count = socket.read(buffer.clear())) {
                lingered += Math.max(0, count);
                if (count < 0 || lingered > LINGER_BYTES) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return true;
        } finally {
            proactor.buffers().giveBack(buffer.clear());
        }
    }

    private void close() {
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
        if (reset) {
            try {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            } catch (IOException e) {
                // Closed already.
            }
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
    long arm(boolean input, long nowNanos) {
        return switch (phase) {
            case DEREGISTERING, GONE -> Deadlines.NONE;
            case CONNECTING -> connector == null || !state.isConnecting() ? Deadlines.NONE : connector.arm();
            case CONNECTED -> armConnected(input, nowNanos);
            case LINGERING -> {
                interest(SelectionKey.OP_READ);
                yield lingerUntilNanos;
            }
        };
    }

    private long armConnected(boolean input, long nowNanos) {
        int ops = (input && state.wantsInput() ? SelectionKey.OP_READ : 0)
                | (state.wantsOutput() ? SelectionKey.OP_WRITE : 0);
        interest(ops);
        if (ops != 0 || outputShut || state.isEnded()) {
            lookNanos = Deadlines.NONE;
            lookIntervalNanos = FIRST_LOOK_NANOS;
        } else if (lookNanos == Deadlines.NONE) {
            lookNanos = nowNanos + lookIntervalNanos;
        }
        if (!state.isDrainingOnly()) {
            stuckNanos = Deadlines.NONE;
        } else if (stuckNanos == Deadlines.NONE) {
            stuckNanos = nowNanos + STUCK_NANOS;
        }
        return Math.min(lookNanos, stuckNanos);
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
            fail(Lookups.message(e), "registering");
        }
    }
}
