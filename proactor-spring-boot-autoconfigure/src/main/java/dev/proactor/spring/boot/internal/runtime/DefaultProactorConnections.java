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

/** The named connections. */
public final class DefaultProactorConnections implements ProactorConnections {

    private final Proactor proactor;
    private final List<ProactorConnectionCustomizer> customizers;
    private final ScheduledExecutorService timer;

    // Guarded by this.
    private final Map<String, ManagedConnection> connections = new LinkedHashMap<>();
    private boolean running;

    /**
     * Knows none yet.
     *
     * @param proactor what makes them
     * @param customizers the application's
     * @param timer waits between attempts
     */
    public DefaultProactorConnections(
            Proactor proactor, List<ProactorConnectionCustomizer> customizers, ScheduledExecutorService timer) {
        this.proactor = proactor;
        this.customizers = List.copyOf(customizers);
        this.timer = timer;
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
    public NamedConnection register(String name, ConnectionSpec spec) {
        boolean start;
        ManagedConnection connection = new ManagedConnection(
                name, spec, proactor, builder -> customize(name, builder), timer, Clock.systemUTC());
        synchronized (this) {
            if (connections.putIfAbsent(name, connection) != null) {
                throw new IllegalArgumentException("there is a connection '" + name + "' already");
            }
            start = running && spec.autoConnect();
        }
        if (start) {
            connection.start();
        }
        return connection;
    }

    private ConnectionOptions.Builder customize(String name, ConnectionOptions.Builder builder) {
        customizers.forEach(customizer -> customizer.customize(name, builder));
        return builder;
    }

    @Override
    public void remove(String name) {
        ManagedConnection connection;
        synchronized (this) {
            connection = connections.remove(name);
        }
        if (connection != null) {
            connection.stop();
        }
    }

    /** Starts those that are to connect by themselves. */
    void start() {
        List<ManagedConnection> all;
        synchronized (this) {
            running = true;
            all = new ArrayList<>(connections.values());
        }
        for (ManagedConnection connection : all) {
            if (connection.spec().autoConnect()) {
                connection.start();
            }
        }
    }

    /** Stops all. */
    void stop() {
        List<ManagedConnection> all;
        synchronized (this) {
            running = false;
            all = new ArrayList<>(connections.values());
        }
        all.forEach(ManagedConnection::stop);
    }
}
