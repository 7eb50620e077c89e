package dev.proactor.internal.engine;

import dev.proactor.security.ClientSasl;
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

    private final ClientSasl options;
    private final @Nullable String hostname;
    private @Nullable ClientMechanism mechanism;

    ClientGate(GuardedTransport transport, ClientSasl options, @Nullable String hostname) {
        super(transport, options.mechanisms().isEmpty() ? Phase.AMQP_HEADER : Phase.SASL_HEADER);
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
            choose(SaslCodec.names(offer), sasl);
        } else if (mechanism != null && frame instanceof SaslChallenge challenge) {
            answer(mechanism, challenge, sasl);
        } else if (mechanism != null && frame instanceof SaslOutcome outcome) {
            finish(mechanism, outcome);
        } else {
            unexpected(frame);
        }
    }

    private void choose(List<String> offered, SaslCodec sasl) {
        mechanism = Mechanisms.client(options.mechanisms(), offered);
        if (mechanism == null) {
            authenticationFailed("none", "the server offers " + offered + ", wanted is one of " + options.mechanisms());
        } else {
            write(sasl.init(mechanism.name(), mechanism.initialResponse(), hostname));
        }
    }

    private void answer(ClientMechanism mechanism, SaslChallenge challenge, SaslCodec sasl) {
        byte[] bytes = SaslCodec.bytes(challenge.getChallenge());
        try {
            write(sasl.response(mechanism.respond(bytes == null ? new byte[0] : bytes)));
        } catch (SaslFailure e) {
            authenticationFailed(mechanism.name(), String.valueOf(e.getMessage()));
        }
    }

    private void finish(ClientMechanism mechanism, SaslOutcome outcome) {
        if (outcome.getCode() != SaslCode.OK) {
            authenticationFailed(mechanism.name(), outcome.getCode() == SaslCode.AUTH ? "" : "" + outcome.getCode());
            return;
        }
        byte[] data = SaslCodec.bytes(outcome.getAdditionalData());
        try {
            mechanism.succeeded(data == null ? new byte[0] : data);
        } catch (SaslFailure e) {
            authenticationFailed(mechanism.name(), String.valueOf(e.getMessage()));
            return;
        }
        enter(Phase.AMQP_HEADER);
        transport().authenticated();
    }
}
