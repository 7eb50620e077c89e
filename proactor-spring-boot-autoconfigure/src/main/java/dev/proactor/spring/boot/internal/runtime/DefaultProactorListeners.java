package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.ListenerOptions;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The named listeners. */
public final class DefaultProactorListeners implements ProactorListeners {

    /** Makes listeners. */
    @FunctionalInterface
    public interface Factory {

        /**
         * {@return one, not bound yet}
         *
         * @param name its name
         * @param spec where and how
         * @param options changes its options, and has the last word on them
         * @throws IllegalArgumentException if it must not be as these say
         */
        ManagedListener make(String name, ListenerSpec spec, Consumer<ListenerOptions.Builder> options);
    }

    private final Factory factory;

    // Guarded by this, which is not held while anybody waits for a listener.
    private final Map<String, ManagedListener> listeners = new LinkedHashMap<>();
    private boolean running;

    /**
     * Knows none yet.
     *
     * @param factory makes them
     */
    public DefaultProactorListeners(Factory factory) {
        this.factory = factory;
    }

    @Override
    public synchronized Collection<NamedListener> all() {
        return List.copyOf(listeners.values());
    }

    @Override
    public synchronized NamedListener get(String name) {
        NamedListener listener = listeners.get(name);
        if (listener == null) {
            throw new IllegalArgumentException("there is no listener '" + name + "'; there are: "
                    + (listeners.isEmpty() ? "none" : String.join(", ", listeners.keySet())));
        }
        return listener;
    }

    @Override
    public NamedListener register(String name, ListenerSpec spec, Consumer<ListenerOptions.Builder> options) {
        ManagedListener listener = factory.make(Registrations.checked(name), spec, options);
        CompletableFuture<Optional<String>> binding;
        synchronized (this) {
            if (listeners.putIfAbsent(name, listener) != null) {
                throw new IllegalArgumentException("there is a listener '" + name + "' already");
            }
            binding = running ? listener.begin() : null;
        }
        if (binding != null) {
            try {
                listener.awaitBound(binding);
            } catch (ListenerBindException failure) {
                forget(name, listener);
                throw failure;
            }
        }
        return listener;
    }

    @Override
    public void remove(String name) {
        ManagedListener listener = forget(name, null);
        if (listener != null) {
            try {
                listener.awaitClosed();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Forgets the listener of a name, if it is the one that is meant. */
    private synchronized @Nullable ManagedListener forget(String name, @Nullable ManagedListener meant) {
        ManagedListener listener = listeners.get(name);
        if (listener == null || (meant != null && meant != listener)) {
            return null;
        }
        listeners.remove(name);
        listener.retire();
        return listener;
    }

    /** From now on what is registered is bound at once; {@link IntakeLifecycle} binds the others. */
    synchronized void start() {
        running = true;
    }

    /** Closes all ports, and binds none any more. */
    synchronized void stop() {
        running = false;
        listeners.values().forEach(ManagedListener::stop);
    }
}
