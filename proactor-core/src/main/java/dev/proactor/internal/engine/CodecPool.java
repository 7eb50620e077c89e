package dev.proactor.internal.engine;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Codecs that are lent for the length of one input or output, so that a connection that is idle holds none. Not bound to
 * threads: virtual threads come and go. Lock-free, any thread.
 */
public final class CodecPool {

    // As many as threads can be in an input or output at once on a large machine; beyond that codecs are made and
    // dropped.
    private static final int PLACES = 64;

    private final AtomicReferenceArray<@Nullable FrameCodec> places = new AtomicReferenceArray<>(PLACES);

    /** Makes an empty pool. */
    public CodecPool() {}

    /** {@return a codec, to be given back} */
    FrameCodec lend() {
        for (int i = 0; i < PLACES; i++) {
            if (places.get(i) != null) {
                FrameCodec codec = places.getAndSet(i, null);
                if (codec != null) {
                    return codec;
                }
            }
        }
        return new FrameCodec();
    }

    /** Takes a codec back, unless it has grown. */
    void giveBack(FrameCodec codec) {
        if (!codec.clear()) {
            return;
        }
        for (int i = 0; i < PLACES; i++) {
            if (places.get(i) == null && places.compareAndSet(i, null, codec)) {
                return;
            }
        }
    }
}
