package dev.proactor.spring.boot.test;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has seen, what it is to do, and who waits for what: all that the test's threads and the peer's own share. Guarded by itself;
 * links and connections are only names here.
 */
final class Ledger {

    private static final int PRINTED = 10;

    /** A link that we attach. Guarded by the ledger. */
    static final class OwnLink {
        private boolean begun;
        private boolean attached;

        private @Nullable RuntimeException refused;

        /** Where it leads, once it is attached: it may be the application that says so. */
        private @Nullable String address;
    }

    /** Whether a message that was not settled goes back into its queue, as a broker does it; else its send has failed. */
    private final boolean keepsMessages;

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
    private @Nullable Boolean listening;
    private @Nullable String lastError;
    private @Nullable ErrorCondition ended;
    private @Nullable Throwable failure;
    private boolean closed;

    Ledger(boolean keepsMessages) {
        this.keepsMessages = keepsMessages;
    }

    // ---- messages to the application

    /** {@return the links that it may be sent on} */
    synchronized List<Sender> enqueue(EnqueuedMessage message) {
        String address = message.address();
        enqueued.computeIfAbsent(address, any -> new ArrayList<>()).add(message);
        if (ended != null && !keepsMessages) {
            message.failed(new PeerRefusedException("The connection ended before " + message + " was sent", ended));
            return List.of();
        }
        queue(address).addLast(message);
        List<Sender> senders = new ArrayList<>();
        for (Link link : links.getOrDefault(address, Set.of())) {
            if (link instanceof Sender sender) {
                senders.add(sender);
            }
        }
        return senders;
    }

    synchronized List<EnqueuedMessage> enqueued(String address) {
        return List.copyOf(enqueued.getOrDefault(address, List.of()));
    }

    /** {@return the next message to send, or {@code null}} */
    synchronized @Nullable EnqueuedMessage poll(String address) {
        return queue(address).pollFirst();
    }

    synchronized void settled(EnqueuedMessage message, DeliveryState state) {
        message.settled(state);
        notifyAll();
    }

    private Deque<EnqueuedMessage> queue(String address) {
        return queues.computeIfAbsent(address, any -> new ArrayDeque<>());
    }

    // ---- messages of the application

