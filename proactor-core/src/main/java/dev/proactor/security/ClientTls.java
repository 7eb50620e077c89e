package dev.proactor.security;

import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How a connection that we make is secured (AMQP 5.2.1, the alternative establishment: TLS comes first). The peer must
 * prove who it is and be called as we called it, unless these settings say otherwise. Immutable and thread-safe.
 *
 * <pre>{@code
 * ConnectionOptions.to("broker.example.com:5671").tls(ClientTls.of(sslContext)).build()
 * }</pre>
 *
 * <p>A handshake that fails ends the connection: {@code TRANSPORT_ERROR} with {@code amqp:connection:framing-error} and a
 * description that begins with "SSL". A certificate of our own is the {@link SSLContext}'s business.
 */
public final class ClientTls {

    private final SslEngineFactory engines;
    private final boolean verifyName;
    private final @Nullable String serverName;

    private ClientTls(SslEngineFactory engines, boolean verifyName, @Nullable String serverName) {
        this.engines = engines;
        this.verifyName = verifyName;
        this.serverName = serverName;
    }

    /** {@return TLS that trusts whom the Java runtime trusts} */
    public static ClientTls defaults() {
        return of(() -> {
            try {
                return SSLContext.getDefault();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("the Java runtime has no default SSLContext", e);
            }
        });
    }

    /**
     * {@return TLS with a context, which says whom to trust and what certificate to show}
     *
     * @param context the context
     */
    public static ClientTls of(SSLContext context) {
        Objects.requireNonNull(context, "context");
        return of(() -> context);
    }

    /**
     * {@return TLS with a context that is asked for at every attempt to connect, so that it can be loaded anew}
     *
     * @param contexts gives the context of an attempt. It is called in the connection's sequence, by any thread, and should not
     *     block; what it throws ends the attempt
     */
    public static ClientTls of(Supplier<SSLContext> contexts) {
        Objects.requireNonNull(contexts, "contexts");
        return engines((host, port) -> contexts.get().createSSLEngine(host, port));
    }

    /**
     * {@return TLS with engines of the caller's own making, OpenSSL's for example}
     *
     * @param engines makes them; client mode, the server's name and its check are set afterwards
     */
    public static ClientTls engines(SslEngineFactory engines) {
        return new ClientTls(Objects.requireNonNull(engines, "engines"), true, null);
    }

    /**
     * {@return TLS that takes any peer for the right one} It keeps out who only listens, not who pretends to be the server:
     * for trials.
     */
    public static ClientTls trustingAnyone() {
        SSLContext context;
        try {
            context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustAnyone()}, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java runtime has no TLS", e);
        }
        return of(context).verifyName(false);
    }

    /**
     * Says whether the server's certificate must carry the name by which it was called.
     *
     * @param verifyName the default is {@code true}; without it anyone whose certificate is trusted may pretend to be the server
     * @return these settings with that changed
     */
    public ClientTls verifyName(boolean verifyName) {
        return new ClientTls(engines, verifyName, serverName);
    }

    /**
     * Says by which name the server is called, in the indication of the handshake (RFC 6066) and in the check of its
     * certificate.
     *
     * @param serverName the name; the default is the host of the address, which is not indicated where it is a literal
     * @return these settings with that changed
     */
    public ClientTls serverName(String serverName) {
        return new ClientTls(engines, verifyName, Objects.requireNonNull(serverName, "serverName"));
    }

    /** {@return whether the server's certificate must carry the name by which it was called} */
    public boolean verifyName() {
        return verifyName;
    }

    /**
     * Makes the engine of one attempt to connect.
     *
     * @param host the host of the address
     * @param port its port
     * @return an engine in client mode
     */
    public SSLEngine newEngine(String host, int port) {
        String name = serverName == null ? host : serverName;
        SSLEngine engine = engines.newEngine(name, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        if (isName(name)) {
            parameters.setServerNames(List.of(new SNIHostName(name)));
        }
        // The rule that RFC 2818 has for HTTPS is what all others follow too.
        parameters.setEndpointIdentificationAlgorithm(verifyName ? "HTTPS" : null);
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** RFC 6066: literal addresses are not indicated. */
    private static boolean isName(String host) {
        boolean literal = host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
        if (literal || host.endsWith(".")) {
            return false;
        }
        try {
            return !new SNIHostName(host).getAsciiName().isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "ClientTls[" + (serverName == null ? "" : "serverName=" + serverName + ", ") + "verifyName=" + verifyName
                + "]";
    }
}
