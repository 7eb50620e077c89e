package dev.proactor.spring.boot.connection;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * Where a named connection leads, and with what credentials, known from elsewhere than its properties: a container of a test or of Docker
 * Compose. What it says goes before {@code uris}, {@code username} and {@code password}; all else of the connection stays.
 */
public interface ProactorConnectionDetails extends ConnectionDetails {

    /** {@return where to: {@code amqp://host:port} or {@code amqps://host:port} each; tried in turn} */
    List<String> getUris();

    /** {@return the user, or {@code null} for what the properties say} A password is sent without TLS then, too, where the uris have none. */
    default @Nullable String getUsername() {
        return null;
    }

    /** {@return the user's password, or {@code null}} */
    default @Nullable String getPassword() {
        return null;
    }

    /** {@return the name of the connection that is meant, {@code null} for the only one that is configured, empty for none} */
    default @Nullable String getConnection() {
        return null;
    }
}
