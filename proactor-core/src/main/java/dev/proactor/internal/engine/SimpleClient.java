package dev.proactor.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.proactor.security.Credentials;
import org.jspecify.annotations.Nullable;

/** Mechanisms in which the client says all that it has to say at once. */
final class SimpleClient implements ClientMechanism {

    /** RFC 7628, 3.2.3: what is answered to the description of an error, for the server to end the exchange. */
    private static final byte[] HEARD = {1};

    private static final int LONGEST_ERROR = 200;

    private final String name;
    private final byte[] initialResponse;
    private @Nullable String error;

    SimpleClient(String name, byte[] initialResponse) {
        this.name = name;
        this.initialResponse = initialResponse;
    }

    /** RFC 4616. */
    static SimpleClient plain(Credentials credentials) {
        return of(Mechanisms.PLAIN, '\0' + credentials.user() + '\0' + credentials.secret());
    }

    /** As Google and Microsoft describe it. */
    static SimpleClient xoauth2(Credentials credentials) {
        return of(Mechanisms.XOAUTH2, "user=" + credentials.user() + "\1auth=Bearer " + credentials.secret() + "\1\1");
    }

    /** RFC 7628. */
    static SimpleClient oauthBearer(Credentials credentials, String host) {
        String user = credentials.user().replace("=", "=3D").replace(",", "=2C");
        return of(
                Mechanisms.OAUTHBEARER,
                "n," + (user.isEmpty() ? "" : "a=" + user) + ",\1"
                        + (host.isEmpty() ? "" : "host=" + host + "\1")
                        + "auth=Bearer " + credentials.secret() + "\1\1");
    }

    private static SimpleClient of(String name, String initialResponse) {
        return new SimpleClient(name, initialResponse.getBytes(UTF_8));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public byte[] initialResponse() {
        return initialResponse;
    }

    @Override
    public byte[] respond(byte[] challenge) {
        boolean token = name.equals(Mechanisms.OAUTHBEARER) || name.equals(Mechanisms.XOAUTH2);
        if (token && challenge.length > 0) {
            error = PeerText.line(new String(challenge, UTF_8), LONGEST_ERROR);
            return name.equals(Mechanisms.OAUTHBEARER) ? HEARD : new byte[0];
        }
        // A server that took no notice of the initial response asks for it with an empty challenge.
        return initialResponse;
    }

    @Override
    public @Nullable String serverSaid() {
        return error;
    }
}
