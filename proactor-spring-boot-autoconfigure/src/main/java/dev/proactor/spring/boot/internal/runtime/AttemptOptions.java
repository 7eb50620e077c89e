package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.ConnectionOptions;
import dev.proactor.NetworkAddress;
import dev.proactor.security.ClientTls;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * The options of each attempt to connect: what the configuration says, then the application's customizer. Immutable; asked without a
 * lock, for the customizer may do what it likes.
 */
final class AttemptOptions {

    private final String name;
    private final ConnectionSpec spec;
    private final UnaryOperator<ConnectionOptions.Builder> customizer;

    AttemptOptions(String name, ConnectionSpec spec, UnaryOperator<ConnectionOptions.Builder> customizer) {
        this.name = name;
        this.spec = spec;
        this.customizer = customizer;
    }

    /** {@return the options of an attempt} The customizer is asked each time, and may throw. */
    ConnectionOptions.Builder to(String uri) {
        ConnectionOptions.Builder builder = ConnectionOptions.to(address(uri))
                .idleTimeout(spec.idleTimeout())
                .handshakeTimeout(spec.connectTimeout())
                .maxFrameBytes(spec.maxFrameBytes());
        if (spec.virtualHost() != null) {
            builder.virtualHost(spec.virtualHost());
        }
        if (uri.toLowerCase(Locale.ROOT).startsWith("amqps://")) {
            builder.tls(ClientTls.defaults());
        }
        return customizer.apply(builder).name(name);
    }

    /** {@return host and port of a uri, as the core wants them} */
    static String address(String uri) {
        int scheme = uri.indexOf("://");
        String address = scheme < 0 ? uri : uri.substring(scheme + 3);
        boolean tls = uri.toLowerCase(Locale.ROOT).startsWith("amqps://");
        boolean noPort = address.lastIndexOf(':') < 0 || address.endsWith("]");
        return tls && noPort ? address + ":" + NetworkAddress.AMQPS_PORT : address;
    }
}
