package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.internal.text.PeerText;
import java.util.UUID;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.transaction.Coordinator;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;

/**
 * What is answered where no handler has answered: what the peer opens is opened, what it closes is closed, and links that
 * nobody claims are refused.
 */
final class DefaultAnswers {

    private static final Symbol NOT_FOUND = Symbol.valueOf("amqp:not-found");
    private static final Symbol NOT_IMPLEMENTED = Symbol.valueOf("amqp:not-implemented");
    private static final Symbol INTERNAL_ERROR = Symbol.valueOf("amqp:internal-error");

    private DefaultAnswers() {}

    /** The peer has opened a connection or a session. */
    static void open(Endpoint endpoint) {
        if (endpoint.getLocalState() == EndpointState.UNINITIALIZED) {
            endpoint.open();
        }
    }

    /** The peer has closed a connection, a session or a link. */
    static void close(Endpoint endpoint) {
        if (endpoint.getLocalState() == EndpointState.UNINITIALIZED) {
            endpoint.open(); // a close answers only what was opened
        }
        if (endpoint.getLocalState() != EndpointState.CLOSED) {
            endpoint.close();
        }
    }

    /** The peer has detached a link and wants to keep it. We keep none: no state of a link outlives it here. */
    static void detach(Link link) {
        close(link);
    }

    /** A peer's link that somebody wants. */
    static void attach(Link link) {
        if (link.getLocalState() == EndpointState.UNINITIALIZED) {
            if (!isReplyNode(link)) {
                link.setSource(link.getRemoteSource());
            }
            link.setTarget(link.getRemoteTarget());
            link.setSenderSettleMode(link.getRemoteSenderSettleMode());
            link.setReceiverSettleMode(link.getRemoteReceiverSettleMode());
            link.open();
        }
    }

    /** A peer asks for an address of its own to receive replies from (AMQP 3.5.3, dynamic): it gets one that nobody guesses. */
    static void nameReplyNode(Link link) {
        if (link instanceof Sender
                && link.getLocalState() == EndpointState.UNINITIALIZED
                && link.getRemoteSource() instanceof Source asked
                && asked.getDynamic()) {
            Source node = (Source) asked.copy();
            node.setAddress("reply-" + UUID.randomUUID());
            link.setSource(node);
        }
    }

    /** {@return whether it was given an address by {@link #nameReplyNode}} */
    static boolean isReplyNode(Link link) {
        return link instanceof Sender
                && link.getLocalState() == EndpointState.UNINITIALIZED
                && link.getSource() instanceof Source source
                && source.getDynamic();
    }

    /** {@return whether a peer's link asks for transactions, which we have not} */
    static boolean isCoordinator(Link link) {
        return link.getRemoteTarget() instanceof Coordinator;
    }

    /** A peer's link that nobody wants: it is answered with no source or target and closed with the reason (AMQP 2.6.3). */
    static void refuse(Link link, String address) {
        boolean transactions = isCoordinator(link);
        link.setSource(null);
        link.setTarget(null);
        link.open();
        link.setCondition(
                transactions
                        ? new ErrorCondition(NOT_IMPLEMENTED, "transactions are not offered here")
                        : new ErrorCondition(
                                NOT_FOUND,
                                "there is nothing at address '" + PeerText.name(address) + "' for such a link"));
        link.close();
    }

    /** A handler of ours has failed. */
    static void fail(Connection connection) {
        if (connection.getLocalState() == EndpointState.CLOSED) {
            return;
        }
        open(connection);
        connection.setCondition(new ErrorCondition(INTERNAL_ERROR, "the application failed to handle an event"));
        connection.close();
    }

    /** The peer has ended a session. */
    static void end(Session session) {
        close(session);
    }
}
