package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Occasion;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Handlers of messages to which none can come: they are of connections only, and none of these has a receiver for their addresses.
 * That fails no start, for an application may attach such a link itself; it is warned of. The other way round, a receiver without
 * a handler, shows when it is attached.
 */
public final class UnfedHandlers {

    private static final Log log = LogFactory.getLog("dev.proactor");

    private final HandlerTable table;
    private final ProactorConnections connections;
    private final ProactorListeners listeners;

    /**
     * Looks at nothing yet.
     *
     * @param table the handlers
     * @param connections the connections, with what is declared of them
     * @param listeners the listeners, at which peers may attach what they like
     */
    public UnfedHandlers(HandlerTable table, ProactorConnections connections, ProactorListeners listeners) {
        this.table = table;
        this.connections = connections;
        this.listeners = listeners;
    }

    /** Warns of each of them. */
    public void warn() {
        for (HandlerMethod method : table.methods()) {
            if (method.occasion() == Occasion.MESSAGE) {
                look(method);
            }
        }
    }

    private void look(HandlerMethod method) {
        for (NamedListener listener : listeners.all()) {
            if (method.takesSource(ConnectionRole.SERVER, listener.name())) {
                return;
            }
        }
        List<NamedConnection> of = connections.all().stream()
                .filter(connection -> method.takesSource(ConnectionRole.CLIENT, connection.name()))
                .toList();
        // Where there is none by now, it is for what will be registered.
        if (!of.isEmpty() && of.stream().noneMatch(connection -> feeds(connection.spec(), method))) {
            log.warn(method + " takes messages of " + method.describeAddresses()
                    + ", and no receiver is declared for that: "
                    + of.stream().map(UnfedHandlers::describe).collect(Collectors.joining("; "))
                    + ". It is never called, unless the application attaches such a link itself. Set proactor.connections."
                    + of.get(0).name() + ".receivers.<id>.address");
        }
    }

    private static boolean feeds(ConnectionSpec spec, HandlerMethod method) {
        return spec.receivers().values().stream().anyMatch(receiver -> method.takesAddress(receiver.address()));
    }

    private static String describe(NamedConnection connection) {
        Map<String, ReceiverSpec> receivers = connection.spec().receivers();
        return "connection '" + connection.name() + "' has "
                + (receivers.isEmpty()
                        ? "no receivers"
                        : receivers.values().stream()
                                .map(receiver -> "'" + receiver.address() + "'")
                                .collect(Collectors.joining(", ")));
    }
}
