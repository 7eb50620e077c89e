package dev.proactor.spring.boot.connection;

import dev.proactor.ListenerOptions;

/**
 * Changes the options of a named listener before it is bound. Every bean of this type is called, in order, after the properties
 * were applied.
 */
@FunctionalInterface
public interface ProactorListenerCustomizer {

    /**
     * Changes them.
     *
     * @param name the listener's name
     * @param options the options so far
     */
    void customize(String name, ListenerOptions.Builder options);
}
