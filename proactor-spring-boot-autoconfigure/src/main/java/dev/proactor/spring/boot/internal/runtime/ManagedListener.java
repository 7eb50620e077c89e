package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.internal.dispatch.Origin;
import dev.proactor.spring.boot.internal.text.PeerText;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;
import org.jspecify.annotations.Nullable;

/** A listener under its name, over one {@link Listener} after another. */
public final class ManagedListener implements NamedListener, Origin {

    private static final Log log = LogFactory.getLog("dev.proactor");
    private static final Symbol LIMIT = Symbol.valueOf("amqp:resource-limit-exceeded");
    private static final Symbol UNAUTHORIZED = Symbol.valueOf("amqp:unauthorized-access");
    private static final long BIND_SECONDS = 10;
    private static final long CLOSE_SECONDS = 1;

    private final String name;
    private final Proactor proactor;
    private final ListenerOptions options;
    private final @Nullable Object userContext;
    private final Settings settings;
    private final Clock clock;
    private final BiConsumer<String, Integer> bound;
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong quietUntilMillis = new AtomicLong();

    /** As {@link #quietUntilMillis}, of peers that were not let in. */
    private final AtomicLong refusalsQuietUntilMillis = new AtomicLong();

    private final AtomicInteger refusals = new AtomicInteger();

    // Guarded by this; written under it, read by anyone.
    private volatile @Nullable Listener listener;
    private volatile State state = State.STOPPED;
    private volatile Instant since;
    private volatile @Nullable String lastError;
    private boolean retired;

    /** Completes with why it could not be bound, or with nothing. Guarded by this. */
    private CompletableFuture<Optional<String>> opening = new CompletableFuture<>();

    /** Completes when handlers were told that it is closed. Guarded by this. */
    private CompletableFuture<Void> closing = CompletableFuture.completedFuture(null);

    /**
     * What the options of the core don't have.
     *
     * @param maxConnections how many connections it has at most
     * @param autoAcceptLinks whether peers may attach links that no handler claims
     * @param credit how many messages a peer may have under way on a link
     */
    public record Settings(int maxConnections, boolean autoAcceptLinks, int credit) {}

    /**
     * Makes a listener that is not bound yet.
     *
     * @param name its name
     * @param proactor what listens
     * @param options where and how
     * @param settings the rest
     * @param clock tells since when
     * @param bound is told name and port each time that it is bound
     */
    public ManagedListener(
            String name,
            Proactor proactor,
            ListenerOptions.Builder options,
            Settings settings,
            Clock clock,
            BiConsumer<String, Integer> bound) {
        this.name = name;
        this.proactor = proactor;
        this.userContext = options.build().context();
        this.options = options.name(name).context(this).build();
        this.settings = settings;
        this.clock = clock;
        this.bound = bound;
        this.since = clock.instant();
    }

    // ---- any thread

    @Override
    public String name() {
        return name;
    }

    @Override
    public ConnectionRole role() {
        return ConnectionRole.SERVER;
    }

    @Override
    public @Nullable Object userContext() {
        return userContext;
    }

    @Override
    public boolean autoAcceptLinks() {
        return settings.autoAcceptLinks();
    }

    @Override
    public int localPort() {
        Listener now = listener;
        return now == null ? -1 : now.localPort();
    }

    @Override
    public synchronized Status status() {
        Listener now = listener;
        NetworkAddress address = NetworkAddress.parse(options.address());
        int port = localPort();
        return new Status(
                state,
                since,
                port < 0 ? address.toString() : NetworkAddress.format(address.host(), String.valueOf(port)),
                now == null ? List.of() : now.localAddresses(),
                now == null ? 0 : now.waiting(),
                connections.get(),
                lastError);
    }

