package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** Properties of a named connection that is made: {@code proactor.connections.<name>}. */
public class ConnectionProperties {

    /** Where to: amqp://host:port each; tried in turn. */
    private List<String> uris = new ArrayList<>();

    /** The hostname sent in open and to SASL; that of the uri by default. */
    private @Nullable String virtualHost;

    /** Whether the connection is made when the application starts. */
    private boolean autoConnect = true;

    /** Whether health of the application depends on it. */
    private boolean required = true;

    /** How long the peer may be silent; 0 for ever. */
    private Duration idleTimeout = Duration.ofSeconds(60);

    /** The largest frame that the peer may send. */
    private DataSize maxFrameSize = DataSize.ofKilobytes(16);

    /** How long it may take from the first look-up until the peer has opened the connection. */
    private Duration connectTimeout = Duration.ofSeconds(10);

    /** What follows when it is lost or can not be made. */
    private Reconnect reconnect = new Reconnect();

    /** Links on which it receives, by their ids. */
    private Map<String, Receiver> receivers = new LinkedHashMap<>();

    public List<String> getUris() {
        return uris;
    }

    public void setUris(List<String> uris) {
        this.uris = uris;
    }

    public @Nullable String getVirtualHost() {
        return virtualHost;
    }

    public void setVirtualHost(@Nullable String virtualHost) {
        this.virtualHost = virtualHost;
    }

    public boolean isAutoConnect() {
        return autoConnect;
    }

    public void setAutoConnect(boolean autoConnect) {
        this.autoConnect = autoConnect;
    }

    public boolean isRequired() {
        return required;
    }

    public void setRequired(boolean required) {
        this.required = required;
    }

    public Duration getIdleTimeout() {
        return idleTimeout;
    }

    public void setIdleTimeout(Duration idleTimeout) {
        this.idleTimeout = idleTimeout;
    }

    public DataSize getMaxFrameSize() {
        return maxFrameSize;
    }

    public void setMaxFrameSize(DataSize maxFrameSize) {
        this.maxFrameSize = maxFrameSize;
    }

    public Duration getConnectTimeout() {
        return connectTimeout;
    }

    public void setConnectTimeout(Duration connectTimeout) {
        this.connectTimeout = connectTimeout;
    }

    public Reconnect getReconnect() {
        return reconnect;
    }

    public Map<String, Receiver> getReceivers() {
        return receivers;
    }

    ConnectionSpec toSpec(String name) {
        Checks.name("proactor.connections", name);
        String at = "proactor.connections." + name + ".";
        if (uris.isEmpty()) {
            throw Checks.invalid(at + "uris", uris, "a connection needs a uri: amqp://host:port");
        }
        uris.forEach(uri -> Checks.uri(at + "uris", uri));
        Map<String, ConnectionSpec.ReceiverSpec> links = new LinkedHashMap<>();
        receivers.forEach((id, receiver) -> links.put(id, receiver.toSpec(at + "receivers." + id + ".")));
        return new ConnectionSpec(
                uris,
                virtualHost,
                autoConnect,
                required,
                Checks.timeout(at + "idle-timeout", idleTimeout),
                Checks.frameSize(at + "max-frame-size", maxFrameSize),
                Checks.timeout(at + "connect-timeout", connectTimeout),
                reconnect.toSpec(at + "reconnect."),
                links);
    }

    /** What follows when the connection is lost or can't be made. */
    public static class Reconnect {

        /** Whether it is tried again. */
        private boolean enabled = true;

        /** Time before the first attempt. */
        private Duration initialDelay = Duration.ofMillis(500);

        /** The longest time between attempts. */
        private Duration maxDelay = Duration.ofSeconds(30);

        /** By what the time grows with each attempt. */
        private double multiplier = 2;

        /** The part of the time that chance adds or takes. */
        private double jitter = 0.2;

        /** How many attempts in a row may fail; -1 for no limit. */
        private int maxAttempts = -1;

        public boolean isEnabled() {
            return enabled;
        }

        public void setEnabled(boolean enabled) {
            this.enabled = enabled;
        }

        public Duration getInitialDelay() {
            return initialDelay;
        }

        public void setInitialDelay(Duration initialDelay) {
            this.initialDelay = initialDelay;
        }

        public Duration getMaxDelay() {
            return maxDelay;
        }

        public void setMaxDelay(Duration maxDelay) {
            this.maxDelay = maxDelay;
        }

        public double getMultiplier() {
            return multiplier;
        }

        public void setMultiplier(double multiplier) {
            this.multiplier = multiplier;
        }

        public double getJitter() {
            return jitter;
        }

        public void setJitter(double jitter) {
            this.jitter = jitter;
        }

        public int getMaxAttempts() {
            return maxAttempts;
        }

        public void setMaxAttempts(int maxAttempts) {
            this.maxAttempts = maxAttempts;
        }

        ConnectionSpec.Reconnect toSpec(String at) {
            if (!(multiplier >= 1)) {
                throw Checks.invalid(at + "multiplier", multiplier, "must be 1 or more");
            }
            if (!(jitter >= 0 && jitter <= 1)) {
                throw Checks.invalid(at + "jitter", jitter, "must be from 0 to 1");
            }
            Checks.timeout(at + "initial-delay", initialDelay);
            Checks.timeout(at + "max-delay", maxDelay);
            if (maxDelay.compareTo(initialDelay) < 0) {
                throw Checks.invalid(
                        at + "max-delay", maxDelay, "must not be less than initial-delay, " + initialDelay);
            }
            Checks.inRange(
                    at + "max-attempts",
                    maxAttempts,
                    -1,
                    Integer.MAX_VALUE,
                    "-1 for no limit, or a number of attempts");
            return new ConnectionSpec.Reconnect(enabled, initialDelay, maxDelay, multiplier, jitter, maxAttempts);
        }
    }

    /** A link on which the connection receives. */
    public static class Receiver {

        /** The address of the queue or topic. */
        private @Nullable String address;

        /** How many messages may be under way. */
        private int credit = 1000;

        public @Nullable String getAddress() {
            return address;
        }

        public void setAddress(@Nullable String address) {
            this.address = address;
        }

        public int getCredit() {
            return credit;
        }

        public void setCredit(int credit) {
            this.credit = credit;
        }

        ConnectionSpec.ReceiverSpec toSpec(String at) {
            return new ConnectionSpec.ReceiverSpec(
                    Checks.notEmpty(at + "address", address, "the address of a queue or topic"),
                    Checks.inRange(at + "credit", credit, 1, 1_000_000, "a number of messages"));
        }
    }
}
