package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.ConnectionOptions;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnections;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/** The named connections. */
public final class DefaultProactorConnections implements ProactorConnections {

    private final Proactor proactor;
    private final List<ProactorConnectionCustomizer> customizers;
    private final ScheduledExecutorService timer;
    private final OwnPorts ownPorts;

    // Guarded by this, which is not held while one is started or stopped: a start asks customizers, who may ask us.
    private final Map<String, ManagedConnection> connections = new LinkedHashMap<>();
    private final List<ManagedConnection> waiting = new ArrayList<>();
    private boolean running;

    /**
     * Knows none yet.
     *
     * @param proactor what makes them
     * @param customizers the application's
     * @param timer waits between attempts
     * @param ownPorts which of them lead to listeners of the application itself
     */
    public DefaultProactorConnections(
            Proactor proactor,
            List<ProactorConnectionCustomizer> customizers,
            ScheduledExecutorService timer,
            OwnPorts ownPorts) {
        this.proactor = proactor;
        this.customizers = List.copyOf(customizers);
        this.timer = timer;
        this.ownPorts = ownPorts;
    }

    @Override
    public synchronized Collection<NamedConnection> all() {
        return List.copyOf(connections.values());
    }

    @Override
    public synchronized NamedConnection get(String name) {
        NamedConnection connection = connections.get(name);
        if (connection == null) {
            throw new IllegalArgumentException("there is no connection '" + name + "'; there are: "
                    + (connections.isEmpty() ? "none" : String.join(", ", connections.keySet())));
        }
        return connection;
    }

    @Override
    public NamedConnection register(String name, ConnectionSpec spec, Consumer<ConnectionOptions.Builder> options) {
        ManagedConnection connection = new ManagedConnection(
                Registrations.checked(name),
                spec,
                proactor,
                builder -> {
                    customizers.forEach(customizer -> customizer.customize(name, builder));
                    options.accept(builder);
                    return builder;
                },
                timer,
                Clock.systemUTC());
        boolean starts;
        synchronized (this) {
            if (connections.putIfAbsent(name, connection) != null) {
                throw new IllegalArgumentException("there is a connection '" + name + "' already");
            }
            starts = running && spec.autoConnect();
        }
        if (starts) {
            start(connection);
        }
        return connection;
    }

    /** Starts one. A stop of all, or its removal, may come between: it has the last word. */
    private void start(ManagedConnection connection) {
        try {
            connection.start();
        } catch (IllegalStateException removed) {
            return;
        }
        boolean late;
        synchronized (this) {
            late = !running;
        }
        if (late) {
            connection.stop();
        }
    }

    @Override
    public void remove(String name) {
        ManagedConnection connection;
        synchronized (this) {
            connection = connections.remove(name);
        }
        if (connection != null) {
            connection.retire();
        }
    }

    /** Starts those that are to connect by themselves, but for those that lead to our own listeners. */
    void start() {
        List<ManagedConnection> now = new ArrayList<>();
        synchronized (this) {
            running = true;
            for (ManagedConnection connection : connections.values()) {
                if (connection.spec().autoConnect()) {
                    (ownPorts.areMeantBy(connection.spec()) ? waiting : now).add(connection);
                }
            }
        }
        now.forEach(this::start);
    }

    /** Our own listeners are bound: starts those that lead there. */
    void listenersBound() {
        List<ManagedConnection> now;
        synchronized (this) {
            now = List.copyOf(waiting);
            waiting.clear();
        }
        now.forEach(this::start);
    }

    /** Stops all. */
    void stop() {
        List<ManagedConnection> known;
        synchronized (this) {
            running = false;
            waiting.clear();
            known = List.copyOf(connections.values());
        }
        known.forEach(ManagedConnection::stop);
    }
}
