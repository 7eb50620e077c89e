package dev.proactor.internal.transport;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Plain TCP. */
public final class TcpTransport implements ByteTransport {

    private static final Logger LOG = System.getLogger("dev.proactor");

    private final SocketChannel channel;
    private boolean drained = true;

    /**
     * Makes the transport of a channel.
     *
     * @param channel connected, not blocking
     */
    public TcpTransport(SocketChannel channel) {
        this.channel = channel;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int count = channel.read(target);
        // A short read says that the socket's buffer is empty.
        drained = target.hasRemaining();
        return count;
    }

    @Override
    public boolean drained() {
        return drained;
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        channel.write(source);
    }

    @Override
    public boolean flushed() {
        return true;
    }

    @Override
    public int interest(boolean input, boolean output) {
        return (input ? SelectionKey.OP_READ : 0) | (output ? SelectionKey.OP_WRITE : 0);
    }

    @Override
    public @Nullable SSLSession security() {
        return null;
    }

    @Override
    public int discard(ByteBuffer buffer) throws IOException {
        return channel.read(buffer);
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a socket failed", e);
        }
    }
}
