package dev.proactor.internal.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

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

    /** {@return whether everything that has come was read, so that the poller will tell of more} */
    boolean drained();

    /**
     * Writes what the network takes. May find that there is more to read, see {@link #drained()}.
     *
     * @param source the bytes; its position moves by what was taken
     * @throws IOException if the stream is broken
     */
    void write(ByteBuffer source) throws IOException;

    /**
     * {@return whether the network has taken all that {@link #write} took} If not, {@link #write} has to be called again when it
     * takes more, be it with nothing new.
     */
    boolean flushed();

    /**
     * Says what to wait for.
     *
     * @param input whether input is wanted
     * @param output whether output waits
     * @return the operations of a selection key
     */
    int interest(boolean input, boolean output);

    /** {@return how the stream is secured, or {@code null} if it is not, or not yet} Any thread. */
    @Nullable SSLSession security();

    /**
     * Reads and forgets what comes after the end of everything, so that it causes no reset.
     *
     * @param buffer room for it
     * @return how many bytes, 0 if there are none now, -1 at the end of the stream
     * @throws IOException if the stream is broken
     */
    int discard(ByteBuffer buffer) throws IOException;

    /**
     * Ends the outgoing stream; the peer reads its end after the last byte.
     *
     * @throws IOException if the stream is broken
     */
    void shutdownOutput() throws IOException;

    /** Closes the stream. Never throws. */
    void close();
}
