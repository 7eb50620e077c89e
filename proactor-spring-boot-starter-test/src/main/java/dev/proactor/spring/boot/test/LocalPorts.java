package dev.proactor.spring.boot.test;

import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.util.Collection;
import java.util.stream.Collectors;
import org.springframework.context.ApplicationContext;

/** The ports of the listeners of a context. */
final class LocalPorts {

    private LocalPorts() {}

    /**
     * {@return the port that a listener is bound to}
     *
     * @param wanted who asks for it, for messages
     * @param name its name; empty for the only one
     * @throws IllegalStateException if there is none; the message says which listeners there are
     */
    static int of(ApplicationContext context, String wanted, String name) {
        ProactorListeners listeners =
                context.getBeanProvider(ProactorListeners.class).getIfAvailable();
        if (listeners == null) {
            throw new IllegalStateException(
                    wanted + ": there is no proactor in the application context, so nothing listens");
        }
        NamedListener listener = find(listeners.all(), wanted, name);
        int port = listener.localPort();
        if (port <= 0) {
            NamedListener.Status status = listener.status();
            throw new IllegalStateException(wanted + ": the listener '" + listener.name() + "' is not bound, but "
                    + status.state() + (status.lastError() == null ? "" : ": " + status.lastError()));
        }
        return port;
    }

    private static NamedListener find(Collection<NamedListener> all, String wanted, String name) {
        if (name.isEmpty() && all.size() == 1) {
            return all.iterator().next();
        }
        for (NamedListener listener : all) {
            if (listener.name().equals(name)) {
                return listener;
            }
        }
        String known = all.isEmpty()
                ? "there are none; configure one under proactor.listeners"
                : "there are: " + all.stream().map(NamedListener::name).collect(Collectors.joining(", "));
        throw new IllegalStateException(wanted
                + (name.isEmpty()
                        ? " is for the only listener, but " + known + (all.isEmpty() ? "" : ". Name one of them")
                        : " names a listener that there is not: " + known));
    }
}
