package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ListenerSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/** Properties of a named listener: {@code proactor.listeners.<name>}. */
public class ListenerProperties {

    /** The host whose address is bound; empty for all addresses. */
    private String host = "localhost";

    /** The port; 0 lets the system choose one. */
    private int port = 5672;

    /** How many peers may wait to be accepted. */
    private int backlog = 128;

    /** How many connections it has at most. */
    private int maxConnections = 1000;

    /** How long a peer may be silent; 0 for ever. */
    private Duration idleTimeout = Duration.ofSeconds(60);

    /** How long it may take from the accept until the peer has opened the connection. */
    private Duration handshakeTimeout = Duration.ofSeconds(10);

    /** The largest frame that a peer may send. */
    private DataSize maxFrameSize = DataSize.ofKilobytes(16);

    /** The largest message that is received. */
    private DataSize maxMessageSize = DataSize.ofMegabytes(1);

    /** How many sessions a connection may have. */
    private int maxSessions = 64;

    /** How many links a peer may have attached on one connection. */
    private int maxLinks = 1000;

    /** Whether peers may attach links that no handler claims. */
    private boolean autoAcceptLinks = false;

    /** How many messages a peer may have under way on a link. */
    private int credit = 1000;

    /** What a connection holds of messages that no handler has taken yet; what windows, sessions and the largest message need by default. */
    private @Nullable DataSize maxInputSize;

    /** TLS. */
    private Ssl ssl = new Ssl();

    /** How peers authenticate. */
    private Sasl sasl = new Sasl();

    public String getHost() {
        return host;
    }

    public void setHost(String host) {
        this.host = host;
    }

    public int getPort() {
        return port;
    }

    public void setPort(int port) {
        this.port = port;
    }

    public int getBacklog() {
        return backlog;
    }

    public void setBacklog(int backlog) {
        this.backlog = backlog;
    }

    public int getMaxConnections() {
        return maxConnections;
    }

    public void setMaxConnections(int maxConnections) {
        this.maxConnections = maxConnections;
    }

    public Duration getIdleTimeout() {
        return idleTimeout;
    }

    public void setIdleTimeout(Duration idleTimeout) {
        this.idleTimeout = idleTimeout;
    }

    public Duration getHandshakeTimeout() {
        return handshakeTimeout;
    }

    public void setHandshakeTimeout(Duration handshakeTimeout) {
        this.handshakeTimeout = handshakeTimeout;
    }

    public DataSize getMaxFrameSize() {
        return maxFrameSize;
    }

    public void setMaxFrameSize(DataSize maxFrameSize) {
        this.maxFrameSize = maxFrameSize;
    }

    public @Nullable DataSize getMaxInputSize() {
        return maxInputSize;
    }

    public void setMaxInputSize(@Nullable DataSize maxInputSize) {
        this.maxInputSize = maxInputSize;
    }

    public DataSize getMaxMessageSize() {
        return maxMessageSize;
    }

    public void setMaxMessageSize(DataSize maxMessageSize) {
        this.maxMessageSize = maxMessageSize;
    }

    public int getMaxSessions() {
        return maxSessions;
    }

    public void setMaxSessions(int maxSessions) {
        this.maxSessions = maxSessions;
    }

    public int getMaxLinks() {
        return maxLinks;
    }

    public void setMaxLinks(int maxLinks) {
        this.maxLinks = maxLinks;
    }

    public boolean isAutoAcceptLinks() {
        return autoAcceptLinks;
    }

    public void setAutoAcceptLinks(boolean autoAcceptLinks) {
        this.autoAcceptLinks = autoAcceptLinks;
    }

    public int getCredit() {
        return credit;
    }

    public void setCredit(int credit) {
        this.credit = credit;
    }

    public Ssl getSsl() {
        return ssl;
    }

    public Sasl getSasl() {
        return sasl;
    }

    /**
     * {@return what they say}
     *
     * @param name the listener's name
     */
    ListenerSpec toSpec(String name) {
        Checks.name("proactor.listeners", name);
        String at = "proactor.listeners." + name + ".";
        return new ListenerSpec(
                host,
                Checks.inRange(at + "port", port, 0, 65535, "a port, or 0 for any free one"),
                Checks.inRange(at + "backlog", backlog, 1, 65535, "a number of peers"),
                Checks.inRange(at + "max-connections", maxConnections, 1, 1_000_000, "a number of connections"),
                Checks.timeout(at + "idle-timeout", idleTimeout),
                Checks.timeout(at + "handshake-timeout", handshakeTimeout),
                Checks.frameSize(at + "max-frame-size", maxFrameSize),
                Checks.messageSize(at + "max-message-size", maxMessageSize),
                Checks.inRange(at + "max-sessions", maxSessions, 1, 65536, "a number of sessions"),
                Checks.inRange(at + "max-links", maxLinks, 1, 1_000_000, "a number of links"),
                autoAcceptLinks,
                Checks.inRange(at + "credit", credit, 1, 1_000_000, "a number of messages"),
                maxInputSize == null ? 0 : Checks.inputSize(at + "max-input-size", maxInputSize),
                sasl.isAllowAnonymous());
    }

    /** What clients have to show of themselves. */
    public enum ClientAuth {
        /** Clients are not asked for a certificate. */
        NONE,
        /** Clients may show one. */
        WANT,
        /** Clients must show one. */
        NEED
    }

    /** TLS of a listener. */
    public static class Ssl {

        /** The SSL bundle with our certificate, and whose clients are trusted; without one there is no TLS. */
        private @Nullable String bundle;

        /** Whether clients show a certificate. */
        private ClientAuth clientAuth = ClientAuth.NONE;

        public @Nullable String getBundle() {
            return bundle;
        }

        public void setBundle(@Nullable String bundle) {
            this.bundle = bundle;
        }

        public ClientAuth getClientAuth() {
            return clientAuth;
        }

        public void setClientAuth(ClientAuth clientAuth) {
            this.clientAuth = clientAuth;
        }
    }

    /** How peers authenticate. */
    public static class Sasl {

        /** The mechanisms that are offered; by default all that the authenticator can do. */
        private List<String> mechanisms = new ArrayList<>();

        /** Whether PLAIN is offered without TLS. */
        private boolean allowInsecure = false;

        /** Whether peers are let in without authentication, from other hosts too. */
        private boolean allowAnonymous = false;

        /** The bean of Spring Security's AuthenticationManager that checks passwords, by PLAIN. */
        private @Nullable String authenticationManager;

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

        public boolean isAllowAnonymous() {
            return allowAnonymous;
        }

        public void setAllowAnonymous(boolean allowAnonymous) {
            this.allowAnonymous = allowAnonymous;
        }

        public @Nullable String getAuthenticationManager() {
            return authenticationManager;
        }

        public void setAuthenticationManager(@Nullable String authenticationManager) {
            this.authenticationManager = authenticationManager;
        }
    }
}
