package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.Occasion;
import dev.proactor.spring.boot.internal.send.Sending;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;

/**
 * What is done about events of links, from the peer's attach to the end: which of its links the peer may attach, when a link counts as
 * opened and as closed, and what may be sent on it. Called in the connection's sequence; what is known of a link is in its {@link LinkScope}.
 */
final class LinkEvents {

    private final Proactor proactor;
    private final Handlers handlers;
    private final Messages messages;
    private final Sending sending;
    private final boolean answers;

    LinkEvents(Proactor proactor, Handlers handlers, Messages messages, Sending sending, boolean answers) {
        this.proactor = proactor;
        this.handlers = handlers;
        this.messages = messages;
        this.sending = sending;
        this.answers = answers;
    }

    /** The peer's attach has come: to a link of ours, or it asks for one of its own. */
    void opened(Link link, ConnectionScope scope, Call call) {
        if (answers && scope.plan().mayReply()) {
            DefaultAnswers.nameReplyNode(link);
        }
        LinkScope known = new LinkScope(link, scope.plan(), scope.origin());
        handlers.call(known.on(EventType.LINK_REMOTE_OPEN), call.about(known));
        boolean unanswered = link.getLocalState() == EndpointState.UNINITIALIZED;
        if (unanswered && answers && !isWelcome(known, scope)) {
            DefaultAnswers.refuse(link, known.address());
            return;
        }
        if (known.isOurs() ? isRefusal(link) : isRefusedHere(link)) {
            return; // the peer's detach follows
        }
        known.opened = true;
        scope.add(known);
        if (link instanceof Sender sender) {
            sending.senderOpened(scope.role() == ConnectionRole.SERVER ? scope.name() : null, sender, known.address());
        } else if (link instanceof Receiver receiver) {
            sending.receiverOpened(
                    scope.role() == ConnectionRole.SERVER ? scope.name() : null, receiver, known.address());
        }
        handlers.call(known.on(Occasion.LINK_OPENED), call);
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

    /** A handler refuses a peer's link by closing it at once. */
    private static boolean isRefusedHere(Link link) {
        return link.getLocalState() == EndpointState.CLOSED;
    }

    /** We have made, opened, closed or detached a link, or the peer begins one. */
    void local(Event event, ConnectionScope scope, Call call) {
        LinkScope known = LinkScope.of(event.link());
        if (known == null) {
            if (event.type() == EventType.LINK_INIT) {
                LinkScope.begins(event.link());
            }
            unattached(event, scope, call);
            return;
        }
        EventType type = event.type();
        boolean leaves = type == EventType.LINK_LOCAL_CLOSE || type == EventType.LINK_LOCAL_DETACH;
        if (leaves && !known.isOurs() && known.link() instanceof Sender sender) {
            sending.senderLeaves(sender, Conditions.of(sender.getCondition()));
        }
        handlers.call(known.on(type), call.about(known));
        if (type == EventType.LINK_LOCAL_OPEN) {
            messages.topUp(known); // it may have been opened long after the peer's attach came
            sendWhatWaited(known, call);
        }
    }

    /** A connection is opened at this end; where handlers answer by themselves its links may have been opened before. */
    void connectionOpened(Event event, ConnectionScope scope, Call call) {
        handlers.call(scope.plan().on(event.type()), call);
        if (scope.hasLinks()) {
            for (LinkScope known : scope.links()) {
                sendWhatWaited(known, call);
            }
        }
    }

    private void sendWhatWaited(LinkScope known, Call call) {
        if (known.heldUp && known.link() instanceof Sender sender) {
            send(known, sender, call.about(known));
        }
    }

    /** The peer's attach has not come, or is the next event: what else is known of a link begins with that. */
    private void unattached(Event event, ConnectionScope scope, Call call) {
        Link link = event.link();
        String address = LinkScope.addressOf(link);
        handlers.call(scope.plan().of(link, address).on(event.type()), call.about(link, address));
    }

    /** The peer has closed or detached a link. */
    void closed(Event event, ConnectionScope scope, Call call) {
        Link link = event.link();
        LinkScope known = LinkScope.of(link);
        ErrorCondition condition = Conditions.of(link.getRemoteCondition());
        if (known != null) {
            handlers.call(known.on(event.type()), call.about(known).because(condition));
            over(known, scope, call, condition);
        }
        if (answers) {
            if (event.type() == EventType.LINK_REMOTE_DETACH) {
                DefaultAnswers.detach(link);
            } else {
                DefaultAnswers.close(link);
            }
        }
    }

    /** A link is over: by its own end, or by that of its session or connection. Does nothing the second time. */
    void over(LinkScope known, ConnectionScope scope, Call call, @Nullable ErrorCondition condition) {
        if (known.closed) {
            return;
        }
        known.closed = true;
        scope.remove(known);
        messages.over(known);
        if (known.opened) {
            handlers.call(known.on(Occasion.LINK_CLOSED), call.about(known).because(condition));
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

    /** A link's credit has changed, or there is room for output again. */
    void flow(Event event, ConnectionScope scope, Call call) {
        LinkScope known = LinkScope.of(event.link());
        if (known == null) {
            unattached(event, scope, call); // nothing can be sent yet
            return;
        }
        handlers.call(known.on(event.type()), call.about(known));
        Sender sender = event.sender();
        if (sender != null) {
            send(known, sender, call);
        }
    }

    /** Whoever has something to send may send it now. */
    private void send(LinkScope known, Sender sender, Call call) {
        known.heldUp = !answers && proactor.sendable(sender) == 0; // what we answer is open by now
        sending.flow(sender);
        HandlerMethod[] methods = known.on(Occasion.SENDABLE);
        if (methods.length > 0 && proactor.sendable(sender) > 0) {
            handlers.call(methods, call);
        }
        if (answers && sender.getDrain() && proactor.sendable(sender) > 0 && sending.isIdle(sender)) {
            sender.drained(); // whoever had something to send has sent it (AMQP 2.6.7)
        }
    }
}
