package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.ListenerOptions;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientCertificates;
import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import dev.proactor.spring.boot.connection.ListenerSpec;
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
        ServerSasl sasl = sasl(at, name, properties.getSasl());
        boolean undecided = sasl == null
                && Beans.isAmbiguous(name, authenticators)
                && !mechanisms(properties.getSasl()).equals(List.of("ANONYMOUS"));
        return new Settings(tls(at, properties.getSsl()), sasl, undecided);
    }

    /**
     * What the options are to have.
     *
     * @param tls TLS, or {@code null} for none
     * @param sasl SASL, or {@code null} for the core's default
     * @param undecided whether there are authenticators, and none is for this listener
     */
    record Settings(@Nullable ServerTls tls, @Nullable ServerSasl sasl, boolean undecided) {

        /** Changes the options; {@code allowAnonymous} lets everybody in beside those who say who they are. */
        void apply(ListenerOptions.Builder options, boolean allowAnonymous) {
            if (tls != null) {
                options.tls(tls);
            }
            if (sasl != null) {
                options.sasl(allowAnonymous ? withAnonymous(sasl) : sasl);
            }
        }

        private static ServerSasl withAnonymous(ServerSasl sasl) {
            Authenticator authenticator = sasl.authenticator();
            if (authenticator == null || sasl.mechanisms().contains("ANONYMOUS")) {
                return sasl;
            }
            List<String> all = new ArrayList<>(sasl.mechanisms());
            all.add("ANONYMOUS"); // the last choice
            return ServerSasl.of(authenticator, all.toArray(String[]::new)).plainWithoutTls(sasl.plainWithoutTls());
        }
    }

    /** Why a listener must not be bound as it is. */
    private enum Fault {
        NOBODY_TO_ASK,
        OPEN_TO_ALL,
        OPEN_TO_NOBODY
    }

    /** {@return what is wrong with who is let in} Judged by the options, which customizers have changed. */
    private static @Nullable Fault fault(Settings settings, ListenerSpec spec, ListenerOptions options) {
        ServerSasl sasl = options.sasl();
        boolean authenticates = sasl.required() && !sasl.mechanisms().contains("ANONYMOUS");
        if (!authenticates && !spec.allowAnonymous()) {
            if (settings.undecided()) {
                return Fault.NOBODY_TO_ASK;
            }
            if (!Checks.isLoopback(spec.host())) {
                return Fault.OPEN_TO_ALL;
            }
        }
        // A secret is not taken without TLS, and neither is there a certificate.
        boolean nobody = options.tls() == null
                && !sasl.mechanisms().isEmpty()
                && sasl.required()
                && sasl.mechanisms().stream()
                        .allMatch(mechanism ->
                                mechanism.equals("EXTERNAL") || (mechanism.equals("PLAIN") && !sasl.plainWithoutTls()));
        return nobody ? Fault.OPEN_TO_NOBODY : null;
    }

    /**
     * Fails where the properties, and whoever has changed what they say, leave a listener open to all or to nobody.
     *
     * @param name the listener's name
     * @param properties its properties
     * @param settings what they and the beans say
     * @param spec what they say
     * @param options what it is to have, customizers included
     */
    void checkDeclared(
            String name, ListenerProperties properties, Settings settings, ListenerSpec spec, ListenerOptions options) {
        Fault fault = fault(settings, spec, options);
        if (fault == null) {
            return;
        }
        String at = "proactor.listeners." + name + ".";
        switch (fault) {
            case NOBODY_TO_ASK ->
                throw Checks.invalid(
                        at + "sasl.allow-anonymous",
                        false,
                        "leaves nobody to ask: of the Authenticator beans " + String.join(", ", authenticators.keySet())
                                + " none is named '" + name + "'. Rename one, "
                                + (mechanisms(properties.getSasl()).isEmpty()
                                        ? "or set this to true to let anybody in"
                                        : "or set sasl by a ProactorListenerCustomizer"));
            case OPEN_TO_ALL ->
                throw Checks.invalid(
                        at + "host",
                        spec.host(),
                        "other hosts reach it, and nobody would have to authenticate" + whyOpen(options)
                                + ": bind it to localhost, "
                                + (isAsked(options) ? "" : "define an Authenticator bean, ")
                                + "set sasl by a ProactorListenerCustomizer, or set " + at
                                + "sasl.allow-anonymous=true if everybody is to be let in");
            case OPEN_TO_NOBODY -> {
                List<String> mechanisms = options.sasl().mechanisms();
                if (options.sasl() != settings.sasl()) {
                    throw Checks.invalid(
                            at + "ssl.bundle",
                            properties.getSsl().getBundle(),
                            "lets nobody in with the sasl of a ProactorListenerCustomizer: without TLS "
                                    + String.join(" and ", mechanisms)
                                    + " is not offered. Name a bundle, or on a network that is trusted have it set"
                                    + " plainWithoutTls(true)");
                }
                String manager = properties.getSasl().getAuthenticationManager();
                throw Checks.invalid(
                        at + (manager == null ? "sasl.mechanisms" : "sasl.authentication-manager"),
                        manager == null ? mechanisms : manager,
                        "lets nobody in: without TLS " + String.join(" and ", mechanisms)
                                + " is not offered. Name a bundle with " + at
                                + "ssl.bundle, or on a network that is trusted set " + at
                                + "sasl.allow-insecure=true for PLAIN");
            }
        }
    }

    /**
     * As {@link #checkDeclared}, for a listener that a program registers.
     *
     * @param name the listener's name
     * @param settings what the beans say, and properties if it has any
     * @param spec where and how
     * @param options what it is to have, customizers included
     * @throws IllegalArgumentException if it is open to all or to nobody
     */
    void check(String name, Settings settings, ListenerSpec spec, ListenerOptions options) {
        Fault fault = fault(settings, spec, options);
        if (fault == null) {
            return;
        }
        String set = " in its options (with ProactorListeners.register, or by a ProactorListenerCustomizer)";
        String orAnybody = ", or let anybody in with ListenerSpec.withAllowAnonymous(true)";
        String problem = switch (fault) {
            case NOBODY_TO_ASK ->
                "has nobody to ask who its peers are: of the Authenticator beans "
                        + String.join(", ", authenticators.keySet()) + " none is named '" + name
                        + "'. Name one so, set sasl" + set + orAnybody;
            case OPEN_TO_ALL ->
                "is reached by other hosts at '" + spec.host()
                        + "', and nobody would have to authenticate" + whyOpen(options) + ". Bind it to localhost, "
                        + (isAsked(options) ? "" : "define an Authenticator bean, ") + "set sasl" + set + orAnybody;
            case OPEN_TO_NOBODY ->
                "lets nobody in: without TLS "
                        + String.join(" and ", options.sasl().mechanisms())
                        + " is not offered. Set tls" + set
                        + ", or on a network that is trusted plainWithoutTls(true) of its sasl";
        };
        throw new IllegalArgumentException("listener '" + name + "' " + problem);
    }

    private static boolean isAsked(ListenerOptions options) {
        return options.sasl().authenticator() != null;
    }

    private static String whyOpen(ListenerOptions options) {
        return isAsked(options) ? ", for its SASL includes ANONYMOUS or is not required" : "";
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
        List<String> mechanisms = mechanisms(sasl);
        Authenticator authenticator = sasl.getAuthenticationManager() == null
                ? Beans.of(name, authenticators)
                : manager(at, sasl.getAuthenticationManager(), mechanisms);
        if (authenticator == null) {
            boolean mayBeDecided = Beans.isAmbiguous(name, authenticators) && !sasl.isAllowAnonymous();
            if (!mechanisms.isEmpty() && !mechanisms.equals(List.of("ANONYMOUS")) && !mayBeDecided) {
                throw Checks.invalid(
                        at + "sasl.mechanisms",
                        mechanisms,
                        "need somebody who knows the users: "
                                + (Beans.isAmbiguous(name, authenticators)
                                        ? "of the Authenticator beans " + String.join(", ", authenticators.keySet())
                                                + " none is named '" + name + "'. Rename one"
                                        : "define an Authenticator bean")
                                + ", or name a bean of Spring Security with " + at + "sasl.authentication-manager");
            }
            return null;
        }
        try {
            ServerSasl server = mechanisms.isEmpty()
                    ? ServerSasl.of(authenticator)
                    : ServerSasl.of(authenticator, mechanisms.toArray(String[]::new));
            return server.plainWithoutTls(sasl.isAllowInsecure());
        } catch (IllegalArgumentException unfit) {
            throw Checks.invalid(
                    at + "sasl.mechanisms",
                    mechanisms,
                    "must be of SCRAM-SHA-512, SCRAM-SHA-256, PLAIN, EXTERNAL and ANONYMOUS");
        }
    }

    private static List<String> mechanisms(ListenerProperties.Sasl sasl) {
        return new ArrayList<>(sasl.getMechanisms().stream()
                .map(mechanism -> mechanism.toUpperCase(Locale.ROOT))
                .toList());
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
