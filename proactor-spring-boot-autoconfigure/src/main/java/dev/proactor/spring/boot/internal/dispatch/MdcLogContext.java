package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.internal.text.PeerText;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/** SLF4J's mapped diagnostic context. */
public final class MdcLogContext implements LogContext {

    /** The name of the connection or of the listener. */
    public static final String CONNECTION = "proactor.connection";

    /** The peer's address and port. */
    public static final String PEER = "proactor.peer";

    /** The address of the link, where the event is about one. */
    public static final String ADDRESS = "proactor.address";

    @Override
    public void begin(String name, @Nullable InetSocketAddress peer) {
        MDC.put(CONNECTION, name);
        if (peer != null) {
            String host = peer.getAddress() == null
                    ? peer.getHostString()
                    : peer.getAddress().getHostAddress();
            MDC.put(PEER, (host.contains(":") ? "[" + host + "]" : host) + ":" + peer.getPort());
        }
    }

    @Override
    public void about(@Nullable String address) {
        if (address == null || address.isEmpty()) {
            MDC.remove(ADDRESS);
        } else {
            MDC.put(ADDRESS, PeerText.name(address));
        }
    }

    @Override
    public void end() {
        MDC.remove(CONNECTION);
        MDC.remove(PEER);
        MDC.remove(ADDRESS);
    }
}
