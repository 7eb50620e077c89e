package dev.proactor.tour;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.LastingConnection;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ReconnectOptions;
import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ClientTls;
import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/** What the README and documents about the core show and that is no whole program. */
@SuppressWarnings("unused")
final class Snippets {

    private Snippets() {}

    static void readme() throws InterruptedException {
        try (Proactor proactor = Proactor.create()) {
            proactor.listen(ListenerOptions.on("localhost:5672").build());
            while (true) { // any number of threads may run this loop
                try (EventBatch batch = proactor.await()) { // events of one connection, which is yours until close()
                    for (Event event; (event = batch.next()) != null; ) {
                        handle(event); // LISTENER_ACCEPT, CONNECTION_REMOTE_OPEN, DELIVERY, …
                    }
                }
            }
        }
    }

    private static void handle(Event event) {}

    static void limits() {
        ListenerOptions options = ListenerOptions.on(":5672")
                .maxSessions(8)
                .maxInputBytes(1024 * 1024)
                .build();
    }

    static void reconnect(Proactor proactor) {
        LastingConnection uplink = proactor.keepConnected(
                ConnectionOptions.to("a.example.com:5672").name("uplink").build(),
                ReconnectOptions.builder()
                        .alternatives("b.example.com:5672")
                        .maxDelay(Duration.ofSeconds(10))
                        .build());
    }

    static void tls(SSLContext sslContext) {
        ConnectionOptions client = ConnectionOptions.to("broker.example.com:5671")
                .tls(ClientTls.of(sslContext))
                .build();
        ListenerOptions server =
                ListenerOptions.on(":5671").tls(ServerTls.of(sslContext)).build();
    }

    static void sasl(String address, String secret, ServerTls tls, Authenticator authenticator) {
        ConnectionOptions client = ConnectionOptions.to(address)
                .sasl(ClientSasl.password("meter-17", secret))
                .build();
        ListenerOptions server = ListenerOptions.on(":5671")
                .tls(tls)
                .sasl(ServerSasl.of(authenticator))
                .build();
    }
}
