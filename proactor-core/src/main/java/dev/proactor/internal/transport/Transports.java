package dev.proactor.internal.transport;

import dev.proactor.security.ClientTls;
import dev.proactor.security.ServerTls;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Makes the transport of a channel that is connected and does not block. */
public final class Transports {

    private Transports() {}

    /**
     * Makes the transport of a connection that was made.
     *
     * @param channel connected, not blocking
     * @param tls how it is secured, or {@code null} for not at all
     * @param host whom we connected to
     * @param port its port
     * @return the transport
     * @throws SSLException if there is no engine to be had
     */
    public static ByteTransport client(SocketChannel channel, @Nullable ClientTls tls, String host, int port)
            throws SSLException {
        if (tls == null) {
            return new TcpTransport(channel);
        }
        try {
            return TlsTransport.client(channel, tls.newEngine(host, port));
        } catch (RuntimeException e) {
            throw new SSLException("can't be set up: " + e, e);
        }
    }

    /**
     * Makes the transport of a connection that was accepted.
     *
     * @param channel connected, not blocking
     * @param tls how it is secured, or {@code null} for not at all
     * @return the transport
     */
    public static ByteTransport server(SocketChannel channel, @Nullable ServerTls tls) {
        return tls == null ? new TcpTransport(channel) : new SniffingTransport(channel, tls);
    }
}
