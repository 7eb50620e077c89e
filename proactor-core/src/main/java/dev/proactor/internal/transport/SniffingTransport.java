package dev.proactor.internal.transport;

import dev.proactor.security.ServerTls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of a stream that is TLS or not: the first byte tells. It is plain TCP until then, since a server has
 * nothing to say before.
 */
final class SniffingTransport implements ByteTransport {

    /** RFC 8446, 5.1: the content type of a handshake record. AMQP and SASL begin with an A. */
    private static final byte HANDSHAKE = 22;

    private final SocketChannel socket;
    private final ServerTls tls;
    private ByteTransport stream;
    private boolean decided;
    private volatile @Nullable TlsTransport secured;

    SniffingTransport(SocketChannel socket, ServerTls tls) {
        this.socket = socket;
        this.tls = tls;
        this.stream = new TcpTransport(socket);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (decided) {
            return stream.read(target);
        }
        int start = target.position();
        int count = stream.read(target);
        if (count <= 0) {
            return count;
        }
        decided = true;
        if (target.get(start) == HANDSHAKE) {
            ByteBuffer first = target.duplicate().limit(target.position()).position(start);
            TlsTransport secure = TlsTransport.server(socket, new PushBackChannel(socket, first), newEngine());
            target.position(start);
            stream = secure;
            secured = secure;
            return stream.read(target);
        }
        if (!tls.plainAllowed()) {
            target.position(start);
            throw new UnencryptedException();
        }
        return count;
    }

    private SSLEngine newEngine() throws SSLException {
        try {
            InetSocketAddress peer = (InetSocketAddress) socket.getRemoteAddress();
            return tls.newEngine(peer.getAddress().getHostAddress(), peer.getPort());
        } catch (IOException | RuntimeException e) {
            throw new SSLException("can't be set up: " + e, e);
        }
    }

    @Override
    public boolean drained() {
        return stream.drained();
    }

    @Override
    public void write(ByteBuffer source) throws IOException {
        stream.write(source);
    }

    @Override
    public boolean flushed() {
        return stream.flushed();
    }

    @Override
    public int interest(boolean input, boolean output) {
        return stream.interest(input, output);
    }

    @Override
    public @Nullable SSLSession security() {
        TlsTransport known = secured;
        return known == null ? null : known.security();
    }

    @Override
    public int discard(ByteBuffer buffer) throws IOException {
        return stream.discard(buffer);
    }

    @Override
    public void shutdownOutput() throws IOException {
        stream.shutdownOutput();
    }

    @Override
    public void close() {
        stream.close();
    }
}
