package dev.proactor;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How a {@link LastingConnection} comes back: to which addresses, how soon, how often. Immutable and thread-safe; a value out
 * of range fails in the builder, with its name, the value and the range.
 *
 * <pre>{@code
 * ReconnectOptions.builder().alternatives("b.example.com:5672", "c.example.com:5672").maxDelay(Duration.ofSeconds(10)).build()
 * }</pre>
 *
 * <p>After the n-th failure in a row the wait is {@code initialDelay · multiplier}<sup>n−1</sup>, at most {@code maxDelay},
 * made longer or shorter by chance by up to the {@code jitter}, so that many clients of one broker don't come back as one.
 */
public final class ReconnectOptions {

    private static final ReconnectOptions DEFAULTS = builder().build();

    private final List<String> alternatives;
    private final Duration initialDelay;
    private final Duration maxDelay;
    private final double multiplier;
    private final double jitter;
    private final int maxAttempts;

    private ReconnectOptions(Builder builder) {
        this.alternatives = List.copyOf(builder.alternatives);
        this.initialDelay = builder.initialDelay;
        this.maxDelay = builder.maxDelay;
        this.multiplier = builder.multiplier;
        this.jitter = builder.jitter;
        this.maxAttempts = builder.maxAttempts;
    }

    /** {@return 500 ms, doubled up to 30 s, with a fifth of jitter, for ever} */
    public static ReconnectOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder with the defaults} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the addresses that are tried after the connection's own, in this order, then from the beginning} */
    public List<String> alternatives() {
        return alternatives;
    }

    /** {@return the wait after the first failure} */
    public Duration initialDelay() {
        return initialDelay;
    }

    /** {@return the longest wait, before jitter} */
    public Duration maxDelay() {
        return maxDelay;
    }

    /** {@return by what the wait grows with every failure in a row} */
    public double multiplier() {
        return multiplier;
    }

    /** {@return the part of the wait by which chance makes it longer or shorter} */
    public double jitter() {
        return jitter;
    }

    /** {@return how many attempts in a row may fail; 0 for any number} */
    public int maxAttempts() {
        return maxAttempts;
    }

    /** Collects the options. */
    public static final class Builder {

        private static final Duration LONGEST = Duration.ofDays(1);

        private List<String> alternatives = List.of();
        private Duration initialDelay = Duration.ofMillis(500);
        private Duration maxDelay = Duration.ofSeconds(30);
        private double multiplier = 2;
        private double jitter = 0.2;
        private int maxAttempts;

        private Builder() {}

        /**
         * Addresses that are tried after the connection's own.
         *
         * @param addresses each {@code host:port}, as {@link NetworkAddress#parse} reads it
         * @return this builder
         */
        public Builder alternatives(String... addresses) {
            List<String> copy = new ArrayList<>();
            for (String address : addresses) {
                copy.add(Objects.requireNonNull(address, "address"));
            }
            this.alternatives = copy;
            return this;
        }

        /**
         * The wait after the first failure.
         *
         * @param delay from 1 ms to a day; the default is 500 ms
         * @return this builder
         */
        public Builder initialDelay(Duration delay) {
            this.initialDelay = delay("initialDelay", delay);
            return this;
        }

        /**
         * The longest wait, before jitter.
         *
         * @param delay from 1 ms to a day; the default is 30 s
         * @return this builder
         */
        public Builder maxDelay(Duration delay) {
            this.maxDelay = delay("maxDelay", delay);
            return this;
        }

        /**
         * By what the wait grows with every failure in a row.
         *
         * @param multiplier from 1 to 100; the default is 2
         * @return this builder
         */
        public Builder multiplier(double multiplier) {
            this.multiplier = inRange("multiplier", multiplier, 1, 100);
            return this;
        }

        /**
         * The part of the wait by which chance makes it longer or shorter.
         *
         * @param jitter from 0 to 1; the default is 0.2
         * @return this builder
         */
        public Builder jitter(double jitter) {
            this.jitter = inRange("jitter", jitter, 0, 1);
            return this;
        }

        /**
         * How many attempts in a row may fail before the connection is given up.
         *
         * @param attempts 0, the default, for any number
         * @return this builder
         */
        public Builder maxAttempts(int attempts) {
            this.maxAttempts = (int) inRange("maxAttempts", attempts, 0, Integer.MAX_VALUE);
            return this;
        }

        private static Duration delay(String name, Duration delay) {
            if (delay.toMillis() < 1 || delay.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(name + " is " + delay + ", but must be from 1 ms to a day");
            }
            return delay;
        }

        private static double inRange(String name, double value, double least, double most) {
            if (!(value >= least && value <= most)) {
                throw new IllegalArgumentException(
                        name + " is " + value + ", but must be from " + least + " to " + most);
            }
            return value;
        }

        /** {@return the options} */
        public ReconnectOptions build() {
            return new ReconnectOptions(this);
        }
    }

    @Override
    public String toString() {
        return "ReconnectOptions[alternatives=" + alternatives + ", initialDelay=" + initialDelay + ", maxDelay="
                + maxDelay + ", multiplier=" + multiplier + ", jitter=" + jitter + ", maxAttempts=" + maxAttempts + "]";
    }
}
