package dev.proactor.internal.task;

import dev.proactor.Proactor;
import dev.proactor.ProactorProvider;

/** The service that {@link dev.proactor.ProactorBuilder} finds. */
public final class DefaultProactorProvider implements ProactorProvider {

    /** For the service loader. */
    public DefaultProactorProvider() {}

    @Override
    public Proactor create(Settings settings) {
        return new DefaultProactor(settings);
    }
}
