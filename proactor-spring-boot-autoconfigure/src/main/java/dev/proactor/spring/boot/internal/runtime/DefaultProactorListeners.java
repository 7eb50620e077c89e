package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The named listeners. */
public final class DefaultProactorListeners implements ProactorListeners {

    private final Map<String, ManagedListener> listeners = new LinkedHashMap<>();

    /**
     * Keeps them.
     *
     * @param listeners all there are
     */
    public DefaultProactorListeners(Collection<ManagedListener> listeners) {
        listeners.forEach(listener -> this.listeners.put(listener.name(), listener));
    }

    @Override
    public Collection<NamedListener> all() {
        return List.copyOf(listeners.values());
    }

    @Override
    public NamedListener get(String name) {
        NamedListener listener = listeners.get(name);
        if (listener == null) {
            throw new IllegalArgumentException("there is no listener '" + name + "'; there are: "
                    + (listeners.isEmpty() ? "none" : String.join(", ", listeners.keySet())));
        }
        return listener;
    }
}
