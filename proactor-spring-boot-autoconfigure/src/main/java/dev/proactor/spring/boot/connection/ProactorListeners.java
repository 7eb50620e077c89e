package dev.proactor.spring.boot.connection;

import java.util.Collection;

/** The listeners of this application: those of {@code proactor.listeners.<name>}. Thread-safe. */
public interface ProactorListeners {

    /** {@return all of them, in the order of their names} */
    Collection<NamedListener> all();

    /**
     * {@return the listener of that name}
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none; the message lists those that there are
     */
    NamedListener get(String name);
}
