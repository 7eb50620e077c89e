package dev.proactor.spring.boot.autoconfigure;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;

/** Publishes the ports that listeners are bound to, as {@code local.proactor.<listener>.port}. */
final class LocalPorts {

    static final String PREFIX = "local.proactor.";

    private static final String SOURCE = "proactor.ports";

    private final ConfigurableEnvironment environment;

    LocalPorts(ConfigurableEnvironment environment) {
        this.environment = environment;
    }

    @SuppressWarnings("unchecked")
    synchronized void publish(String listener, int port) {
        PropertySource<?> source = environment.getPropertySources().get(SOURCE);
        if (source == null) {
            source = new MapPropertySource(SOURCE, new ConcurrentHashMap<>());
            environment.getPropertySources().addFirst(source);
        }
        ((Map<String, Object>) source.getSource()).put(PREFIX + listener + ".port", port);
    }
}
