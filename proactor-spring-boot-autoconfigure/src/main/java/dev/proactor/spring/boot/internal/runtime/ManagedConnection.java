package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.security.ClientTls;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.internal.dispatch.Origin;
import dev.proactor.spring.boot.internal.text.PeerText;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * A connection under its name, over one {@link Connection} after another.
 *
 * <pre>
 *            start                 peer's open               lost
 *  STOPPED --------&gt; CONNECTING ---------------&gt; OPEN ---------------&gt; RECONNECTING ---&gt; OPEN …
 *     ^                  |                                                |
 *     | stop, from any   | no attempt is left                             | no attempt is left
 *     +----------------- FAILED &lt;----------------------------------------+
 * </pre>
 *
 * <p>State is guarded by {@code this}, with which nothing of the application's is called: no customizer, and no log. At most one
 * {@link Connection} is alive: the next attempt is made only after the last one is over.
 */
final class ManagedConnection implements NamedConnection, Origin {

    /** How long a connection has to stay open for its attempts to count from the beginning. */
    private static final Duration LASTING = Duration.ofSeconds(5);

    /** How many different errors in a row are warned of; those that come again and again are in health. */
    private static final int MOST_WARNINGS = 8;

    private static final Symbol UNAUTHORIZED = Symbol.valueOf("amqp:unauthorized-access");

    private static final Log log = LogFactory.getLog("dev.proactor");

    private final String name;
    private final ConnectionSpec spec;
    private final Proactor proactor;
    private final UnaryOperator<ConnectionOptions.Builder> customizer;
    private final ScheduledExecutorService timer;
    private final Clock clock;
    private final BackOff backOff;
    private final List<DeclaredLink> declared = new ArrayList<>();

    // Guarded by this.
    private State state = State.STOPPED;
    private Instant since;
    private int attempts;
    private boolean wasOpen;
    private int uris;
    private @Nullable String lastError;
    private final Set<String> missing = new TreeSet<>();

    /** The errors that were warned of since it was last open for long. */
    private final Set<String> warned = new HashSet<>();

    /** How it went with the declared links on this connection, by their ids. */
    private final Map<String, LinkAttempts> linkAttempts = new HashMap<>();

    /** From the decision to make an attempt until it has failed or its connection is over. */
    private boolean alive;

    /** An attempt waits for its time. */
    private boolean waiting;

    private boolean wanted;

    /** It was started again before the last one was over: the next one follows that at once. */
    private boolean next;

    private boolean retired;
    private int generation;
    private volatile @Nullable Connection connection;
    private @Nullable Object userContext;

    /** Where declared links are attached. In the connection's sequence. */
    private @Nullable Session session;

    ManagedConnection(
            String name,
            ConnectionSpec spec,
            Proactor proactor,
            UnaryOperator<ConnectionOptions.Builder> customizer,
            ScheduledExecutorService timer,
            Clock clock) {
        this.name = name;
        this.spec = spec;
        this.proactor = proactor;
        this.customizer = customizer;
        this.timer = timer;
        this.clock = clock;
        this.backOff =
                new BackOff(spec.reconnect(), () -> ThreadLocalRandom.current().nextDouble());
        this.since = clock.instant();
        spec.receivers().forEach((id, receiver) -> declared.add(new DeclaredLink(name, id, receiver)));
        spec.senders().forEach((id, sender) -> declared.add(new DeclaredLink(name, id, sender)));
        missAll();
        options(spec.uris().get(0)); // values out of range show now
    }

    private static boolean isLasting(Instant since, Instant now) {
        return Duration.between(since, now).compareTo(LASTING) >= 0;
    }

    /** How often a link was refused or closed in a row. Guarded by the connection. */
    private static final class LinkAttempts {
        private int failed;
        private @Nullable Instant openSince;

