package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.NetworkAddress;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import java.util.Collection;
import java.util.Set;

/** Which connections lead to listeners of this application itself, and so have nobody to answer them before these are bound. */
public final class OwnPorts {

    private static final Set<String> HERE = Set.of("", "localhost", "127.0.0.1", "::1");

    private final Set<Integer> ports;

    /**
     * Keeps the ports.
     *
     * @param ports those of the configured listeners
     */
    public OwnPorts(Collection<Integer> ports) {
        this.ports = Set.copyOf(ports);
    }

    /** {@return whether all addresses of a connection are ours} */
    boolean areMeantBy(ConnectionSpec connection) {
        return connection.uris().stream().allMatch(this::isOurs);
    }

    private boolean isOurs(String uri) {
        try {
            NetworkAddress address = NetworkAddress.parse(AttemptOptions.address(uri));
            return HERE.contains(address.host()) && ports.contains(address.port());
        } catch (IllegalArgumentException none) {
            return false; // told where it is used
        }
    }
}