    /** {@return the outcome that it is to have; {@code null} for none} */
    synchronized @Nullable DeliveryState receive(String address, Message message) {
        received.computeIfAbsent(address, any -> new ArrayList<>()).add(message);
        notifyAll();
        if (unsettled.contains(address)) {
            return null;
        }
        Deque<DeliveryState> states = answers.get(address);
        if (states == null) {
            return Outcomes.accepted();
        }
        return states.size() == 1 ? states.getFirst() : states.removeFirst();
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

    /** {@return the answer to a request} One that comes too late is nobody's. */
    Message takeAnswer(EnqueuedMessage request, Object correlationId, OwnLink answers, Duration patience) {
        return await(
                patience,
                () -> {
                    for (Message answer : received.getOrDefault(answers.address, List.of())) {
                        if (correlationId.equals(answer.getCorrelationId())) {
                            return answer;
                        }
                    }
                    DeliveryState outcome = request.outcomeSoFar();
                    if (outcome != null && !Outcomes.matches(Outcomes.accepted(), outcome)) {
                        throw new AssertionError("Expected an answer to the request " + request
                                + ", but it was not accepted: its outcome is " + outcome + "; the peer saw " + seen());
                    }
                    if (answers.refused != null) {
                        throw answers.refused;
                    }
                    failIfEnded("The connection ended before the request " + request + " was answered");
                    return null;
                },
                () -> "an answer to the request " + request + " with its correlation-id");
    }

    // ---- scripts

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

    /** {@return why a link is to be refused, or {@code null}} */
    synchronized @Nullable ErrorCondition refusal(String address) {
        ErrorCondition why = refusals.get(address);
        if (why != null) {
            refused.add(address);
        }
        return why;
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

    // ---- listener and connections

    synchronized void bound(boolean yes, @Nullable ErrorCondition why) {
        listening = yes;
        if (!yes) {
            lastError = String.valueOf(why);
        }
        notifyAll();
    }

    void awaitBound() {
        boolean yes = await(ProactorPeer.PATIENCE, () -> listening, () -> "a port to listen on");
        if (!yes) {
            throw new IllegalStateException("The peer can't listen: " + lastError);
        }
    }

    synchronized void opened(Connection connection) {
        connections.add(connection);
        connectionsSoFar++;
        notifyAll();
    }

    void awaitOpen(Connection connection, String address) {
        await(
                ProactorPeer.PATIENCE,
                () -> {
                    failIfEnded("The connection to " + address + " was not made");
                    return connections.contains(connection) ? connection : null;
                },
                () -> "a connection to " + address);
    }

    synchronized void over(Connection connection, @Nullable ErrorCondition why) {
        connections.remove(connection);
        if (!keepsMessages) {
            ended = why == null ? new ErrorCondition() : why;
            queues.forEach((address, queue) -> queue.forEach(message -> message.failed(
                    new PeerRefusedException("The connection ended before " + message + " was sent", why))));
            queues.clear();
        }
        notifyAll();
    }

    void awaitOver(Collection<Connection> open, Duration patience) {
        await(
                patience,
                () -> open.stream().noneMatch(connections::contains) ? open : null,
                () -> "the end of " + open.size() + " connections");
    }

    synchronized List<Connection> open() {
        return List.copyOf(connections);
    }

    synchronized int connections() {
        return connections.size();
    }

    synchronized int connectionsSoFar() {
        return connectionsSoFar;
    }

    private void failIfEnded(String what) {
        if (ended != null) {
            throw new PeerRefusedException(what, ended);
        }
    }

    // ---- links

    synchronized void known(String address, Link link) {
        links.computeIfAbsent(address, any -> new LinkedHashSet<>()).add(link);
        notifyAll();
    }

    synchronized boolean hasLink(String address) {
        return links.containsKey(address);
    }

    /** {@return a link of our own, as it is or as it is to be attached} */
    synchronized OwnLink own(String key) {
        failIfEnded("The connection is over");
        return ownLinks.computeIfAbsent(key, any -> new OwnLink());
    }

    /** {@return whether it is to be attached; else that was begun before} */
    synchronized boolean begin(OwnLink link) {
        boolean first = !link.begun;
        link.begun = true;
        return first;
    }

    synchronized void attached(String key, String address, Link link) {
        OwnLink own = ownLinks.get(key);
        if (own != null) {
            own.attached = true;
            own.address = address;
        }
        known(address, link);
    }

    /** {@return the address that it leads to} */
    String awaitAttached(OwnLink link, String key, Duration patience) {
        return await(
                patience,
                () -> {
                    if (link.refused != null) {
                        throw link.refused;
                    }
                    failIfEnded("The connection ended before a link " + key + " was attached");
                    return link.attached ? link.address : null;
                },
                () -> "a link " + key);
    }

    /** A link is over. What was sent on it and was not settled goes back where it was, or has failed. */
    synchronized void over(
            Link link, String key, String address, Collection<EnqueuedMessage> underWay, @Nullable ErrorCondition why) {
        Set<Link> others = links.get(address);
        if (others != null && others.remove(link) && others.isEmpty()) {
            links.remove(address);
        }
        OwnLink own = ownLinks.remove(key);
        if (own != null) {
            own.refused = new PeerRefusedException("The application ended a link " + key, why);
        }
        if (link instanceof Sender) {
            giveBack(address, List.copyOf(underWay), why);
        }
        notifyAll();
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

    // ---- waits

    /** A fault of the peer's own: it fails the waits. */
    synchronized void failed(Throwable fault) {
        failure = fault;
        notifyAll();
    }

    synchronized void error(@Nullable ErrorCondition condition) {
        lastError = String.valueOf(condition);
    }

    synchronized void close() {
        closed = true;
        notifyAll();
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
}
