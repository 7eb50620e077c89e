package dev.proactor.internal.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.proactor.internal.transport.TcpTransport;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The peers of a listener that were neither accepted nor rejected, in the order of their coming. Any thread. */
final class WaitingPeers {

    private final int limit;
    private final Object lock = new Object();

    @GuardedBy("lock") private final Deque<SocketChannel> peers = new ArrayDeque<>();

    /** How many of those that wait, the youngest, have no event yet. */
    @GuardedBy("lock") private int unannounced;

    @GuardedBy("lock") private boolean closed;

    WaitingPeers(int limit) {
        this.limit = limit;
    }

    /** Takes a peer in; one that comes too late is disconnected. */
    void add(SocketChannel peer) {
        synchronized (lock) {
            if (!closed) {
                peers.add(peer);
                unannounced++;
                return;
            }
        }
        new TcpTransport(peer).close();
    }

    /** {@return the oldest one, or {@code null} if there is none} */
    @Nullable SocketChannel take() {
        synchronized (lock) {
            SocketChannel peer = peers.poll();
            // Who accepts more than it was told of has taken one that was still to be announced.
            unannounced = Math.min(unannounced, peers.size());
            return peer;
        }
    }

    /** {@return whether there was one to announce; each is announced once, for it may be accepted later} */
    boolean announce() {
        synchronized (lock) {
            if (unannounced == 0) {
                return false;
            }
            unannounced--;
            return true;
        }
    }

    boolean hasUnannounced() {
        synchronized (lock) {
            return unannounced > 0;
        }
    }

    int size() {
        synchronized (lock) {
            return peers.size();
        }
    }

    boolean isFull() {
        synchronized (lock) {
            return peers.size() >= limit;
        }
    }

    /**
     * Disconnects all, and whoever comes later.
     *
     * @return how many waited
     */
    int close() {
        synchronized (lock) {
            closed = true;
            unannounced = 0;
            int count = peers.size();
            for (SocketChannel peer = peers.poll(); peer != null; peer = peers.poll()) {
                new TcpTransport(peer).close();
            }
            return count;
        }
    }
}
