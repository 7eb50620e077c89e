package dev.proactor.examples;

import dev.proactor.ConnectionOptions;
import dev.proactor.ListenerOptions;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ClientTls;
import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of TLS and SASL, for those who connect and for those who listen. */
final class Security {

    private Security() {}

    /** Of a program that connects. */
    static final class Client {

        @Option(names = "--tls", description = "Speak TLS; whom the Java runtime trusts is trusted.")
        boolean tls;

        @Option(names = "--trust", paramLabel = "PEM", description = "Speak TLS, and trust these certificates only.")
        @Nullable Path trust;

        @Option(names = "--server-name", paramLabel = "NAME", description = "The name in the server's certificate.")
        @Nullable String serverName;

        @Option(names = "--user", description = "Log in as this user, by SCRAM, or by PLAIN under TLS.")
        @Nullable String user;

        @Option(
                names = "--password",
                description = "The user's password. Others may see it in the list of processes: better is"
                        + " the environment's PROACTOR_PASSWORD.",
                defaultValue = "${env:PROACTOR_PASSWORD}")
        @Nullable String password;

        @Option(names = "--plain-without-tls", description = "Allow PLAIN where there is no TLS.")
        boolean plainWithoutTls;

        ConnectionOptions.Builder options(String address) throws IOException, GeneralSecurityException {
            ConnectionOptions.Builder options = ConnectionOptions.to(address);
            if (tls || trust != null) {
                ClientTls clientTls = trust == null ? ClientTls.defaults() : ClientTls.of(trusting(trust));
                options.tls(serverName == null ? clientTls : clientTls.serverName(serverName));
            }
            if (user != null) {
                if (password == null) {
                    throw new IllegalArgumentException("--user needs a --password, or PROACTOR_PASSWORD");
                }
                options.sasl(ClientSasl.password(user, password).secretsWithoutTls(plainWithoutTls));
            }
            return options;
        }
    }

    /** Of a program that listens. */
    static final class Server {

        @Option(
                names = "--tls-keystore",
                paramLabel = "P12",
                description = "Speak TLS with the key and certificate in this PKCS #12 file, and no longer without.")
        @Nullable Path keystore;

        @Option(
                names = "--tls-keystore-password",
                description = "Its password; better is the environment's PROACTOR_KEYSTORE_PASSWORD.",
                defaultValue = "${env:PROACTOR_KEYSTORE_PASSWORD}")
        @Nullable String keystorePassword;

        @Option(
                names = "--users",
                paramLabel = "FILE",
                description = "Let only these users in: lines of NAME:PASSWORD. Without it everybody may come.")
        @Nullable Path users;

        @Option(names = "--plain-without-tls", description = "Offer PLAIN where there is no TLS.")
        boolean plainWithoutTls;

        ListenerOptions.Builder options(String address) throws IOException, GeneralSecurityException {
            ListenerOptions.Builder options = ListenerOptions.on(address);
            if (keystore != null) {
                options.tls(ServerTls.of(identifiedBy(keystore, keystorePassword == null ? "" : keystorePassword)));
            }
            if (users != null) {
                options.sasl(ServerSasl.of(Authenticator.of(passwords(users))).plainWithoutTls(plainWithoutTls));
            }
            return options;
        }
    }

    private static Map<String, String> passwords(Path file) throws IOException {
        Map<String, String> passwords = new HashMap<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            int colon = line.indexOf(':');
            if (!line.isBlank() && colon < 1) {
                throw new IllegalArgumentException(file + ", line " + number + ": should be NAME:PASSWORD");
            }
            if (colon > 0) {
                passwords.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return passwords;
    }

    private static SSLContext trusting(Path pem) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (InputStream in = Files.newInputStream(pem)) {
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("trusted-" + number++, certificate);
            }
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static SSLContext identifiedBy(Path file, String password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(file.toFile(), password.toCharArray());
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }
}
