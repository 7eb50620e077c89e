package dev.proactor.internal.transport;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers that are lent for the length of one read or write, so that a connection that is idle holds none. Not bound to
 * threads: virtual threads come and go. Lock-free, any thread.
 */
public final class BufferPool {

    /** The size of the buffers, in bytes. */
    public static final int BUFFER_BYTES = 64 * 1024;

    // As many as threads can be in a read or write at once on a large machine; beyond that buffers are made and
    // dropped.
    private static final int PLACES = 64;

    private final AtomicReferenceArray<@Nullable ByteBuffer> places = new AtomicReferenceArray<>(PLACES);

    /** {@return an empty buffer, to be given back} */
    public ByteBuffer lend() {
        for (int i = 0; i < PLACES; i++) {
            if (places.get(i) != null) {
                ByteBuffer buffer = places.getAndSet(i, null);
                if (buffer != null) {
                    return buffer.clear();
                }
            }
        }
        return ByteBuffer.allocateDirect(BUFFER_BYTES);
    }

    /**
     * Takes a buffer back.
     *
     * @param buffer a buffer of {@link #lend}
     */
    public void giveBack(ByteBuffer buffer) {
        for (int i = 0; i < PLACES; i++) {
            if (places.get(i) == null && places.compareAndSet(i, null, buffer)) {
                return;
            }
        }
    }
}
