package dev.proactor.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.ongres.scram.client.ScramClient;
import com.ongres.scram.common.StringPreparation;
import com.ongres.scram.common.exception.ScramException;
import dev.proactor.security.Credentials;
import java.util.List;

/** The client's side of SCRAM (RFC 5802, 7677), which proves the server too. */
final class ScramClientMechanism implements ClientMechanism {

    /** A server that asks for more wants to keep us busy. */
    private static final int MOST_ITERATIONS = 1_000_000;

    private enum Stage {
        FIRST,
        FINAL,
        PROVED
    }

    private final String name;
    private final ScramClient exchange;
    private Stage stage = Stage.FIRST;

    ScramClientMechanism(String name, Credentials credentials) throws SaslFailure {
        this.name = name;
        if (credentials.secret().isEmpty()) {
            throw new SaslFailure("the password is empty");
        }
        try {
            this.exchange = ScramClient.builder()
                    .advertisedMechanisms(List.of(name))
                    .username(credentials.user())
                    .password(credentials.secret().toCharArray())
                    .stringPreparation(StringPreparation.SASL_PREPARATION)
                    .build();
        } catch (RuntimeException e) {
            throw new SaslFailure("user or password can't be used with SCRAM");
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public byte[] initialResponse() {
        return exchange.clientFirstMessage().toString().getBytes(UTF_8);
    }

    @Override
    public byte[] respond(byte[] challenge) throws SaslFailure {
        String text = new String(challenge, UTF_8);
        try {
            if (stage == Stage.FIRST) {
                int iterations = exchange.serverFirstMessage(text).getIterationCount();
                if (iterations > MOST_ITERATIONS) {
                    throw new SaslFailure(
                            "the server asks for " + iterations + " iterations, more than " + MOST_ITERATIONS);
                }
                stage = Stage.FINAL;
                return exchange.clientFinalMessage().toString().getBytes(UTF_8);
            }
            if (stage == Stage.FINAL) {
                // Some servers prove themselves before the outcome and not with it.
                prove(text);
                return new byte[0];
            }
        } catch (ScramException | RuntimeException e) {
            throw new SaslFailure("the server's message makes no sense");
        }
        throw new SaslFailure("a challenge too many");
    }

    @Override
    public void succeeded(byte[] additionalData) throws SaslFailure {
        if (stage == Stage.PROVED) {
            return;
        }
        if (stage != Stage.FINAL) {
            throw new SaslFailure("the server let us in before the exchange was over");
        }
        prove(new String(additionalData, UTF_8));
    }

    private void prove(String text) throws SaslFailure {
        try {
            exchange.serverFinalMessage(text);
        } catch (ScramException | RuntimeException e) {
            throw new SaslFailure("the server did not prove that it knows the password");
        }
        stage = Stage.PROVED;
    }
}
