package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import java.util.List;
import java.util.Map;

/** Lets connection details go before the properties of the connections that they are for. */
final class ServiceConnections {

    private ServiceConnections() {}

    static void apply(Iterable<ProactorConnectionDetails> all, Map<String, ConnectionProperties> connections) {
        for (ProactorConnectionDetails details : all) {
            ConnectionProperties connection = target(details, connections);
            List<String> uris = details.getUris();
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

    private static ConnectionProperties target(
            ProactorConnectionDetails details, Map<String, ConnectionProperties> connections) {
        String name = details.getConnection();
        if (name == null && connections.size() == 1) {
            return connections.values().iterator().next();
        }
        ConnectionProperties named = name == null ? null : connections.get(name);
        if (named != null) {
            return named;
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
                        + " named.");
    }
}
