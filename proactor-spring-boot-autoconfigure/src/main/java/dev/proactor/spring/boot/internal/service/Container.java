package dev.proactor.spring.boot.internal.service;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a container says of itself.
 *
 * @param user the user, or {@code null}
 * @param password the password, or {@code null}
 * @param connection the connection that it is for, or {@code null}
 */
record Container(
        @Nullable String user,
        @Nullable String password,
        @Nullable String connection) {

    static final int AMQP_PORT = 5672;

    private static final String LABEL = "dev.proactor.connection";

    static @Nullable String connection(Map<String, String> labels) {
        return labels.get(LABEL);
    }

    static Container artemis(Map<String, @Nullable String> environment, Map<String, String> labels) {
        if (Boolean.parseBoolean(environment.get("ANONYMOUS_LOGIN"))) {
            return new Container(null, null, connection(labels));
        }
        return new Container(
                first(environment, "artemis", "ARTEMIS_USER"),
                first(environment, "artemis", "ARTEMIS_PASSWORD"),
                connection(labels));
    }

    static Container rabbit(Map<String, @Nullable String> environment, Map<String, String> labels) {
        return new Container(
                first(environment, "guest", "RABBITMQ_DEFAULT_USER", "RABBITMQ_USERNAME"),
                first(environment, "guest", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_PASSWORD"),
                connection(labels));
    }

    private static String first(Map<String, @Nullable String> environment, String otherwise, String... keys) {
        for (String key : keys) {
            String value = environment.get(key);
            if (value != null) {
                return value;
            }
        }
        return otherwise;
    }
}
