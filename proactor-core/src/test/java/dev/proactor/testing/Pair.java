package dev.proactor.testing;

import static dev.proactor.testing.Handlers.address;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;

/** A client and a server, each with a proactor of its own, in one test. Both mirror what the peer does and then ask the handler. */
public final class Pair implements AutoCloseable {

    public final Driver client;
    public final Driver server;
    public final Listener listener;
    /** The server's ends, in the order of their opening. */
    public final List<Connection> accepted = new CopyOnWriteArrayList<>();

    public Pair() {
        this(event -> {}, event -> {});
    }

    public Pair(Driver.Handler onClient, Driver.Handler onServer) {
        this(Proactor.create(), onClient, onServer);
    }

    public Pair(Proactor clients, Driver.Handler onClient, Driver.Handler onServer) {
        client = new Driver(clients, event -> {
            Handlers.mirror(event);
            onClient.on(event);
        });
        server = new Driver(event -> {
            Handlers.mirror(event);
            if (event.type() == EventType.CONNECTION_REMOTE_OPEN) {
                accepted.add(event.connection());
            }
            onServer.on(event);
        });
        listener = Handlers.listen(server);
    }

    /** Connects, runs both ends until the connection is open on both, and everything is quiet; empties the logs. */
    public Connection connect() {
        Connection connection =
                client.proactor.connect(ConnectionOptions.to(address(listener)).build());
        int before = accepted.size();
        client.runUntil(
                () -> connection.getRemoteState() == EndpointState.ACTIVE && accepted.size() > before,
                "open connection",
                server);
        settle();
        return connection;
    }

    /** Opens a session and a sender at the client's end, runs both until there is credit, and empties the logs. */
    public Sender openSender(Connection connection) {
        AtomicReference<Sender> opened = new AtomicReference<>();
        client.proactor.execute(connection, () -> {
            Session session = connection.session();
            session.open();
            Sender sender = session.sender("a link");
            sender.open();
            opened.set(sender);
        });
        client.runUntil(() -> opened.get() != null && opened.get().getCredit() > 0, "credit", server);
        settle();
        return opened.get();
    }

    /** The server's end of the last connection. */
    public Connection lastAccepted() {
        return accepted.get(accepted.size() - 1);
    }

    /** Runs both until nothing more happens, and empties the logs. */
    public void settle() {
        client.settle(server);
        client.takeLog();
        server.takeLog();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
