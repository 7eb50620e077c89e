package dev.proactor.spring.boot.endpoint;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionRole;
import dev.proactor.Direction;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.ProactorCounts.ConnectionCounts;
import dev.proactor.ProactorCounts.ListenerCounts;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.endpoint.ProactorDescriptor.ConnectionDescriptor;
import dev.proactor.spring.boot.endpoint.ProactorDescriptor.ListenerDescriptor;
import dev.proactor.spring.boot.endpoint.ProactorDescriptor.Traffic;
import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import dev.proactor.spring.boot.internal.dispatch.LiveConnection;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * The endpoint {@code proactor}: connections with their sessions and links, and listeners. By default it can only be read;
 * {@code management.endpoint.proactor.access=unrestricted} lets it make, stop, start and remove them, too. Thread-safe.
 *
 * <p>What belongs to a connection is read in the connection's own sequence. Whose handlers do not leave room for that within the time
 * limit is shown as busy. At most one look waits for each connection, however often it is asked for.
 */
@Endpoint(id = "proactor", defaultAccess = Access.READ_ONLY)
public final class ProactorEndpoint {

    private static final Log log = LogFactory.getLog("dev.proactor");

    /** How many connections, and how many listeners, are shown at most. */
    static final int MOST = 100;

    /** How many links of a connection are shown among others, and where it alone is asked for. */
    static final int MOST_LINKS = 20;

    static final int MOST_LINKS_OF_ONE = 1000;

    private final Proactor proactor;
    private final ProactorConnections connections;
    private final ProactorListeners listeners;
    private final LiveConnections live;
    private final ConfiguredNames configured;
    private final Duration limit;
    private final Map<Question, CompletableFuture<Look>> looks = new ConcurrentHashMap<>();

    /** What is asked of a connection. */
    private record Question(long number, int mostLinks) {}

    /**
     * Makes an endpoint.
     *
     * @param proactor the proactor
     * @param connections the named connections
     * @param listeners the named listeners
     * @param live all connections that there are
     * @param configured the names that properties give, with credentials as it may be
     * @param limit how long a read may wait for connections whose handlers are busy
     */
    public ProactorEndpoint(
            Proactor proactor,
            ProactorConnections connections,
            ProactorListeners listeners,
            LiveConnections live,
            ConfiguredNames configured,
            Duration limit) {
        this.proactor = proactor;
        this.connections = connections;
        this.listeners = listeners;
        this.live = live;
        this.configured = configured;
        this.limit = limit;
    }

    /** What an operation is about. */
    public enum Kind {
        /** Connections, ours and accepted. */
        CONNECTIONS,
        /** Listeners. */
        LISTENERS
    }

    /** What is to be done. */
    public enum Action {
        /** Make a connection or listener under a new name, and start it. */
        REGISTER,
        /** Connect, or bind. */
        START,
        /** Close a named connection and make no new one; close a listener's port, while what it has accepted goes on. */
        STOP,
        /** Close a connection; a named one that reconnects is made again. */
        CLOSE,
        /** Take back the credit of a declared receiver of a named connection. */
        PAUSE,
        /** Give it credit again. */
        RESUME
    }

    // ---- reading

    /** {@return all of it, up to 100 connections and 20 links of each} */
    @ReadOperation
    public ProactorDescriptor proactor() {
        Collection<NamedConnection> named = connections.all();
        List<LiveConnection> now = live.oldest(Integer.MAX_VALUE);
        Map<Connection, LiveConnection> byConnection = new HashMap<>();
        now.forEach(one -> byConnection.put(one.connection(), one));

        List<@Nullable NamedConnection> names = new ArrayList<>();
        List<@Nullable LiveConnection> ones = new ArrayList<>();
        for (NamedConnection connection : named) {
            Connection current = connection.connection();
            names.add(connection);
            ones.add(current == null ? null : byConnection.remove(current));
        }
        for (LiveConnection one : now) {
            if (byConnection.containsKey(one.connection())) {
                names.add(null);
                ones.add(one);
            }
        }
        int shown = Math.min(MOST, names.size());
        List<ConnectionDescriptor> described = describe(names.subList(0, shown), ones.subList(0, shown), MOST_LINKS);
        Collection<NamedListener> bound = listeners.all();
        return new ProactorDescriptor(
                proactor.containerId(),
                described,
                names.size() - shown,
                bound.stream().limit(MOST).map(this::describe).toList(),
                Math.max(0, bound.size() - MOST));
    }

