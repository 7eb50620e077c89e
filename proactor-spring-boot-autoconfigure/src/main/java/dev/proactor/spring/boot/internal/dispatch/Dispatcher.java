package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.send.HandlingThread;
import dev.proactor.spring.boot.internal.send.Sending;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;
import org.jspecify.annotations.Nullable;

/**
 * Handles batches: for each event calls the methods that want it, tells the parts of the starter that must know, and gives the
 * default answers. Thread-safe: what it keeps of a connection is kept at the connection, and belongs to the owner of its batch.
 *
 * <p>Events of listeners and of the proactor are handled here. Those of a connection lead to what knows their kind, by the thread that
 * has the batch: {@link ConnectionEvents} for the connection, its transport and its sessions, {@link LinkEvents}, {@link DeliveryEvents}.
 *
 * <p>For one event the order is: methods for each event of its type, then those for the occasion that it is, then the
 * starter's own parts and the default answers.
 */
public final class Dispatcher {

    private static final CloseReason RELEASED = CloseReason.RELEASED;

    private final Proactor proactor;
    private final HandlerTable table;
    private final LiveConnections live;
    private final @Nullable LogContext logContext;
    private final boolean answers;
    private final Handlers handlers;
    private final Messages messages;
    private final ConnectionEvents connections;
    private final LinkEvents links;
    private final DeliveryEvents deliveries;

    /**
     * Makes a dispatcher.
     *
     * @param proactor whose batches it handles
     * @param table the handler methods
     * @param sending what sends messages
     * @param inFlight counts the messages that handlers have
     * @param live knows the connections that there are
     * @param converters make messages of replies
     * @param redeliveries settles failed messages when their time has come
     * @param observer watches the handling of messages, or {@code null}
     * @param errorHandler the application's, or {@code null}
     * @param logContext is told which connection a thread is at, or {@code null}
     * @param answers whether default answers are given
     */
    public Dispatcher(
            Proactor proactor,
            HandlerTable table,
            Sending sending,
            InFlight inFlight,
            LiveConnections live,
            MessageConverters converters,
            Redeliveries redeliveries,
            @Nullable MessageObserver observer,
            @Nullable ProactorErrorHandler errorHandler,
            @Nullable LogContext logContext,
            boolean answers) {
        this.proactor = proactor;
        this.table = table;
        this.live = live;
        this.logContext = logContext;
        this.answers = answers;
        Failures failures = new Failures(errorHandler, System::nanoTime);
        this.handlers = new Handlers(failures);
        this.messages = new Messages(
                proactor,
                failures,
                inFlight,
                new Replies(sending, converters, failures),
                redeliveries,
                observer,
                Handlers::closeConnection);
        this.links = new LinkEvents(proactor, handlers, messages, sending, answers);
        this.deliveries = new DeliveryEvents(handlers, messages, sending);
        this.connections = new ConnectionEvents(proactor, handlers, links, sending, live, answers);
    }

    /**
     * Handles all events of a batch. Never throws what a handler throws.
     *
     * @param batch the batch, which stays open
     */
    public void dispatch(EventBatch batch) {
        Connection connection = batch.connection();
        Listener listener = batch.listener();
        if (connection != null) {
            HandlingThread.begins(connection);
            try {
                dispatch(batch, connection, logContext);
            } finally {
                HandlingThread.ends();
                if (logContext != null) {
                    logContext.end();
                }
            }
        } else if (listener != null) {
            dispatch(batch, listener);
        } else {
            Plan plan = table.plan(null, "none");
            Call call = new Call("none", proactor, null);
            for (Event event; (event = batch.next()) != null; ) {
                handlers.call(plan.on(event.type()), call.about(event));
            }
        }
    }

    // ---- listeners

    private void dispatch(EventBatch batch, Listener listener) {
        Origin origin = listener.context() instanceof Origin named ? named : null;
        String name = origin == null ? "dynamic" : origin.name();
        Plan plan = table.plan(ConnectionRole.SERVER, name);
        Call call = new Call(name, proactor, null);
        for (Event event; (event = batch.next()) != null; ) {
            call.about(event).because(listener.condition());
            int waiting = listener.waiting();
            HandlerMethod[] methods = plan.on(event.type());
            switch (event.type()) {
                case LISTENER_OPEN -> {
                    if (origin != null) {
                        origin.listenerOpened(listener);
                    }
                    handlers.call(methods, call);
                }
                case LISTENER_ACCEPT -> {
                    handlers.call(methods, call);
                    if (answers && waiting == listener.waiting()) {
                        accept(listener, origin);
                    }
                }
                case LISTENER_CLOSE -> {
                    handlers.call(methods, call);
                    if (origin != null) {
                        origin.listenerClosed(listener);
                    }
                }
                default -> handlers.call(methods, call);
            }
        }
    }

    private static void accept(Listener listener, @Nullable Origin origin) {
        if (origin == null) {
            listener.accept();
        } else {
            origin.accept(listener);
        }
    }

    // ---- connections

    private void dispatch(EventBatch batch, Connection connection, @Nullable LogContext context) {
        ConnectionScope scope = ConnectionScope.of(connection);
        if (context != null && scope != null) {
            context.begin(scope.name(), proactor.remoteAddress(connection));
        }
        for (Event event; (event = batch.next()) != null; ) {
            if (scope == null) {
                scope = new ConnectionScope(live.nextNumber(), proactor, connection, table);
                live.add(scope);
                if (context != null) {
                    context.begin(scope.name(), proactor.remoteAddress(connection));
                }
            }
            if (context != null) {
                Link link = event.sender() == null ? event.receiver() : event.sender();
                context.about(link == null ? null : LinkScope.addressOf(link));
            }
            on(event, scope, scope.call().about(event));
        }
        if (scope != null) {
            if (!scope.over) {
                afterBatch(scope);
            }
            scope.call().forget();
        }
    }

    private void afterBatch(ConnectionScope scope) {
        if (scope.hasLinks()) {
            for (LinkScope link : scope.eachLink()) {
                messages.look(link);
            }
        }
        if (proactor.closeReason(scope.connection()) == RELEASED) {
            connections.over(scope, scope.call(), null, RELEASED); // no event will tell
        }
    }

    private void on(Event event, ConnectionScope scope, Call call) {
        switch (event.type()) {
            case CONNECTION_INIT -> connections.begins(event, scope, call);
            case CONNECTION_REMOTE_OPEN -> connections.opened(event, scope, call);
            case CONNECTION_REMOTE_CLOSE -> connections.closed(event, scope, call);
            case SESSION_REMOTE_OPEN -> connections.sessionOpened(event, scope, call);
            case SESSION_REMOTE_CLOSE -> connections.sessionEnded(event, scope, call);
            case LINK_REMOTE_OPEN -> links.opened(event.link(), scope, call);
            case LINK_FLOW -> links.flow(event, scope, call);
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> links.closed(event, scope, call);
            case LINK_INIT, LINK_LOCAL_OPEN, LINK_LOCAL_CLOSE, LINK_LOCAL_DETACH -> links.local(event, scope, call);
            case CONNECTION_LOCAL_OPEN -> links.connectionOpened(event, scope, call);
            case DELIVERY -> deliveries.on(event, scope, call);
            case TRANSPORT_ERROR -> connections.transportFailed(event, scope, call);
            case TRANSPORT_CLOSED -> connections.transportClosed(event, scope, call);
            default -> handlers.call(scope.plan().on(event.type()), call);
        }
    }
}
