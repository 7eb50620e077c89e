package dev.proactor.spring.boot.connection;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a named connection leads, and how; what {@code proactor.connections.<name>} says. Immutable.
 *
 * @param uris where to: {@code amqp://host:port} each; tried in turn
 * @param virtualHost the hostname for {@code open} and SASL, or {@code null} for that of the uri
 * @param autoConnect whether it is made when the application starts
 * @param required whether health of the application depends on it
 * @param idleTimeout how long the peer may be silent
 * @param maxFrameBytes the largest frame that the peer may send
 * @param connectTimeout how long it may take from the first look-up until the peer's {@code open}
 * @param reconnect what follows when it is lost or can't be made
 * @param receivers links on which it receives, by their ids
 */
public record ConnectionSpec(
        List<String> uris,
        @Nullable String virtualHost,
        boolean autoConnect,
        boolean required,
        Duration idleTimeout,
        int maxFrameBytes,
        Duration connectTimeout,
        Reconnect reconnect,
        Map<String, ReceiverSpec> receivers) {

    /** Copies the collections. */
    public ConnectionSpec {
        uris = List.copyOf(uris);
        receivers = Map.copyOf(receivers);
    }

    /**
     * {@return a connection with the default settings}
     *
     * @param uri where to: {@code amqp://host:port}
     */
    public static ConnectionSpec to(String uri) {
        return new ConnectionSpec(
                List.of(uri),
                null,
                true,
                true,
                Duration.ofSeconds(60),
                16 * 1024,
                Duration.ofSeconds(10),
                Reconnect.DEFAULT,
                Map.of());
    }

    /**
     * {@return this with one more receiver}
     *
     * @param id its id
     * @param receiver the receiver
     */
    public ConnectionSpec withReceiver(String id, ReceiverSpec receiver) {
        Map<String, ReceiverSpec> more = new java.util.LinkedHashMap<>(receivers);
        more.put(id, receiver);
        return new ConnectionSpec(
                uris, virtualHost, autoConnect, required, idleTimeout, maxFrameBytes, connectTimeout, reconnect, more);
    }

    /**
     * {@return this with another answer to whether health depends on it}
     *
     * @param value whether it does
     */
    public ConnectionSpec withRequired(boolean value) {
        return new ConnectionSpec(
                uris,
                virtualHost,
                autoConnect,
                value,
                idleTimeout,
                maxFrameBytes,
                connectTimeout,
                reconnect,
                receivers);
    }

    /**
     * A link on which the connection receives.
     *
     * @param address the source's address
     * @param credit how many messages may be under way; 1 or more
     */
    public record ReceiverSpec(String address, int credit) {}

    /**
     * What follows when a connection is lost or can't be made: it is tried again after a delay that grows.
     *
     * @param enabled whether it is tried again
     * @param initialDelay before the first attempt
     * @param maxDelay the longest delay
     * @param multiplier by which the delay grows; 1 or more
     * @param jitter the part of the delay that chance adds or takes; from 0 to 1
     * @param maxAttempts how many attempts in a row may fail; -1 for no limit
     */
    public record Reconnect(
            boolean enabled,
            Duration initialDelay,
            Duration maxDelay,
            double multiplier,
            double jitter,
            int maxAttempts) {

        /** 500 ms, doubled up to 30 s, with a fifth of jitter, for ever. */
        public static final Reconnect DEFAULT =
                new Reconnect(true, Duration.ofMillis(500), Duration.ofSeconds(30), 2, 0.2, -1);
    }
}