    /**
     * {@return one connection with up to 1000 links, or one listener; {@code null} if there is none}
     *
     * @param kind which of them
     * @param id its id
     */
    @ReadOperation
    public @Nullable Object one(@Selector Kind kind, @Selector String id) {
        if (kind == Kind.LISTENERS) {
            NamedListener listener = listener(id);
            return listener == null ? null : describe(listener);
        }
        NamedConnection named = named(id);
        LiveConnection one = named == null ? accepted(id) : of(named);
        if (named == null && one == null) {
            return null;
        }
        List<@Nullable NamedConnection> names = new ArrayList<>();
        names.add(named);
        List<@Nullable LiveConnection> ones = new ArrayList<>();
        ones.add(one);
        return describe(names, ones, MOST_LINKS_OF_ONE).get(0);
    }

    private List<ConnectionDescriptor> describe(
            List<@Nullable NamedConnection> names, List<@Nullable LiveConnection> ones, int mostLinks) {
        List<@Nullable CompletableFuture<Look>> asked = new ArrayList<>();
        ones.forEach(one -> asked.add(one == null ? null : ask(one, mostLinks)));
        long deadline = System.nanoTime() + limit.toNanos();
        List<ConnectionDescriptor> described = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            CompletableFuture<Look> future = asked.get(i);
            Look look = future == null ? null : await(future, deadline);
            described.add(describe(names.get(i), ones.get(i), look));
        }
        return described;
    }

    private CompletableFuture<Look> ask(LiveConnection one, int mostLinks) {
        // Looks that nobody waits for any more must not pile up behind a handler that is stuck.
        CompletableFuture<Look> mine = new CompletableFuture<>();
        Question question = new Question(one.number(), mostLinks);
        CompletableFuture<Look> before = looks.putIfAbsent(question, mine);
        if (before != null) {
            return before;
        }
        mine.whenComplete((look, failure) -> looks.remove(question, mine));
        try {
            proactor.execute(one.connection(), () -> {
                try {
                    mine.complete(Look.at(one, mostLinks));
                } catch (RuntimeException | Error failure) {
                    mine.completeExceptionally(failure);
                }
            });
        } catch (ConnectionEndedException | ProactorClosedException over) {
            mine.completeExceptionally(over);
        }
        return mine;
    }

    private static @Nullable Look await(CompletableFuture<Look> future, long deadline) {
        try {
            return future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException none) {
            return null;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    private ConnectionDescriptor describe(
            @Nullable NamedConnection named, @Nullable LiveConnection one, @Nullable Look look) {
        NamedConnection.Status status = named == null ? null : named.status();
        boolean busy = one != null && look == null && live.get(one.number()) != null;
        String name = named != null ? named.name() : one == null ? "dynamic" : one.name();
        ConnectionRole role = one == null ? ConnectionRole.CLIENT : one.role();
        List<String> uris = named == null ? null : named.spec().uris();
        return new ConnectionDescriptor(
                named != null || one == null ? name : name + ":" + one.number(),
                name,
                Text.lowerCase(role),
                status != null ? Text.lowerCase(status.state()) : look == null ? null : look.state(),
                status != null || one == null ? nonNull(status).since() : one.since(),
                named == null ? null : named.spec().required(),
                uris == null ? null : uris.stream().map(Text::withoutUser).toList(),
                status == null ? null : status.attempts(),
                status == null || uris == null ? null : Text.withoutUsers(status.lastError(), uris),
                status == null ? null : status.missingLinks(),
                status == null ? null : status.pausedReceivers(),
                busy,
                one == null ? null : Text.address(proactor.remoteAddress(one.connection())),
                look == null ? null : look.containerId(),
                look == null ? null : look.properties(),
                named == null ? null : bytes(ConnectionRole.CLIENT, name),
                look == null ? null : look.deliveries(),
                look == null ? null : look.sessions(),
                look == null ? null : look.sessionsOmitted(),
                look == null ? null : look.linksOmitted());
    }

    private static NamedConnection.Status nonNull(NamedConnection.@Nullable Status status) {
        if (status == null) {
            throw new IllegalStateException("neither named nor live");
        }
        return status;
    }

    private ListenerDescriptor describe(NamedListener listener) {
        NamedListener.Status status = listener.status();
        ListenerCounts counts = null;
        for (ListenerCounts candidate : proactor.counts().listeners()) {
            if (candidate.name().equals(listener.name())) {
                counts = candidate;
            }
        }
        return new ListenerDescriptor(
                listener.name(),
                Text.lowerCase(status.state()),
                status.since(),
                status.localAddresses().stream()
                        .map(address -> String.valueOf(Text.address(address)))
                        .toList(),
                counts == null ? 0 : counts.accepted(),
                counts == null ? 0 : counts.rejected(),
                status.waiting(),
                status.connections(),
                bytes(ConnectionRole.SERVER, listener.name()),
                status.lastError());
    }

    private Traffic bytes(ConnectionRole role, String name) {
        for (ConnectionCounts counts : proactor.counts().connections()) {
            if (counts.role() == role && counts.name().equals(name)) {
                return new Traffic(counts.bytes(Direction.IN), counts.bytes(Direction.OUT));
            }
        }
        return new Traffic(0, 0);
    }

    // ---- writing

    /**
     * Makes, stops or starts a named connection or a listener, pauses or resumes a receiver, or closes a connection. Does not wait for peers.
     *
     * @param kind which of them
     * @param id its id
     * @param action what is to be done; {@link Action#CLOSE} is for connections, the others for what has a name
     * @param receiver the id of the receiver that is paused or resumed; for nothing else
     * @param uri where a new connection leads: {@code amqp://host:port}; for nothing else
     * @param port where a new listener is bound, on {@code localhost}; 0 lets the system choose
     * @return what it is afterwards
     */
    @WriteOperation
    public @Nullable Object act(
            @Selector Kind kind,
            @Selector String id,
            Action action,
            @Nullable String receiver,
            @Nullable String uri,
            @Nullable Integer port) {
        return told(action.name(), kind, id, () -> {
            if (action != Action.REGISTER) {
                return act(kind, id, action, receiver);
            } else if (kind == Kind.CONNECTIONS) {
                registerConnection(id, uri);
            } else {
                registerListener(id, port);
            }
            return one(kind, id);
        });
    }

    /**
     * Stops a named connection or a listener for good, and forgets it.
     *
     * @param kind which of them
     * @param id its name
     * @return what it was
     */
    @DeleteOperation
    public @Nullable Object remove(@Selector Kind kind, @Selector String id) {
        return told("REMOVE", kind, id, () -> {
            Object before = one(kind, id);
            if (kind == Kind.LISTENERS) {
                listeners.remove(required(listener(id), "listener", id).name());
            } else {
                connections.remove(required(named(id), "named connection", id).name());
            }
            return before;
        });
    }

    /** Who operates an application is in its log. */
    private static @Nullable Object told(String action, Kind kind, String id, Supplier<@Nullable Object> operation) {
        String what = action + " of " + Text.lowerCase(kind) + "/" + Text.clean(id) + " by the endpoint";
        try {
            Object result = operation.get();
            log.info(what);
            return result;
        } catch (InvalidEndpointRequestException refused) {
            log.warn(what + " is refused: " + refused.getReason());
            throw refused;
        }
    }

    private void registerConnection(String name, @Nullable String uri) {
        if (uri == null) {
            throw invalid("where to? Name it as 'uri': amqp://host:port");
        }
        requireNotConfigured(name);
        try {
            connections.register(name, ConnectionSpec.to(uri));
        } catch (IllegalArgumentException | IllegalStateException unfit) {
            throw invalid(String.valueOf(unfit.getMessage()));
        }
    }

    /** What is configured under a name, credentials and certificates, must not be sent to whom a request names. */
    private void requireNotConfigured(String name) {
        if (configured.contains(name)) {
            throw invalid("the properties have a connection or listener '" + name
                    + "', and its credentials are for that one. Choose another name; what was removed comes back when the application"
                    + " is started again");
        }
    }

    /** On this machine only: who else may reach it, and as whom, is for the configuration to say. */
    private void registerListener(String name, @Nullable Integer port) {
        if (port == null) {
            throw invalid("on which port? Name it as 'port', 0 for any free one");
        }
        requireNotConfigured(name);
        try {
            listeners.register(name, ListenerSpec.on("localhost", port));
        } catch (ListenerBindException | IllegalArgumentException | IllegalStateException unfit) {
            throw invalid(String.valueOf(unfit.getMessage()));
        }
    }

    private @Nullable Object act(Kind kind, String id, Action action, @Nullable String receiver) {
        boolean aboutReceiver = action == Action.PAUSE || action == Action.RESUME;
        if (aboutReceiver != (receiver != null)) {
            throw invalid(
                    aboutReceiver
                            ? "which receiver? Name its id as 'receiver'"
                            : "a receiver can only be paused and resumed");
        }
        if (kind == Kind.LISTENERS) {
            act(required(listener(id), "listener", id), action);
            return one(kind, id);
        }
        NamedConnection named = named(id);
        if (action == Action.CLOSE) {
            LiveConnection one = named == null ? accepted(id) : of(named);
            Object before = one(kind, id);
            if (named == null || one != null) {
                live.close(required(one, "connection", id));
            }
            Object after = one(kind, id);
            return after == null ? before : after; // one that was accepted may be gone already
        } else if (named != null) {
            act(named, action, receiver);
        } else {
            required(accepted(id), "connection", id);
            throw invalid("'" + Text.clean(id) + "' was not made under a name: it can only be closed");
        }
        return one(kind, id);
    }

    private static void act(NamedListener listener, Action action) {
        switch (action) {
            case START -> {
                try {
                    listener.start();
                } catch (ListenerBindException failure) {
                    // It is FAILED now, and says why.
                }
            }
            case STOP -> listener.stop();
            case REGISTER, CLOSE, PAUSE, RESUME -> throw invalid("a listener can be stopped and started");
        }
    }

    private static void act(NamedConnection connection, Action action, @Nullable String receiver) {
        try {
            if (action == Action.START) {
                connection.start();
            } else if (action == Action.STOP) {
                connection.stop();
            } else if (receiver != null && action == Action.PAUSE) {
                connection.pause(receiver);
            } else if (receiver != null) {
                connection.resume(receiver);
            }
        } catch (IllegalStateException | IllegalArgumentException removedOrUnknown) {
            throw invalid(String.valueOf(removedOrUnknown.getMessage()));
        }
    }

    private static <T> T required(@Nullable T found, String kind, String id) {
        if (found == null) {
            throw invalid("there is no " + kind + " '" + Text.clean(id) + "'");
        }
        return found;
    }

    private static InvalidEndpointRequestException invalid(String reason) {
        return new InvalidEndpointRequestException(reason, reason);
    }

    // ---- finding

    private @Nullable NamedConnection named(String name) {
        return connections.all().stream()
                .filter(connection -> connection.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private @Nullable NamedListener listener(String name) {
        return listeners.all().stream()
                .filter(listener -> listener.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    private @Nullable LiveConnection of(NamedConnection named) {
        Connection current = named.connection();
        return live.oldest(Integer.MAX_VALUE).stream()
                .filter(one -> one.connection() == current)
                .findFirst()
                .orElse(null);
    }

    /** Finds {@code <name>:<number>}. */
    private @Nullable LiveConnection accepted(String id) {
        int colon = id.lastIndexOf(':');
        if (colon < 0) {
            return null;
        }
        try {
            LiveConnection one = live.get(Long.parseLong(id.substring(colon + 1)));
            return one != null && one.name().equals(id.substring(0, colon)) ? one : null;
        } catch (NumberFormatException other) {
            return null;
        }
    }
}
