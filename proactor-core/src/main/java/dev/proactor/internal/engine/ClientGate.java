package dev.proactor.internal.engine;

import dev.proactor.security.ClientSasl;
import dev.proactor.security.Credentials;
import dev.proactor.security.CredentialsProvider;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.proton.amqp.security.SaslChallenge;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslFrameBody;
import org.apache.qpid.proton.amqp.security.SaslMechanisms;
import org.apache.qpid.proton.amqp.security.SaslOutcome;
import org.jspecify.annotations.Nullable;

/** The gate of a connection that we made. With SASL it sends nothing of AMQP before the server has let us in. */
final class ClientGate extends ProtocolGate {

    private static final int LONGEST_LIST = 200;
    private static final int MOST_CHALLENGES = 5;

    private final ClientSasl options;
    private final @Nullable String hostname;
    private @Nullable ClientMechanism mechanism;
    private String user = "";
    private int challenges;

    ClientGate(GuardedTransport transport, ClientSasl options, @Nullable String hostname, Surroundings surroundings) {
        super(transport, surroundings, options.mechanisms().isEmpty() ? Phase.AMQP_HEADER : Phase.SASL_HEADER);
        this.options = options;
        this.hostname = hostname;
        if (phase() == Phase.SASL_HEADER) {
            write(SASL_HEADER);
        }
    }

    @Override
    public void header(byte[] bytes) {
        boolean sasl = phase() == Phase.SASL_HEADER;
        if (Arrays.equals(bytes, sasl ? SASL_HEADER : AMQP_HEADER)) {
            enter(sasl ? Phase.SASL : Phase.AMQP);
        } else {
            malformed("Expected " + (sasl ? "SASL" : "AMQP") + " protocol header got: " + quote(bytes));
        }
    }

    @Override
    void saslFrame(SaslFrameBody frame, SaslCodec sasl) {
        if (mechanism == null && frame instanceof SaslMechanisms offer) {
            choose(SaslCodec.names(offer));
        } else if (mechanism != null && frame instanceof SaslChallenge challenge) {
            answer(mechanism, challenge, sasl);
        } else if (mechanism != null && frame instanceof SaslOutcome outcome) {
            finish(mechanism, outcome);
        } else {
            unexpected(frame);
        }
    }

    private void choose(List<String> offered) {
        boolean secure = options.secretsWithoutTls() || surroundings().tlsSession() != null;
        boolean tooOpen = false;
        for (String name : options.mechanisms()) {
            if (offered.contains(name)) {
                if (secure || !Mechanisms.sendsSecret(name)) {
                    askCredentials(name);
                    return;
                }
                tooOpen = true;
            }
        }
        authenticationFailed(
                "none",
                "the server offers " + PeerText.line(offered.toString(), LONGEST_LIST) + ", wanted is one of "
                        + options.mechanisms()
                        + (tooOpen
                                ? "; without TLS a secret is not sent, unless ClientSasl.secretsWithoutTls allows it"
                                : hint()));
    }

    /** {@return what is missing at this end, where that can be known} */
    private String hint() {
        if (options.mechanisms().contains(Mechanisms.ANONYMOUS)) {
            return "; no user is set";
        }
        return options.mechanisms().contains(Mechanisms.EXTERNAL)
                ? "; EXTERNAL is offered to who has shown a certificate"
                : "";
    }

    private void askCredentials(String name) {
        CredentialsProvider provider = options.provider();
        if (provider == null) {
            begin(name, null);
            return;
        }
        this.<Credentials>ask(() -> provider.credentials(host()), (credentials, failure) -> {
            if (failure != null) {
                authenticationFailed(name, "no credentials: " + failure);
            } else {
                begin(name, credentials);
            }
        });
    }

    private void begin(String name, @Nullable Credentials credentials) {
        try {
            ClientMechanism begun = Mechanisms.client(name, credentials, host());
            mechanism = begun;
            user = credentials == null ? "" : credentials.user();
            write(sasl().init(name, begun.initialResponse(), hostname));
        } catch (SaslFailure e) {
            authenticationFailed(name, String.valueOf(e.getMessage()));
        }
    }

    private String host() {
        return hostname == null ? "" : hostname;
    }

    private void answer(ClientMechanism mechanism, SaslChallenge challenge, SaslCodec sasl) {
        challenges++;
        if (challenges > MOST_CHALLENGES) {
            authenticationFailed(mechanism.name(), "a challenge too many");
            return;
        }
        byte[] bytes = SaslCodec.bytes(challenge.getChallenge());
        try {
            write(sasl.response(mechanism.respond(bytes == null ? new byte[0] : bytes)));
        } catch (SaslFailure e) {
            authenticationFailed(mechanism.name(), String.valueOf(e.getMessage()));
        }
    }

    private void finish(ClientMechanism mechanism, SaslOutcome outcome) {
        if (outcome.getCode() != SaslCode.OK) {
            String said = mechanism.serverSaid();
            String code = outcome.getCode() != SaslCode.AUTH
                    ? "" + outcome.getCode()
                    : mechanism.name().equals(Mechanisms.ANONYMOUS) ? "no user is set" : "";
            authenticationFailed(mechanism.name(), said == null ? code : said);
            return;
        }
        byte[] data = SaslCodec.bytes(outcome.getAdditionalData());
        try {
            mechanism.succeeded(data == null ? new byte[0] : data);
        } catch (SaslFailure e) {
            authenticationFailed(mechanism.name(), String.valueOf(e.getMessage()));
            return;
        }
        authenticated(user, mechanism.name());
    }
}