    @Override
    public void start() {
        try {
            awaitClosed(); // the port must be free of our own last one
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        awaitBound(begin());
    }

    /** Begins to bind it, unless it is bound; waits for nothing. */
    synchronized CompletableFuture<Optional<String>> begin() {
        if (retired) {
            throw new IllegalStateException("listener '" + name + "' was removed");
        }
        if (state != State.STARTING && state != State.LISTENING) {
            become(State.STARTING, null);
            opening = new CompletableFuture<>();
            closing = new CompletableFuture<>();
            listener = proactor.listen(options);
        }
        return opening;
    }

    /** Waits until it is bound. */
    void awaitBound(CompletableFuture<Optional<String>> outcome) {
        NetworkAddress address = NetworkAddress.parse(options.address());
        try {
            Optional<String> failure = outcome.get(BIND_SECONDS, TimeUnit.SECONDS);
            if (failure.isPresent()) {
                throw failed(address, failure.get());
            }
        } catch (ExecutionException impossible) {
            throw new AssertionError(impossible);
        } catch (TimeoutException late) {
            ListenerBindException failure = failed(address, "no answer within " + BIND_SECONDS + " s");
            stop();
            throw failure;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            ListenerBindException failure = failed(address, "interrupted");
            stop();
            throw failure;
        }
    }

    private ListenerBindException failed(NetworkAddress address, String reason) {
        synchronized (this) {
            if (state == State.STARTING) {
                become(State.FAILED, reason);
            }
        }
        return new ListenerBindException(name, address.host(), address.port(), reason);
    }

    @Override
    public void stop() {
        Listener open;
        synchronized (this) {
            open = listener;
            if (state == State.STARTING || state == State.LISTENING) {
                become(State.STOPPED, null);
            }
        }
        if (open != null) {
            open.close();
        }
    }

    /** Stops it for good. */
    void retire() {
        synchronized (this) {
            retired = true;
        }
        stop();
    }

    /** {@return whether handlers were told that it is closed} Waits for that, but not for long. */
    boolean awaitClosed() throws InterruptedException {
        CompletableFuture<Void> told;
        synchronized (this) {
            if (state == State.STARTING || state == State.LISTENING) {
                return true;
            }
            told = closing;
        }
        try {
            told.get(CLOSE_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException impossible) {
            throw new AssertionError(impossible);
        } catch (TimeoutException late) {
            log.warn("Listener '" + name + "' was not closed within " + CLOSE_SECONDS
                    + " s: are all threads in handlers that block? (proactor.threads)");
            return false;
        }
    }

    private void become(State next, @Nullable String error) {
        state = next;
        since = clock.instant();
        lastError = error;
    }

    // ---- the listener's sequence

    @Override
    public void listenerOpened(Listener open) {
        CompletableFuture<Optional<String>> told;
        synchronized (this) {
            if (open != listener || state != State.STARTING) {
                return;
            }
            become(State.LISTENING, null);
            told = opening;
        }
        int port = open.localPort();
        log.info("Listening for AMQP on "
                + NetworkAddress.format(NetworkAddress.parse(options.address()).host(), String.valueOf(port))
                + " (listener '" + name + "')");
        bound.accept(name, port);
        told.complete(Optional.empty());
    }

    @Override
    public void listenerClosed(Listener closed) {
        ErrorCondition condition = closed.condition();
        String reason = condition == null ? "closed" : String.valueOf(condition.getDescription());
        synchronized (this) {
            if (closed == listener) {
                listener = null;
                opening.complete(Optional.of(reason));
                closing.complete(null);
                if (state == State.STARTING) {
                    become(State.FAILED, reason);
                } else if (state == State.LISTENING) {
                    become(State.FAILED, reason);
                    log.error("Listener '" + name + "' on " + options.address() + " is closed: " + reason
                            + ". Start it again once the cause is gone (ProactorListeners.get(\"" + name
                            + "\").start()).");
                }
            }
        }
    }

    @Override
    public void accept(Listener open) {
        if (connections.get() >= settings.maxConnections()) {
            if (mayTell(quietUntilMillis)) {
                log.warn("Listener '" + name + "' has " + settings.maxConnections()
                        + " connections, as many as its max-connections allows: further peers are turned away");
            }
            open.reject();
            return;
        }
        open.accept();
    }

    /** {@return whether ten seconds are over since it was told last} A peer must not fill a log. */
    private boolean mayTell(AtomicLong quietUntil) {
        long now = clock.millis();
        long until = quietUntil.get();
        return now >= until && quietUntil.compareAndSet(until, now + 10_000);
    }

    // ---- a connection's sequence

    @Override
    public void begins(Connection connection) {
        if (connections.incrementAndGet() > settings.maxConnections()) {
            // Of peers that come at the same moment some get so far.
            connection.open();
            connection.setCondition(new ErrorCondition(LIMIT, "as many connections as this listener may have"));
            connection.close();
        }
    }

    @Override
    public void over(Connection connection, @Nullable ErrorCondition condition, CloseReason reason) {
        connections.decrementAndGet();
        if (condition != null && UNAUTHORIZED.equals(condition.getCondition())) {
            refusals.incrementAndGet();
            if (mayTell(refusalsQuietUntilMillis)) {
                int others = refusals.getAndSet(0) - 1;
                log.warn("Listener '" + name + "' did not let a peer in: "
                        + PeerText.line(String.valueOf(condition.getDescription()), 200)
                        + (others > 0 ? "; and " + others + " others before" : "")
                        + ". An @OnTransportError method is told of each, with its address");
            }
        }
    }

    @Override
    public void opened(Connection connection) {}

    @Override
    public int credit(Link link) {
        return settings.credit();
    }

    @Override
    public void linkOpened(Link link) {}

    @Override
    public void linkClosed(Link link, @Nullable ErrorCondition condition) {}
}
