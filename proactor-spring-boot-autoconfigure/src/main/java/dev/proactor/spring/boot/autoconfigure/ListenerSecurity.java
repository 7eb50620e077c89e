package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.ListenerOptions;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientCertificates;
import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the properties of a listener say of TLS and SASL, as options of the core. */
final class ListenerSecurity {

    private final Bundles bundles;
    private final Map<String, Authenticator> authenticators;
    private final Function<String, @Nullable Authenticator> managers;

    /**
     * Makes one.
     *
     * @param bundles SSL bundles
     * @param authenticators the application's, by the names of their beans
     * @param managers makes an authenticator of the {@code AuthenticationManager} bean of a name; {@code null} if there is none
     */
    ListenerSecurity(
            Bundles bundles,
            Map<String, Authenticator> authenticators,
            Function<String, @Nullable Authenticator> managers) {
        this.bundles = bundles;
        this.authenticators = authenticators;
        this.managers = managers;
    }

    /** {@return what to do to the options of a listener} Bad properties fail here. */
    Settings of(String name, ListenerProperties properties) {
        String at = "proactor.listeners." + name + ".";
        return new Settings(tls(at, properties.getSsl()), sasl(at, name, properties.getSasl()));
    }

    /**
     * What the options are to have.
     *
     * @param tls TLS, or {@code null} for none
     * @param sasl SASL, or {@code null} for the core's default
     */
    record Settings(@Nullable ServerTls tls, @Nullable ServerSasl sasl) {
        void apply(ListenerOptions.Builder options) {
            if (tls != null) {
                options.tls(tls);
            }
            if (sasl != null) {
                options.sasl(sasl);
            }
        }

        /** {@return whether nobody gets in without saying who they are} */
        boolean authenticates() {
            return sasl != null && !sasl.mechanisms().contains("ANONYMOUS");
        }
    }

    /**
     * Fails where nobody could get in: a secret is not taken without TLS, and neither is there a certificate.
     *
     * @param name the listener's name
     * @param properties its properties
     * @param options what it is to have, customizers included
     */
    static void checkOpenToSomebody(String name, ListenerProperties properties, ListenerOptions options) {
        ServerSasl sasl = options.sasl();
        boolean nobody = options.tls() == null
                && !sasl.mechanisms().isEmpty()
                && sasl.mechanisms().stream()
                        .allMatch(mechanism ->
                                mechanism.equals("EXTERNAL") || (mechanism.equals("PLAIN") && !sasl.plainWithoutTls()));
        if (nobody) {
            String at = "proactor.listeners." + name + ".";
            String manager = properties.getSasl().getAuthenticationManager();
            throw Checks.invalid(
                    at + (manager == null ? "sasl.mechanisms" : "sasl.authentication-manager"),
                    manager == null ? sasl.mechanisms() : manager,
                    "lets nobody in: without TLS " + String.join(" and ", sasl.mechanisms())
                            + " is not offered. Name a bundle with " + at
                            + "ssl.bundle, or on a network that is trusted set " + at
                            + "sasl.allow-insecure=true for PLAIN");
        }
    }

    private @Nullable ServerTls tls(String at, ListenerProperties.Ssl ssl) {
        String bundle = ssl.getBundle();
        if (bundle == null) {
            if (ssl.getClientAuth() != ListenerProperties.ClientAuth.NONE) {
                throw Checks.invalid(
                        at + "ssl.client-auth",
                        ssl.getClientAuth(),
                        "needs TLS: name a bundle with " + at + "ssl.bundle");
            }
            return null;
        }
        return ServerTls.engines(bundles.engines(at + "ssl.bundle", bundle))
                .clientCertificates(
                        switch (ssl.getClientAuth()) {
                            case NONE -> ClientCertificates.NONE;
                            case WANT -> ClientCertificates.WANTED;
                            case NEED -> ClientCertificates.REQUIRED;
                        });
    }

    private @Nullable ServerSasl sasl(String at, String name, ListenerProperties.Sasl sasl) {
        List<String> mechanisms = new ArrayList<>(sasl.getMechanisms().stream()
                .map(mechanism -> mechanism.toUpperCase(Locale.ROOT))
                .toList());
        Authenticator authenticator = sasl.getAuthenticationManager() == null
                ? Beans.of(name, authenticators)
                : manager(at, sasl.getAuthenticationManager(), mechanisms);
        if (authenticator == null) {
            if (Beans.isAmbiguous(name, authenticators)
                    && !sasl.isAllowAnonymous()
                    && !mechanisms.equals(List.of("ANONYMOUS"))) {
                throw Checks.invalid(
                        at + "sasl.allow-anonymous",
                        false,
                        "leaves nobody to ask: of the Authenticator beans " + String.join(", ", authenticators.keySet())
                                + " none is named '" + name + "'. Rename one, or set this to true to let anybody in");
            }
            if (!mechanisms.isEmpty() && !mechanisms.equals(List.of("ANONYMOUS"))) {
                throw Checks.invalid(
                        at + "sasl.mechanisms",
                        mechanisms,
                        "need somebody who knows the users: define an Authenticator bean, or name a bean of Spring Security with "
                                + at + "sasl.authentication-manager");
            }
            return null;
        }
        try {
            ServerSasl server = mechanisms.isEmpty()
                    ? ServerSasl.of(authenticator)
                    : ServerSasl.of(authenticator, mechanisms.toArray(String[]::new));
            if (sasl.isAllowAnonymous() && !server.mechanisms().contains("ANONYMOUS")) {
                List<String> all = new ArrayList<>(server.mechanisms());
                all.add("ANONYMOUS"); // the last choice
                server = ServerSasl.of(authenticator, all.toArray(String[]::new));
            }
            return server.plainWithoutTls(sasl.isAllowInsecure());
        } catch (IllegalArgumentException unfit) {
            throw Checks.invalid(
                    at + "sasl.mechanisms",
                    mechanisms,
                    "must be of SCRAM-SHA-512, SCRAM-SHA-256, PLAIN, EXTERNAL and ANONYMOUS");
        }
    }

    private Authenticator manager(String at, String bean, List<String> mechanisms) {
        if (mechanisms.isEmpty()) {
            mechanisms.add("PLAIN");
        } else if (!mechanisms.equals(List.of("PLAIN"))) {
            throw Checks.invalid(
                    at + "sasl.mechanisms",
                    mechanisms,
                    "must be PLAIN with an authentication-manager, which is given passwords: SCRAM needs what an Authenticator bean"
                            + " keeps of them");
        }
        Authenticator authenticator = managers.apply(bean);
        if (authenticator == null) {
            throw Checks.invalid(
                    at + "sasl.authentication-manager",
                    bean,
                    "must name a bean that is an AuthenticationManager of Spring Security");
        }
        return authenticator;
    }
}
