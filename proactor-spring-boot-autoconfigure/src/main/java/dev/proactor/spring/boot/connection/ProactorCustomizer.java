package dev.proactor.spring.boot.connection;

import dev.proactor.ProactorBuilder;

/** Changes the proactor before it is built. Every bean of this type is called, in order, after the properties were applied. */
@FunctionalInterface
public interface ProactorCustomizer {

    /**
     * Changes it.
     *
     * @param builder the settings so far
     */
    void customize(ProactorBuilder builder);
}