        /** {@return how often in a row, with this time} One that the peer closes as soon as it is attached was no success. */
        int failed(Instant now) {
            if (openSince != null && isLasting(openSince, now)) {
                failed = 0;
            }
            openSince = null;
            return ++failed;
        }
    }

    private void missAll() {
        declared.forEach(link -> missing.add(link.id()));
    }

    private ConnectionOptions.Builder options(String uri) {
        ConnectionOptions.Builder builder = ConnectionOptions.to(address(uri))
                .idleTimeout(spec.idleTimeout())
                .handshakeTimeout(spec.connectTimeout())
                .maxFrameBytes(spec.maxFrameBytes());
        if (spec.virtualHost() != null) {
            builder.virtualHost(spec.virtualHost());
        }
        if (uri.toLowerCase(Locale.ROOT).startsWith("amqps://")) {
            builder.tls(ClientTls.defaults());
        }
        return customizer.apply(builder).name(name);
    }

    static String address(String uri) {
        int scheme = uri.indexOf("://");
        String address = scheme < 0 ? uri : uri.substring(scheme + 3);
        boolean tls = uri.toLowerCase(Locale.ROOT).startsWith("amqps://");
        boolean noPort = address.lastIndexOf(':') < 0 || address.endsWith("]");
        return tls && noPort ? address + ":" + NetworkAddress.AMQPS_PORT : address;
    }

    // ---- any thread

    @Override
    public String name() {
        return name;
    }

    @Override
    public ConnectionSpec spec() {
        return spec;
    }

    @Override
    public ConnectionRole role() {
        return ConnectionRole.CLIENT;
    }

    @Override
    public synchronized @Nullable Object userContext() {
        return userContext;
    }

    @Override
    public boolean autoAcceptLinks() {
        return false;
    }

    @Override
    public synchronized Status status() {
        List<String> paused = declared.stream()
                .filter(DeclaredLink::isPaused)
                .map(DeclaredLink::id)
                .toList();
        return new Status(
                state, since, state == State.OPEN ? 0 : attempts, lastError, new ArrayList<>(missing), paused);
    }

    @Override
    public @Nullable Connection connection() {
        return connection;
    }

    @Override
    public void start() {
        String uri = null;
        synchronized (this) {
            if (retired) {
                throw new IllegalStateException("connection '" + name + "' was removed");
            }
            if (wanted && state != State.FAILED) {
                return;
            }
            wanted = true;
            attempts = 0;
            become(connection == null ? State.CONNECTING : State.RECONNECTING);
            if (alive) {
                next = true;
            } else if (!waiting) {
                uri = nextAttempt();
            }
        }
        attempt(uri);
    }

    @Override
    public void stop() {
        Connection now;
        synchronized (this) {
            wanted = false;
            next = false;
            waiting = false;
            generation++; // an attempt that waits for its time finds that it is not the one
            now = connection;
            become(State.STOPPED);
        }
        if (now != null) {
            inSequence(now, () -> close(now));
        }
    }

    @Override
    public void pause(String receiver) {
        pause(receiver, true);
    }

    @Override
    public void resume(String receiver) {
        pause(receiver, false);
    }

    private void pause(String receiver, boolean pause) {
        if (!spec.receivers().containsKey(receiver)) {
            throw new IllegalArgumentException("connection '" + name + "' has no receiver '" + receiver
                    + "'; there are: "
                    + (spec.receivers().isEmpty()
                            ? "none"
                            : String.join(", ", spec.receivers().keySet())));
        }
        for (DeclaredLink link : declared) {
            if (link.receiver() != null && link.id().equals(receiver)) {
                link.pause(pause);
            }
        }
        Connection now = connection;
        if (now != null) {
            inSequence(now, () -> {}); // its credit is looked at where a batch ends
        }
    }

    /** Stops it for good. */
    void retire() {
        synchronized (this) {
            retired = true;
        }
        stop();
    }

