package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.Proactor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.jspecify.annotations.Nullable;

/**
 * What the starter knows of a connection. Belongs to the owner of its batch, but for {@link #connection()} and {@link #role()}.
 */
final class ConnectionScope {

    private static final String KEY = ConnectionScope.class.getName();

    private final Connection connection;
    private final @Nullable Origin origin;
    private final ConnectionRole role;
    private final String name;
    private final Plan plan;
    private final Call call;
    private final Set<LinkScope> links = new LinkedHashSet<>();

    boolean opened;
    boolean closed;

    /** Its last event has come, or it was released. */
    boolean over;

    /** With {@code CONNECTION_INIT}, its first event. */
    ConnectionScope(Proactor proactor, Connection connection, HandlerTable table) {
        this.connection = connection;
        this.origin = connection.getContext() instanceof Origin named ? named : null;
        if (origin != null) {
            this.role = origin.role();
            connection.setContext(origin.userContext());
        } else {
            // A connection that we make is opened by connect.
            this.role = connection.getLocalState() == EndpointState.UNINITIALIZED
                    ? ConnectionRole.SERVER
                    : ConnectionRole.CLIENT;
        }
        this.name = origin == null ? "dynamic" : origin.name();
        this.plan = table.plan(role, name);
        this.call = new Call(name, proactor, connection);
        connection.attachments().set(KEY, ConnectionScope.class, this);
    }

    static @Nullable ConnectionScope of(Connection connection) {
        return connection.attachments().get(KEY, ConnectionScope.class);
    }

    Connection connection() {
        return connection;
    }

    ConnectionRole role() {
        return role;
    }

    String name() {
        return name;
    }

    @Nullable Origin origin() {
        return origin;
    }

    Plan plan() {
        return plan;
    }

    Call call() {
        return call;
    }

    void add(LinkScope link) {
        links.add(link);
    }

    void remove(LinkScope link) {
        links.remove(link);
    }

    /** {@return its links, a copy} */
    List<LinkScope> links() {
        return new ArrayList<>(links);
    }

    boolean hasLinks() {
        return !links.isEmpty();
    }

    /** {@return its links, not a copy} */
    Iterable<LinkScope> eachLink() {
        return links;
    }
}
