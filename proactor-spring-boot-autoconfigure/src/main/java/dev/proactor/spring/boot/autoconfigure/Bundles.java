package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.security.SslEngineFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslOptions;

/** Engines of SSL bundles. A bundle that is loaded anew counts from the next handshake on. */
final class Bundles {

    private record Current(SSLContext context, SslOptions options) {
        static Current of(SslBundle bundle) {
            return new Current(bundle.createSslContext(), bundle.getOptions());
        }

        SSLEngine engine(String host, int port) {
            SSLEngine engine = context.createSSLEngine(host, port);
            if (options.getEnabledProtocols() != null) {
                engine.setEnabledProtocols(options.getEnabledProtocols());
            }
            if (options.getCiphers() != null) {
                engine.setEnabledCipherSuites(options.getCiphers());
            }
            return engine;
        }
    }

    private static final class Renewable implements SslEngineFactory {
        private volatile Current current;

        Renewable(Current current) {
            this.current = current;
        }

        @Override
        public SSLEngine newEngine(String peerHost, int peerPort) {
            return current.engine(peerHost, peerPort);
        }
    }

    private final @Nullable SslBundles bundles;

    Bundles(@Nullable SslBundles bundles) {
        this.bundles = bundles;
    }

    /**
     * {@return what makes engines of a bundle}
     *
     * @param property that names it, for messages
     */
    SslEngineFactory engines(String property, String name) {
        if (bundles == null) {
            throw Checks.invalid(property, name, "there are no SSL bundles: configure one under spring.ssl.bundle");
        }
        SslBundle bundle;
        try {
            bundle = bundles.getBundle(name);
        } catch (NoSuchSslBundleException unknown) {
            throw Checks.invalid(
                    property,
                    name,
                    "must name an SSL bundle of spring.ssl.bundle; there are: "
                            + (bundles.getBundleNames().isEmpty()
                                    ? "none"
                                    : String.join(", ", bundles.getBundleNames())));
        }
        Renewable engines;
        try {
            engines = new Renewable(Current.of(bundle));
        } catch (RuntimeException broken) {
            throw Checks.invalid(property, name, "names an SSL bundle that can't be used: " + broken.getMessage());
        }
        bundles.addBundleUpdateHandler(name, renewed -> engines.current = Current.of(renewed));
        return engines;
    }
}
