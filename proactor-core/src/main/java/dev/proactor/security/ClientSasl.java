package dev.proactor.security;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a client connection authenticates (AMQP 5.3). Immutable and thread-safe.
 *
 * <pre>{@code
 * ConnectionOptions.to("broker.example.com:5671")
 *     .tls(ClientTls.defaults())
 *     .sasl(ClientSasl.password("meter-17", secret))
 *     .build()
 * }</pre>
 *
 * <p>Of the mechanisms that both ends have, the first of ours is used. A failure ends the connection: {@code TRANSPORT_ERROR} with
 * {@code amqp:unauthorized-access}.
 */
public final class ClientSasl {

    private static final List<String> PASSWORD = List.of("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN");
    private static final List<String> TOKEN = List.of("OAUTHBEARER", "XOAUTH2");
    private static final ClientSasl NONE = new ClientSasl(List.of(), List.of(), null, false);
    private static final ClientSasl ANONYMOUS = new ClientSasl(List.of("ANONYMOUS"), List.of("ANONYMOUS"), null, false);
    private static final ClientSasl EXTERNAL = new ClientSasl(List.of("EXTERNAL"), List.of("EXTERNAL"), null, false);

    private final List<String> possible;
    private final List<String> mechanisms;
    private final @Nullable CredentialsProvider provider;
    private final boolean secretsWithoutTls;

    private ClientSasl(
            List<String> possible,
            List<String> mechanisms,
            @Nullable CredentialsProvider provider,
            boolean secretsWithoutTls) {
        this.possible = possible;
        this.mechanisms = mechanisms;
        this.provider = provider;
        this.secretsWithoutTls = secretsWithoutTls;
    }

    /** {@return no SASL layer: the connection begins with the bare AMQP header} Few brokers take that. */
    public static ClientSasl none() {
        return NONE;
    }

    /** {@return SASL ANONYMOUS (RFC 4505): no identity} The default. */
    public static ClientSasl anonymous() {
        return ANONYMOUS;
    }

    /** {@return SASL EXTERNAL (RFC 4422): the identity is that of our TLS certificate} */
    public static ClientSasl external() {
        return EXTERNAL;
    }

    /**
     * {@return SCRAM-SHA-512, SCRAM-SHA-256 (RFC 7677) or PLAIN (RFC 4616), with a password}
     *
     * @param user the user
     * @param password its password
     */
    public static ClientSasl password(String user, String password) {
        return password(CredentialsProvider.of(Credentials.password(user, password)));
    }

    /**
     * {@return SCRAM-SHA-512, SCRAM-SHA-256 (RFC 7677) or PLAIN (RFC 4616), with a password that is asked for at every attempt}
     *
     * @param provider gives user and password
     */
    public static ClientSasl password(CredentialsProvider provider) {
        return new ClientSasl(PASSWORD, PASSWORD, Objects.requireNonNull(provider, "provider"), false);
    }

    /**
     * {@return OAUTHBEARER (RFC 7628) or XOAUTH2, with a token that is asked for at every attempt}
     *
     * @param provider gives the token, and the user where the server wants one
     */
    public static ClientSasl token(CredentialsProvider provider) {
        return new ClientSasl(TOKEN, TOKEN, Objects.requireNonNull(provider, "provider"), false);
    }

    /**
     * Says which of the possible mechanisms are used.
     *
     * @param names the names, the preferred one first
     * @return these settings with that changed
     * @throws IllegalArgumentException if one is not possible with these credentials, or there is none
     */
    public ClientSasl mechanisms(String... names) {
        List<String> chosen = List.of(names);
        if (chosen.isEmpty() || !possible.containsAll(chosen)) {
            throw new IllegalArgumentException("mechanisms are " + chosen + ", but must be of " + possible);
        }
        return new ClientSasl(possible, chosen, provider, secretsWithoutTls);
    }

    /**
     * Says whether mechanisms that send the secret as it is (PLAIN, OAUTHBEARER, XOAUTH2) are used without TLS too, where anybody
     * on the way can read it.
     *
     * @param allowed the default is {@code false}
     * @return these settings with that changed
     */
    public ClientSasl secretsWithoutTls(boolean allowed) {
        return new ClientSasl(possible, mechanisms, provider, allowed);
    }

    /** {@return the mechanisms that may be used, the preferred one first; empty for no SASL layer} */
    public List<String> mechanisms() {
        return mechanisms;
    }

    /** {@return who gives the credentials, or {@code null} where there are none} */
    public @Nullable CredentialsProvider provider() {
        return provider;
    }

    /** {@return whether secrets are sent as they are without TLS too} */
    public boolean secretsWithoutTls() {
        return secretsWithoutTls;
    }

    @Override
    public String toString() {
        return "ClientSasl" + mechanisms;
    }
}
