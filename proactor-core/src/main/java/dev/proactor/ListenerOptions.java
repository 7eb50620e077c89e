package dev.proactor;

import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to listen, and how to treat the connections that are accepted. Immutable and thread-safe.
 *
 * <pre>{@code
 * ListenerOptions.on("localhost:5672").name("ingress").build()
 * }</pre>
 */
public final class ListenerOptions extends TransportOptions {

    private final String address;
    private final int backlog;
    private final int maxConnections;
    private final ServerSasl sasl;
    private final @Nullable ServerTls tls;

    private ListenerOptions(Builder builder) {
        super(builder);
        this.address = builder.address;
        this.backlog = builder.backlog;
        this.maxConnections = builder.maxConnections;
        this.sasl = builder.sasl;
        this.tls = builder.tls;
    }

    /**
     * Begins with an address.
     *
     * @param address {@code host:port} as {@link NetworkAddress#parse} reads it: an empty host is every address, IPv4 and
     *     IPv6; port 0 lets the system choose. One that can't be used is reported by {@link EventType#LISTENER_CLOSE} and
     *     not here
     * @return a builder
     */
    public static Builder on(String address) {
        return new Builder(address);
    }

    /** {@return a builder that has these options} */
    public Builder toBuilder() {
        Builder builder = new Builder(address);
        builder.copyFrom(this);
        builder.backlog = backlog;
        builder.maxConnections = maxConnections;
        builder.sasl = sasl;
        builder.tls = tls;
        return builder;
    }

    /** {@return the address to listen on, as it was written} */
    public String address() {
        return address;
    }

    /** {@return how many peers may wait, for each address} */
    public int backlog() {
        return backlog;
    }

    /** {@return how many connections there may be at once, those that wait included} */
    public int maxConnections() {
        return maxConnections;
    }

    /** {@return how peers authenticate} */
    public ServerSasl sasl() {
        return sasl;
    }

    /** {@return how connections are secured, or {@code null} for not at all} */
    public @Nullable ServerTls tls() {
        return tls;
    }

    @Override
    public String toString() {
        return "ListenerOptions[" + name() + " on " + address + "]";
    }

    /** Collects the options of a listener. */
    public static final class Builder extends TransportOptions.Builder<Builder> {

        private final String address;
        private int backlog = 128;
        private int maxConnections = 10_000;
        private ServerSasl sasl = ServerSasl.anonymous();
        private @Nullable ServerTls tls;

        private Builder(String address) {
            this.address = Objects.requireNonNull(address, "address");
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * How many peers may wait to be accepted, for each address. One that has waited for {@link #handshakeTimeout} is
         * disconnected without a word; an {@link EventType#LISTENER_ACCEPT} may have told of it already.
         *
         * @param backlog from 1 to 65535; the default is 128. The system may allow less
         * @return this builder
         */
        public Builder backlog(int backlog) {
            this.backlog = (int) inRange("backlog", backlog, 1, 65535);
            return this;
        }

        /**
         * How many connections the listener has at once: those that were accepted and are not over, and those that wait. When
         * there are so many it takes no more from the system, which lets as many wait as its own backlog holds and then
         * refuses; nobody is told. It goes on by itself when one of them has ended and its descriptor is free. A process
         * needs a descriptor for each: set its own limit (64 more, at least) accordingly.
         *
         * @param connections from 1; the default is 10,000. {@link Integer#MAX_VALUE} is no limit
         * @return this builder
         */
        public Builder maxConnections(int connections) {
            this.maxConnections = (int) inRange("maxConnections", connections, 1, Integer.MAX_VALUE);
            return this;
        }

        /**
         * How peers authenticate.
         *
         * @param sasl the mechanisms; the default is {@link ServerSasl#anonymous()}
         * @return this builder
         */
        public Builder sasl(ServerSasl sasl) {
            this.sasl = Objects.requireNonNull(sasl, "sasl");
            return this;
        }

        /**
         * Secures the connections with TLS.
         *
         * @param tls how; the default is not at all
         * @return this builder
         */
        public Builder tls(ServerTls tls) {
            this.tls = Objects.requireNonNull(tls, "tls");
            return this;
        }

        /** {@return the options} */
        public ListenerOptions build() {
            return new ListenerOptions(this);
        }
    }
}
