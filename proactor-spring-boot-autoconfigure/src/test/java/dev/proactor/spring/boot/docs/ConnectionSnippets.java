package dev.proactor.spring.boot.docs;

import dev.proactor.security.Authenticator;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.security.ServerSasl;
import dev.proactor.security.ServerTls;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.List;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

/** What docs/connections.md shows. */
@SuppressWarnings("unused")
class ConnectionSnippets {

    @Component
    static class Loopback {

        private final ProactorListeners listeners;
        private final ProactorConnections connections;

        Loopback(ProactorListeners listeners, ProactorConnections connections) {
            this.listeners = listeners;
            this.connections = connections;
        }

        @Order(Ordered.HIGHEST_PRECEDENCE) // before beans that send over it
        @EventListener(ApplicationReadyEvent.class)
        void connect() {
            int port = listeners.get("ingress").localPort();
            connections.register("loopback", ConnectionSpec.to("amqp://localhost:" + port));
        }
    }

    NamedConnection added(ProactorConnections connections) {
        NamedConnection branch =
                connections.register("branch-7", ConnectionSpec.to("amqp://branch-7.example.com:5672"));
        connections.stop("branch-7");
        connections.start("branch-7");
        return branch;
    }

    void stocktaking(ProactorConnections connections) {
        connections.pause("orders", "in");
        connections.resume("orders", "in");
    }

    NamedConnection secured(ProactorConnections connections, CredentialsProvider branch) {
        return connections.register(
                "branch-8",
                ConnectionSpec.to("amqps://branch-8.example.com"),
                options -> options.sasl(ClientSasl.password(branch)));
    }

    NamedListener guarded(ProactorListeners listeners, ServerTls tls, Authenticator devices) {
        return listeners.register(
                "site-7",
                ListenerSpec.on("0.0.0.0", 5671),
                options -> options.tls(tls).sasl(ServerSasl.of(devices)));
    }

    @Bean
    ProactorConnectionCustomizer smallWindow() {
        return (name, options) -> options.sessionWindowBytes(1024 * 1024);
    }

    @Bean
    ProactorConnectionDetails elsewhere() {
        return () -> List.of("amqp://localhost:5672");
    }
}
