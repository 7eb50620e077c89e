package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import java.util.List;

/**
 * Which connections and listeners, and which addresses, a class or a method wants to hear of. Immutable.
 *
 * @param connections names of connections that we make; empty for no opinion
 * @param listeners names of listeners; empty for no opinion
 * @param addresses addresses of links; empty for all
 */
record SourceFilter(List<AddressPattern> connections, List<AddressPattern> listeners, List<AddressPattern> addresses) {

    boolean takesSource(ConnectionRole role, String name) {
        List<AddressPattern> names = names(role);
        if (names.isEmpty()) {
            // Who names only the others does not mean these.
            return connections.isEmpty() && listeners.isEmpty();
        }
        return names.stream().anyMatch(pattern -> pattern.matches(name));
    }

    /** {@return whether it wants to hear of what has no name: the proactor itself} */
    boolean takesNameless() {
        return connections.isEmpty() && listeners.isEmpty();
    }

    boolean takesAddress(String address) {
        return addresses.isEmpty() || addresses.stream().anyMatch(pattern -> pattern.matches(address));
    }

    private List<AddressPattern> names(ConnectionRole role) {
        return role == ConnectionRole.CLIENT ? connections : listeners;
    }

    /** {@return whether some link could be wanted by both} */
    boolean overlaps(SourceFilter other) {
        return (overlapIn(other, ConnectionRole.CLIENT) || overlapIn(other, ConnectionRole.SERVER))
                && (addresses.isEmpty() || other.addresses.isEmpty() || anyOverlap(addresses, other.addresses));
    }

    private boolean overlapIn(SourceFilter other, ConnectionRole role) {
        if (isExcluded(role) || other.isExcluded(role)) {
            return false;
        }
        return names(role).isEmpty() || other.names(role).isEmpty() || anyOverlap(names(role), other.names(role));
    }

    /** {@return whether it names others only: connections and no listeners, or the other way round} */
    boolean isExcluded(ConnectionRole role) {
        return names(role).isEmpty() && !takesNameless();
    }

    private static boolean anyOverlap(List<AddressPattern> some, List<AddressPattern> others) {
        return some.stream().anyMatch(one -> others.stream().anyMatch(one::overlaps));
    }
}
