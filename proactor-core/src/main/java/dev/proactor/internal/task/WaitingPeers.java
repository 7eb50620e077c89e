package dev.proactor.internal.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.transport.TcpTransport;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** The peers of a listener that were neither accepted nor rejected, in the order of their coming. Any thread. */
final class WaitingPeers {

    /**
     * A peer that the system gave us.
     *
     * @param sinceNanos when
     * @param place what it takes up of its listener
     */
    record Peer(SocketChannel channel, long sinceNanos, Admission.Place place) {

        /** It is not wanted: closes the channel and gives the place back. */
        void dismiss() {
            new TcpTransport(channel).close();
            place.giveBack();
        }
    }

    private final int limit;
    private final Object lock = new Object();

    @GuardedBy("lock") private final Deque<Peer> peers = new ArrayDeque<>();

    /** How many of those that wait, the youngest, have no event yet. */
    @GuardedBy("lock") private int unannounced;

    @GuardedBy("lock") private boolean closed;

    WaitingPeers(int limit) {
        this.limit = limit;
    }

    /** Takes a peer in; one that comes too late is disconnected. */
    void add(Peer peer) {
        synchronized (lock) {
            if (!closed) {
                peers.add(peer);
                unannounced++;
                return;
            }
        }
        peer.dismiss();
    }

    /** {@return the oldest one, or {@code null} if there is none} */
    @Nullable Peer take() {
        synchronized (lock) {
            Peer peer = peers.poll();
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
     * Disconnects those that have waited for too long.
     *
     * @param mostNanos how long one may wait
     * @return how many they were
     */
    int dropThoseThatWait(long mostNanos, long nowNanos) {
        int count = 0;
        synchronized (lock) {
            for (Peer peer = peers.peek(); peer != null; peer = peers.peek()) {
                if (nowNanos - peer.sinceNanos() < mostNanos) {
                    break;
                }
                peers.remove();
                peer.dismiss();
                count++;
            }
            unannounced = Math.min(unannounced, peers.size());
        }
        return count;
    }

    /** {@return since when the oldest one has waited, or {@link Deadlines#NONE} if none waits} */
    long oldestNanos() {
        synchronized (lock) {
            Peer peer = peers.peek();
            return peer == null ? Deadlines.NONE : peer.sinceNanos();
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
            for (Peer peer = peers.poll(); peer != null; peer = peers.poll()) {
                peer.dismiss();
            }
            return count;
        }
    }
}
