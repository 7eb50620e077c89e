package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * The links that the configuration wants on each connection of a name: attaches them, knows which are missing, and says when one that
 * was refused or closed is attached again. To pause one is for any thread. Attaching, and what the peer does to them, is in the
 * connection's sequence.
 *
 * <p>Which are missing and how often they failed is guarded by the lock, which is the monitor of the {@link ManagedConnection}: all that
 * its status tells is of one moment. Methods that say so are called with it; the others take it where they need it, and log without it.
 */
final class DeclaredLinks {

    private static final Log log = LogFactory.getLog("dev.proactor");

    /** How often a link was refused or closed in a row. Guarded by the lock. */
    private static final class LinkAttempts {
        private int failed;
        private @Nullable Instant openSince;

        /** {@return how often in a row, with this time} One that the peer closes as soon as it is attached was no success. */
        int failed(Instant now) {
            if (openSince != null && BackOff.isLasting(openSince, now)) {
                failed = 0;
            }
            openSince = null;
            return ++failed;
        }
    }

    private final String connection;
    private final ConnectionSpec spec;
    private final Object lock;
    private final ConnectionState state; // guarded by the lock
    private final BackOff backOff;
    private final Clock clock;
    private final List<DeclaredLink> links = new ArrayList<>();
    private final Set<String> missing = new TreeSet<>(); // guarded by the lock

    /** How it went with them on this connection, by their ids. Guarded by the lock. */
    private final Map<String, LinkAttempts> attempts = new HashMap<>();

    /** Where they are attached. In the connection's sequence. */
    private @Nullable Session session;

    /**
     * Makes them, all missing.
     *
     * @param connection the connection's name
     * @param spec declares them
     * @param lock guards what is told
     * @param state the connection's, guarded by that lock
     * @param backOff how soon they are attached again
     * @param clock tells how long they were attached
     */
    DeclaredLinks(
            String connection, ConnectionSpec spec, Object lock, ConnectionState state, BackOff backOff, Clock clock) {
        this.connection = connection;
        this.spec = spec;
        this.lock = lock;
        this.state = state;
        this.backOff = backOff;
        this.clock = clock;
        spec.receivers().forEach((id, receiver) -> links.add(new DeclaredLink(connection, id, receiver)));
        spec.senders().forEach((id, sender) -> links.add(new DeclaredLink(connection, id, sender)));
        missAll();
    }

    // ---- with the lock

    /** {@return the ids of those that are not attached, a copy} With the lock. */
    List<String> missing() {
        return new ArrayList<>(missing);
    }

    /** Their connection is over: what the next one makes of them counts from the beginning. With the lock. */
    void over() {
        missAll();
        attempts.clear();
    }

    private void missAll() {
        links.forEach(link -> missing.add(link.id()));
    }

    // ---- any thread

    /** {@return the ids of those that are paused} */
    List<String> paused() {
        return links.stream()
                .filter(DeclaredLink::isPaused)
                .map(DeclaredLink::id)
                .toList();
    }

    /**
     * A receiver is to have no credit, or is to have it again.
     *
     * @throws IllegalArgumentException if there is no such receiver
     */
    void pause(String receiver, boolean pause) {
        if (!spec.receivers().containsKey(receiver)) {
            throw new IllegalArgumentException("connection '" + connection + "' has no receiver '" + receiver
                    + "'; there are: "
                    + (spec.receivers().isEmpty()
                            ? "none"
                            : String.join(", ", spec.receivers().keySet())));
        }
        for (DeclaredLink link : links) {
            if (link.receiver() != null && link.id().equals(receiver)) {
                link.pause(pause);
            }
        }
    }

    // ---- the connection's sequence

    /** Attaches all to a connection that begins its life. */
    void attach(Connection begun) {
        session = null;
        links.forEach(link -> link.attach(session(begun)));
    }

    /** Attaches one again, if its connection is still open. */
    void attachAgain(DeclaredLink link, Connection of) {
        if (isOpen(of)) {
            link.attach(session(of));
        }
    }

    /** {@return the session of declared links, a new one if the peer has ended the last} */
    private Session session(Connection of) {
        Session current = session;
        if (current == null
                || current.getLocalState() == EndpointState.CLOSED
                || current.getRemoteState() == EndpointState.CLOSED) {
            current = of.session();
            current.open();
            session = current;
        }
        return current;
    }

    /** {@return the links of now of a session, whether the peer has answered them or not} */
    List<Link> in(Session one) {
        return links.stream().map(link -> link.in(one)).filter(Objects::nonNull).toList();
    }

    /** The peer has attached one. */
    void opened(DeclaredLink known, Link link) {
        synchronized (lock) {
            missing.remove(known.id());
            if (missing.isEmpty()) {
                state.lastError = null;
            }
            attempts.computeIfAbsent(known.id(), id -> new LinkAttempts()).openSince = clock.instant();
        }
        if (known.isFilterIgnored(link)) {
            log.warn(known.describe() + " of connection '" + connection
                    + "' has a selector, and the peer does not apply it:"
                    + " all messages come. Does the queue's peer know " + DeclaredLink.SELECTOR + "?");
        }
    }

    /** The peer has refused or closed one. {@return how soon it is to be attached again, or {@code null} for never} */
    @Nullable Duration closed(DeclaredLink known, Link link, @Nullable ErrorCondition condition) {
        known.closed(link);
        Connection of = link.getSession().getConnection();
        int tried;
        synchronized (lock) {
            missing.add(known.id());
            if (condition != null) {
                state.lastError = known.describe() + ": " + ConnectionState.words(condition);
            }
            if (!state.isWanted() || !isOpen(of)) {
                return null;
            }
            tried = attempts.computeIfAbsent(known.id(), id -> new LinkAttempts())
                    .failed(clock.instant());
        }
        Duration delay = backOff.after(tried);
        if (tried == 1) {
            log.warn(known.describe() + " of connection '" + connection + "' was refused or closed by the peer"
                    + (condition == null ? "" : ": " + ConnectionState.words(condition))
                    + "; it is attached again, first in " + delay.toMillis() + " ms");
        }
        return delay;
    }

    private static boolean isOpen(Connection connection) {
        return connection.getLocalState() == EndpointState.ACTIVE
                && connection.getRemoteState() == EndpointState.ACTIVE;
    }
}
