package dev.proactor.internal.engine;

import dev.proactor.security.ServerSasl;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSession;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslFrameBody;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.apache.qpid.proton.amqp.security.SaslResponse;
import org.jspecify.annotations.Nullable;

/** The gate of an accepted connection. It says nothing before the client has spoken. */
final class ServerGate extends ProtocolGate {

    /** The longest exchange, one of SCRAM whose client begins with nothing, has three. */
    private static final int MOST_STEPS = 5;

    /** RFC 4422, 3.1. */
    private static final Pattern NAME = Pattern.compile("[A-Z0-9_-]{1,20}");

    private final ServerSasl options;
    private List<String> offered = List.of();
    private @Nullable ServerMechanism mechanism;
    private int steps;

    /** Somebody who was refused waits to hear it. */
    private @Nullable Refusal refusal;

    private record Refusal(SaslCode code, String mechanism, String why, long dueNanos) {}

    ServerGate(GuardedTransport transport, ServerSasl options, Surroundings surroundings) {
        super(transport, surroundings, Phase.PROTOCOL);
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
            offer();
        } else if (isAmqp(bytes)) {
            malformed("Incompatible AMQP connection detected: " + quote(bytes));
        } else {
            malformed("Unknown protocol detected: " + quote(bytes));
        }
    }

    /** What can be offered depends on TLS, which is known only now. */
    private void offer() {
        SSLSession tls = surroundings().tlsSession();
        boolean hasCertificate = Mechanisms.certificate(tls) != null;
        offered = options.mechanisms().stream()
                .filter(name -> !name.equals(Mechanisms.PLAIN) || tls != null || options.plainWithoutTls())
                .filter(name -> !name.equals(Mechanisms.EXTERNAL) || hasCertificate)
                .toList();
        if (offered.isEmpty()) {
            fault(
                    Conditions.POLICY_ERROR,
                    "none of " + options.mechanisms() + " can be offered "
                            + (tls == null ? "without TLS" : "without a client certificate"));
        } else {
            enter(Phase.SASL);
            write(SASL_HEADER, sasl().mechanisms(offered));
        }
    }

    @Override
    void saslFrame(SaslFrameBody frame, SaslCodec sasl) {
        ServerMechanism chosen = mechanism;
        if (chosen == null && frame instanceof SaslInit init) {
            begin(String.valueOf(init.getMechanism()), SaslCodec.bytes(init.getInitialResponse()));
        } else if (chosen != null && frame instanceof SaslResponse response) {
            step(chosen, SaslCodec.bytes(response.getResponse()));
        } else {
            unexpected(frame);
        }
    }

    private void begin(String name, byte @Nullable [] response) {
        if (!offered.contains(name)) {
            // The name is the peer's: what is no name at all is not repeated.
            refuse(SaslCode.AUTH, NAME.matcher(name).matches() ? name : "none", "not offered; offered are " + offered);
            return;
        }
        try {
            ServerMechanism begun = Mechanisms.server(
                    name, options.authenticator(), surroundings().tlsSession());
            mechanism = begun;
            step(begun, response);
        } catch (SaslFailure e) {
            refuse(SaslCode.SYS, name, String.valueOf(e.getMessage()));
        }
    }

    private void step(ServerMechanism mechanism, byte @Nullable [] response) {
        steps++;
        if (steps > MOST_STEPS) {
            refuse(SaslCode.AUTH, mechanism.name(), "too many steps");
            return;
        }
        this.<ServerMechanism.Step>ask(() -> mechanism.step(response), (step, failure) -> {
            if (failure instanceof SaslFailure) {
                refuse(SaslCode.AUTH, mechanism.name(), String.valueOf(failure.getMessage()));
            } else if (step instanceof ServerMechanism.Step.Challenge challenge) {
                write(sasl().challenge(challenge.bytes()));
            } else if (step instanceof ServerMechanism.Step.Success success) {
                write(sasl().outcome(SaslCode.OK, success.additionalData()));
                authenticated(success.identity(), mechanism.name());
            } else {
                refuse(SaslCode.SYS, mechanism.name(), "the authenticator failed: " + failure);
            }
        });
    }

    /** The peer learns that it was refused and not why, and perhaps not at once. */
    private void refuse(SaslCode code, String mechanism, String why) {
        long delay = options.failuresSlowed() && options.authenticator() != null
                ? surroundings().failureDelays().failed(surroundings().peer(), nowNanos())
                : 0;
        refusal = new Refusal(code, mechanism, why, nowNanos() + delay);
        proceed();
    }

    @Override
    void proceed() {
        super.proceed();
        Refusal due = refusal;
        if (due != null && nowNanos() >= due.dueNanos()) {
            refusal = null;
            if (!transport().tailClosed()) {
                write(sasl().outcome(due.code(), null));
                authenticationFailed(due.mechanism(), due.why());
            }
        }
    }

    @Override
    long dueNanos() {
        Refusal waiting = refusal;
        return waiting == null ? Long.MAX_VALUE : waiting.dueNanos();
    }

    @Override
    boolean isWaiting() {
        return refusal != null || super.isWaiting();
    }
}
