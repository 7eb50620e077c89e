package dev.proactor.spring.boot.test;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.AmqpError;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What both roles of a peer have in common: messages in both directions by address, on a proactor with one thread. That thread alone
 * touches connections and their links; all else is guarded by this.
 */
final class Peer implements AutoCloseable {

    private static final int CREDIT = 100;
    private static final Duration GOODBYE = Duration.ofSeconds(1);
    private static final int PRINTED = 10;
    private static final EnumSet<EndpointState> ANY = EnumSet.allOf(EndpointState.class);

    /** A link that we attach. Guarded by the peer. */
    private static final class OwnLink {
        boolean attached;

        @Nullable RuntimeException refused;
    }

    /** What a link is for, and what was sent on it and is not settled. Its messages are for the thread only. */
    private record Attached(String address, Set<EnqueuedMessage> underWay) {
        Attached(String address) {
            this(address, new LinkedHashSet<>());
        }
    }

    private final Proactor proactor = Proactor.create();
    private final Thread thread = new Thread(this::loop, "proactor-peer");

    /** Whether a message that was not settled goes back into its queue, as a broker does it; else its send has failed. */
    private final boolean keepsMessages;

    // ---- guarded by this

    private final Map<String, List<Message>> received = new TreeMap<>();
    private final Map<String, Integer> taken = new HashMap<>();
    private final Map<String, List<EnqueuedMessage>> enqueued = new TreeMap<>();
    private final Map<String, Deque<EnqueuedMessage>> queues = new HashMap<>();
    private final Map<String, Deque<DeliveryState>> answers = new HashMap<>();
    private final Set<String> unsettled = new HashSet<>();
    private final Map<String, ErrorCondition> refusals = new HashMap<>();
    private final Set<String> refused = new LinkedHashSet<>();
    private final Map<String, Set<Link>> links = new TreeMap<>();
    private final Set<Connection> connections = new LinkedHashSet<>();
    private final Map<String, OwnLink> ownLinks = new HashMap<>();
    private int connectionsSoFar;
    private int dynamicAddresses;
    private @Nullable Boolean listening;
    private @Nullable String lastError;
    private @Nullable ErrorCondition ended;
    private @Nullable Throwable failure;
    private boolean closed;

    // ---- only the thread

    private @Nullable Session session;
    private long tags;

    Peer(boolean keepsMessages) {
        this.keepsMessages = keepsMessages;
        thread.setDaemon(true);
        thread.start();
    }

    // ---- any thread

    /** {@return the port that it listens on from now on} */
    int listen(ListenerOptions options) {
        Listener listener = proactor.listen(options);
        boolean bound = await(ProactorPeer.PATIENCE, () -> listening, () -> "a port to listen on");
        if (!bound) {
            throw new IllegalStateException("The peer can't listen: " + lastError());
        }
        return listener.localPort();
    }

    /** Connects, and waits until the connection is open. */
    Connection connect(ConnectionOptions options) {
        Connection connection = proactor.connect(options);
        await(
                ProactorPeer.PATIENCE,
                () -> {
                    failIfEnded("The connection to " + options.address() + " was not made");
                    return connections.contains(connection) ? connection : null;
                },
                () -> "a connection to " + options.address());
        return connection;
    }

    private void failIfEnded(String what) {
        if (ended != null) {
            throw new PeerRefusedException(what, ended);
        }
    }

    private synchronized @Nullable String lastError() {
        return lastError;
    }

    /** Sends a message as soon as somebody gives credit for its address. */
    EnqueuedMessage enqueue(String address, Object body) {
        EnqueuedMessage message = new EnqueuedMessage(this, address, body, Bodies.encode(Bodies.message(body)));
        List<Sender> senders = new ArrayList<>();
        synchronized (this) {
            enqueued.computeIfAbsent(address, any -> new ArrayList<>()).add(message);
            queue(address).addLast(message);
            for (Link link : links.getOrDefault(address, Set.of())) {
                if (link instanceof Sender sender) {
                    senders.add(sender);
                }
            }
        }
        senders.forEach(sender -> run(sender.getSession().getConnection(), () -> pump(sender)));
        return message;
    }

