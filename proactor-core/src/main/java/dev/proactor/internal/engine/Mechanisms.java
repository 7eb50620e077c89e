package dev.proactor.internal.engine;

import dev.proactor.security.Authenticator;
import dev.proactor.security.Credentials;
import java.security.Principal;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** The SASL mechanisms that there are, by name. */
final class Mechanisms {

    static final String ANONYMOUS = "ANONYMOUS";
    static final String EXTERNAL = "EXTERNAL";
    static final String PLAIN = "PLAIN";
    static final String OAUTHBEARER = "OAUTHBEARER";
    static final String XOAUTH2 = "XOAUTH2";
    static final String SCRAM = "SCRAM-SHA-";

    private static final Set<String> SEND_THE_SECRET = Set.of(PLAIN, OAUTHBEARER, XOAUTH2);

    private Mechanisms() {}

    /** {@return whether who reads the exchange has the secret} */
    static boolean sendsSecret(String name) {
        return SEND_THE_SECRET.contains(name);
    }

    /** {@return a client's side of a mechanism} */
    static ClientMechanism client(String name, @Nullable Credentials credentials, String host) throws SaslFailure {
        if (name.equals(ANONYMOUS) || name.equals(EXTERNAL)) {
            return new SimpleClient(name, new byte[0]);
        }
        if (credentials == null) {
            throw new SaslFailure("there are no credentials");
        }
        return switch (name) {
            case PLAIN -> SimpleClient.plain(credentials);
            case XOAUTH2 -> SimpleClient.xoauth2(credentials);
            case OAUTHBEARER -> SimpleClient.oauthBearer(credentials, host);
            default -> new ScramClientMechanism(name, credentials);
        };
    }

    /** {@return a server's side of a mechanism that was offered} */
    static ServerMechanism server(String name, @Nullable Authenticator authenticator, @Nullable SSLSession tls)
            throws SaslFailure {
        if (name.equals(ANONYMOUS)) {
            return SimpleServer.anonymous();
        }
        if (authenticator == null) {
            throw new SaslFailure("nobody knows users");
        }
        return switch (name) {
            case PLAIN -> SimpleServer.plain(authenticator);
            case EXTERNAL -> SimpleServer.external(authenticator, certificate(tls));
            default -> new ScramServerMechanism(name, authenticator);
        };
    }

    /** {@return whose certificate the peer has shown, or {@code null} if it has shown none} */
    static @Nullable Principal certificate(@Nullable SSLSession tls) {
        try {
            return tls == null ? null : tls.getPeerPrincipal();
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }
}
