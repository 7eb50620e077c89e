package dev.proactor.internal.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.proactor.NetworkAddress;
import dev.proactor.internal.poll.Poller;
import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Task;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of a listener, one for each address, all on one port. They belong to the owner of the listener's task; only {@link
 * #close()} is for any thread.
 */
final class ListeningSockets {

    private static final Logger LOG = System.getLogger("dev.proactor");

    private static final class Socket {
        final ServerSocketChannel channel;

        @Nullable Registration registration;

        Socket(ServerSocketChannel channel) {
            this.channel = channel;
        }
    }

    private final Object lock = new Object();

    @GuardedBy("lock") private boolean closed;

    /** Grows under the lock, and only the owner lets it grow: the owner reads it without. */
    private final List<Socket> sockets = new ArrayList<>();

    /** {@return the addresses that stand for all: a socket for IPv6 takes IPv4 too, as the JDK makes it} */
    static List<InetAddress> everyAddress() {
        try {
            return List.of(InetAddress.getByName("::"), InetAddress.getByName("0.0.0.0"));
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * Binds to those of the addresses that it can.
     *
     * @param addresses the addresses of the host
     * @param target the host and port as they were written
     * @param backlog how many peers may wait with the system
     * @return where it is bound, at least one address
     * @throws IOException if none could be bound: why the last one could not
     * @throws IllegalArgumentException if the port is none
     */
    List<InetSocketAddress> bind(List<InetAddress> addresses, NetworkAddress target, int backlog) throws IOException {
        int port = target.port();
        List<InetSocketAddress> bound = new ArrayList<>();
        IOException failure = new IOException("no address");
        for (InetAddress address : addresses) {
            try {
                InetSocketAddress local = bind(new InetSocketAddress(address, port), backlog);
                bound.add(local);
                if (target.host().isEmpty()) {
                    break;
                }
                // The system chooses once: all addresses have the same port.
                port = local.getPort();
            } catch (IOException | RuntimeException e) {
                failure = e instanceof IOException io ? io : new IOException(e.getMessage(), e);
            }
        }
        if (bound.isEmpty()) {
            throw failure;
        }
        return bound;
    }

    private InetSocketAddress bind(InetSocketAddress address, int backlog) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(
                address.getAddress() instanceof Inet6Address
                        ? StandardProtocolFamily.INET6
                        : StandardProtocolFamily.INET);
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(address, backlog);
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            synchronized (lock) {
                if (closed) {
                    throw new IOException("the proactor is closed");
                }
                sockets.add(new Socket(channel));
            }
            return local;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Takes peers from the system.
     *
     * @param peers where they wait
     * @param admission where each of them has a place
     * @param most how many at most
     * @return whether the system was asked at all, and so can give peers
     * @throws IOException if the system could not give one: for want of descriptors, most often
     */
    boolean accept(WaitingPeers peers, Admission admission, int most, long nowNanos) throws IOException {
        int left = most;
        boolean asked = false;
        for (Socket socket : sockets) {
            while (left > 0 && !peers.isFull() && !admission.isFull()) {
                SocketChannel channel = socket.channel.accept();
                asked = true;
                if (channel == null) {
                    break;
                }
                left--;
                WaitingPeers.Peer peer = new WaitingPeers.Peer(channel, nowNanos, admission.take());
                try {
                    channel.configureBlocking(false);
                } catch (IOException e) {
                    // Of no use, and no reason to pause.
                    peer.dismiss();
                    continue;
                }
                peers.add(peer);
            }
        }
        return asked;
    }

    /**
     * Tells the poller whether to look for peers.
     *
     * @return whether a leader that sleeps must look again
     * @throws IOException if a socket can't be registered
     */
    boolean arm(Poller poller, Task task, boolean forPeers) throws IOException {
        int ops = forPeers ? SelectionKey.OP_ACCEPT : 0;
        boolean changed = false;
        for (Socket socket : sockets) {
            if (socket.registration == null) {
                socket.registration = poller.register(socket.channel, task, ops);
                changed = true;
            } else {
                changed |= socket.registration.arm(ops);
            }
        }
        return changed;
    }

    /** {@return whether the poller holds one of them, and so its descriptor until it lets go; the owner only} */
    boolean isRegistered() {
        for (Socket socket : sockets) {
            if (socket.registration != null) {
                return true;
            }
        }
        return false;
    }

    /** Closes all of them, and one that is just being bound. Any thread. */
    void close() {
        synchronized (lock) {
            closed = true;
            for (Socket socket : sockets) {
                try {
                    socket.channel.close();
                } catch (IOException e) {
                    LOG.log(Level.DEBUG, "closing a listening socket failed", e);
                }
            }
        }
    }
}
