package dev.proactor.internal.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.security.SaslChallenge;
import org.apache.qpid.proton.amqp.security.SaslCode;
import org.apache.qpid.proton.amqp.security.SaslFrameBody;
import org.apache.qpid.proton.amqp.security.SaslInit;
import org.apache.qpid.proton.amqp.security.SaslMechanisms;
import org.apache.qpid.proton.amqp.security.SaslOutcome;
import org.apache.qpid.proton.amqp.security.SaslResponse;
import org.apache.qpid.proton.codec.AMQPDefinedTypes;
import org.apache.qpid.proton.codec.DecodeException;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;
import org.jspecify.annotations.Nullable;

/** SASL frames to bytes and back (AMQP 5.3.3). Lives as long as the exchange does. */
final class SaslCodec {

    /** AMQP 5.3.1: no SASL frame is larger, since there is no negotiation before it. */
    static final int MAX_FRAME_BYTES = 512;

    /** The frame type of SASL. */
    static final int FRAME_TYPE = 1;

    private static final int FRAME_HEADER_BYTES = 8;

    /** How many bytes a char needs at most. */
    private static final int UTF8_BYTES = 3;

    private final DecoderImpl decoder = new DecoderImpl(true);
    private final EncoderImpl encoder = new EncoderImpl(decoder, true);

    SaslCodec() {
        AMQPDefinedTypes.registerSecurityTypes(decoder, encoder);
        // The peer is a stranger still: a frame is a list of plain values, and an array of symbols at most.
        decoder.setMaxDecodeDepth(2);
        decoder.setZeroWidthArrayElementLimit(0);
    }

    /**
     * {@return the performative of a frame}
     *
     * @throws DecodeException if it is none, or there is something behind it
     */
    SaslFrameBody decode(ByteBuffer body) {
        decoder.setByteBuffer(body);
        try {
            Object value = decoder.readObject();
            if (value instanceof SaslFrameBody frame && !body.hasRemaining()) {
                return frame;
            }
        } catch (RuntimeException | StackOverflowError e) {
            throw new DecodeException("not a SASL frame" + reason(e), e);
        } finally {
            decoder.setBuffer(null);
        }
        throw new DecodeException("not a SASL frame");
    }

    /** {@return what the decoder found wrong, where it says so itself} The peer need not see which exception it ran into. */
    static String reason(Throwable failure) {
        return failure instanceof DecodeException && failure.getCause() == null ? ": " + failure.getMessage() : "";
    }

    byte[] mechanisms(List<String> names) {
        SaslMechanisms frame = new SaslMechanisms();
        frame.setSaslServerMechanisms(names.stream().map(Symbol::valueOf).toArray(Symbol[]::new));
        return encode(frame, 0);
    }

    byte[] init(String mechanism, byte @Nullable [] response, @Nullable String hostname) {
        SaslInit frame = new SaslInit();
        frame.setMechanism(Symbol.valueOf(mechanism));
        frame.setInitialResponse(binary(response));
        frame.setHostname(hostname);
        int hostnameBytes = hostname == null ? 0 : UTF8_BYTES * hostname.length();
        return encode(frame, hostnameBytes + (response == null ? 0 : response.length));
    }

    byte[] challenge(byte[] bytes) {
        SaslChallenge frame = new SaslChallenge();
        frame.setChallenge(new Binary(bytes));
        return encode(frame, bytes.length);
    }

    byte[] response(byte[] bytes) {
        SaslResponse frame = new SaslResponse();
        frame.setResponse(new Binary(bytes));
        return encode(frame, bytes.length);
    }

    byte[] outcome(SaslCode code, byte @Nullable [] additionalData) {
        SaslOutcome frame = new SaslOutcome();
        frame.setCode(code);
        frame.setAdditionalData(binary(additionalData));
        return encode(frame, additionalData == null ? 0 : additionalData.length);
    }

    /** {@return the names offered; empty if there are none} */
    static List<String> names(SaslMechanisms frame) {
        List<String> names = new ArrayList<>();
        if (frame.getSaslServerMechanisms() != null) {
            for (Symbol symbol : frame.getSaslServerMechanisms()) {
                names.add(symbol.toString());
            }
        }
        return names;
    }

    /** {@return the bytes of a binary, or {@code null}} */
    static byte @Nullable [] bytes(@Nullable Binary binary) {
        return binary == null
                ? null
                : Arrays.copyOfRange(
                        binary.getArray(), binary.getArrayOffset(), binary.getArrayOffset() + binary.getLength());
    }

    /**
     * {@return a frame's bytes} A name or a token of this end may make it longer than {@link #MAX_FRAME_BYTES}: the peer
     * decides whether it takes that, and many do.
     *
     * @param bytes how many bytes the values of its fields have at most, where they may be many
     */
    private byte[] encode(SaslFrameBody frame, int bytes) {
        ByteBuffer buffer = ByteBuffer.allocate(MAX_FRAME_BYTES + bytes);
        buffer.position(FRAME_HEADER_BYTES);
        encoder.setByteBuffer(buffer);
        encoder.writeObject(frame);
        buffer.putInt(0, buffer.position())
                .put(4, (byte) (FRAME_HEADER_BYTES / 4))
                .put(5, (byte) FRAME_TYPE);
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private static @Nullable Binary binary(byte @Nullable [] bytes) {
        return bytes == null ? null : new Binary(bytes);
    }
}
