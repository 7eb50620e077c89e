package dev.proactor;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to make a raw connection. Immutable and thread-safe.
 *
 * <pre>{@code
 * RawOptions.to("localhost:7").connectTimeout(Duration.ofSeconds(3)).build()
 * }</pre>
 */
public final class RawOptions {

    private final String address;
    private final Duration connectTimeout;
    private final @Nullable Object context;

    private RawOptions(Builder builder) {
        this.address = builder.address;
        this.connectTimeout = builder.connectTimeout;
        this.context = builder.context;
    }

    /**
     * Begins with an address.
     *
     * @param address {@code host:port} as {@link NetworkAddress#parse} reads it; one that can't be used is reported by
     *     {@link EventType#RAW_CONNECTION_DISCONNECTED} and not here
     * @return a builder
     */
    public static Builder to(String address) {
        return new Builder(address);
    }

    /** {@return the address to connect to, as it was written} */
    public String address() {
        return address;
    }

    /** {@return how long look-up and connect may take together; zero for as long as the system tries} */
    public Duration connectTimeout() {
        return connectTimeout;
    }

    /** {@return the object that {@link RawConnection#context()} is at first, or {@code null}} */
    public @Nullable Object context() {
        return context;
    }

    @Override
    public String toString() {
        return "RawOptions[to " + address + "]";
    }

    /** Collects the options of a raw connection. */
    public static final class Builder {

        private static final Duration LONGEST = Duration.ofMillis(Integer.MAX_VALUE);

        private final String address;
        private Duration connectTimeout = Duration.ofSeconds(10);
        private @Nullable Object context;

        private Builder(String address) {
            this.address = Objects.requireNonNull(address, "address");
        }

        /**
         * How long it may take from the first look-up until there is a connection.
         *
         * @param timeout zero for no limit; at most 24 days; the default is 10 seconds
         * @return this builder
         */
        public Builder connectTimeout(Duration timeout) {
            if (timeout.isNegative() || timeout.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(
                        "connectTimeout must be from PT0S to " + LONGEST + ", not " + timeout);
            }
            this.connectTimeout = timeout;
            return this;
        }

        /**
         * An object of the application's, found again with {@link RawConnection#context()}.
         *
         * @param context the object
         * @return this builder
         */
        public Builder context(Object context) {
            this.context = Objects.requireNonNull(context, "context");
            return this;
        }

        /** {@return the options} */
        public RawOptions build() {
            return new RawOptions(this);
        }
    }
}
