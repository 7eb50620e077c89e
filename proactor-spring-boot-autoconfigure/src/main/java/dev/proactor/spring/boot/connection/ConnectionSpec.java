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
 * @param senders links on which it sends, by their ids
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
        Map<String, ReceiverSpec> receivers,
        Map<String, SenderSpec> senders) {

    /** Copies the collections. */
    public ConnectionSpec {
        uris = List.copyOf(uris);
        if (uris.stream().anyMatch(uri -> uri.indexOf('@') >= 0)) {
            // It would stand in logs and in health.
            throw new IllegalArgumentException("a uri must not hold user and password: a CredentialsProvider has them");
        }
        receivers = Map.copyOf(receivers);
        senders = Map.copyOf(senders);
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
                Map.of(),
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
                uris,
                virtualHost,
                autoConnect,
                required,
                idleTimeout,
                maxFrameBytes,
                connectTimeout,
                reconnect,
                more,
                senders);
    }

    /**
     * {@return this with another way to come back}
     *
     * @param value what follows when it is lost or can't be made
     */
    public ConnectionSpec withReconnect(Reconnect value) {
        return new ConnectionSpec(
                uris,
                virtualHost,
                autoConnect,
                required,
                idleTimeout,
                maxFrameBytes,
                connectTimeout,
                value,
                receivers,
                senders);
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
                receivers,
                senders);
    }

    /**
     * A link on which the connection receives. Immutable.
     *
     * @param address the source's address
     * @param credit how many messages may be under way; 1 or more
     * @param capabilities of the source, such as {@code queue} or {@code topic}
     * @param selector a filter in the language of JMS selectors, or {@code null} for all messages
     * @param durable whether the peer is to keep the subscription while nobody receives from it
     * @param subscriptionName the link's name, by which a peer knows a subscription, or {@code null} for one made of the connection's and the
     *     link's
     * @param settleMode whether the peer is to wait for outcomes
     * @param maxUnsettled how many messages may have no outcome, those included for which there is credit; 0 for as many as {@code credit}
     * @param redelivery what follows when a handler fails
     */
    public record ReceiverSpec(
            String address,
            int credit,
            List<String> capabilities,
            @Nullable String selector,
            boolean durable,
            @Nullable String subscriptionName,
            SettleMode settleMode,
            int maxUnsettled,
            Redelivery redelivery) {

        /** Copies the collection. */
        public ReceiverSpec {
            capabilities = List.copyOf(capabilities);
        }

        /**
         * A plain receiver.
         *
         * @param address the source's address
         * @param credit how many messages may be under way; 1 or more
         */
        public ReceiverSpec(String address, int credit) {
            this(address, credit, List.of(), null, false, null, SettleMode.MIXED, 0, Redelivery.DEFAULT);
        }

        /**
         * {@return this with another redelivery}
         *
         * @param value what follows when a handler fails
         */
        public ReceiverSpec withRedelivery(Redelivery value) {
            return new ReceiverSpec(
                    address,
                    credit,
                    capabilities,
                    selector,
                    durable,
                    subscriptionName,
                    settleMode,
                    maxUnsettled,
                    value);
        }
    }

    /**
     * A link on which the connection sends, for handlers. A template makes its own.
     *
     * @param address the target's address
     * @param capabilities of the target, such as {@code queue} or {@code topic}
     */
    public record SenderSpec(String address, List<String> capabilities) {

        /** Copies the collection. */
        public SenderSpec {
            capabilities = List.copyOf(capabilities);
        }
    }

    /** Whether a sender waits for outcomes (AMQP 2.8.2). */
    public enum SettleMode {
        /** As the peer likes. */
        MIXED,
        /** The peer waits for the outcome of each message: it comes at least once. */
        UNSETTLED,
        /** The peer waits for none: a message comes at most once. */
        SETTLED
    }

    /**
     * When a message that a handler has failed with may come again. Brokers send it again at once when they learn of the failure, so they are
     * told later: the message stays unsettled meanwhile, and holds its credit. The times follow the count of failed deliveries in the message's
     * header, which the broker keeps. Immutable.
     *
     * @param initialDelay after the first failure; 0 for no delays
     * @param multiplier by which the delay grows with each failure; 1 or more
     * @param maxDelay the longest delay
     * @param maxAttempts how often it is tried; 0 leaves that to the broker
     * @param exhausted what becomes of it after that
     */
    public record Redelivery(
            Duration initialDelay, double multiplier, Duration maxDelay, int maxAttempts, Exhausted exhausted) {

        /** What becomes of a message that was tried often enough. */
        public enum Exhausted {
            /** It is rejected: most brokers have a queue for such messages. */
            REJECT,
            /** It is {@code modified} with {@code undeliverable-here}: another receiver may have it. */
            UNDELIVERABLE_HERE,
            /** It is accepted, and so dropped. */
            ACCEPT
        }

        /** After 200 ms, doubled up to 10 s, as often as the broker likes. */
        public static final Redelivery DEFAULT =
                new Redelivery(Duration.ofMillis(200), 2, Duration.ofSeconds(10), 0, Exhausted.REJECT);

        /**
         * {@return how long to wait before the broker is told of a failure}
         *
         * @param failures how many there were, with this one; 1 or more
         */
        public Duration delay(long failures) {
            double millis = initialDelay.toMillis() * Math.pow(multiplier, failures - 1);
            return Duration.ofMillis((long) Math.min(millis, maxDelay.toMillis()));
        }

        /**
         * {@return whether it was tried often enough}
         *
         * @param failures how many there were, with this one; 1 or more
         */
        public boolean isExhausted(long failures) {
            return maxAttempts > 0 && failures >= maxAttempts;
        }
    }

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
