package dev.proactor.benchmarks;

import dev.proactor.security.ClientTls;
import dev.proactor.security.ServerTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS with the key of a file that both ends have. */
final class BenchmarkTls {

    /** Of the file; it protects nothing. */
    private static final char[] PASSWORD = "benchmark".toCharArray();

    private BenchmarkTls() {}

    static ServerTls server(String file) {
        return ServerTls.of(context(file));
    }

    /** {@return TLS with a whole handshake for each connection, as if each were another machine's} */
    static ClientTls client(String file) {
        SSLContext context = context(file);
        context.getClientSessionContext().setSessionCacheSize(1);
        AtomicInteger next = new AtomicInteger();
        return ClientTls.engines((host, port) -> context.createSSLEngine(host + "-" + next.incrementAndGet(), port))
                .verifyName(false);
    }

    private static SSLContext context(String file) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (var in = Files.newInputStream(Path.of(file))) {
                store.load(in, PASSWORD);
            }
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("--tls " + file + ": " + e, e);
        }
    }
}
