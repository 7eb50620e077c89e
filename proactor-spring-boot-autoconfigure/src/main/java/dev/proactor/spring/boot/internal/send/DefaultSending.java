package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.template.ConnectionOperations;
import dev.proactor.spring.boot.template.ProactorOperations;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.TransactionRolledBackException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What templates and handlers send. It waits in an {@link Outbox} or at a peer's link until the connection's sequence sends it; what must be
 * known of connections and links is told as {@link Sending}. Thread-safe as {@link ProactorTemplate} and {@link Sending} say. No template itself:
 * the application may replace that, and handlers answer all the same.
 *
 * <p>A stage whose time is over completes on a thread of the timer: the connection's own may be what is stuck.
 */
public final class DefaultSending implements Sending, AutoCloseable {

    private final Proactor proactor;
    private final MessageConverters converters;
    private final ProactorConnections connections;
    private final ProactorListeners listeners;
    private final TemplateSettings settings;
    private final ScheduledExecutorService timer;
    private final Requests requests;
    private final @Nullable SendObserver observer;

    private final Map<String, Outbox> outboxes = new ConcurrentHashMap<>();
    private final Map<String, ListenerRoutes> routes = new ConcurrentHashMap<>();

    /** AMQP names a link by both containers and its name: another template in this process must choose others. */
    private final String linkPrefix = "template-" + UUID.randomUUID() + "-";

    private final AtomicLong linkCount = new AtomicLong();

    private volatile boolean closed;

    /**
     * Has nothing to send yet.
     *
     * @param proactor whose connections it uses
     * @param converters make messages of bodies
     * @param connections the connections there are, by name
     * @param listeners the listeners there are, by name
     * @param settings time-out, limit and default connection
     * @param timer for time-outs; it stays the caller's. With many messages, one that removes canceled tasks
     *     ({@link java.util.concurrent.ScheduledThreadPoolExecutor#setRemoveOnCancelPolicy})
     * @param observer watches the sending of messages, or {@code null}
     */
    public DefaultSending(
            Proactor proactor,
            MessageConverters converters,
            ProactorConnections connections,
            ProactorListeners listeners,
            TemplateSettings settings,
            ScheduledExecutorService timer,
            @Nullable SendObserver observer) {
        this.proactor = proactor;
        this.converters = converters;
        this.connections = connections;
        this.listeners = listeners;
        this.settings = settings;
        this.timer = timer;
        this.observer = observer;
        this.requests = new Requests(settings.maxPending());
    }

    // ---- for a template

    /** As {@link ProactorTemplate#on}. */
    ConnectionOperations on(String connection) {
        return overConnection(outbox(connections.get(connection).name()));
    }

    /** As {@link ProactorTemplate#onListener}. */
    ProactorOperations onListener(String listener) {
        return operations(routes(listeners.get(listener).name()));
    }

    /** What a template's own methods use: the connection that is configured for them, or the sole one. */
    ConnectionOperations onDefault() {
        String name = settings.connection();
        if (name != null) {
            return on(name);
        }
        Collection<NamedConnection> all = connections.all();
        if (all.size() == 1) {
            return overConnection(outbox(all.iterator().next().name()));
        }
        throw new IllegalStateException(
                all.isEmpty()
                        ? "There is no connection to send over. Configure one under proactor.connections.<name>; to peers of"
                                + " a listener send with onListener(name)"
                        : "There are several connections to send over: "
                                + all.stream().map(NamedConnection::name).collect(Collectors.joining(", "))
                                + ". Choose one with proactor.template.connection, or for each send with on(name)");
    }

    private ProactorOperations operations(Lane lane) {
        return new Operations(lane, converters, settings.timeout(), timer, requests, observer, () -> closed);
    }

    private ConnectionOperations overConnection(Outbox outbox) {
        return new OutboxOperations(outbox, converters, settings.timeout(), timer, requests, observer, () -> closed);
    }

    private Outbox outbox(String name) {
        return outboxes.computeIfAbsent(
                name, key -> new Outbox(key, proactor, connections, settings.maxPending(), requests, this::linkName));
    }

    private ListenerRoutes routes(String name) {
        return routes.computeIfAbsent(name, key -> new ListenerRoutes(key, proactor, settings.maxPending()));
    }

    private String linkName() {
        return linkPrefix + linkCount.incrementAndGet();
    }

    // ---- the application's end

    /** {@return how many messages have no outcome yet} For a stop that waits until there is none. */
    public int pending() {
        return lanes().mapToInt(lane -> lane.pending().count()).sum()
                + outboxes.values().stream()
                        .mapToInt(outbox -> outbox.transactions().count())
                        .sum();
    }

