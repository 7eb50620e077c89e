package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.internal.dispatch.Origin;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
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
 * {@link Connection} is alive: the next attempt is made only after the last one is over. Here it is decided when one is made, and when it is
 * closed; {@link AttemptOptions} and {@link Attempts} say how and where to, {@link ConnectionState} is what is told of it, and
 * {@link DeclaredLinks} are the links on it.
 */
final class ManagedConnection implements NamedConnection, Origin {

    private static final Log log = LogFactory.getLog("dev.proactor");

    private final String name;
    private final ConnectionSpec spec;
    private final Proactor proactor;
    private final AttemptOptions options;
    private final ScheduledExecutorService timer;
    private final DeclaredLinks links;

    // Guarded by this, with what is in them.
    private final ConnectionState state;
    private final Attempts attempts;
    private boolean wasOpen;

    /** From the decision to make an attempt until it has failed or its connection is over. */
    private boolean alive;

    /** An attempt waits for its time. */
    private boolean waiting;

    /** It was started again while its connection was being closed: the next one follows that at once. */
    private boolean next;

    private boolean retired;
    private int generation;
    private volatile @Nullable Connection connection;
    private @Nullable Object userContext;

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
        this.options = new AttemptOptions(name, spec, customizer);
        this.timer = timer;
        BackOff backOff =
                new BackOff(spec.reconnect(), () -> ThreadLocalRandom.current().nextDouble());
        this.state = new ConnectionState(clock);
        this.attempts = new Attempts(spec, backOff);
        this.links = new DeclaredLinks(name, spec, this, state, backOff, clock);
        options.to(spec.uris().get(0)); // values out of range show now
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
        return state.status(attempts.made(), links.missing(), links.paused());
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
            if (state.isWanted() && !state.is(State.FAILED)) {
                return;
            }
            attempts.startOver(alive && connection == null);
            state.become(connection == null ? State.CONNECTING : State.RECONNECTING);
            if (connection != null) {
                next = true;
            } else if (!alive && !waiting) {
                uri = nextAttempt();
            }
        }
        attempt(uri);
    }

    @Override
    public void stop() {
        Connection now;
        synchronized (this) {
            next = false;
            waiting = false;
            generation++; // an attempt that waits for its time finds that it is not the one
            now = connection;
            state.become(State.STOPPED);
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
        links.pause(receiver, pause);
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
        return attempts.next();
    }

    /** Connects, if there is a uri. */
    private void attempt(@Nullable String uri) {
        if (uri == null) {
            return;
        }
        try {
            ConnectionOptions.Builder builder = options.to(uri);
            Object context = builder.build().context();
            synchronized (this) {
                if (!state.isWanted()) {
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
                if (state.isWanted()) {
                    words = lost(String.valueOf(failure));
                }
            }
            words.run();
        }
    }

    // ---- the connection's sequence

    @Override
    public void begins(Connection begun) {
        boolean late;
        synchronized (this) {
            connection = begun;
            late = !state.isWanted();
        }
        if (late) {
            proactor.release(begun);
            return;
        }
        links.attach(begun);
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
            if (!state.isWanted() || next) {
                return; // it is being closed
            }
            again = wasOpen;
            wasOpen = true;
            state.lastError = null;
            state.become(State.OPEN);
        }
        log.info("Connection '" + name + "' is open" + (again ? " again" : "") + ": " + proactor.remoteAddress(open));
    }

    @Override
    public void linkOpened(Link link) {
        DeclaredLink known = DeclaredLink.of(link);
        if (known != null) {
            links.opened(known, link);
        }
    }

    @Override
    public void linkClosed(Link link, @Nullable ErrorCondition condition) {
        DeclaredLink known = DeclaredLink.of(link);
        if (known == null) {
            return;
        }
        Duration delay = links.closed(known, link, condition);
        if (delay != null) {
            Connection of = link.getSession().getConnection();
            later(delay, () -> inSequence(of, () -> links.attachAgain(known, of)));
        }
    }

    @Override
    public void sessionEnded(Session ended, @Nullable ErrorCondition condition) {
        links.in(ended).forEach(unanswered -> linkClosed(unanswered, condition));
    }

    @Override
    public void over(Connection ended, @Nullable ErrorCondition condition, CloseReason reason) {
        String uri = null;
        Runnable words = () -> {};
        synchronized (this) {
            connection = null;
            alive = false;
            links.over();
            if (!state.isWanted()) {
                state.lastError = null;
            } else if (next) {
                next = false;
                state.lastError = null;
                uri = nextAttempt();
            } else {
                words = lost(condition == null ? "closed (" + reason + ")" : ConnectionState.words(condition));
            }
        }
        words.run();
        attempt(uri);
    }

    /** {@return what says so in the log, without the lock} Guarded by this. */
    private Runnable lost(String error) {
        state.lastError = error;
        // A peer may refuse a connection by closing it as soon as it is open (AMQP 2.4.1): that is no success.
        if (state.isOpenForLong()) {
            attempts.succeeded();
        }
        int failed = attempts.made();
        if (attempts.areUsedUp()) {
            state.become(State.FAILED);
            return () -> log.error("Connection '" + name + "' to " + spec.uris() + " is given up after " + failed
                    + " attempts: " + error + ". Start it again with ProactorConnections.get(\"" + name
                    + "\").start()");
        }
        Duration delay = attempts.delay();
        boolean wasOpenNow = state.is(State.OPEN);
        boolean isNews = attempts.isNews(error);
        int mine = ++generation;
        try {
            later(delay, () -> again(mine));
        } catch (RuntimeException | Error unable) {
            state.become(State.FAILED); // it can be started again
            throw unable;
        }
        state.become(State.RECONNECTING);
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
            if (state.isWanted() && waiting && mine == generation) {
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

    /** {@return what its uris say, for messages} */
    @Override
    public String toString() {
        return "connection '" + name + "' to " + List.copyOf(spec.uris());
    }
}
