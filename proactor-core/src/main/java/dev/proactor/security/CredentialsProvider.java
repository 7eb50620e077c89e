package dev.proactor.security;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Gives the credentials of a client, asked anew at every attempt to authenticate: a token that has run out, or a password that
 * was changed, is renewed with the next connection.
 */
@FunctionalInterface
public interface CredentialsProvider {

    /**
     * Gives the credentials for one attempt. Called in the connection's sequence by any thread that waits for batches, so it
     * should not block: fetch a token elsewhere and complete the stage then. The connection's handshake time-out goes on
     * meanwhile. A stage that fails ends the attempt with {@code amqp:unauthorized-access}; its message is shown, so it must have
     * no secret.
     *
     * @param host the virtual host, or the host of the address
     * @return the credentials, now or later
     */
    CompletionStage<Credentials> credentials(String host);

    /**
     * {@return a provider of always the same}
     *
     * @param credentials the credentials
     */
    static CredentialsProvider of(Credentials credentials) {
        return host -> CompletableFuture.completedFuture(credentials);
    }
}
