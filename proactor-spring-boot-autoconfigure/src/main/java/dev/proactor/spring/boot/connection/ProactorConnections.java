package dev.proactor.spring.boot.connection;

import dev.proactor.ConnectionOptions;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * The connections that this application makes: those of {@code proactor.connections.<name>}, and those registered at run time.
 * Health and the endpoint follow what is registered; all of the latter are one in meters, {@code dynamic}. Nothing here waits for a peer. Thread-safe.
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
     * Adds a connection. It is started at once if the others are, and {@link ConnectionSpec#autoConnect()} holds; else with them.
     *
     * @param name its name, not used yet: letters, digits, {@code .}, {@code -} and {@code _}. What was counted
     *     under a name stays, so use names again
     * @param spec where to and how
     * @return the connection
     * @throws IllegalArgumentException if the name is taken or has other characters, or a value of the spec is out of range
     */
    default NamedConnection register(String name, ConnectionSpec spec) {
        return register(name, spec, options -> {});
    }

    /**
     * As {@link #register(String, ConnectionSpec)}, with what no spec says: credentials, a key and whom to trust.
     *
     * <pre>{@code
     * connections.register("branch-7", ConnectionSpec.to("amqps://branch-7.example.com"),
     *         options -> options.sasl(ClientSasl.password(user, password)));
     * }</pre>
     *
     * @param name its name
     * @param spec where to and how
     * @param options changes the options, after the {@link ProactorConnectionCustomizer} beans. Like those it is asked now, and what it
     *     throws is thrown; and at each attempt, and what it throws ends that attempt alone
     * @return the connection
     * @throws IllegalArgumentException if the name is taken or has other characters, or a value of the spec is out of range
     */
    NamedConnection register(String name, ConnectionSpec spec, Consumer<ConnectionOptions.Builder> options);

    /**
     * Stops a connection for good and forgets it; what was counted stays. It is closed in order, which this does not wait for. The name
     * is free at once. Does nothing for a name that there is not.
     *
     * @param name its name
     */
    void remove(String name);

    /**
     * Begins to connect, as {@link NamedConnection#start}. Does nothing if it has begun; begins anew where it was given up.
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none of that name
     */
    default void start(String name) {
        get(name).start();
    }

    /**
     * Closes it in order and makes no new attempt, as {@link NamedConnection#stop}. Does nothing if it is stopped.
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none of that name
     */
    default void stop(String name) {
        get(name).stop();
    }

    /**
     * Takes a receiver's credit back, as {@link NamedConnection#pause}.
     *
     * @param name the connection's name
     * @param receiver its id under {@code receivers}
     * @throws IllegalArgumentException if there is none of that name, or none of that id
     */
    default void pause(String name, String receiver) {
        get(name).pause(receiver);
    }

    /**
     * Gives a paused receiver its credit again, as {@link NamedConnection#resume}.
     *
     * @param name the connection's name
     * @param receiver its id under {@code receivers}
     * @throws IllegalArgumentException if there is none of that name, or none of that id
     */
    default void resume(String name, String receiver) {
        get(name).resume(receiver);
    }
}
