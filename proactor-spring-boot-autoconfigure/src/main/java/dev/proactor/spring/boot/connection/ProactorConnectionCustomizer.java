package dev.proactor.spring.boot.connection;

import dev.proactor.ConnectionOptions;

/**
 * Changes the options of a named connection before it is made. Every bean of this type is called, in order, after the properties
 * were applied.
 */
@FunctionalInterface
public interface ProactorConnectionCustomizer {

    /**
     * Changes them.
     *
     * @param name the connection's name
     * @param options the options so far
     */
    void customize(String name, ConnectionOptions.Builder options);
}
