package dev.proactor.internal.task;

import dev.proactor.CloseReason;
import dev.proactor.NetworkAddress;
import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.transport.TcpTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a transport connection: looks the host up, then tries its addresses one after the other.
 *
 * <p>It belongs to the owner of the connection's task, but for {@code found} and {@link #kill}, which any thread may use. Once it
 * has told its outcome it is not asked again.
 */
final class Connector {

    /** Hears how it went, once. */
    interface Outcome {
        /** There is a connection; its channel and registration are the caller's now. */
        void connected(SocketChannel channel, @Nullable Registration registration, long nowNanos);

        /** There is none: the last failure, and the reason to count. */
        void failed(String why, CloseReason reason);
    }

    private final DefaultProactor proactor;
    private final Task task;
    private final NetworkAddress target;
    private final long deadlineNanos;
    private final Outcome outcome;
    private final Deque<InetSocketAddress> candidates = new ArrayDeque<>(0);

    // Any thread.
    private volatile Lookups.@Nullable Result found;
    private volatile @Nullable SocketChannel channel;

    // The owner.
    private boolean begun;
    private boolean lookedUp;
    private @Nullable Registration registration;

    Connector(DefaultProactor proactor, Task task, NetworkAddress target, long deadlineNanos, Outcome outcome) {
        this.proactor = proactor;
        this.task = task;
        this.target = target;
        this.deadlineNanos = deadlineNanos;
        this.outcome = outcome;
    }

    /** Goes on, as far as it can without blocking. */
    void work(int reasons, long nowNanos) {
        if (!begun) {
            begun = true;
            begin(nowNanos);
        } else if (!lookedUp && found != null) {
            lookedUp(nowNanos);
        } else if (channel != null && (reasons & TaskState.CONNECT) != 0) {
            finishConnect(nowNanos);
        } else if (nowNanos >= deadlineNanos) {
            outcome.failed("timed out", CloseReason.HANDSHAKE_TIMEOUT);
        }
    }

    private void begin(long nowNanos) {
        int port;
        try {
            port = target.port();
        } catch (IllegalArgumentException e) {
            outcome.failed(Lookups.message(e), CloseReason.CONNECT_FAILED);
            return;
        }
        List<InetAddress> literal = Lookups.literal(target.host());
        if (literal != null) {
            lookedUp = true;
            connect(literal, port, nowNanos);
            return;
        }
        proactor.lookups().resolve(target, result -> {
            found = result;
            proactor.loop().schedule(task, TaskState.RESOLVED);
        });
    }

    private void lookedUp(long nowNanos) {
        lookedUp = true;
        Lookups.Result result = found;
        if (result != null && result.failure() != null) {
            outcome.failed(Lookups.message(result.failure()), CloseReason.CONNECT_FAILED);
        } else if (result != null) {
            connect(result.addresses(), target.port(), nowNanos);
        }
    }

    private void connect(List<InetAddress> addresses, int port, long nowNanos) {
        for (InetAddress address : addresses) {
            candidates.add(new InetSocketAddress(address, port));
        }
        connectNext("no address", nowNanos);
    }

    /** Tries the next address; after the last one the failure of that one is what is told. */
    private void connectNext(String failure, long nowNanos) {
        String why = failure;
        for (InetSocketAddress address = candidates.poll(); address != null; address = candidates.poll()) {
            SocketChannel socket = null;
            try {
                socket = SocketChannel.open();
                socket.configureBlocking(false);
                channel = socket;
                if (socket.connect(address)) {
                    outcome.connected(socket, null, nowNanos);
                } else {
                    registration = proactor.poller().register(socket, task, SelectionKey.OP_CONNECT);
                    proactor.loop().interestChanged();
                }
                return;
            } catch (IOException | RuntimeException e) {
                why = Lookups.message(e);
                giveUp(socket);
            }
        }
        outcome.failed(why, CloseReason.CONNECT_FAILED);
    }

    private void finishConnect(long nowNanos) {
        SocketChannel socket = channel;
        if (socket == null) {
            return;
        }
        try {
            if (socket.finishConnect()) {
                outcome.connected(socket, registration, nowNanos);
            }
        } catch (IOException e) {
            giveUp(socket);
            // Its descriptor is free once the poller has looked again.
            proactor.loop().interestChanged();
            connectNext(Lookups.message(e), nowNanos);
        }
    }

    private void giveUp(@Nullable SocketChannel socket) {
        registration = null;
        channel = null;
        if (socket != null) {
            new TcpTransport(socket).close();
        }
    }

    /**
     * Tells the poller what to look for.
     *
     * @return when to look again in any case
     */
    long arm() {
        Registration place = registration;
        if (place != null && place.arm(SelectionKey.OP_CONNECT)) {
            proactor.loop().interestChanged();
        }
        return deadlineNanos;
    }

    /** {@return the channel of an attempt that was cut off, which is the caller's now} */
    @Nullable SocketChannel channel() {
        return channel;
    }

    /** {@return the registration of an attempt that was cut off} */
    @Nullable Registration registration() {
        return registration;
    }

    /** Closes the socket under the owner, if there is one. */
    void kill() {
        SocketChannel socket = channel;
        if (socket != null) {
            new TcpTransport(socket).close();
        }
    }

    @Override
    public String toString() {
        return target.toString();
    }
}
