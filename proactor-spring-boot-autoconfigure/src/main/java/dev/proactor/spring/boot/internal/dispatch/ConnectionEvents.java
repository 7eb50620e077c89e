package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.internal.send.Sending;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * What is done about events of a connection, its transport and its sessions: when it counts as open, as closed and as over, and who must
 * know. Called in the connection's sequence; what is known of a connection is in its {@link ConnectionScope}.
 */
final class ConnectionEvents {

    private final Proactor proactor;
    private final Handlers handlers;
    private final LinkEvents links;
    private final Sending sending;
    private final LiveConnections live;
    private final boolean answers;

    ConnectionEvents(
            Proactor proactor,
            Handlers handlers,
            LinkEvents links,
            Sending sending,
            LiveConnections live,
            boolean answers) {
        this.proactor = proactor;
        this.handlers = handlers;
        this.links = links;
        this.sending = sending;
        this.live = live;
        this.answers = answers;
    }

    /** A connection begins its life. */
    void begins(Event event, ConnectionScope scope, Call call) {
        Origin origin = scope.origin();
        if (origin != null) {
            origin.begins(event.connection());
            if (scope.role() == ConnectionRole.CLIENT) {
                sending.connectionBegins(scope.name(), event.connection());
            }
        }
        handlers.call(scope.plan().on(event.type()), call);
    }

    /** The peer has opened a connection. */
    void opened(Event event, ConnectionScope scope, Call call) {
        scope.opened = true;
        handlers.call(scope.plan().on(event.type()), call);
        handlers.call(scope.plan().on(Occasion.CONNECTION_OPENED), call);
        if (answers) {
            DefaultAnswers.open(event.connection());
        }
        Origin origin = scope.origin();
        if (origin != null) {
            origin.opened(event.connection());
        }
    }

    /** The peer has closed a connection. */
    void closed(Event event, ConnectionScope scope, Call call) {
        ErrorCondition condition = Conditions.of(event.connection().getRemoteCondition());
        handlers.call(scope.plan().on(event.type()), call.because(condition));
        allClosed(scope, call, condition);
        if (answers) {
            DefaultAnswers.close(event.connection());
        }
    }

    /** A connection's transport has failed. Its end is another event. */
    void transportFailed(Event event, ConnectionScope scope, Call call) {
        handlers.call(
                scope.plan().on(event.type()),
                call.because(Conditions.of(event.transport().getCondition())));
    }

    /** A connection's transport is closed: its last event. */
    void transportClosed(Event event, ConnectionScope scope, Call call) {
        ErrorCondition condition = Conditions.whyOver(event);
        handlers.call(scope.plan().on(event.type()), call.because(condition));
        CloseReason reason = proactor.closeReason(event.connection());
        over(scope, call, condition, reason == null ? CloseReason.CLOSED : reason);
    }

    /** A connection is over, and no event of it follows. */
    void over(ConnectionScope scope, Call call, @Nullable ErrorCondition condition, CloseReason reason) {
        scope.over = true;
        Origin origin = scope.origin();
        // Each of them, whatever becomes of the others: or the connection would never be made again, or a stop never
        // end.
        try {
            allClosed(scope, call, condition);
        } finally {
            try {
                sending.connectionOver(scope.connection());
            } finally {
                try {
                    if (origin != null) {
                        origin.over(scope.connection(), condition, reason);
                    }
                } finally {
                    live.remove(scope);
                }
            }
        }
    }

    /** Its links are over, and so is what handlers know as an open connection. */
    private void allClosed(ConnectionScope scope, Call call, @Nullable ErrorCondition condition) {
        for (LinkScope link : scope.links()) {
            links.over(link, scope, call, condition);
        }
        if (scope.opened && !scope.closed) {
            scope.closed = true;
            handlers.call(
                    scope.plan().on(Occasion.CONNECTION_CLOSED),
                    call.about((LinkScope) null).because(condition));
        }
    }

    // ---- sessions

    /** The peer has begun a session. */
    void sessionOpened(Event event, ConnectionScope scope, Call call) {
        handlers.call(scope.plan().on(event.type()), call);
        if (answers) {
            DefaultAnswers.open(event.session());
        }
    }

    /** The peer has ended a session, and so its links. */
    void sessionEnded(Event event, ConnectionScope scope, Call call) {
        Session session = event.session();
        ErrorCondition condition = Conditions.of(session.getRemoteCondition());
        handlers.call(scope.plan().on(event.type()), call.because(condition));
        for (LinkScope link : scope.links()) {
            if (link.link().getSession() == session) {
                links.over(link, scope, call, condition);
            }
        }
        sending.sessionEnded(session, condition);
        if (answers) {
            DefaultAnswers.end(session);
        }
        Origin origin = scope.origin();
        if (origin != null) {
            origin.sessionEnded(session, condition);
        }
    }
}
