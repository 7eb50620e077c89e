package dev.proactor;

import java.util.Objects;
import java.util.ServiceLoader;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Collects the settings of a proactor. Not thread-safe; may be used again. */
public final class ProactorBuilder {

    private @Nullable String containerId;
    private HostResolver resolver = HostResolver.SYSTEM;
    private DurationListener durations = DurationListener.NONE;

    ProactorBuilder() {}

    /**
     * The container id of connections that have none of their own.
     *
     * @param containerId the id; the default is {@code proactor-} with a UUID, new for each proactor
     * @return this builder
     */
    public ProactorBuilder containerId(String containerId) {
        this.containerId = Objects.requireNonNull(containerId, "containerId");
        return this;
    }

    /**
     * Who looks up host names.
     *
     * @param resolver the resolver; the default is {@link HostResolver#SYSTEM}
     * @return this builder
     */
    public ProactorBuilder resolver(HostResolver resolver) {
        this.resolver = Objects.requireNonNull(resolver, "resolver");
        return this;
    }

    /**
     * Who is told how long things took. Without one, the clock is not read for it.
     *
     * @param durations the listener; the default is {@link DurationListener#NONE}
     * @return this builder
     */
    public ProactorBuilder durations(DurationListener durations) {
        this.durations = Objects.requireNonNull(durations, "durations");
        return this;
    }

    /** {@return a new proactor} It has no threads; whoever calls {@link Proactor#await()} lends it theirs. */
    public Proactor build() {
        ProactorProvider provider = ServiceLoader.load(ProactorProvider.class, Proactor.class.getClassLoader())
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException(
                                "no dev.proactor.ProactorProvider on the class path: is proactor-core complete, with its META-INF/services?"));
        String id = containerId != null ? containerId : "proactor-" + UUID.randomUUID();
        return provider.create(new ProactorProvider.Settings(id, resolver, durations));
    }
}
