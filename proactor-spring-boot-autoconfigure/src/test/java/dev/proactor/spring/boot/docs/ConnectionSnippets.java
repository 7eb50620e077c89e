package dev.proactor.spring.boot.docs;

import dev.proactor.security.ClientSasl;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import dev.proactor.spring.boot.connection.ProactorConnections;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;

/** What docs/connections.md shows. */
@SuppressWarnings("unused")
class ConnectionSnippets {

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

    @Bean
    ProactorConnectionCustomizer branches(@Value("${branch.password}") String password) {
        return (name, options) -> {
            if (name.startsWith("branch-")) {
                options.sasl(ClientSasl.password(name, password));
            }
        };
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