    /** In order, or at once where the peer has not opened it yet: nobody may be there to answer. */
    private void close(Connection connection) {
        if (connection.getRemoteState() == EndpointState.UNINITIALIZED) {
            proactor.release(connection);
        } else if (connection.getLocalState() != EndpointState.CLOSED) {
            connection.close();
        }
    }

    private void inSequence(Connection target, Runnable task) {
        try {
            proactor.execute(target, task);
        } catch (ConnectionEndedException | ProactorClosedException over) {
            // Its end is told by over().
        }
    }

    /** {@return where the attempt leads that follows: {@link #attempt} does, without the lock} Guarded by this. */
    private String nextAttempt() {
        alive = true;
        attempts++;
        return spec.uris().get(uris++ % spec.uris().size());
    }

    /** Connects, if there is a uri. */
    private void attempt(@Nullable String uri) {
        if (uri == null) {
            return;
        }
        try {
            ConnectionOptions.Builder builder = options(uri);
            Object context = builder.build().context();
            synchronized (this) {
                if (!wanted) {
                    alive = false;
                    return;
                }
                userContext = context;
            }
            proactor.connect(builder.context(this).build());
        } catch (ProactorClosedException closed) {
            synchronized (this) {
                alive = false;
            }
        } catch (Throwable failure) {
            // Of a customizer, as a rule: it is asked at each attempt, and the next one may go well.
            Runnable words = () -> {};
            synchronized (this) {
                alive = false;
                next = false;
                if (wanted) {
                    words = lost(String.valueOf(failure));
                }
            }
            words.run();
        }
    }

    private void become(State next) {
        if (state != next) {
            state = next;
            since = clock.instant();
        }
    }

    // ---- the connection's sequence

