package dev.proactor.security;

import java.util.Objects;

/** Who a client is, and its secret. Immutable and thread-safe; the secret is in no {@link #toString()}. */
public final class Credentials {

    private final String user;
    private final String secret;

    private Credentials(String user, String secret) {
        this.user = user;
        this.secret = secret;
    }

    /**
     * {@return a user and its password}
     *
     * @param user the name, not empty
     * @param password the password
     */
    public static Credentials password(String user, String password) {
        if (user.isEmpty()) {
            throw new IllegalArgumentException("user must not be empty");
        }
        return new Credentials(user, Objects.requireNonNull(password, "password"));
    }

    /**
     * {@return a user and its bearer token (RFC 6750)}
     *
     * @param user the name; empty where the token says it
     * @param token the token, not empty
     */
    public static Credentials token(String user, String token) {
        if (token.isEmpty()) {
            throw new IllegalArgumentException("token must not be empty");
        }
        return new Credentials(Objects.requireNonNull(user, "user"), token);
    }

    /** {@return the name of the user} */
    public String user() {
        return user;
    }

    /** {@return the password or token} */
    public String secret() {
        return secret;
    }

    @Override
    public String toString() {
        return "Credentials[" + user + "]";
    }
}
