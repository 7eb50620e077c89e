package dev.proactor.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.ongres.scram.common.ClientFirstMessage;
import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.ServerFirstMessage;
import com.ongres.scram.common.exception.ScramException;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ScramKeys;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The server's side of SCRAM (RFC 5802, 7677), without channel binding. */
final class ScramServerMechanism implements ServerMechanism {

    private static final int NONCE_BYTES = 24;
    private static final int SALT_BYTES = 16;

    /** What is the same for all exchanges: a secret that makes up salts for users who are none. */
    private static final class Shared {
        static final SecureRandom RANDOM = new SecureRandom();
        static final byte[] SECRET = new byte[32];

        static {
            RANDOM.nextBytes(SECRET);
        }
    }

    private final String name;
    private final ScramMechanism mechanism;
    private final Authenticator authenticator;
    private final String serverNonce;
    private boolean asked;
    private String user = "";
    private String gs2Header = "";
    private String clientFirstBare = "";
    private String serverFirst = "";
    private String nonce = "";
    private @Nullable ScramKeys keys;
    private boolean known;

    ScramServerMechanism(String name, Authenticator authenticator) throws SaslFailure {
        this(name, authenticator, ScramFunctions.nonce(NONCE_BYTES, Shared.RANDOM));
    }

    /** With a nonce of the caller's, for the examples of the RFC. */
    ScramServerMechanism(String name, Authenticator authenticator, String serverNonce) throws SaslFailure {
        ScramMechanism hash = ScramMechanism.byName(name);
        if (hash == null) {
            throw new SaslFailure("unknown mechanism");
        }
        this.name = name;
        this.mechanism = hash;
        this.authenticator = authenticator;
        this.serverNonce = serverNonce;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public CompletionStage<Step> step(byte @Nullable [] response) throws SaslFailure {
        if (response == null && !asked) {
            asked = true;
            return CompletableFuture.completedFuture(new Step.Challenge(new byte[0]));
        }
        asked = true;
        String text = SimpleServer.text(response);
        return keys == null ? first(text) : CompletableFuture.completedFuture(last(text, keys));
    }

    private CompletionStage<Step> first(String text) throws SaslFailure {
        ClientFirstMessage message;
        try {
            message = ClientFirstMessage.parseFrom(text);
        } catch (ScramException | RuntimeException e) {
            throw malformed();
        }
        int bare = text.indexOf(',', text.indexOf(',') + 1) + 1;
        gs2Header = text.substring(0, bare);
        clientFirstBare = text.substring(bare);
        // "n" or "y": the client wants no channel binding. An authorization identity is not offered.
        if (message.isChannelBindingRequired() || gs2Header.length() != "n,,".length()) {
            throw new SaslFailure("channel binding and authorization identities are not offered");
        }
        user = message.getUsername();
        nonce = message.getClientNonce() + serverNonce;
        return authenticator.scramKeys(user, name).thenApply(found -> challenge(message, found));
    }

    private Step challenge(ClientFirstMessage message, @Nullable ScramKeys found) {
        known = found != null;
        ScramKeys used = found == null ? madeUp() : found;
        keys = used;
        String salt = Base64.getEncoder().encodeToString(used.salt());
        serverFirst = new ServerFirstMessage(message.getClientNonce(), serverNonce, salt, used.iterations()).toString();
        return new Step.Challenge(serverFirst.getBytes(UTF_8));
    }

    /** Always the same for the same name, or it would tell that there is nobody of that name. */
    private ScramKeys madeUp() {
        byte[] made = ScramFunctions.hmac(mechanism, (name + user).getBytes(UTF_8), Shared.SECRET);
        return ScramKeys.of(Arrays.copyOf(made, SALT_BYTES), ScramKeys.ITERATIONS, made, made);
    }

    private Step last(String text, ScramKeys keys) throws SaslFailure {
        int proofAt = text.lastIndexOf(",p=");
        String binding = "c=" + Base64.getEncoder().encodeToString(gs2Header.getBytes(UTF_8));
        String expected = binding + ",r=" + nonce;
        if (proofAt < 0
                || !MessageDigest.isEqual(text.substring(0, proofAt).getBytes(UTF_8), expected.getBytes(UTF_8))) {
            throw malformed();
        }
        byte[] proof;
        try {
            proof = Base64.getDecoder().decode(text.substring(proofAt + ",p=".length()));
        } catch (IllegalArgumentException e) {
            throw malformed();
        }
        String authMessage = clientFirstBare + ',' + serverFirst + ',' + expected;
        boolean right = proof.length == keys.storedKey().length
                && ScramFunctions.verifyClientProof(mechanism, proof, keys.storedKey(), authMessage);
        if (!right || !known) {
            throw new SaslFailure("wrong user or password");
        }
        byte[] signature = ScramFunctions.serverSignature(mechanism, keys.serverKey(), authMessage);
        String serverFinal = "v=" + Base64.getEncoder().encodeToString(signature);
        return new Step.Success(user, serverFinal.getBytes(UTF_8));
    }

    private static SaslFailure malformed() {
        return new SaslFailure("malformed message");
    }
}
