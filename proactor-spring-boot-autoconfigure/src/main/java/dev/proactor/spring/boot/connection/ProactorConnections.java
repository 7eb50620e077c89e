package dev.proactor.spring.boot.connection;

import java.util.Collection;

/**
 * The connections that this application makes: those of {@code proactor.connections.<name>}, and those registered at run time.
 * Thread-safe.
 */
public interface ProactorConnections {

    /** {@return all of them, in the order in which they were registered} */
    Collection<NamedConnection> all();

    /**
     * {@return the connection of that name}
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none; the message lists those that there are
     */
    NamedConnection get(String name);

    /**
     * Adds a connection. It is started at once if the others are, and {@link ConnectionSpec#autoConnect()} holds.
     *
     * @param name its name, not used yet; it becomes a tag of meters, so use few
     * @param spec where to and how
     * @return the connection
     * @throws IllegalArgumentException if the name is taken, or a value of the spec is out of range
     */
    NamedConnection register(String name, ConnectionSpec spec);

    /**
     * Stops a connection for good and forgets it. Does nothing for a name that there is not.
     *
     * @param name its name
     */
    void remove(String name);
}
