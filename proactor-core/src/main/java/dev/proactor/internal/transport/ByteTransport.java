package dev.proactor.internal.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A connected byte stream that does not block. Only the owner of its task calls it, but {@link #close()}, which anyone may.
 */
public interface ByteTransport {

    /**
     * Reads what is there.
     *
     * @param target where to
     * @return how many bytes, 0 if there are none now, -1 at the end of the stream
     * @throws IOException if the stream is broken
     */
    int read(ByteBuffer target) throws IOException;

    /** {@return whether the last read took everything there was, so that the poller will tell of more} */
    boolean drained();

    /**
     * Writes what the network takes.
     *
     * @param source the bytes; its position moves by what was taken
     * @throws IOException if the stream is broken
     */
    void write(ByteBuffer source) throws IOException;

    /**
     * Ends the outgoing stream; the peer reads its end after the last byte.
     *
     * @throws IOException if the stream is broken
     */
    void shutdownOutput() throws IOException;

    /** Closes the stream. Never throws. */
    void close();
}
