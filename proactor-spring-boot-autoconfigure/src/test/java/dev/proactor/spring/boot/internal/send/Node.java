package dev.proactor.spring.boot.internal.send;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.convert.DefaultMessageConverters;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Sender;

/**
 * One end: a proactor that two threads run, and sending that is told what a dispatcher would tell it. Connections that it makes
 * are all the connection {@code main}; those that it accepts are of the listener {@code ingress}.
 */
final class Node implements AutoCloseable {

    /** What else is to be done at an event; the node has not answered it yet. */
    @FunctionalInterface
    interface Script {
        void on(Event event);
    }

    final Proactor proactor = Proactor.create();
    final DefaultSending sending;
    final DefaultProactorTemplate template;
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final Names names;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final List<Thread> threads = new ArrayList<>();
    private final Map<Connection, Set<Sender>> opened = new ConcurrentHashMap<>();
    private final CountDownLatch listening = new CountDownLatch(1);
    private final Script script;

    Node(Script script) {
        this(script, new TemplateSettings(Duration.ofSeconds(20), 100_000, null), "main");
    }

    Node(Script script, TemplateSettings settings, String... connections) {
        this.script = script;
        this.names = new Names(connections);
        timer.setRemoveOnCancelPolicy(true);
        sending = new DefaultSending(
                proactor,
                new DefaultMessageConverters(List.of(), null),
                names,
                names.listeners(),
                settings,
                timer,
                null);
        template = new DefaultProactorTemplate(sending);
        for (int i = 0; i < 2; i++) {
            Thread thread = new Thread(this::loop, "node-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
    }

    /** {@return the port that it listens on from now on} */
    int listen() throws InterruptedException {
        Listener listener =
                proactor.listen(ListenerOptions.on("localhost:0").context(this).build());
        if (!listening.await(10, TimeUnit.SECONDS)) {
            throw new AssertionError("not listening");
        }
        return listener.localPort();
    }

    Connection connect(int port) {
        return proactor.connect(ConnectionOptions.to("localhost:" + port).build());
    }

    private void loop() {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event; (event = batch.next()) != null; ) {
                        on(event);
                    }
                }
            }
        } catch (ProactorClosedException end) {
            // The way out.
        } catch (InterruptedException | RuntimeException | Error failure) {
            failures.add(failure);
        }
    }

    private void on(Event event) {
        if (event.type() == EventType.LISTENER_OPEN) {
            listening.countDown();
        } else if (event.type() == EventType.LISTENER_ACCEPT) {
            event.listener().accept();
            return;
        }
        if (event.type() == EventType.CONNECTION_INIT && !isAccepted(event.connection())) {
            sending.connectionBegins("main", event.connection());
        }
        script.on(event);
        switch (event.type()) {
            case CONNECTION_REMOTE_OPEN -> {
                if (event.connection().getLocalState() == EndpointState.UNINITIALIZED) {
                    event.connection().open();
                }
                names.state = NamedConnection.State.OPEN;
            }
            case SESSION_REMOTE_OPEN -> {
                if (event.session().getLocalState() == EndpointState.UNINITIALIZED) {
                    event.session().open();
                }
            }
            case LINK_REMOTE_OPEN -> {
                if (event.link().getSession().getLocalState() != EndpointState.CLOSED) {
                    linkOpened(event.link());
                }
            }
            case LINK_FLOW -> {
                if (event.sender() != null) {
                    sending.flow(event.sender());
                }
            }
            case DELIVERY -> {
                Delivery delivery = event.delivery();
                if (event.sender() != null
                        && !delivery.isSettled()
                        && (delivery.remotelySettled()
                                || delivery.getRemoteState() instanceof Outcome
                                || delivery.getRemoteState() instanceof TransactionalState)) {
                    sending.settled(delivery);
                    delivery.settle();
                }
            }
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                linkOver(event.link());
                event.link().close();
            }
            case SESSION_REMOTE_CLOSE -> {
                for (Sender sender : senders(event.connection())) {
                    if (sender.getSession() == event.session()) {
                        linkOver(sender);
                    }
                }
                sending.sessionEnded(event.session(), event.session().getRemoteCondition());
                event.session().close();
            }
            case CONNECTION_REMOTE_CLOSE -> event.connection().close();
            case TRANSPORT_CLOSED -> {
                senders(event.connection()).forEach(this::linkOver);
                sending.connectionOver(event.connection());
                opened.remove(event.connection());
                // Last of all: a test that waits for it goes on with the next connection.
                names.state = NamedConnection.State.RECONNECTING;
            }
            default -> {}
        }
    }

    /** Its first events may be handled before {@code accept} has returned. */
    private boolean isAccepted(Connection connection) {
        return connection.getContext() == this;
    }

    private List<Sender> senders(Connection connection) {
        return List.copyOf(opened.getOrDefault(connection, Set.of()));
    }

    private void linkOpened(Link link) {
        boolean ours = link.getLocalState() != EndpointState.UNINITIALIZED;
        if (link instanceof Sender sender && (!ours || link.getRemoteTarget() != null)) {
            Connection connection = link.getSession().getConnection();
            opened.computeIfAbsent(connection, any -> ConcurrentHashMap.newKeySet())
                    .add(sender);
            String address = ours ? link.getTarget().getAddress() : ((Source) link.getRemoteSource()).getAddress();
            sending.senderOpened(isAccepted(connection) ? "ingress" : null, sender, address);
        }
        if (!ours && link.getLocalState() == EndpointState.UNINITIALIZED) {
            link.setSource(link.getRemoteSource());
            link.setTarget(link.getRemoteTarget());
            link.setSenderSettleMode(link.getRemoteSenderSettleMode());
            link.open();
        }
    }

    private void linkOver(Link link) {
        if (link instanceof Sender sender) {
            Set<Sender> known = opened.get(link.getSession().getConnection());
            if (known != null) {
                known.remove(sender);
            }
            ErrorCondition condition = link.getRemoteCondition();
            sending.senderClosed(sender, condition.getCondition() == null ? null : condition);
        }
    }

    @Override
    public void close() {
        proactor.close();
        timer.shutdownNow();
        for (Thread thread : threads) {
            try {
                thread.join(10_000);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("failures in the node's threads", failures.peek());
        }
    }

    /** Connections and listeners as the template sees them: names and a state. */
    static final class Names implements ProactorConnections {

        volatile NamedConnection.State state = NamedConnection.State.CONNECTING;
        private final Map<String, NamedConnection> connections = new LinkedHashMap<>();

        Names(String... names) {
            for (String name : names) {
                connections.put(name, new Named(name, this));
            }
        }

        @Override
        public Collection<NamedConnection> all() {
            return connections.values();
        }

        @Override
        public NamedConnection get(String name) {
            NamedConnection connection = connections.get(name);
            if (connection == null) {
                throw new IllegalArgumentException("There is no connection '" + name + "'");
            }
            return connection;
        }

        @Override
        public NamedConnection register(String name, ConnectionSpec spec, Consumer<ConnectionOptions.Builder> options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void remove(String name) {
            throw new UnsupportedOperationException();
        }

        ProactorListeners listeners() {
            return new Listeners();
        }
    }

    private record Named(String name, Names names) implements NamedConnection {
        @Override
        public ConnectionSpec spec() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Status status() {
            return new Status(names.state, Instant.EPOCH, 3, "connection refused", List.of(), List.of());
        }

        @Override
        public Connection connection() {
            return null;
        }

        @Override
        public void start() {}

        @Override
        public void stop() {}

        @Override
        public void pause(String receiver) {}

        @Override
        public void resume(String receiver) {}
    }

    private record Listeners() implements ProactorListeners {
        @Override
        public NamedListener register(String name, ListenerSpec spec, Consumer<ListenerOptions.Builder> options) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void remove(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Collection<NamedListener> all() {
            return List.of(new Ingress());
        }

        @Override
        public NamedListener get(String name) {
            if (!name.equals("ingress")) {
                throw new IllegalArgumentException("There is no listener '" + name + "'");
            }
            return new Ingress();
        }
    }

    private record Ingress() implements NamedListener {
        @Override
        public String name() {
            return "ingress";
        }

        @Override
        public Status status() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int localPort() {
            return -1;
        }

        @Override
        public void start() {}

        @Override
        public void stop() {}
    }
}