    @Override
    public void begins(Connection begun) {
        boolean late;
        synchronized (this) {
            connection = begun;
            late = !wanted;
            if (!late) {
                next = false; // nothing has closed this one
            }
        }
        if (late) {
            proactor.release(begun);
            return;
        }
        session = null;
        declared.forEach(link -> link.attach(session(begun)));
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

    @Override
    public @Nullable ReceiverSpec receiver(Link link) {
        DeclaredLink known = DeclaredLink.of(link);
        return known == null ? null : known.receiver();
    }

    @Override
    public boolean isPaused(Link link) {
        DeclaredLink known = DeclaredLink.of(link);
        return known != null && known.isPaused();
    }

    @Override
    public void opened(Connection open) {
        boolean again;
        synchronized (this) {
            if (!wanted || next) {
                return; // it is being closed
            }
            again = wasOpen;
            wasOpen = true;
            lastError = null;
            become(State.OPEN);
        }
        log.info("Connection '" + name + "' is open" + (again ? " again" : "") + ": " + proactor.remoteAddress(open));
    }

    @Override
    public void linkOpened(Link link) {
        DeclaredLink known = DeclaredLink.of(link);
        if (known != null) {
            synchronized (this) {
                missing.remove(known.id());
                if (missing.isEmpty()) {
                    lastError = null;
                }
                linkAttempts.computeIfAbsent(known.id(), id -> new LinkAttempts()).openSince = clock.instant();
            }
            if (known.isFilterIgnored(link)) {
                log.warn(known.describe() + " of connection '" + name
                        + "' has a selector, and the peer does not apply it:"
                        + " all messages come. Does the queue's peer know " + DeclaredLink.SELECTOR + "?");
            }
        }
    }

    @Override
    public void linkClosed(Link link, @Nullable ErrorCondition condition) {
        DeclaredLink known = DeclaredLink.of(link);
        if (known == null) {
            return;
        }
        known.closed(link);
        Connection of = link.getSession().getConnection();
        int tried;
        synchronized (this) {
            missing.add(known.id());
            if (condition != null) {
                lastError = known.describe() + ": " + words(condition);
            }
            if (!wanted || !isOpen(of)) {
                return;
            }
            tried = linkAttempts
                    .computeIfAbsent(known.id(), id -> new LinkAttempts())
                    .failed(clock.instant());
        }
        Duration delay = backOff.after(tried);
        if (tried == 1) {
            log.warn(known.describe() + " of connection '" + name + "' was refused or closed by the peer"
                    + (condition == null ? "" : ": " + words(condition)) + "; it is attached again, first in "
                    + delay.toMillis() + " ms");
        }
        later(
                delay,
                () -> inSequence(of, () -> {
                    if (isOpen(of)) {
                        known.attach(session(of));
                    }
                }));
    }

    @Override
    public void sessionEnded(Session ended, @Nullable ErrorCondition condition) {
        for (DeclaredLink link : declared) {
            Link unanswered = link.in(ended);
            if (unanswered != null) {
                linkClosed(unanswered, condition);
            }
        }
    }

    private static boolean isOpen(Connection connection) {
        return connection.getLocalState() == EndpointState.ACTIVE
                && connection.getRemoteState() == EndpointState.ACTIVE;
    }

    @Override
    public void over(Connection ended, @Nullable ErrorCondition condition, CloseReason reason) {
        String uri = null;
        Runnable words = () -> {};
        synchronized (this) {
            connection = null;
            alive = false;
            missAll();
            linkAttempts.clear();
            if (!wanted) {
                lastError = null;
            } else if (next) {
                next = false;
                lastError = null;
                uri = nextAttempt();
            } else {
                words = lost(condition == null ? "closed (" + reason + ")" : words(condition));
            }
        }
        words.run();
        attempt(uri);
    }

    /** {@return what says so in the log, without the lock} Guarded by this. */
    private Runnable lost(String error) {
        lastError = error;
        // A peer may refuse a connection by closing it as soon as it is open (AMQP 2.4.1): that is no success.
        if (state == State.OPEN && isLasting(since, clock.instant())) {
            attempts = 0;
            warned.clear();
        }
        int failed = attempts;
        int most = spec.reconnect().maxAttempts();
        if (!spec.reconnect().enabled() || (most >= 0 && failed >= most)) {
            become(State.FAILED);
            return () -> log.error("Connection '" + name + "' to " + spec.uris() + " is given up after " + failed
                    + " attempts: " + error + ". Start it again with ProactorConnections.get(\"" + name
                    + "\").start()");
        }
        Duration delay = backOff.after(failed);
        boolean wasOpenNow = state == State.OPEN;
        boolean isNews = warned.size() < MOST_WARNINGS && warned.add(error);
        int mine = ++generation;
        try {
            later(delay, () -> again(mine));
        } catch (RuntimeException | Error unable) {
            become(State.FAILED); // it can be started again
            throw unable;
        }
        become(State.RECONNECTING);
        waiting = true;
        if (!wasOpenNow && failed != 1 && !isNews) {
            return () -> {};
        }
        return () -> log.warn("Connection '" + name + "' to " + spec.uris() + " "
                + (wasOpenNow ? "is lost" : "could not be made") + ": " + error + "; next attempt in "
                + delay.toMillis() + " ms");
    }

    private void again(int mine) {
        String uri = null;
        synchronized (this) {
            if (wanted && waiting && mine == generation) {
                waiting = false;
                uri = nextAttempt();
            }
        }
        attempt(uri);
    }

    private void later(Duration delay, Runnable task) {
        try {
            var unused = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException shuttingDown) {
            // Then nothing is to be tried again.
        }
    }

    private static String words(ErrorCondition condition) {
        String words = condition.getCondition()
                + (condition.getDescription() == null ? "" : " (" + condition.getDescription() + ")");
        return PeerText.line(words, 500)
                + (UNAUTHORIZED.equals(condition.getCondition()) ? ". Check its username and password" : "");
    }

    /** {@return what its uris say, for messages} */
    @Override
    public String toString() {
        return "connection '" + name + "' to " + List.copyOf(spec.uris());
    }
}
