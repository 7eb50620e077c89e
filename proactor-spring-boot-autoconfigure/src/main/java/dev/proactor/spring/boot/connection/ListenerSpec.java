package dev.proactor.spring.boot.connection;

import dev.proactor.ListenerOptions;
import dev.proactor.NetworkAddress;
import java.time.Duration;

/**
 * Where a named listener is bound, and how; what {@code proactor.listeners.<name>} says. Immutable.
 *
 * @param host the host
 * @param port the port; 0 lets the system choose
 * @param backlog how many peers may wait to be accepted
 * @param maxConnections how many connections it has at most
 * @param idleTimeout how long a peer may be silent
 * @param handshakeTimeout how long it may take from the accept until the peer's {@code open}
 * @param maxFrameBytes the largest frame that a peer may send
 * @param maxMessageBytes the largest message that is received
 * @param maxSessions how many sessions a connection may have
 * @param maxLinks how many links a peer may have attached on one connection
 * @param autoAcceptLinks whether peers may attach links that no handler claims
 * @param credit how many messages a peer may have under way on a link
 * @param maxInputBytes how many bytes of messages that no handler has taken yet a connection holds; 0 for what the other limits need
 * @param allowAnonymous whether peers are let in without authentication, from other hosts too
 */
public record ListenerSpec(
        String host,
        int port,
        int backlog,
        int maxConnections,
        Duration idleTimeout,
        Duration handshakeTimeout,
        int maxFrameBytes,
        long maxMessageBytes,
        int maxSessions,
        int maxLinks,
        boolean autoAcceptLinks,
        int credit,
        long maxInputBytes,
        boolean allowAnonymous) {

    /**
     * {@return a listener with the default settings} Its peers are asked who they are by the {@code Authenticator} bean that has the
     * listener's name, else by the sole one. Without such beans everybody is let in who reaches it, which only a loopback host may have:
     * for others {@link ProactorListeners#register} wants an answer, that bean, options with SASL, or {@link #withAllowAnonymous}.
     *
     * @param host the host whose address is bound, such as {@code localhost}; empty for all addresses
     * @param port the port; 0 lets the system choose
     */
    public static ListenerSpec on(String host, int port) {
        return new ListenerSpec(
                host,
                port,
                128,
                1000,
                Duration.ofSeconds(60),
                Duration.ofSeconds(10),
                16 * 1024,
                1024 * 1024,
                64,
                1000,
                false,
                1000,
                0,
                false);
    }

    /**
     * {@return this with another answer to whether peers are let in without authentication} What
     * {@code proactor.listeners.<name>.sasl.allow-anonymous} says.
     *
     * @param value whether they are, from other hosts too; where there is an {@code Authenticator} bean for the listener, beside those who
     *     say who they are
     */
    public ListenerSpec withAllowAnonymous(boolean value) {
        return new ListenerSpec(
                host,
                port,
                backlog,
                maxConnections,
                idleTimeout,
                handshakeTimeout,
                maxFrameBytes,
                maxMessageBytes,
                maxSessions,
                maxLinks,
                autoAcceptLinks,
                credit,
                maxInputBytes,
                value);
    }

    /**
     * {@return the options of the core, without name, context, TLS and SASL} They have room for {@link #backlog} more than
     * {@link #maxConnections}: who comes beyond the latter is accepted by the core, and turned away by a named listener, which warns.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public ListenerOptions.Builder toOptions() {
        if (maxConnections < 1) { // with the backlog it may be in the core's range
            throw new IllegalArgumentException(
                    "maxConnections must be from 1 to " + Integer.MAX_VALUE + ", not " + maxConnections);
        }
        ListenerOptions.Builder options = ListenerOptions.on(NetworkAddress.format(host, String.valueOf(port)))
                .backlog(backlog)
                .maxConnections((int) Math.min(Integer.MAX_VALUE, (long) maxConnections + backlog))
                .idleTimeout(idleTimeout)
                .handshakeTimeout(handshakeTimeout)
                .maxFrameBytes(maxFrameBytes)
                .maxMessageBytes(maxMessageBytes)
                .maxSessions(maxSessions)
                .maxLinks(maxLinks);
        return maxInputBytes == 0 ? options : options.maxInputBytes(maxInputBytes);
    }
}
