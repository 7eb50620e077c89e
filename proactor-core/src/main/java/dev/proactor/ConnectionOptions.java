package dev.proactor;

import dev.proactor.security.ClientSasl;
import dev.proactor.security.ClientTls;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to connect. Immutable and thread-safe.
 *
 * <pre>{@code
 * ConnectionOptions.to("broker.example.com:5672").containerId("meter-17").idleTimeout(Duration.ofSeconds(30)).build()
 * }</pre>
 */
public final class ConnectionOptions extends TransportOptions {

    private final String address;
    private final @Nullable String virtualHost;
    private final ClientSasl sasl;
    private final @Nullable ClientTls tls;

    private ConnectionOptions(Builder builder) {
        super(builder);
        this.address = builder.address;
        this.virtualHost = builder.virtualHost;
        this.sasl = builder.sasl;
        this.tls = builder.tls;
    }

    /**
     * Begins with an address.
     *
     * @param address {@code host:port} as {@link NetworkAddress#parse} reads it; one that can't be used is reported by
     *     {@link EventType#TRANSPORT_ERROR} and not here
     * @return a builder
     */
    public static Builder to(String address) {
        return new Builder(address);
    }

    /** {@return a builder that has these options} */
    public Builder toBuilder() {
        return copyTo(address);
    }

    /**
     * {@return these options with another address}
     *
     * @param other as for {@link #to}
     */
    public ConnectionOptions withAddress(String other) {
        return copyTo(other).build();
    }

    private Builder copyTo(String target) {
        Builder builder = new Builder(target);
        builder.copyFrom(this);
        builder.virtualHost = virtualHost;
        builder.sasl = sasl;
        builder.tls = tls;
        return builder;
    }

    /** {@return the address to connect to, as it was written} */
    public String address() {
        return address;
    }

    /** {@return the hostname sent in {@code open} and to SASL, or {@code null} for the host of the address} */
    public @Nullable String virtualHost() {
        return virtualHost;
    }

    /** {@return how to authenticate} */
    public ClientSasl sasl() {
        return sasl;
    }

    /** {@return how the connection is secured, or {@code null} for not at all} */
    public @Nullable ClientTls tls() {
        return tls;
    }

    @Override
    public String toString() {
        return "ConnectionOptions[" + name() + " to " + address + "]";
    }

    /** Collects the options of a connection. */
    public static final class Builder extends TransportOptions.Builder<Builder> {

        private final String address;
        private @Nullable String virtualHost;
        private ClientSasl sasl = ClientSasl.anonymous();
        private @Nullable ClientTls tls;

        private Builder(String address) {
            this.address = Objects.requireNonNull(address, "address");
        }

        @Override
        Builder self() {
            return this;
        }

        /**
         * The hostname sent in {@code open} and to SASL, where one address serves several hosts.
         *
         * @param virtualHost the name; the default is the host of the address, and none where that is empty or a literal address
         * @return this builder
         */
        public Builder virtualHost(String virtualHost) {
            this.virtualHost = Objects.requireNonNull(virtualHost, "virtualHost");
            return this;
        }

        /**
         * How to authenticate.
         *
         * @param sasl the mechanisms; the default is {@link ClientSasl#anonymous()}
         * @return this builder
         */
        public Builder sasl(ClientSasl sasl) {
            this.sasl = Objects.requireNonNull(sasl, "sasl");
            return this;
        }

        /**
         * Secures the connection with TLS.
         *
         * @param tls how; the default is not at all
         * @return this builder
         */
        public Builder tls(ClientTls tls) {
            this.tls = Objects.requireNonNull(tls, "tls");
            return this;
        }

        /** {@return the options} */
        public ConnectionOptions build() {
            return new ConnectionOptions(this);
        }
    }
}
