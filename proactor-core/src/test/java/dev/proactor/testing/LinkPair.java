package dev.proactor.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;

/** A client with a sender, a server with its receiver, and both connections at hand. No credit is given. */
public final class LinkPair implements AutoCloseable {

    public final Driver client = new Driver();
    public final Driver server = new Driver();
    public final Listener listener;
    public final Connection connection;
    /** What the server got a DELIVERY event for, once for each event. */
    public final List<Delivery> deliveries = new ArrayList<>();

    /** What the server does upon a DELIVERY event. */
    public Consumer<Delivery> deliveryHandler = delivery -> {};

    public Connection serverConnection;
    public Sender sender;
    public Receiver receiver;

    public LinkPair() {
        this(client -> client, server -> server);
    }

    public LinkPair(
            UnaryOperator<ConnectionOptions.Builder> clientOptions,
            UnaryOperator<ListenerOptions.Builder> serverOptions) {
        server.handler(this::onServerEvent);
        client.handler(this::onClientEvent);
        listener = Handlers.listen(
                server, serverOptions.apply(ListenerOptions.on("127.0.0.1:0")).build());
        connection = client.proactor.connect(clientOptions
                .apply(ConnectionOptions.to(Handlers.address(listener)))
                .build());
        client.runUntil(() -> sender != null && receiver != null, "open link", server);
        settle();
        client.log.clear();
        server.log.clear();
    }

    private void onClientEvent(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> {
                Session session = event.connection().session();
                session.open();
                session.sender("link").open();
            }
            case LINK_REMOTE_OPEN -> sender = event.sender();
            default -> {}
        }
    }

    private void onServerEvent(Event event) {
        switch (event.type()) {
            case LINK_REMOTE_OPEN -> {
                receiver = event.receiver();
                serverConnection = event.connection();
                event.link().open();
            }
            case DELIVERY -> {
                deliveries.add(event.delivery());
                deliveryHandler.accept(event.delivery());
            }
            default -> Handlers.mirror(event);
        }
    }

    /** Runs both ends until nothing more happens. */
    public void settle() {
        client.settle(server);
    }

    /** Does something to the client's end, in the connection's sequence, and sends what came of it. */
    public <T> T onClient(Callable<T> task) {
        return on(client, connection, task);
    }

    /** Does something to the server's end. */
    public <T> T onServer(Callable<T> task) {
        return on(server, serverConnection, task);
    }

    private static <T> T on(Driver driver, Connection connection, Callable<T> task) {
        AtomicReference<T> result = new AtomicReference<>();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        boolean[] done = new boolean[1];
        driver.proactor.execute(connection, () -> {
            try {
                result.set(task.call());
            } catch (Throwable e) {
                failure.set(e);
            }
            done[0] = true;
        });
        driver.runUntil(() -> done[0], "end of the task");
        if (failure.get() != null) {
            throw new AssertionError("task failed", failure.get());
        }
        return result.get();
    }

    /** Gives the sender credit, and sees that it comes. */
    public void credit(int credits) {
        onServer(() -> {
            receiver.flow(credits);
            return null;
        });
        settle();
    }

    /** Begins a delivery and sends bytes of it, if there are any, but does not complete it. */
    public Delivery begin(String tag, byte... bytes) {
        Delivery delivery = onClient(() -> {
            Delivery begun = sender.delivery(tag.getBytes(UTF_8));
            if (bytes.length > 0) {
                assertThat(sender.send(bytes, 0, bytes.length)).isEqualTo(bytes.length);
            }
            return begun;
        });
        settle();
        return delivery;
    }

    /** The events of a log but for those that only say that a task ran. */
    public static List<EventType> withoutWakes(List<EventType> log) {
        return log.stream().filter(type -> type != EventType.CONNECTION_WAKE).toList();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