    /** Attaches a link of our own unless that was done, and waits for the answer. */
    void attach(Connection connection, String address, boolean sends, Duration patience) {
        String key = (sends ? "to " : "from ") + address;
        OwnLink link;
        boolean first;
        synchronized (this) {
            failIfEnded("The connection is over");
            first = !ownLinks.containsKey(key);
            link = ownLinks.computeIfAbsent(key, any -> new OwnLink());
        }
        if (first) {
            run(connection, () -> attachNow(connection, address, sends, link));
        }
        await(
                patience,
                () -> {
                    if (link.refused != null) {
                        throw link.refused;
                    }
                    failIfEnded("The connection ended before a link " + key + " was attached");
                    return link.attached ? link : null;
                },
                () -> "a link " + key);
    }

    /** Runs it in the connection's sequence, unless the connection is over. */
    private void run(Connection connection, Runnable task) {
        try {
            proactor.execute(connection, () -> guarded(connection, task));
        } catch (ConnectionEndedException | ProactorClosedException over) {
            // What follows from that is told by its events.
        }
    }

    synchronized List<Message> received(String address) {
        return List.copyOf(received.getOrDefault(address, List.of()));
    }

    /** {@return the next message of an address that nobody has taken} */
    Message take(String address, Duration patience) {
        return await(
                patience,
                () -> {
                    List<Message> all = received.getOrDefault(address, List.of());
                    int next = taken.getOrDefault(address, 0);
                    if (next == all.size()) {
                        if (!keepsMessages) {
                            failIfEnded("The connection ended before a message came from '" + address + "'");
                        }
                        return null;
                    }
                    taken.put(address, next + 1);
                    return all.get(next);
                },
                () -> "a message at '" + address + "'"
                        + (taken.getOrDefault(address, 0) == 0
                                ? ""
                                : " after the " + taken.get(address) + " that were taken"));
    }

    synchronized List<EnqueuedMessage> enqueued(String address) {
        return List.copyOf(enqueued.getOrDefault(address, List.of()));
    }

    synchronized void answer(String address, List<DeliveryState> states) {
        answers.put(address, new ArrayDeque<>(states));
        unsettled.remove(address);
    }

    synchronized void leaveUnsettled(String address) {
        unsettled.add(address);
    }

    synchronized void refuse(String address, ErrorCondition why) {
        refusals.put(address, why);
    }

    synchronized void accept(String address) {
        refusals.remove(address);
    }

    synchronized int connections() {
        return connections.size();
    }

    synchronized int connectionsSoFar() {
        return connectionsSoFar;
    }

    synchronized boolean hasLink(String address) {
        return links.containsKey(address);
    }

    /** Cuts all connections, and waits until that is done. */
    void drop() {
        List<Connection> open;
        synchronized (this) {
            open = List.copyOf(connections);
        }
        open.forEach(connection -> run(connection, () -> {
            proactor.release(connection);
            over(connection, null);
        }));
        await(
                ProactorPeer.PATIENCE,
                () -> open.stream().noneMatch(connections::contains) ? open : null,
                () -> "the end of " + open.size() + " connections");
    }

    /** Closes a connection in order, and waits a little for the peer's answer. */
    void leave(Connection connection) {
        run(connection, connection::close);
        try {
            await(GOODBYE, () -> connections.contains(connection) ? null : connection, () -> "a close");
        } catch (AssertionError late) {
            // It is cut, then.
        }
    }

    /** Forgets messages and scripts. */
    synchronized void reset() {
        received.clear();
        taken.clear();
        enqueued.clear();
        queues.clear();
        answers.clear();
        unsettled.clear();
        refusals.clear();
        refused.clear();
    }

