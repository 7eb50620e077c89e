package dev.proactor.internal.engine;

import dev.proactor.security.ServerSasl;
import java.util.Arrays;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslFrameBody;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.apache.qpid.proton.amqp.security.SaslResponse;
import org.jspecify.annotations.Nullable;

/** The gate of an accepted connection. It says nothing before the client has spoken. */
final class ServerGate extends ProtocolGate {

    private final ServerSasl options;
    private @Nullable ServerMechanism mechanism;

    ServerGate(GuardedTransport transport, ServerSasl options) {
        super(transport, Phase.PROTOCOL);
        this.options = options;
    }

    @Override
    public void header(byte[] bytes) {
        boolean amqp = Arrays.equals(bytes, AMQP_HEADER);
        if (phase() == Phase.AMQP_HEADER) {
            if (amqp) {
                enter(Phase.AMQP);
            } else {
                malformed("Expected AMQP protocol header got: " + quote(bytes));
            }
        } else if (amqp) {
            if (options.required()) {
                fault(Conditions.POLICY_ERROR, "Client skipped authentication - forbidden");
            } else {
                enter(Phase.AMQP);
            }
        } else if (Arrays.equals(bytes, SASL_HEADER) && !options.mechanisms().isEmpty()) {
            enter(Phase.SASL);
            write(SASL_HEADER, sasl().mechanisms(options.mechanisms()));
        } else if (isAmqp(bytes)) {
            malformed("Incompatible AMQP connection detected: " + quote(bytes));
        } else {
            malformed("Unknown protocol detected: " + quote(bytes));
        }
    }

    @Override
    void saslFrame(SaslFrameBody frame, SaslCodec sasl) {
        if (mechanism == null && frame instanceof SaslInit init) {
            String chosen = String.valueOf(init.getMechanism());
            mechanism = Mechanisms.server(options.mechanisms(), chosen);
            if (mechanism == null) {
                refuse(sasl, chosen, "not offered");
            } else {
                step(sasl, mechanism, init.getInitialResponse());
            }
        } else if (mechanism != null && frame instanceof SaslResponse response) {
            step(sasl, mechanism, response.getResponse());
        } else {
            unexpected(frame);
        }
    }

    private void step(SaslCodec sasl, ServerMechanism mechanism, @Nullable Binary response) {
        ServerMechanism.Step step;
        try {
            step = mechanism.step(SaslCodec.bytes(response));
        } catch (SaslFailure e) {
            refuse(sasl, mechanism.name(), String.valueOf(e.getMessage()));
            return;
        }
        if (step instanceof ServerMechanism.Step.Challenge challenge) {
            write(sasl.challenge(challenge.bytes()));
        } else if (step instanceof ServerMechanism.Step.Success success) {
            write(sasl.outcome(SaslCode.OK, success.additionalData()));
            enter(Phase.AMQP_HEADER);
            transport().authenticated();
        }
    }

    /** The peer learns that it was refused and not why. */
    private void refuse(SaslCodec sasl, String mechanism, String why) {
        write(sasl.outcome(SaslCode.AUTH, null));
        authenticationFailed(mechanism, why);
    }
}