    /**
     * Waits until what is pending now has its outcome.
     *
     * @param patience how long at most
     * @throws InterruptedException if the thread is interrupted
     */
    public void awaitPending(Duration patience) throws InterruptedException {
        CompletableFuture<?>[] outcomes = Stream.concat(
                        lanes().flatMap(lane -> lane.pending().outcomes()),
                        outboxes.values().stream()
                                .flatMap(outbox -> outbox.transactions().ends()))
                .toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(outcomes).get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException none) {
            // Whoever sent a message is told of its fate.
        }
    }

    /** Fails everything that is pending, and every send from now on. */
    @Override
    public void close() {
        closed = true;
        outboxes.values().forEach(outbox -> outbox.transactions().fail(() -> shutDownTransaction(outbox)));
        lanes().forEach(lane -> lane.pending().fail(() -> shutDown(lane)));
        requests.failAll(() -> new SendException("a request has no answer: the application is shutting down"));
    }

    /** Takes messages again after {@link #close}, when the application is started again. */
    public void open() {
        closed = false;
    }

    static SendException shutDown(Lane lane) {
        return new SendException("a message over " + lane.describe()
                + " has no outcome: the application is shutting down. If it was sent, the peer may have it or not");
    }

    static SendException shutDownTransaction(Lane lane) {
        return new TransactionRolledBackException(
                "a transaction over " + lane.describe() + " is not committed: the application is shutting down", null);
    }

    private Stream<Lane> lanes() {
        return Stream.concat(
                outboxes.values().stream(), routes.values().stream().flatMap(ListenerRoutes::lanes));
    }

    // ---- replies

    @Override
    public CompletionStage<DeliveryState> reply(
            String name, @Nullable Connection accepted, String address, Message reply) {
        if (accepted != null) {
            return operations(routes(name).to(accepted)).send(address, reply);
        }
        try {
            return on(name).send(address, reply);
        } catch (IllegalArgumentException unknown) {
            return CompletableFuture.failedFuture(
                    new SendException("a reply goes over a connection that has a name, and this one has none"));
        }
    }

    // ---- what the connections tell

    @Override
    public void connectionBegins(String name, Connection connection) {
        outbox(name).begins(connection);
    }

    @Override
    public boolean isIdle(Sender sender) {
        OutgoingLink link = OutgoingLink.of(sender);
        return link == null || link.waiting().isEmpty();
    }

    @Override
    public void senderOpened(@Nullable String listener, Sender sender, String address) {
        OutgoingLink ours = OutgoingLink.of(sender);
        CoordinatorLink coordinator = CoordinatorLink.of(sender);
        if (ours != null) {
            ours.attached();
            ours.pump();
        } else if (coordinator != null) {
            coordinator.attached();
        } else if (listener != null) {
            routes(listener).opened(sender, address);
        }
    }

    @Override
    public boolean expectsReplies(String listener, String address) {
        ListenerRoutes known = routes.get(listener);
        return known != null && known.replies().equals(address);
    }

    @Override
    public void receiverOpened(@Nullable String listener, Receiver receiver, String address) {
        ReplyLink link = ReplyLink.of(receiver);
        if (link != null && link.lane() instanceof Outbox outbox) {
            outbox.repliesOpened(receiver);
        } else if (link == null && listener != null && expectsReplies(listener, address)) {
            new ReplyLink(proactor, receiver, routes(listener), requests).giveCredit();
        }
    }

    @Override
    public boolean takes(Receiver receiver) {
        return ReplyLink.of(receiver) != null;
    }

    @Override
    public void arrived(Receiver receiver, Delivery delivery) {
        ReplyLink link = ReplyLink.of(receiver);
        if (link != null) {
            link.arrived(delivery);
        }
    }

    @Override
    public void receiverClosed(Receiver receiver, @Nullable ErrorCondition condition) {
        ReplyLink link = ReplyLink.of(receiver);
        if (link != null && link.lane() instanceof Outbox outbox) {
            outbox.repliesClosed(receiver, condition);
        }
    }

    @Override
    public void flow(Sender sender) {
        OutgoingLink link = OutgoingLink.of(sender);
        CoordinatorLink coordinator = CoordinatorLink.of(sender);
        if (link != null) {
            link.pump();
        } else if (coordinator != null) {
            coordinator.pump();
        }
    }

    @Override
    public void settled(Delivery delivery) {
        if (!(delivery.getLink() instanceof Sender sender)) {
            return;
        }
        OutgoingLink link = OutgoingLink.of(sender);
        CoordinatorLink coordinator = CoordinatorLink.of(sender);
        if (link != null) {
            link.settled(delivery);
        } else if (coordinator != null) {
            coordinator.settled(delivery);
        }
    }

    @Override
    public void senderLeaves(Sender sender, @Nullable ErrorCondition condition) {
        OutgoingLink link = OutgoingLink.of(sender);
        if (link != null && link.lane() instanceof ListenerRoutes routes) {
            routes.leaves(link, condition);
        }
    }

    @Override
    public void senderClosed(Sender sender, @Nullable ErrorCondition condition) {
        OutgoingLink link = OutgoingLink.of(sender);
        CoordinatorLink coordinator = CoordinatorLink.of(sender);
        if (link != null) {
            link.lane().closed(link, condition);
        } else if (coordinator != null) {
            coordinator.closed(condition);
        }
    }

    @Override
    public void sessionEnded(Session session, @Nullable ErrorCondition condition) {
        TransactionSession transactions = TransactionSession.of(session);
        ConnectionLinks links = ConnectionLinks.of(session.getConnection());
        if (transactions != null) {
            transactions.closed(condition);
        } else if (links != null) {
            links.sessionEnded(session, condition);
        }
    }

    @Override
    public void connectionOver(Connection connection) {
        ConnectionLinks links = ConnectionLinks.of(connection);
        if (links != null) {
            links.outbox().over(links);
        }
        PeerLane peer = PeerLane.of(connection);
        if (peer != null) {
            peer.over();
        }
    }
}
