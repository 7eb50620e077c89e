package dev.proactor.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Users that are known from the start. */
final class KnownUsers implements Authenticator {

    private static final byte[] NOBODY = new byte[16];

    private final Map<String, byte[]> passwords = new HashMap<>();
    private final Map<String, ScramKeys> sha256 = new HashMap<>();
    private final Map<String, ScramKeys> sha512 = new HashMap<>();

    KnownUsers(Map<String, String> users) {
        users.forEach((user, password) -> {
            passwords.put(user, password.getBytes(UTF_8));
            sha256.put(user, ScramKeys.derive("SCRAM-SHA-256", password));
            sha512.put(user, ScramKeys.derive("SCRAM-SHA-512", password));
        });
    }

    @Override
    public CompletionStage<Boolean> checkPassword(String user, String password) {
        byte[] known = passwords.get(user);
        // As long for somebody as for nobody.
        boolean same = MessageDigest.isEqual(known == null ? NOBODY : known, password.getBytes(UTF_8));
        return CompletableFuture.completedFuture(same && known != null);
    }

    @Override
    public CompletionStage<@Nullable ScramKeys> scramKeys(String user, String mechanism) {
        return CompletableFuture.completedFuture((mechanism.endsWith("256") ? sha256 : sha512).get(user));
    }

    @Override
    public String toString() {
        return "Authenticator of " + passwords.size() + " users";
    }
}
