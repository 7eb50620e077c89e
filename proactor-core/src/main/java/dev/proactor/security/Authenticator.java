package dev.proactor.security;

import java.security.Principal;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Knows the users of a server. Called in a connection's sequence by any thread that waits for batches, so it should not block: look
 * up elsewhere and complete the stage then. The connection's handshake time-out goes on meanwhile. A stage that fails refuses the
 * client; the failure is told to the server's handler with {@code TRANSPORT_ERROR}, and never to the client.
 *
 * <p>Implementations are thread-safe.
 */
public interface Authenticator {

    /**
     * Checks a password that a client has sent (PLAIN).
     *
     * @param user the user
     * @param password the password, of any content and up to some hundred characters
     * @return whether it is the user's
     */
    CompletionStage<Boolean> checkPassword(String user, String password);

    /**
     * Looks up what is kept of a user's password (SCRAM).
     *
     * @param user the user
     * @param mechanism {@code SCRAM-SHA-256} or {@code SCRAM-SHA-512}
     * @return the keys, or {@code null} if there is no such user; the client can't tell that from a wrong password
     */
    default CompletionStage<@Nullable ScramKeys> scramKeys(String user, String mechanism) {
        return CompletableFuture.completedFuture(null);
    }

    /**
     * Says who the owner of a client certificate is (EXTERNAL). The certificate was found valid and trusted by TLS.
     *
     * @param certificate the subject of the certificate
     * @return the user's name, or {@code null} to refuse; by default the subject's distinguished name
     */
    default CompletionStage<@Nullable String> certificateUser(Principal certificate) {
        return CompletableFuture.completedFuture(certificate.getName());
    }

    /**
     * {@return an authenticator that knows some users, for tests and small set-ups} Deriving their keys takes some milliseconds for each, here.
     *
     * @param passwords the passwords of the users
     */
    static Authenticator of(Map<String, String> passwords) {
        return new KnownUsers(passwords);
    }
}
