package dev.proactor.spring.boot.connection;

import dev.proactor.ListenerOptions;
import java.util.Collection;
import java.util.function.Consumer;

/**
 * The listeners of this application: those of {@code proactor.listeners.<name>}, and those registered at run time. Health and
 * the endpoint follow what is registered; all of the latter are one in meters, {@code dynamic}. Thread-safe.
 */
public interface ProactorListeners {

    /** {@return all of them, in the order in which they were registered} */
    Collection<NamedListener> all();

    /**
     * {@return the listener of that name}
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none; the message lists those that there are
     */
    NamedListener get(String name);

    /**
     * Adds a listener. If the others are bound it is bound at once, and this waits for it as {@link NamedListener#start} does; else it
     * is bound with them.
     *
     * <p>An application that has nothing but this to live for needs {@code proactor.keep-alive=true}: {@code auto} looks at the
     * properties.
     *
     * @param name its name, not used yet: letters, digits, {@code .}, {@code -} and {@code _}. What was counted
     *     under a name stays, so use names again
     * @param spec where and how
     * @return the listener
     * @throws IllegalArgumentException if the name is taken or has other characters, or a value of the spec is out of range; or if
     *     nobody would have to authenticate though other hosts reach it, or though there are {@code Authenticator} beans of which none is
     *     for it, unless {@link ListenerSpec#allowAnonymous()} says so; or if nobody could get in
     * @throws ListenerBindException if it can't be bound; it is not registered then
     */
    default NamedListener register(String name, ListenerSpec spec) {
        return register(name, spec, options -> {});
    }

    /**
     * As {@link #register(String, ListenerSpec)}, with what no spec says: a certificate, and who knows the users.
     *
     * <pre>{@code
     * listeners.register("site-7", ListenerSpec.on("0.0.0.0", 5671),
     *         options -> options.tls(tls).sasl(ServerSasl.of(authenticator)));
     * }</pre>
     *
     * @param name its name
     * @param spec where and how
     * @param options changes the options, after the {@link ProactorListenerCustomizer} beans. Like those it is asked once, now, and what
     *     it throws is thrown. What it leaves is judged: it has the last word on who is let in
     * @return the listener
     * @throws IllegalArgumentException as there
     * @throws ListenerBindException if it can't be bound; it is not registered then
     */
    NamedListener register(String name, ListenerSpec spec, Consumer<ListenerOptions.Builder> options);

    /**
     * Closes a listener for good and forgets it; what was counted stays. Connections that it has accepted go on. When this returns its port
     * is free, unless that takes longer than a second. Does nothing for a name that there is not.
     *
     * @param name its name
     */
    void remove(String name);

    /**
     * Binds a listener and waits until it is bound, as {@link NamedListener#start}. Does nothing if it is bound.
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none of that name
     * @throws ListenerBindException if it can't be bound
     */
    default void start(String name) {
        get(name).start();
    }

    /**
     * Closes a listener's port, as {@link NamedListener#stop}: no new peers come, those that are there go on. Does nothing if it is
     * stopped.
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none of that name
     */
    default void stop(String name) {
        get(name).stop();
    }
}
