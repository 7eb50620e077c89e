package dev.proactor.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.internal.engine.ServerMechanism.Step;
import dev.proactor.security.Authenticator;
import dev.proactor.security.Credentials;
import dev.proactor.security.ScramKeys;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SCRAM, by the example of RFC 7677 and against what a cheat would send. */
class ScramTest {

    private static final String SHA_256 = "SCRAM-SHA-256";
    private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
    private static final String CLIENT_FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_FIRST =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    private static final String CLIENT_FINAL = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final String SERVER_FINAL = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    private static Authenticator pencil(int iterations) {
        return new Authenticator() {
            @Override
            public CompletionStage<Boolean> checkPassword(String user, String password) {
                return CompletableFuture.completedFuture(false);
            }

            @Override
            public CompletionStage<ScramKeys> scramKeys(String user, String mechanism) {
                return CompletableFuture.completedFuture(
                        user.equals("user") ? ScramKeys.derive(mechanism, "pencil", SALT, iterations) : null);
            }
        };
    }

    private static ServerMechanism server() throws SaslFailure {
        return new ScramServerMechanism(SHA_256, pencil(4096), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    }

    private static Step step(ServerMechanism mechanism, String message) throws SaslFailure {
        return mechanism
                .step(message == null ? null : message.getBytes(UTF_8))
                .toCompletableFuture()
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    private static String text(Step step) {
        return step instanceof Step.Challenge challenge
                ? new String(challenge.bytes(), UTF_8)
                : new String(((Step.Success) step).additionalData(), UTF_8);
    }

    @Test
    void theServerSaysWhatTheRfcSays() throws Exception {
        ServerMechanism server = server();
        assertThat(text(step(server, CLIENT_FIRST))).isEqualTo(SERVER_FIRST);
        Step last = step(server, CLIENT_FINAL);
        assertThat(text(last)).isEqualTo(SERVER_FINAL);
        assertThat(((Step.Success) last).identity()).isEqualTo("user");
    }

    /** There is no example of it in an RFC: computed with another implementation, of the values of RFC 7677. */
    @Test
    void withSha512TheServerSaysWhatOthersCompute() throws Exception {
        String proof = "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN" + "8PPC6wdp6dybEmDYXYTxwnYPJQ==";
        String signature =
                "ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSe" + "VGT4+5ZxXnJq199RVG2rR7N7Zw==";
        ServerMechanism server =
                new ScramServerMechanism("SCRAM-SHA-512", pencil(4096), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        assertThat(text(step(server, CLIENT_FIRST))).isEqualTo(SERVER_FIRST);
        Step last = step(server, CLIENT_FINAL.replaceFirst("p=.*", "") + "p=" + proof);
        assertThat(text(last)).isEqualTo("v=" + signature);
        assertThat(((Step.Success) last).identity()).isEqualTo("user");
    }

    @Test
    void aClientThatBeginsWithNothingIsAsked() throws Exception {
        ServerMechanism server = server();
        assertThat(text(step(server, null))).isEmpty();
        assertThat(text(step(server, CLIENT_FIRST))).isEqualTo(SERVER_FIRST);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "n,,",
                "p=tls-unique,,n=user,r=abc",
                "n,a=admin,n=user,r=abc",
                "n,,m=ext,n=user,r=abc"
            })
    void aFirstMessageThatMakesNoSenseIsRefused(String message) {
        assertThatThrownBy(() -> step(server(), message)).isInstanceOf(SaslFailure.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=!!",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=AAAA",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "c=biws,r=another,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
            })
    void aLastMessageThatProvesNothingIsRefused(String message) throws Exception {
        ServerMechanism server = server();
        step(server, CLIENT_FIRST);
        assertThatThrownBy(() -> step(server, message)).isInstanceOf(SaslFailure.class);
    }

    @Test
    void whoIsNobodyCanNotTellItFromAWrongPassword() throws Exception {
        String message = "n,,n=nobody,r=abc";
        String one = text(step(new ScramServerMechanism(SHA_256, pencil(4096)), message));
        String two = text(step(new ScramServerMechanism(SHA_256, pencil(4096)), message));
        assertThat(one.replaceFirst("r=[^,]*", "")).isEqualTo(two.replaceFirst("r=[^,]*", ""));
        assertThat(one).matches("r=abc.+,s=.{24},i=\\d+");
        // Not even with keys that somebody guessed.
        ServerMechanism server = server();
        step(server, message);
        assertThatThrownBy(() -> step(server, CLIENT_FINAL)).isInstanceOf(SaslFailure.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SCRAM-SHA-256", "SCRAM-SHA-512"})
    void clientAndServerProveThemselvesToEachOther(String name) throws Exception {
        ClientMechanism client = new ScramClientMechanism(name, Credentials.password("user", "pencil"));
        ServerMechanism server = new ScramServerMechanism(name, pencil(4096));
        Step challenge = step(server, new String(client.initialResponse(), UTF_8));
        Step success = step(server, new String(client.respond(text(challenge).getBytes(UTF_8)), UTF_8));
        client.succeeded(((Step.Success) success).additionalData());
    }

    @Test
    void aServerThatDoesNotKnowThePasswordIsNotTrusted() throws Exception {
        ClientMechanism client = new ScramClientMechanism(SHA_256, Credentials.password("user", "pencil"));
        assertThatThrownBy(() -> client.succeeded(new byte[0])).hasMessageContaining("before the exchange was over");
        ServerMechanism server = new ScramServerMechanism(SHA_256, pencil(4096));
        Step challenge = step(server, new String(client.initialResponse(), UTF_8));
        client.respond(text(challenge).getBytes(UTF_8));
        assertThatThrownBy(() -> client.succeeded(SERVER_FINAL.getBytes(UTF_8)))
                .hasMessage("the server did not prove that it knows the password");
        assertThatThrownBy(() -> client.succeeded(new byte[0]))
                .hasMessage("the server did not prove that it knows the password");
    }

    @Test
    void aServerCanNotKeepTheClientBusy() throws Exception {
        ClientMechanism client = new ScramClientMechanism(SHA_256, Credentials.password("user", "pencil"));
        String nonce = new String(client.initialResponse(), UTF_8).replaceFirst(".*r=", "");
        String challenge = "r=" + nonce + "x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000";
        assertThatThrownBy(() -> client.respond(challenge.getBytes(UTF_8))).hasMessageContaining("iterations");
        assertThatThrownBy(() -> client.respond(new byte[] {1, 2, 3})).isInstanceOf(SaslFailure.class);
    }
}
