package dev.proactor;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Turns a host's name into addresses. Called on a look-up thread of the proactor, never on a thread that handles events, so
 * it may block; it is not asked for literal addresses.
 */
@FunctionalInterface
public interface HostResolver {

    /** The resolver of the JDK. */
    HostResolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /**
     * Looks a name up.
     *
     * @param host the name
     * @return its addresses, to be tried in this order
     * @throws UnknownHostException if it has none; the connection or listener gets {@code proton:io} with the message
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;
}
