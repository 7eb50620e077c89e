package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.ConnectionOptions;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ClientTls;
import dev.proactor.security.Credentials;
import dev.proactor.security.CredentialsProvider;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the properties of a connection say of TLS and SASL, as options of the core. */
final class ConnectionSecurity {

    private static final List<String> TOKENS = List.of("OAUTHBEARER", "XOAUTH2");

    private final Bundles bundles;
    private final Map<String, CredentialsProvider> providers;

    /**
     * Makes one.
     *
     * @param bundles SSL bundles
     * @param providers the application's, by the names of their beans
     */
    ConnectionSecurity(Bundles bundles, Map<String, CredentialsProvider> providers) {
        this.bundles = bundles;
        this.providers = providers;
    }

    /** {@return what to do to the options of a connection} Bad properties fail here. */
    Settings of(String name, ConnectionProperties properties) {
        String at = "proactor.connections." + name + ".";
        return new Settings(tls(at, properties), sasl(at, name, properties));
    }

    /**
     * What the options are to have.
     *
     * @param tls TLS, or {@code null} for none
     * @param sasl SASL, or {@code null} for the core's default
     */
    record Settings(@Nullable ClientTls tls, @Nullable ClientSasl sasl) {
        void apply(ConnectionOptions.Builder options) {
            if (tls != null) {
                options.tls(tls);
            }
            if (sasl != null) {
                options.sasl(sasl);
            }
        }
    }

    private @Nullable ClientTls tls(String at, ConnectionProperties properties) {
        ConnectionProperties.Ssl ssl = properties.getSsl();
        String bundle = ssl.getBundle();
        if (Boolean.FALSE.equals(ssl.getEnabled()) && bundle != null) {
            throw Checks.invalid(at + "ssl.bundle", bundle, "must not be set where ssl.enabled is false");
        }
        boolean wanted = bundle != null
                || Boolean.TRUE.equals(ssl.getEnabled())
                || properties.getUris().stream().anyMatch(Checks::isTls);
        if (!wanted) {
            return null;
        }
        ClientTls tls =
                bundle == null ? ClientTls.defaults() : ClientTls.engines(bundles.engines(at + "ssl.bundle", bundle));
        return tls.verifyName(ssl.isVerifyHost());
    }

    private @Nullable ClientSasl sasl(String at, String name, ConnectionProperties properties) {
        List<String> mechanisms = properties.getSasl().getMechanisms().stream()
                .map(mechanism -> mechanism.toUpperCase(Locale.ROOT))
                .toList();
        CredentialsProvider provider = provider(at, name, properties);
        ClientSasl sasl;
        if (mechanisms.equals(List.of("EXTERNAL"))) {
            sasl = ClientSasl.external();
        } else if (mechanisms.equals(List.of("ANONYMOUS"))) {
            sasl = ClientSasl.anonymous();
        } else if (provider == null && mechanisms.isEmpty()) {
            return null;
        } else if (provider == null) {
            throw Checks.invalid(
                    at + "sasl.mechanisms",
                    mechanisms,
                    "need credentials: set " + at + "username and password, or define a CredentialsProvider bean");
        } else {
            sasl = !mechanisms.isEmpty() && TOKENS.containsAll(mechanisms)
                    ? ClientSasl.token(provider)
                    : ClientSasl.password(provider);
            if (!mechanisms.isEmpty()) {
                try {
                    sasl = sasl.mechanisms(mechanisms.toArray(String[]::new));
                } catch (IllegalArgumentException unfit) {
                    throw Checks.invalid(
                            at + "sasl.mechanisms",
                            mechanisms,
                            "must be of SCRAM-SHA-512, SCRAM-SHA-256 and PLAIN, or of OAUTHBEARER and XOAUTH2, or EXTERNAL, or"
                                    + " ANONYMOUS alone");
                }
            }
        }
        return sasl.secretsWithoutTls(properties.getSasl().isAllowInsecure());
    }

    private @Nullable CredentialsProvider provider(String at, String name, ConnectionProperties properties) {
        String user = properties.getUsername();
        String password = properties.getPassword();
        if (user != null && password != null) {
            return CredentialsProvider.of(Credentials.password(user, password));
        }
        if (user != null) {
            throw Checks.invalid(at + "password", null, "must be set where username is");
        }
        if (password != null) {
            throw Checks.invalid(at + "username", null, "must be set where password is");
        }
        if (Beans.isAmbiguous(name, providers)
                && properties.getSasl().getMechanisms().isEmpty()) {
            throw Checks.invalid(
                    at + "sasl.mechanisms",
                    List.of(),
                    "leave it open who we are: of the CredentialsProvider beans "
                            + String.join(", ", providers.keySet()) + " none is named '" + name
                            + "'. Rename one, or set this to ANONYMOUS");
        }
        return Beans.of(name, providers);
    }
}
