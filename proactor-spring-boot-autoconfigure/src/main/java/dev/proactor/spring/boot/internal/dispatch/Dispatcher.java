package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.send.HandlingThread;
import dev.proactor.spring.boot.internal.send.Sending;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * Handles batches: for each event calls the methods that want it, tells the parts of the starter that must know, and gives the
 * default answers. Thread-safe: what it keeps of a connection is kept at the connection, and belongs to the owner of its batch.
 *
 * <p>For one event the order is: methods for each event of its type, then those for the occasion that it is, then the
 * starter's own parts and the default answers.
 */
public final class Dispatcher {

    /** How many messages may be under way on a link of a connection that has no properties. */
    static final int CREDIT = 1000;

    private static final CloseReason RELEASED = CloseReason.RELEASED;

    private final Proactor proactor;
    private final HandlerTable table;
    private final Sending sending;
    private final Failures failures;
    private final Messages messages;
    private final LiveConnections live;
    private final @Nullable LogContext logContext;
    private final boolean answers;

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
        this.sending = sending;
        this.live = live;
        this.logContext = logContext;
        this.answers = answers;
        this.failures = new Failures(errorHandler, System::nanoTime);
        this.messages = new Messages(
                proactor,
                failures,
                inFlight,
                new Replies(sending, converters, failures),
                redeliveries,
                observer,
                Dispatcher::closeConnection);
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
                call(plan.on(event.type()), call.about(event));
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
                    call(methods, call);
                }
                case LISTENER_ACCEPT -> {
                    call(methods, call);
                    if (answers && waiting == listener.waiting()) {
                        accept(listener, origin);
                    }
                }
                case LISTENER_CLOSE -> {
                    call(methods, call);
                    if (origin != null) {
                        origin.listenerClosed(listener);
                    }
                }
                default -> call(methods, call);
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
            over(scope, scope.call(), null, RELEASED); // no event will tell
        }
    }

    private void on(Event event, ConnectionScope scope, Call call) {
        switch (event.type()) {
            case CONNECTION_INIT -> begins(event, scope, call);
            case CONNECTION_REMOTE_OPEN -> opened(event, scope, call);
            case CONNECTION_REMOTE_CLOSE -> {
                ErrorCondition condition = conditionOf(event.connection().getRemoteCondition());
                call(scope.plan().on(event.type()), call.because(condition));
                connectionClosed(scope, call, condition);
                if (answers) {
                    DefaultAnswers.close(event.connection());
                }
            }
            case SESSION_REMOTE_OPEN -> {
                call(scope.plan().on(event.type()), call);
                if (answers) {
                    DefaultAnswers.open(event.session());
                }
            }
            case SESSION_REMOTE_CLOSE -> sessionClosed(event.session(), event, scope, call);
            case LINK_REMOTE_OPEN -> linkOpened(event.link(), scope, call);
            case LINK_FLOW -> flow(event, scope, call);
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> linkClosed(event, scope, call);
            case LINK_INIT, LINK_LOCAL_OPEN, LINK_LOCAL_CLOSE, LINK_LOCAL_DETACH -> {
                LinkScope link = LinkScope.of(event.link());
                call(
                        link == null ? scope.plan().of(event.link(), "").on(event.type()) : link.on(event.type()),
                        call.about(link));
            }
            case DELIVERY -> delivery(event, scope, call);
            case TRANSPORT_ERROR ->
                call(
                        scope.plan().on(event.type()),
                        call.because(conditionOf(event.transport().getCondition())));
            case TRANSPORT_CLOSED -> {
                ErrorCondition condition = whyOver(event);
                call(scope.plan().on(event.type()), call.because(condition));
                CloseReason reason = proactor.closeReason(event.connection());
                over(scope, call, condition, reason == null ? CloseReason.CLOSED : reason);
            }
            default -> call(scope.plan().on(event.type()), call);
        }
    }

    private void begins(Event event, ConnectionScope scope, Call call) {
        Origin origin = scope.origin();
        if (origin != null) {
            origin.begins(event.connection());
            if (scope.role() == ConnectionRole.CLIENT) {
                sending.connectionBegins(scope.name(), event.connection());
            }
        }
        call(scope.plan().on(event.type()), call);
    }

    private void opened(Event event, ConnectionScope scope, Call call) {
        scope.opened = true;
        call(scope.plan().on(event.type()), call);
        call(scope.plan().on(Occasion.CONNECTION_OPENED), call);
        if (answers) {
            DefaultAnswers.open(event.connection());
        }
        Origin origin = scope.origin();
        if (origin != null) {
            origin.opened(event.connection());
        }
    }

    private void connectionClosed(ConnectionScope scope, Call call, @Nullable ErrorCondition condition) {
        for (LinkScope link : scope.links()) {
            linkOver(link, scope, call, condition);
        }
        if (scope.opened && !scope.closed) {
            scope.closed = true;
            call(
                    scope.plan().on(Occasion.CONNECTION_CLOSED),
                    call.about((LinkScope) null).because(condition));
        }
    }

    private void over(ConnectionScope scope, Call call, @Nullable ErrorCondition condition, CloseReason reason) {
        scope.over = true;
        Origin origin = scope.origin();
        // Each of them, whatever becomes of the others: or the connection would never be made again, or a stop never
        // end.
        try {
            connectionClosed(scope, call, condition);
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

    private static @Nullable ErrorCondition whyOver(Event event) {
        ErrorCondition condition = conditionOf(event.transport().getCondition());
        if (condition == null) {
            condition = conditionOf(event.connection().getRemoteCondition());
        }
        return condition == null ? conditionOf(event.connection().getCondition()) : condition;
    }

    /** proton-j has an empty condition where there is none. */
    private static @Nullable ErrorCondition conditionOf(@Nullable ErrorCondition condition) {
        return condition == null || condition.getCondition() == null ? null : condition;
    }

    // ---- sessions

    private void sessionClosed(Session session, Event event, ConnectionScope scope, Call call) {
        ErrorCondition condition = conditionOf(session.getRemoteCondition());
        call(scope.plan().on(event.type()), call.because(condition));
        for (LinkScope link : scope.links()) {
            if (link.link().getSession() == session) {
                linkOver(link, scope, call, condition);
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

    // ---- links

    private void linkOpened(Link link, ConnectionScope scope, Call call) {
        if (answers && scope.plan().mayReply()) {
            DefaultAnswers.nameReplyNode(link);
        }
        LinkScope known = new LinkScope(link, scope.plan(), scope.origin());
        call(known.on(EventType.LINK_REMOTE_OPEN), call.about(known));
        boolean unanswered = link.getLocalState() == EndpointState.UNINITIALIZED;
        if (unanswered && answers && !isWelcome(known, scope)) {
            DefaultAnswers.refuse(link, known.address());
            return;
        }
        if (known.isOurs() && isRefusal(link)) {
            return; // its detach follows
        }
        known.opened = true;
        scope.add(known);
        if (link instanceof Sender sender) {
            sending.senderOpened(scope.role() == ConnectionRole.SERVER ? scope.name() : null, sender, known.address());
        } else if (link instanceof Receiver receiver) {
            sending.receiverOpened(
                    scope.role() == ConnectionRole.SERVER ? scope.name() : null, receiver, known.address());
        }
        call(known.on(Occasion.LINK_OPENED), call);
        if (answers) {
            DefaultAnswers.attach(link);
        }
        if (known.isUnread()) {
            Failures.logUnread(call);
        }
        messages.topUp(known);
        Origin origin = scope.origin();
        if (origin != null) {
            origin.linkOpened(link);
        }
    }

    private boolean isWelcome(LinkScope link, ConnectionScope scope) {
        if (DefaultAnswers.isCoordinator(link.link())) {
            return false;
        }
        if (DefaultAnswers.isReplyNode(link.link())
                || (link.link() instanceof Receiver && sending.expectsReplies(scope.name(), link.address()))) {
            return true;
        }
        Origin origin = scope.origin();
        return scope.plan().claims(link.link(), link.address()) || (origin != null && origin.autoAcceptLinks());
    }

    /** A peer refuses our link by an attach without the end that is a queue or topic; its detach says why (AMQP 2.6.3). */
    private static boolean isRefusal(Link link) {
        return link instanceof Receiver ? link.getRemoteSource() == null : link.getRemoteTarget() == null;
    }

    private void linkClosed(Event event, ConnectionScope scope, Call call) {
        Link link = event.link();
        LinkScope known = LinkScope.of(link);
        ErrorCondition condition = conditionOf(link.getRemoteCondition());
        if (known != null) {
            call(known.on(event.type()), call.about(known).because(condition));
            linkOver(known, scope, call, condition);
        }
        if (answers) {
            if (event.type() == EventType.LINK_REMOTE_DETACH) {
                DefaultAnswers.detach(link);
            } else {
                DefaultAnswers.close(link);
            }
        }
    }

    private void linkOver(LinkScope known, ConnectionScope scope, Call call, @Nullable ErrorCondition condition) {
        if (known.closed) {
            return;
        }
        known.closed = true;
        scope.remove(known);
        messages.over(known);
        if (known.opened) {
            call(known.on(Occasion.LINK_CLOSED), call.about(known).because(condition));
        }
        if (known.link() instanceof Sender sender) {
            sending.senderClosed(sender, condition);
        } else if (known.link() instanceof Receiver receiver) {
            sending.receiverClosed(receiver, condition);
        }
        Origin origin = scope.origin();
        if (origin != null) {
            origin.linkClosed(known.link(), condition);
        }
    }

    private void flow(Event event, ConnectionScope scope, Call call) {
        LinkScope known = LinkScope.of(event.link());
        if (known == null) {
            // Of a link whose attach is not answered: nothing can be sent yet.
            call(scope.plan().of(event.link(), "").on(event.type()), call);
            return;
        }
        call(known.on(event.type()), call.about(known));
        Sender sender = event.sender();
        if (sender != null) {
            sending.flow(sender);
            HandlerMethod[] methods = known.on(Occasion.SENDABLE);
            if (methods.length > 0 && proactor.sendable(sender) > 0) {
                call(methods, call);
            }
            if (answers && sender.getDrain() && proactor.sendable(sender) > 0 && sending.isIdle(sender)) {
                sender.drained(); // whoever had something to send has sent it (AMQP 2.6.7)
            }
        }
    }

    // ---- deliveries

    private void delivery(Event event, ConnectionScope scope, Call call) {
        LinkScope link = LinkScope.of(event.link());
        if (link == null) {
            return;
        }
        Delivery delivery = event.delivery();
        if (delivery.getLink() instanceof Receiver of && of.current() == delivery && !delivery.isPartial()) {
            scope.received++;
        }
        call(link.on(EventType.DELIVERY), call.about(link).about(delivery));
        Receiver receiver = event.receiver();
        if (receiver == null) {
            settled(link, scope, delivery, call);
        } else if (sending.takes(receiver)) {
            sending.arrived(receiver, delivery);
        } else if (link.messages() != null && !link.closed) {
            messages.arrived(call, link, link.messages(), receiver, delivery);
            messages.topUp(link);
        }
    }

    private void settled(LinkScope link, ConnectionScope scope, Delivery delivery, Call call) {
        if (delivery.isSettled() || !(delivery.remotelySettled() || hasOutcome(delivery))) {
            return;
        }
        scope.delivered++;
        sending.settled(delivery);
        call(link.on(Occasion.SETTLED), call);
        if (!delivery.isSettled()) {
            delivery.settle();
        }
    }

    /** {@return whether the peer has given a delivery of ours its outcome} In a transaction that is one for when it is committed. */
    private static boolean hasOutcome(Delivery delivery) {
        DeliveryState state = delivery.getRemoteState();
        return state instanceof Outcome || (state instanceof TransactionalState in && in.getOutcome() != null);
    }

    // ---- calling

    private void call(HandlerMethod[] methods, Call call) {
        for (HandlerMethod method : methods) {
            try {
                Object nothing = method.invoke(call);
                assert nothing == null;
            } catch (Throwable failure) {
                failed(method, failure, call);
            }
        }
    }

    private void failed(HandlerMethod method, Throwable failure, Call call) {
        Verdict verdict = failures.judge(method, failure, call);
        if (verdict.kind() == Verdict.Kind.IGNORE || verdict.kind() == Verdict.Kind.OUTCOME) {
            return;
        }
        if (call.connection() == null) {
            failures.log(method, failure, call, "the event counts as handled");
        } else {
            failures.log(method, failure, call, "the connection is closed with amqp:internal-error");
            closeConnection(call);
        }
    }

    private static void closeConnection(Call call) {
        Connection connection = call.connection();
        if (connection != null) {
            DefaultAnswers.fail(connection);
        }
    }
}
