package dev.proactor.security;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an accepting connection lets its peer authenticate (AMQP 5.3). Immutable and thread-safe.
 *
 * <pre>{@code
 * ListenerOptions.on(":5671").tls(ServerTls.of(context)).sasl(ServerSasl.of(authenticator)).build()
 * }</pre>
 *
 * <p>A client that fails learns only that, and not at once: with every failure from one address (one /64 of IPv6) the answer takes
 * longer, from 100 ms up to 5 s, until there was none for a minute.
 */
public final class ServerSasl {

    private static final List<String> POSSIBLE =
            List.of("EXTERNAL", "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "ANONYMOUS");
    private static final ServerSasl NONE = new ServerSasl(List.of(), null, false, false, true);
    private static final ServerSasl ANONYMOUS = new ServerSasl(List.of("ANONYMOUS"), null, false, false, true);

    private final List<String> mechanisms;
    private final @Nullable Authenticator authenticator;
    private final boolean required;
    private final boolean plainWithoutTls;
    private final boolean failuresSlowed;

    private ServerSasl(
            List<String> mechanisms,
            @Nullable Authenticator authenticator,
            boolean required,
            boolean plainWithoutTls,
            boolean failuresSlowed) {
        this.mechanisms = mechanisms;
        this.authenticator = authenticator;
        this.required = required;
        this.plainWithoutTls = plainWithoutTls;
        this.failuresSlowed = failuresSlowed;
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
     * {@return SCRAM-SHA-512, SCRAM-SHA-256 and PLAIN are offered, and one of them is required}
     *
     * @param authenticator knows the users
     */
    public static ServerSasl of(Authenticator authenticator) {
        return of(authenticator, "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN");
    }

    /**
     * {@return some mechanisms are offered, and one of them is required}
     *
     * @param authenticator knows the users
     * @param mechanisms the mechanisms, the preferred one first, of EXTERNAL, SCRAM-SHA-512, SCRAM-SHA-256, PLAIN and ANONYMOUS.
     *     EXTERNAL is offered only to a client that has shown a certificate, PLAIN only under TLS unless
     *     {@linkplain #plainWithoutTls allowed}
     * @throws IllegalArgumentException if one is unknown, or there is none
     */
    public static ServerSasl of(Authenticator authenticator, String... mechanisms) {
        List<String> chosen = List.of(mechanisms);
        if (chosen.isEmpty() || !POSSIBLE.containsAll(chosen)) {
            throw new IllegalArgumentException("mechanisms are " + chosen + ", but must be of " + POSSIBLE);
        }
        return new ServerSasl(chosen, Objects.requireNonNull(authenticator, "authenticator"), true, false, true);
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
        return new ServerSasl(mechanisms, authenticator, required, plainWithoutTls, failuresSlowed);
    }

    /**
     * Says whether PLAIN is offered without TLS too, where anybody on the way can read the password.
     *
     * @param allowed the default is {@code false}
     * @return these settings with that changed
     */
    public ServerSasl plainWithoutTls(boolean allowed) {
        return new ServerSasl(mechanisms, authenticator, required, allowed, failuresSlowed);
    }

    /**
     * Says whether answers to failures take longer and longer.
     *
     * @param slowed the default is {@code true}
     * @return these settings with that changed
     */
    public ServerSasl failuresSlowed(boolean slowed) {
        return new ServerSasl(mechanisms, authenticator, required, plainWithoutTls, slowed);
    }

    /** {@return the mechanisms offered, the preferred one first; empty for no SASL layer} */
    public List<String> mechanisms() {
        return mechanisms;
    }

    /** {@return who knows the users, or {@code null} where nobody has to} */
    public @Nullable Authenticator authenticator() {
        return authenticator;
    }

    /** {@return whether the peer must authenticate} */
    public boolean required() {
        return required;
    }

    /** {@return whether PLAIN is offered without TLS too} */
    public boolean plainWithoutTls() {
        return plainWithoutTls;
    }

    /** {@return whether answers to failures take longer and longer} */
    public boolean failuresSlowed() {
        return failuresSlowed;
    }

    @Override
    public String toString() {
        return "ServerSasl" + mechanisms + (required ? " required" : "");
    }
}
