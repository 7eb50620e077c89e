package dev.proactor.security;

import java.util.List;

/**
 * How an accepting connection lets its peer authenticate (AMQP 5.3). Immutable and thread-safe.
 */
public final class ServerSasl {

    private static final ServerSasl NONE = new ServerSasl(List.of(), false);
    private static final ServerSasl ANONYMOUS = new ServerSasl(List.of("ANONYMOUS"), false);

    private final List<String> mechanisms;
    private final boolean required;

    private ServerSasl(List<String> mechanisms, boolean required) {
        this.mechanisms = mechanisms;
        this.required = required;
    }

    /** {@return no SASL layer: only peers that begin with the bare AMQP header are served} */
    public static ServerSasl none() {
        return NONE;
    }

    /** {@return SASL ANONYMOUS is offered, and a peer may leave SASL out} The default. */
    public static ServerSasl anonymous() {
        return ANONYMOUS;
    }

    /**
     * Says whether the peer must authenticate: one that begins with the bare AMQP header is then refused with
     * {@code amqp:connection:policy-error} before any of its frames is looked at.
     *
     * @param required whether a SASL exchange that ends well must come first
     * @return these settings with that changed
     * @throws IllegalStateException if no mechanism is offered
     */
    public ServerSasl required(boolean required) {
        if (required && mechanisms.isEmpty()) {
            throw new IllegalStateException("SASL can't be required where no mechanism is offered");
        }
        return new ServerSasl(mechanisms, required);
    }

    /** {@return the mechanisms offered, the preferred one first; empty for no SASL layer} */
    public List<String> mechanisms() {
        return mechanisms;
    }

    /** {@return whether the peer must authenticate} */
    public boolean required() {
        return required;
    }

    @Override
    public String toString() {
        return "ServerSasl" + mechanisms + (required ? " required" : "");
    }
}
