package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/** Lets connection details go before the properties of the connections that they are for. */
final class ServiceConnections {

    private static final Log log = LogFactory.getLog("dev.proactor");

    private ServiceConnections() {}

    static void apply(Iterable<ProactorConnectionDetails> all, Map<String, ConnectionProperties> connections) {
        for (ProactorConnectionDetails details : all) {
            String name = target(details, connections);
            if (name == null) {
                continue;
            }
            ConnectionProperties connection = Objects.requireNonNull(connections.get(name));
            List<String> uris = details.getUris();
            log.info("Connection '" + name + "' leads to " + uris + ", as the service for it says");
            connection.setUris(uris);
            if (details.getUsername() != null) {
                connection.setUsername(details.getUsername());
                connection.setPassword(details.getPassword());
                if (uris.stream().noneMatch(Checks::isTls)) {
                    // Or the containers of a developer could not be used.
                    connection.getSasl().setAllowInsecure(true);
                }
            }
        }
    }

    /** {@return the connection that it is for, or {@code null} for none} */
    private static @Nullable String target(
            ProactorConnectionDetails details, Map<String, ConnectionProperties> connections) {
        String name = details.getConnection();
        if (name == null && connections.size() == 1) {
            return connections.keySet().iterator().next();
        }
        if (name == null && connections.isEmpty()) {
            // Another starter's, most likely.
            log.info("No connection leads to the service at " + details.getUris()
                    + ": none is configured under proactor.connections");
            return null;
        }
        if (name != null && name.isEmpty()) {
            return null;
        }
        if (name != null && connections.containsKey(name)) {
            return name;
        }
        String known = connections.isEmpty()
                ? "none is configured under proactor.connections"
                : "there are: " + String.join(", ", connections.keySet());
        throw new MisconfigurationException(
                name == null
                        ? "A service at " + details.getUris() + " is for one of several connections, or for none: "
                                + known
                        : "A service at " + details.getUris() + " is for the connection '" + name
                                + "', which is unknown: " + known,
                "Name the connection with the service's label dev.proactor.connection, as one under proactor.connections is"
                        + " named; with an empty label it is for none.");
    }
}
