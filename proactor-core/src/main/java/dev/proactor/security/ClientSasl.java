package dev.proactor.security;

import java.util.List;

/**
 * How a client connection authenticates (AMQP 5.3). Immutable and thread-safe.
 */
public final class ClientSasl {

    private static final ClientSasl NONE = new ClientSasl(List.of());
    private static final ClientSasl ANONYMOUS = new ClientSasl(List.of("ANONYMOUS"));

    private final List<String> mechanisms;

    private ClientSasl(List<String> mechanisms) {
        this.mechanisms = mechanisms;
    }

    /** {@return no SASL layer: the connection begins with the bare AMQP header} Few brokers take that. */
    public static ClientSasl none() {
        return NONE;
    }

    /** {@return SASL ANONYMOUS (RFC 4505): no identity} The default. */
    public static ClientSasl anonymous() {
        return ANONYMOUS;
    }

    /** {@return the mechanisms that may be used, the preferred one first; empty for no SASL layer} */
    public List<String> mechanisms() {
        return mechanisms;
    }

    @Override
    public String toString() {
        return "ClientSasl" + mechanisms;
    }
}
