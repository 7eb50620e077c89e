package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.ConnectionSpec.Reconnect;
import java.time.Duration;
import java.time.Instant;
import java.util.function.DoubleSupplier;

/**
 * How long to wait after attempts that failed: longer after each, and never quite as long as others that failed with it, or all of
 * them would be back in the same moment.
 *
 * @param policy how long, and how much longer
 * @param random draws numbers from 0 to 1
 */
record BackOff(Reconnect policy, DoubleSupplier random) {

    /** How long a connection or a link has to stay open for its attempts to count from the beginning. */
    private static final Duration LASTING = Duration.ofSeconds(5);

    /** {@return whether what was open from one moment to another was a success} */
    static boolean isLasting(Instant since, Instant until) {
        return Duration.between(since, until).compareTo(LASTING) >= 0;
    }

    /**
     * {@return how long to wait} At least a millisecond; at most the policy's longest delay and its jitter.
     *
     * @param failed how many attempts have failed in a row, 1 or more
     */
    Duration after(int failed) {
        double millis = policy.initialDelay().toMillis() * Math.pow(policy.multiplier(), Math.max(0, failed - 1));
        double most = Math.min(millis, policy.maxDelay().toMillis());
        double chance = 1 + policy.jitter() * (2 * random.getAsDouble() - 1);
        return Duration.ofMillis(Math.max(1, Math.round(most * chance)));
    }
}
