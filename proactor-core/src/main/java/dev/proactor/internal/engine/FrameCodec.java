package dev.proactor.internal.engine;

import org.apache.qpid.proton.codec.AMQPDefinedTypes;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.EncoderImpl;
import org.apache.qpid.proton.codec.WritableBuffer;

/**
 * What it takes to read and write AMQP frames: proton-j's decoder and encoder, some 14 KB, and an array for the frames that are
 * being written. Belongs to a {@link CodecPool}, or to the connection that it is lent to.
 */
final class FrameCodec {

    private static final int FIRST_BYTES = 1024;

    /** What one connection may need at most before the network refuses to take more; a larger array is not kept. */
    private static final int MOST_BYTES = 128 * 1024;

    /** How many types it may learn of. They are the application's, but their descriptors can be a peer's. */
    private static final int LEARNED = 64;

    private final DecoderImpl decoder = new DecoderImpl();
    private final EncoderImpl encoder = new EncoderImpl(decoder);
    private final int known;
    private byte[] array = new byte[FIRST_BYTES];

    FrameCodec() {
        AMQPDefinedTypes.registerAllTypes(decoder, encoder);
        known = EngineInternals.knownTypes(encoder);
    }

    DecoderImpl decoder() {
        return decoder;
    }

    EncoderImpl encoder() {
        return encoder;
    }

    /** {@return room for frames} It is the caller's until {@link #keepArray}. */
    byte[] array() {
        return array;
    }

    /** Takes an array for the next one who writes. */
    void keepArray(byte[] used) {
        array = used.length < FIRST_BYTES || used.length > MOST_BYTES ? new byte[FIRST_BYTES] : used;
    }

    /** Lets go of what it was lent for. {@return whether it may be lent again} */
    boolean clear() {
        decoder.setBuffer(null);
        encoder.setByteBuffer((WritableBuffer) null);
        return EngineInternals.knownTypes(encoder) <= known + LEARNED;
    }
}
