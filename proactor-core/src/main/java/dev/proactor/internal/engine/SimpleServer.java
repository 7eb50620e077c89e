package dev.proactor.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.proactor.security.Authenticator;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.Principal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Mechanisms in which one message of the client is all that there is. */
final class SimpleServer implements ServerMechanism {

    private interface Check {
        CompletionStage<Step> of(String message) throws SaslFailure;
    }

    private final String name;
    private final Check check;
    private boolean asked;

    private SimpleServer(String name, Check check) {
        this.name = name;
        this.check = check;
    }

    /** RFC 4505: the message says who it might be, or nothing; nobody looks at it. */
    static SimpleServer anonymous() {
        return new SimpleServer(Mechanisms.ANONYMOUS, message -> success(""));
    }

    /** RFC 4616: authorization identity, user, password. */
    static SimpleServer plain(Authenticator authenticator) {
        return new SimpleServer(Mechanisms.PLAIN, message -> {
            String[] parts = message.split("\0", -1);
            if (parts.length != 3 || parts[1].isEmpty() || !(parts[0].isEmpty() || parts[0].equals(parts[1]))) {
                throw new SaslFailure("malformed message");
            }
            return authenticator
                    .checkPassword(parts[1], parts[2])
                    .thenCompose(right -> right ? success(parts[1]) : failed("wrong user or password"));
        });
    }

    /** RFC 4422, appendix A: who the certificate is for. */
    static SimpleServer external(Authenticator authenticator, @Nullable Principal certificate) {
        return new SimpleServer(Mechanisms.EXTERNAL, message -> {
            if (certificate == null) {
                throw new SaslFailure("there is no certificate");
            }
            return authenticator.certificateUser(certificate).thenCompose(user -> {
                if (user == null || !(message.isEmpty() || message.equals(user))) {
                    return failed("not the user of the certificate");
                }
                return success(user);
            });
        });
    }

    private static CompletionStage<Step> success(String identity) {
        return CompletableFuture.completedFuture(new Step.Success(identity, null));
    }

    private static CompletionStage<Step> failed(String why) {
        return CompletableFuture.failedFuture(new SaslFailure(why));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public CompletionStage<Step> step(byte @Nullable [] response) throws SaslFailure {
        if (response == null && !asked && !name.equals(Mechanisms.ANONYMOUS)) {
            asked = true;
            return CompletableFuture.completedFuture(new Step.Challenge(new byte[0]));
        }
        return check.of(text(response));
    }

    static String text(byte @Nullable [] bytes) throws SaslFailure {
        try {
            return bytes == null
                    ? ""
                    : UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new SaslFailure("malformed message");
        }
    }
}
