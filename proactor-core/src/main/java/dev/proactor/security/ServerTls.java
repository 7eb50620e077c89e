package dev.proactor.security;

import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * How the connections of a listener are secured (AMQP 5.2.1, the alternative establishment: TLS comes first). Immutable and
 * thread-safe.
 *
 * <pre>{@code
 * ListenerOptions.on(":5671").tls(ServerTls.of(sslContext).clientCertificates(ClientCertificates.REQUIRED)).build()
 * }</pre>
 *
 * <p>The context says what certificate is shown and whose client certificates are trusted. One that has several certificates
 * chooses by the name that the client indicates, as the key managers of the Java runtime do. A handshake that fails ends the
 * connection: {@code TRANSPORT_ERROR} with {@code amqp:connection:framing-error} and a description that begins with "SSL".
 */
public final class ServerTls {

    private final SslEngineFactory engines;
    private final ClientCertificates clientCertificates;
    private final boolean plainAllowed;

    private ServerTls(SslEngineFactory engines, ClientCertificates clientCertificates, boolean plainAllowed) {
        this.engines = engines;
        this.clientCertificates = clientCertificates;
        this.plainAllowed = plainAllowed;
    }

    /**
     * {@return TLS with a context}
     *
     * @param context the context, with the server's certificate
     */
    public static ServerTls of(SSLContext context) {
        Objects.requireNonNull(context, "context");
        return of(() -> context);
    }

    /**
     * {@return TLS with a context that is asked for at every handshake, so that it can be loaded anew: connections that are there
     * keep theirs}
     *
     * @param contexts gives the context of a handshake. It is called in the connection's sequence, by any thread, and should not
     *     block; what it throws ends that connection
     */
    public static ServerTls of(Supplier<SSLContext> contexts) {
        Objects.requireNonNull(contexts, "contexts");
        return engines((host, port) -> contexts.get().createSSLEngine(host, port));
    }

    /**
     * {@return TLS with engines of the caller's own making, OpenSSL's for example}
     *
     * @param engines makes them; server mode and client certificates are set afterwards
     */
    public static ServerTls engines(SslEngineFactory engines) {
        return new ServerTls(Objects.requireNonNull(engines, "engines"), ClientCertificates.NONE, false);
    }

    /**
     * Says whether clients are asked for certificates.
     *
     * @param clientCertificates the default is {@link ClientCertificates#NONE}
     * @return these settings with that changed
     */
    public ServerTls clientCertificates(ClientCertificates clientCertificates) {
        return new ServerTls(engines, Objects.requireNonNull(clientCertificates, "clientCertificates"), plainAllowed);
    }

    /**
     * Says whether the port takes clients without TLS too. By the first byte it is known what a client speaks.
     *
     * @param plainAllowed the default is {@code false}: who begins without TLS is refused with
     *     {@code amqp:connection:policy-error}
     * @return these settings with that changed
     */
    public ServerTls plainAllowed(boolean plainAllowed) {
        return new ServerTls(engines, clientCertificates, plainAllowed);
    }

    /** {@return whether clients are asked for certificates} */
    public ClientCertificates clientCertificates() {
        return clientCertificates;
    }

    /** {@return whether the port takes clients without TLS too} */
    public boolean plainAllowed() {
        return plainAllowed;
    }

    /**
     * Makes the engine of one connection.
     *
     * @param host the peer's address
     * @param port its port
     * @return an engine in server mode
     */
    public SSLEngine newEngine(String host, int port) {
        SSLEngine engine = engines.newEngine(host, port);
        engine.setUseClientMode(false);
        switch (clientCertificates) {
            case NONE -> engine.setNeedClientAuth(false);
            case WANTED -> engine.setWantClientAuth(true);
            case REQUIRED -> engine.setNeedClientAuth(true);
        }
        return engine;
    }

    @Override
    public String toString() {
        return "ServerTls[clientCertificates=" + clientCertificates + ", plainAllowed=" + plainAllowed + "]";
    }
}
