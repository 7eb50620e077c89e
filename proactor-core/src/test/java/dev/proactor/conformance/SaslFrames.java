package dev.proactor.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.RawPeer;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.security.SaslChallenge;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslMechanisms;
import org.apache.qpid.proton.amqp.security.SaslOutcome;

/** SASL frames by hand. */
final class SaslFrames {

    static final byte[] HEADER = Frames.SASL_HEADER;

    private static final int TYPE_AT = 5;

    private SaslFrames() {}

    static byte[] frame(Object performative) {
        byte[] frame = Frames.frame(0, performative);
        frame[TYPE_AT] = 1;
        return frame;
    }

    static byte[] mechanisms(String name) {
        SaslMechanisms mechanisms = new SaslMechanisms();
        mechanisms.setSaslServerMechanisms(Symbol.valueOf(name));
        return frame(mechanisms);
    }

    static byte[] challenge(String text) {
        SaslChallenge challenge = new SaslChallenge();
        challenge.setChallenge(new Binary(text.getBytes(UTF_8)));
        return frame(challenge);
    }

    static byte[] refused() {
        SaslOutcome outcome = new SaslOutcome();
        outcome.setCode(SaslCode.AUTH);
        return frame(outcome);
    }

    static <T> T await(RawPeer peer, Class<T> performative, Driver driver) {
        return peer.await(performative, driver);
    }

    static String text(Binary binary) {
        return new String(binary.getArray(), binary.getArrayOffset(), binary.getLength(), UTF_8);
    }
}
