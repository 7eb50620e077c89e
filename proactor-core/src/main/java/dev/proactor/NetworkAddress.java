package dev.proactor;

import java.util.Map;

/**
 * A host and a port as they are written, not yet looked up: {@code host:port} split at the last colon, as Proton does it.
 *
 * <p>{@code foo:amqp} has a service name for a port; {@code foo} and {@code foo:} have the default port; {@code :5672} and
 * {@code ""} have no host, which means the loopback address to connect to and every address to listen on; {@code ::1:5672}
 * and {@code [::1]:5672} are IPv6, and an IPv6 address without a port must stand in brackets. A service name chooses a port and
 * nothing else: {@code amqps} is port 5671, not TLS.
 *
 * @param host the host's name or literal address, or the empty string
 * @param service a port number from 0 to 65535, or {@code amqp} or {@code amqps}; anything else is an error once it is used
 */
public record NetworkAddress(String host, String service) {

    /** The port of AMQP, 5672. */
    public static final int AMQP_PORT = 5672;

    /** The port of AMQP over TLS, 5671. */
    public static final int AMQPS_PORT = 5671;

    private static final Map<String, Integer> SERVICES = Map.of("amqp", AMQP_PORT, "amqps", AMQPS_PORT);

    /** The longest address that is looked at, in characters; a longer one is an error when it is used. */
    public static final int MAX_LENGTH = 1060;

    /**
     * Splits an address. Never fails: what can't be used is reported when it is used.
     *
     * @param address {@code host:port}, either part may be absent
     * @return its parts; an absent port is given as {@code 5672}
     */
    public static NetworkAddress parse(String address) {
        int colon = address.lastIndexOf(':');
        // "[::1]" has no port: its last colon is within the brackets.
        if (colon < 0 || address.endsWith("]")) {
            return new NetworkAddress(withoutBrackets(address), String.valueOf(AMQP_PORT));
        }
        String service = address.substring(colon + 1);
        return new NetworkAddress(
                withoutBrackets(address.substring(0, colon)), service.isEmpty() ? String.valueOf(AMQP_PORT) : service);
    }

    private static String withoutBrackets(String host) {
        return host.length() >= 2 && host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host;
    }

    /**
     * Writes an address as {@link #parse} reads it ({@code pn_proactor_addr}).
     *
     * @param host the host, may be empty
     * @param service the port, may be empty
     * @return {@code host:service}
     */
    public static String format(String host, String service) {
        return host + ":" + service;
    }

    /**
     * {@return the port number}
     *
     * @throws IllegalArgumentException if {@link #service()} is neither a number from 0 to 65535 nor a known name
     */
    public int port() {
        Integer known = SERVICES.get(service);
        if (known != null) {
            return known;
        }
        try {
            int port = Integer.parseInt(service);
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException notANumber) {
            // reported below, with the same words as a number out of range
        }
        throw new IllegalArgumentException(
                "port \"" + service + "\" is neither a number from 0 to 65535 nor one of amqp, amqps");
    }

    /** {@return {@code host:service}} */
    @Override
    public String toString() {
        return format(host, service);
    }
}