    /**
     * Waits until there is something.
     *
     * @param found looks for it, with the lock; {@code null} if it is not there yet
     * @param what is waited for, for the message of a failure; called with the lock
     */
    synchronized <T> T await(Duration patience, Supplier<@Nullable T> found, Supplier<String> what) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            T result = found.get();
            if (result != null) {
                return result;
            }
            if (failure != null) {
                throw new AssertionError("The peer has failed, waiting for " + what.get(), failure);
            }
            long left = deadline - System.nanoTime();
            if (closed || left <= 0) {
                throw new AssertionError("Expected " + what.get()
                        + (closed ? ", but the peer is closed; " : " within " + print(patience) + ", but ")
                        + "the peer saw " + seen());
            }
            try {
                wait(left / 1_000_000 + 1);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted, waiting for " + what.get(), interrupted);
            }
        }
    }

    private static String print(Duration patience) {
        return patience.toMillis() % 1000 == 0 ? patience.toSeconds() + " s" : patience.toMillis() + " ms";
    }

    /** {@return what it has seen, for a message} */
    synchronized String seen() {
        List<String> parts = new ArrayList<>();
        parts.add(connections.size() + " open connections (" + connectionsSoFar + " so far)");
        parts.add("links at " + (links.isEmpty() ? "no address" : quoted(links.keySet())));
        received.forEach((address, messages) -> parts.add(messages.size() + " messages at '" + address + "': "
                + messages.stream().limit(PRINTED).map(Bodies::print).collect(Collectors.joining(", "))
                + (messages.size() > PRINTED ? ", …" : "")));
        if (received.isEmpty()) {
            parts.add("no messages");
        }
        enqueued.forEach((address, messages) -> parts.add(messages.size() + " enqueued at '" + address + "', outcomes: "
                + messages.stream()
                        .limit(PRINTED)
                        .map(EnqueuedMessage::outcome)
                        .map(outcome -> outcome == null ? "none" : outcome.toString())
                        .collect(Collectors.joining(", "))));
        if (!refused.isEmpty()) {
            parts.add("refused links at " + quoted(refused));
        }
        if (lastError != null) {
            parts.add("the last error was " + lastError);
        }
        return String.join("; ", parts);
    }

    private static String quoted(Set<String> addresses) {
        return addresses.stream().limit(PRINTED).collect(Collectors.joining("', '", "'", "'"));
    }

    @Override
    public void close() {
        proactor.close();
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            thread.join(5_000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Deque<EnqueuedMessage> queue(String address) {
        return queues.computeIfAbsent(address, any -> new ArrayDeque<>());
    }

    // ---- the thread

    private void loop() {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event; (event = batch.next()) != null; ) {
                        handle(event);
                    }
                }
            }
        } catch (ProactorClosedException | InterruptedException end) {
            // The way out.
        }
    }

    private void handle(Event event) {
        guarded(event.type().source() == EventSource.CONNECTION ? event.connection() : null, () -> on(event));
    }

    /** A fault of the peer's own fails the test's next wait, and ends the connection. */
    private void guarded(@Nullable Connection connection, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error fault) {
            synchronized (this) {
                failure = fault;
                notifyAll();
            }
            if (connection != null) {
                proactor.release(connection);
                over(connection, null);
            }
        }
    }

    private void on(Event event) {
        switch (event.type()) {
            case LISTENER_OPEN -> bound(true, null);
            case LISTENER_CLOSE -> bound(false, event.listener().condition());
            case LISTENER_ACCEPT -> event.listener().accept();
            case CONNECTION_REMOTE_OPEN -> opened(event.connection());
            case SESSION_REMOTE_OPEN -> open(event.session());
            case LINK_REMOTE_OPEN -> {
                if (event.link().getLocalState() == EndpointState.UNINITIALIZED) {
                    answerAttach(event.link());
                } else {
                    attached(event.link());
                }
            }
            case LINK_FLOW -> {
                if (event.sender() != null) {
                    pump(event.sender());
                }
            }
            case DELIVERY -> {
                if (event.receiver() != null) {
                    receive(event.receiver(), event.delivery());
                } else {
                    settled(event.delivery());
                }
            }
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                over(event.link(), event.link().getRemoteCondition());
                event.link().close();
            }
            case SESSION_REMOTE_CLOSE -> {
                for (Link link : links(event.connection())) {
                    if (link.getSession() == event.session()) {
                        over(link, event.session().getRemoteCondition());
                    }
                }
                event.session().close();
            }
            case CONNECTION_REMOTE_CLOSE -> event.connection().close();
            case TRANSPORT_ERROR -> {
                synchronized (this) {
                    lastError = String.valueOf(event.transport().getCondition());
                }
            }
            case TRANSPORT_CLOSED -> {
                ErrorCondition told = event.connection().getRemoteCondition();
                over(
                        event.connection(),
                        told != null && told.getCondition() != null
                                ? told
                                : event.transport().getCondition());
            }
            default -> {}
        }
    }

    private synchronized void bound(boolean yes, @Nullable ErrorCondition why) {
        listening = yes;
        if (!yes) {
            lastError = String.valueOf(why);
        }
        notifyAll();
    }

    private static void open(Endpoint endpoint) {
        if (endpoint.getLocalState() == EndpointState.UNINITIALIZED) {
            endpoint.open();
        }
    }

    private void opened(Connection connection) {
        open(connection);
        synchronized (this) {
            connections.add(connection);
            connectionsSoFar++;
            notifyAll();
        }
    }

    /** A link of the application. */
    private void answerAttach(Link link) {
        boolean sends = link instanceof Sender;
        if (!sends && !(link.getRemoteTarget() instanceof Target)) {
            refuse(link, new ErrorCondition(AmqpError.NOT_IMPLEMENTED, "this peer has no transactions"));
            return;
        }
        String address = sends ? source(link) : target(link);
        if (address == null) {
            refuse(link, new ErrorCondition(AmqpError.INVALID_FIELD, "this peer needs an address"));
            return;
        }
        ErrorCondition refusal;
        synchronized (this) {
            refusal = refusals.get(address);
            if (refusal != null) {
                refused.add(address);
                notifyAll();
            }
        }
        if (refusal != null) {
            refuse(link, refusal);
            return;
        }
        link.setSenderSettleMode(link.getRemoteSenderSettleMode());
        link.setReceiverSettleMode(link.getRemoteReceiverSettleMode());
        link.setContext(new Attached(address));
        link.open();
        if (link instanceof Receiver receiver) {
            receiver.flow(CREDIT);
        }
        known(address, link);
    }

    private synchronized void known(String address, Link link) {
        links.computeIfAbsent(address, any -> new LinkedHashSet<>()).add(link);
        notifyAll();
    }

    private @Nullable String source(Link link) {
        Source source = link.getRemoteSource() instanceof Source remote ? (Source) remote.copy() : new Source();
        if (source.getDynamic()) {
            source.setAddress(dynamicAddress());
        }
        link.setSource(source);
        link.setTarget(link.getRemoteTarget());
        return source.getAddress();
    }

    private @Nullable String target(Link link) {
        Target target = (Target) link.getRemoteTarget().copy();
        if (target.getDynamic()) {
            target.setAddress(dynamicAddress());
        }
        link.setTarget(target);
        link.setSource(link.getRemoteSource());
        return target.getAddress();
    }

    private synchronized String dynamicAddress() {
        return "dynamic-" + ++dynamicAddresses;
    }

    /** Attached without source and target, and detached with the reason (AMQP 2.6.3). */
    private static void refuse(Link link, ErrorCondition why) {
        link.setSource(null);
        link.setTarget(null);
        link.open();
        link.setCondition(why);
        link.close();
    }

    /** A link of ours; what refuses it has neither source nor target, and its detach tells why. */
    private void attached(Link link) {
        if (link instanceof Sender ? link.getRemoteTarget() == null : link.getRemoteSource() == null) {
            return;
        }
        synchronized (this) {
            own(link).attached = true;
        }
        known(address(link), link);
    }

    private OwnLink own(Link link) {
        return Objects.requireNonNull(ownLinks.get(key(link)));
    }

    private static String address(Link link) {
        return ((Attached) link.getContext()).address();
    }

    private static String key(Link link) {
        return (link instanceof Sender ? "to " : "from ") + address(link);
    }

    private void attachNow(Connection connection, String address, boolean sends, OwnLink state) {
        if (connection.getLocalState() != EndpointState.ACTIVE) {
            synchronized (this) {
                state.refused = new PeerRefusedException("The connection is over", ended);
                notifyAll();
            }
            return;
        }
        if (session == null) {
            session = connection.session();
            session.open();
        }
        String name = (sends ? "to-" : "from-") + address + "-" + ++tags;
        Link link = sends ? session.sender(name) : session.receiver(name);
        Source source = new Source();
        Target target = new Target();
        if (sends) {
            target.setAddress(address);
        } else {
            source.setAddress(address);
        }
        link.setSource(source);
        link.setTarget(target);
        link.setContext(new Attached(address));
        link.open();
        if (link instanceof Receiver receiver) {
            receiver.flow(CREDIT);
        }
    }

    private void pump(Sender sender) {
        if (!(sender.getContext() instanceof Attached attached)) {
            return; // refused, or over
        }
        while (proactor.sendable(sender) > 0) {
            EnqueuedMessage message;
            synchronized (this) {
                message = queue(attached.address()).pollFirst();
            }
            if (message == null) {
                break;
            }
            Delivery delivery = sender.delivery(Long.toString(++tags).getBytes(StandardCharsets.US_ASCII));
            delivery.setContext(message);
            byte[] bytes = message.encoded();
            sender.send(bytes, 0, bytes.length);
            sender.advance();
            if (sender.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED) {
                delivery.settle();
                settled(message, Outcomes.accepted());
            } else {
                attached.underWay().add(message);
            }
        }
        if (sender.getDrain()) {
            sender.drained();
        }
    }

    private void settled(Delivery delivery) {
        if (delivery.getContext() instanceof EnqueuedMessage message
                && !delivery.isSettled()
                && (delivery.remotelySettled() || delivery.getRemoteState() instanceof Outcome)) {
            DeliveryState state = delivery.getRemoteState();
            if (delivery.getLink().getContext() instanceof Attached attached) {
                attached.underWay().remove(message);
            }
            // Settled with no outcome is accepted, as far as anybody can tell (AMQP 3.4: a source's default outcome).
            settled(message, state instanceof Outcome ? state : Outcomes.accepted());
            delivery.settle();
        }
    }

    private synchronized void settled(EnqueuedMessage message, DeliveryState state) {
        message.settled(state);
        notifyAll();
    }

    private void receive(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() && !delivery.isAborted()) {
            return;
        }
        receiver.flow(1);
        if (delivery.isAborted()) {
            delivery.settle();
            return;
        }
        Message message = Message.Factory.create();
        message.decode(receiver.recv());
        receiver.advance();
        DeliveryState answer;
        synchronized (this) {
            String address = address(receiver);
            received.computeIfAbsent(address, any -> new ArrayList<>()).add(message);
            answer = unsettled.contains(address) && !delivery.remotelySettled() ? null : answer(address);
            notifyAll();
        }
        if (answer != null) {
            if (!delivery.remotelySettled()) {
                delivery.disposition(answer);
            }
            delivery.settle();
        }
    }

    private DeliveryState answer(String address) {
        Deque<DeliveryState> states = answers.get(address);
        if (states == null || states.isEmpty()) {
            return Outcomes.accepted();
        }
        return states.size() == 1 ? states.getFirst() : states.removeFirst();
    }

    // ---- ends

    private static List<Link> links(Connection connection) {
        List<Link> all = new ArrayList<>();
        for (Link link = connection.linkHead(ANY, ANY); link != null; link = link.next(ANY, ANY)) {
            all.add(link);
        }
        return all;
    }

    private void over(Connection connection, @Nullable ErrorCondition why) {
        links(connection).forEach(link -> over(link, why));
        synchronized (this) {
            connections.remove(connection);
            if (!keepsMessages) {
                ended = why == null ? new ErrorCondition() : why;
                queues.forEach((address, queue) -> queue.forEach(message -> message.failed(
                        new PeerRefusedException("The connection ended before " + message + " was sent", why))));
                queues.clear();
            }
            notifyAll();
        }
    }

    /** What it had sent and was not settled goes back where it was, or has failed. */
    private void over(Link link, @Nullable ErrorCondition why) {
        if (!(link.getContext() instanceof Attached attached)) {
            return;
        }
        String address = attached.address();
        synchronized (this) {
            Set<Link> others = links.get(address);
            if (others != null && others.remove(link) && others.isEmpty()) {
                links.remove(address);
            }
            OwnLink own = keepsMessages ? null : ownLinks.remove(key(link));
            if (own != null) {
                own.refused = new PeerRefusedException("The application ended a link " + key(link), why);
            }
            if (link instanceof Sender) {
                giveBack(address, List.copyOf(attached.underWay()), why);
            }
            link.setContext(null);
            notifyAll();
        }
    }

    private void giveBack(String address, List<EnqueuedMessage> messages, @Nullable ErrorCondition why) {
        if (keepsMessages) {
            List<EnqueuedMessage> known = enqueued.getOrDefault(address, List.of()); // none of before a reset
            for (int i = messages.size() - 1; i >= 0; i--) {
                if (known.contains(messages.get(i))) {
                    queue(address).addFirst(messages.get(i));
                }
            }
            return;
        }
        List<EnqueuedMessage> lost = new ArrayList<>(messages);
        lost.addAll(queue(address));
        queue(address).clear();
        for (EnqueuedMessage message : lost) {
            if (!message.isOver()) {
                message.failed(new PeerRefusedException("The link ended before " + message + " had an outcome", why));
            }
        }
    }
}
