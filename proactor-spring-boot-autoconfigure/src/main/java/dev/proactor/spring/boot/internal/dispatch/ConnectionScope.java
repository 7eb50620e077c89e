package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.Proactor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.jspecify.annotations.Nullable;

/**
 * What the starter knows of a connection. Belongs to the owner of its batch, but for what {@link LiveConnection}
 * gives to any thread.
 */
final class ConnectionScope implements LiveConnection {

    private static final String KEY = ConnectionScope.class.getName();

    private final long number;
    private final Instant since = Instant.now();
    private final Connection connection;
    private final @Nullable Origin origin;
    private final ConnectionRole role;
    private final String name;
    private final Plan plan;
    private final Call call;
    private final Set<LinkScope> links = new LinkedHashSet<>();

    /** Complete deliveries to us. */
    long received;

    /** Deliveries of ours that have their outcome. */
    long delivered;

    boolean opened;
    boolean closed;

    /** Its last event has come, or it was released. */
    boolean over;

    /** With {@code CONNECTION_INIT}, its first event. */
    ConnectionScope(long number, Proactor proactor, Connection connection, HandlerTable table) {
        this.number = number;
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

    @Override
    public long number() {
        return number;
    }

    @Override
    public Instant since() {
        return since;
    }

    @Override
    public long received() {
        return received;
    }

    @Override
    public long delivered() {
        return delivered;
    }

    @Override
    public String addressOf(Link link) {
        return LinkScope.addressOf(link);
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public ConnectionRole role() {
        return role;
    }

    @Override
    public String name() {
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
