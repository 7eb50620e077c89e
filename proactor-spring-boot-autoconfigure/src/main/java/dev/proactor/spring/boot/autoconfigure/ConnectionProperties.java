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

    /** Where to: amqp://host:port each, or amqps://host:port; tried in turn. */
    private List<String> uris = new ArrayList<>();

    /** The hostname sent in open and to SASL; that of the uri by default. */
    private @Nullable String virtualHost;

    /** The user, for SASL PLAIN and SCRAM. */
    private @Nullable String username;

    /** The user's password. */
    private @Nullable String password;

    /** TLS. */
    private Ssl ssl = new Ssl();

    /** How the peer is told who we are. */
    private Sasl sasl = new Sasl();

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

    /** Links on which it sends, for handlers, by their ids. */
    private Map<String, Sender> senders = new LinkedHashMap<>();

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

    public @Nullable String getUsername() {
        return username;
    }

    public void setUsername(@Nullable String username) {
        this.username = username;
    }

    public @Nullable String getPassword() {
        return password;
    }

    public void setPassword(@Nullable String password) {
        this.password = password;
    }

    public Ssl getSsl() {
        return ssl;
    }

    public Sasl getSasl() {
        return sasl;
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

    public Map<String, Sender> getSenders() {
        return senders;
    }

    /**
     * {@return what they say}
     *
     * @param name the connection's name
     * @param fixedContainer whether the application has one container id for ever
     */
    ConnectionSpec toSpec(String name, boolean fixedContainer) {
        Checks.name("proactor.connections", name);
        String at = "proactor.connections." + name + ".";
        if (uris.isEmpty()) {
            throw Checks.invalid(at + "uris", uris, "a connection needs a uri: amqp://host:port");
        }
        Checks.uris(at, uris, ssl.getEnabled());
        Map<String, ConnectionSpec.ReceiverSpec> links = new LinkedHashMap<>();
        receivers.forEach(
                (id, receiver) -> links.put(id, receiver.toSpec(at + "receivers." + id + ".", fixedContainer)));
        Map<String, ConnectionSpec.SenderSpec> outgoing = new LinkedHashMap<>();
        senders.forEach((id, sender) -> {
            if (receivers.containsKey(id)) {
                throw Checks.invalid(
                        at + "senders." + id, id, "must differ from the ids of the connection's receivers");
            }
            outgoing.put(id, sender.toSpec(at + "senders." + id + "."));
        });
        return new ConnectionSpec(
                uris,
                virtualHost,
                autoConnect,
                required,
                Checks.timeout(at + "idle-timeout", idleTimeout),
                Checks.frameSize(at + "max-frame-size", maxFrameSize),
                Checks.timeout(at + "connect-timeout", connectTimeout),
                reconnect.toSpec(at + "reconnect."),
                links,
                outgoing);
    }

    /** What follows when the connection is lost or can't be made. */
    public static class Reconnect {

        /** Whether a connection that is lost or can't be made is tried again. */
        private boolean enabled = true;

        /** Time before a connection that is lost or can't be made is tried again for the first time. */
        private Duration initialDelay = Duration.ofMillis(500);

        /** The longest time between attempts to connect. */
        private Duration maxDelay = Duration.ofSeconds(30);

        /** By what the time between attempts to connect grows with each one. */
        private double multiplier = 2;

        /** The part of the time between attempts to connect that chance adds or takes. */
        private double jitter = 0.2;

        /** How many attempts to connect may fail in a row; -1 for no limit. */
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

        /** Capabilities of the source, such as queue or topic. */
        private List<String> capabilities = new ArrayList<>();

        /** A JMS selector: only messages that match it come, if the peer knows selectors. */
        private @Nullable String selector;

        /** Whether the peer keeps the subscription while nobody receives from it; needs proactor.container-id. */
        private boolean durable = false;

        /** The name of a subscription, which is the link's name. */
        private @Nullable String subscriptionName;

        /** Whether the peer waits for outcomes: unsettled for at least once, settled for at most once, mixed as it likes. */
        private ConnectionSpec.SettleMode settleMode = ConnectionSpec.SettleMode.MIXED;

        /** How many messages may have no outcome, with those for which there is credit; 0 for as many as credit. */
        private int maxUnsettled = 0;

        /** When a message that a handler failed with may come again. */
        private Redelivery redelivery = new Redelivery();

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

        public List<String> getCapabilities() {
            return capabilities;
        }

        public void setCapabilities(List<String> capabilities) {
            this.capabilities = capabilities;
        }

        public @Nullable String getSelector() {
            return selector;
        }

        public void setSelector(@Nullable String selector) {
            this.selector = selector;
        }

        public boolean isDurable() {
            return durable;
        }

        public void setDurable(boolean durable) {
            this.durable = durable;
        }

        public @Nullable String getSubscriptionName() {
            return subscriptionName;
        }

        public void setSubscriptionName(@Nullable String subscriptionName) {
            this.subscriptionName = subscriptionName;
        }

        public ConnectionSpec.SettleMode getSettleMode() {
            return settleMode;
        }

        public void setSettleMode(ConnectionSpec.SettleMode settleMode) {
            this.settleMode = settleMode;
        }

        public int getMaxUnsettled() {
            return maxUnsettled;
        }

        public void setMaxUnsettled(int maxUnsettled) {
            this.maxUnsettled = maxUnsettled;
        }

        public Redelivery getRedelivery() {
            return redelivery;
        }

        ConnectionSpec.ReceiverSpec toSpec(String at, boolean fixedContainer) {
            if (durable && !fixedContainer) {
                throw Checks.invalid(
                        at + "durable",
                        true,
                        "needs proactor.container-id: the peer keeps a subscription under it, and by default it differs with each start");
            }
            return new ConnectionSpec.ReceiverSpec(
                    Checks.notEmpty(at + "address", address, "the address of a queue or topic"),
                    Checks.inRange(at + "credit", credit, 1, 1_000_000, "a number of messages"),
                    capabilities,
                    selector,
                    durable,
                    subscriptionName,
                    settleMode,
                    Checks.inRange(
                            at + "max-unsettled",
                            maxUnsettled,
                            0,
                            1_000_000,
                            "a number of messages, 0 for as many as credit"),
                    redelivery.toSpec(at + "redelivery."));
        }
    }

    /** When a message that a handler failed with may come again. */
    public static class Redelivery {

        /** Time between the first failure and when the peer is told of it; 0 for none. */
        private Duration initialDelay = Duration.ofMillis(200);

        /** By what the time until the peer is told grows with each failure of a message. */
        private double multiplier = 2;

        /** The longest time between a failure and when the peer is told of it. */
        private Duration maxDelay = Duration.ofSeconds(10);

        /** How often a message is tried; 0 leaves that to the peer. */
        private int maxAttempts = 0;

        /** What becomes of a message that was tried max-attempts times. */
        private ConnectionSpec.Redelivery.Exhausted exhausted = ConnectionSpec.Redelivery.Exhausted.REJECT;

        public Duration getInitialDelay() {
            return initialDelay;
        }

        public void setInitialDelay(Duration initialDelay) {
            this.initialDelay = initialDelay;
        }

        public double getMultiplier() {
            return multiplier;
        }

        public void setMultiplier(double multiplier) {
            this.multiplier = multiplier;
        }

        public Duration getMaxDelay() {
            return maxDelay;
        }

        public void setMaxDelay(Duration maxDelay) {
            this.maxDelay = maxDelay;
        }

        public int getMaxAttempts() {
            return maxAttempts;
        }

        public void setMaxAttempts(int maxAttempts) {
            this.maxAttempts = maxAttempts;
        }

        public ConnectionSpec.Redelivery.Exhausted getExhausted() {
            return exhausted;
        }

        public void setExhausted(ConnectionSpec.Redelivery.Exhausted exhausted) {
            this.exhausted = exhausted;
        }

        ConnectionSpec.Redelivery toSpec(String at) {
            if (!(multiplier >= 1)) {
                throw Checks.invalid(at + "multiplier", multiplier, "must be 1 or more");
            }
            Checks.timeout(at + "initial-delay", initialDelay);
            Checks.timeout(at + "max-delay", maxDelay);
            if (maxDelay.compareTo(initialDelay) < 0) {
                throw Checks.invalid(
                        at + "max-delay", maxDelay, "must not be less than initial-delay, " + initialDelay);
            }
            Checks.inRange(
                    at + "max-attempts", maxAttempts, 0, Integer.MAX_VALUE, "0 for no limit, or a number of attempts");
            return new ConnectionSpec.Redelivery(initialDelay, multiplier, maxDelay, maxAttempts, exhausted);
        }
    }

    /** A link on which the connection sends, for handlers. */
    public static class Sender {

        /** The address of the queue or topic. */
        private @Nullable String address;

        /** Capabilities of the target, such as queue or topic. */
        private List<String> capabilities = new ArrayList<>();

        public @Nullable String getAddress() {
            return address;
        }

        public void setAddress(@Nullable String address) {
            this.address = address;
        }

        public List<String> getCapabilities() {
            return capabilities;
        }

        public void setCapabilities(List<String> capabilities) {
            this.capabilities = capabilities;
        }

        ConnectionSpec.SenderSpec toSpec(String at) {
            return new ConnectionSpec.SenderSpec(
                    Checks.notEmpty(at + "address", address, "the address of a queue or topic"), capabilities);
        }
    }

    /** TLS of a connection. */
    public static class Ssl {

        /** Whether the connection is encrypted; by default where a bundle is named or the uris are amqps://. */
        private @Nullable Boolean enabled;

        /** The SSL bundle with whom to trust and our own certificate; the Java runtime's trust store by default. */
        private @Nullable String bundle;

        /** Whether the peer's certificate must be for the host of the uri. */
        private boolean verifyHost = true;

        public @Nullable Boolean getEnabled() {
            return enabled;
        }

        public void setEnabled(@Nullable Boolean enabled) {
            this.enabled = enabled;
        }

        public @Nullable String getBundle() {
            return bundle;
        }

        public void setBundle(@Nullable String bundle) {
            this.bundle = bundle;
        }

        public boolean isVerifyHost() {
            return verifyHost;
        }

        public void setVerifyHost(boolean verifyHost) {
            this.verifyHost = verifyHost;
        }
    }

    /** SASL of a connection. */
    public static class Sasl {

        /** The mechanisms that may be used; by default the strongest that the peer has, for what is known. */
        private List<String> mechanisms = new ArrayList<>();

        /** Whether a password or token may be sent without TLS. */
        private boolean allowInsecure = false;

        public List<String> getMechanisms() {
            return mechanisms;
        }

        public void setMechanisms(List<String> mechanisms) {
            this.mechanisms = mechanisms;
        }

        public boolean isAllowInsecure() {
            return allowInsecure;
        }

        public void setAllowInsecure(boolean allowInsecure) {
            this.allowInsecure = allowInsecure;
        }
    }
}
