package dev.proactor.spring.boot.internal.dispatch;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The names that properties give to connections and listeners. Only these become tags of meters: a program may register any number of others in
 * time. Immutable.
 */
public final class ConfiguredNames {

    /** The tag of all others. */
    private static final String DYNAMIC = "dynamic";

    private final Set<String> names;

    /**
     * Keeps the names.
     *
     * @param connections names of connections
     * @param listeners names of listeners
     */
    public ConfiguredNames(Collection<String> connections, Collection<String> listeners) {
        names = new HashSet<>(connections);
        names.addAll(listeners);
    }

    /**
     * {@return the name, if it is a configured one, or else {@code dynamic}}
     *
     * @param name of a connection or listener
     */
    public String tag(String name) {
        return contains(name) ? name : DYNAMIC;
    }

    /**
     * {@return whether properties give this name}
     *
     * @param name of a connection or listener
     */
    public boolean contains(String name) {
        return names.contains(name);
    }
}
