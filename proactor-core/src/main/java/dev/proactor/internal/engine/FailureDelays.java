package dev.proactor.internal.engine;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * How long a peer that fails to authenticate waits for its answer: 100 ms, doubled up to 5 s with each failure from its address
 * (its /64 of IPv6), forgotten a minute after the last.
 *
 * <p>The memory is constant: one word for each of some places, of which an address has one by its hash. Another address at the
 * same place takes it over: an attacker with very many addresses is slowed down less, and nobody is slowed down for others.
 *
 * <p>Lock-free, any thread.
 */
public final class FailureDelays {

    private static final int PLACES = 4096;
    private static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FORGET_SECONDS = 60;
    private static final int MOST_FAILURES = 15;
    private static final int IPV6_NETWORK_BYTES = 8;

    // 32 bits of the address's hash, 28 of the second of the last failure, 4 of the number of failures.
    private static final int FAILURE_BITS = 4;
    private static final int SECOND_BITS = 28;
    private static final long SECOND_MASK = (1L << SECOND_BITS) - 1;

    private final AtomicLongArray places = new AtomicLongArray(PLACES);
    // Who does not know it can't choose addresses that share a place with somebody.
    private final int seed = ThreadLocalRandom.current().nextInt();

    /**
     * Counts a failure.
     *
     * @param peer whose; nobody's costs no time
     * @param nowNanos the time
     * @return how long the answer waits, in nanoseconds
     */
    public long failed(@Nullable InetAddress peer, long nowNanos) {
        if (peer == null) {
            return 0;
        }
        int hash = hash(peer);
        int place = Math.floorMod(hash, PLACES);
        long second = TimeUnit.NANOSECONDS.toSeconds(nowNanos) & SECOND_MASK;
        for (; ; ) {
            long before = places.get(place);
            int failures = 1;
            long last = (before >>> FAILURE_BITS) & SECOND_MASK;
            if ((int) (before >>> (FAILURE_BITS + SECOND_BITS)) == hash
                    && ((second - last) & SECOND_MASK) <= FORGET_SECONDS) {
                failures = Math.min(MOST_FAILURES, (int) (before & MOST_FAILURES) + 1);
            }
            long after = ((long) hash << (FAILURE_BITS + SECOND_BITS)) | (second << FAILURE_BITS) | failures;
            if (places.compareAndSet(place, before, after)) {
                return Math.min(LONGEST_NANOS, FIRST_NANOS << (failures - 1));
            }
        }
    }

    private int hash(InetAddress peer) {
        byte[] bytes = peer.getAddress();
        if (peer instanceof Inet6Address) {
            bytes = Arrays.copyOf(bytes, IPV6_NETWORK_BYTES);
        }
        int hash = seed;
        for (byte b : bytes) {
            hash = (hash ^ b) * 0x01000193;
            hash ^= hash >>> 15;
        }
        return hash;
    }
}
