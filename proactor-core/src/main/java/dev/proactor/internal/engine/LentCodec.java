package dev.proactor.internal.engine;

import java.util.Collection;
import java.util.List;
import org.apache.qpid.proton.codec.AMQPType;
import org.apache.qpid.proton.codec.DecoderImpl;
import org.apache.qpid.proton.codec.TypeEncoding;
import org.apache.qpid.proton.engine.impl.FrameWriterBuffer;
import org.apache.qpid.proton.engine.impl.TransportImpl;
import org.jspecify.annotations.Nullable;

/**
 * A transport's codec, which it has only while it reads or writes. To the encoder that proton-j made for the transport, and
 * which was emptied, this is the type of every performative: it has the lent one write them.
 */
final class LentCodec implements AMQPType<Object> {

    private static final byte[] NONE = {};

    private final CodecPool pool;
    private final FrameWriterBuffer frames;
    private @Nullable FrameCodec codec;
    private boolean writing;

    LentCodec(TransportImpl transport, CodecPool pool) {
        this.pool = pool;
        this.frames = EngineInternals.emptyCodec(transport, this);
        EngineInternals.array(frames, NONE);
    }

    /** {@return a decoder, until {@link #giveBack} or {@link #drop}} */
    DecoderImpl decoder() {
        return codec().decoder();
    }

    /** A frame with a performative is to be written. */
    void beginFrame() {
        if (writing) {
            return;
        }
        FrameCodec lent = codec();
        lent.encoder().setByteBuffer(frames);
        byte[] room = lent.array();
        int waiting = frames.position();
        if (waiting <= room.length) {
            System.arraycopy(frames.array(), 0, room, 0, waiting);
            EngineInternals.array(frames, room);
        }
        writing = true;
    }

    /** The input or output is over. */
    void giveBack() {
        FrameCodec lent = codec;
        boolean wrote = writing;
        codec = null;
        writing = false;
        byte[] array = frames.array();
        if (frames.position() == 0) {
            EngineInternals.array(frames, NONE);
        }
        if (lent != null) {
            if (wrote) {
                // Frames that wait stay in their array, with the transport.
                lent.keepArray(frames.position() == 0 ? array : NONE);
            }
            pool.giveBack(lent);
        }
    }

    /** {@return the length of the transport's own array for frames: 0 if it has none} */
    int heldBytes() {
        return frames.array().length;
    }

    /** It has failed in the middle of something: nobody should use it again. */
    void drop() {
        codec = null;
        writing = false;
    }

    private FrameCodec codec() {
        FrameCodec lent = codec;
        if (lent == null) {
            lent = pool.lend();
            codec = lent;
        }
        return lent;
    }

    // ---- the type of performatives

    @Override
    public void write(Object performative) {
        beginFrame();
        codec().encoder().writeObject(performative);
    }

    @Override
    public Class<Object> getTypeClass() {
        return Object.class;
    }

    @Override
    public TypeEncoding<Object> getEncoding(Object performative) {
        throw new UnsupportedOperationException();
    }

    @Override
    public TypeEncoding<Object> getCanonicalEncoding() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Collection<? extends TypeEncoding<Object>> getAllEncodings() {
        return List.of();
    }
}
