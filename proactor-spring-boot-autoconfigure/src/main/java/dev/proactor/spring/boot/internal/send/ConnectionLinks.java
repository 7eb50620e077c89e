package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.LinkRefusedException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * The template's links on one connection that we make: one session, and a sender for each address that is in use. Belongs to the
 * owner of the connection's batch.
 */
final class ConnectionLinks {

    /** As many links as every peer can count whose {@code handle-max} is one byte. */
    static final int MAX_LINKS = 256;

    private static final String KEY = ConnectionLinks.class.getName();

    private final Proactor proactor;
    private final Outbox outbox;
    private final Connection connection;
    private final Supplier<String> linkNames;

    /** By address, the one that was used last at the end. */
    private final Map<String, OutgoingLink> links = new LinkedHashMap<>(16, 0.75f, true);

    /** What waits for a link, because all are in use. */
    private final Set<WaitingMessages> unlinked = new LinkedHashSet<>();

    /** Links that we have closed and the peer has not. */
    private final Set<OutgoingLink> closing = new HashSet<>();

    private @Nullable Session session;

    /** Where answers come; {@code null} if nobody asked, or the peer has closed it. */
    private @Nullable Receiver replies;

    private boolean over;

    ConnectionLinks(Proactor proactor, Outbox outbox, Connection connection, Supplier<String> linkNames) {
        this.proactor = proactor;
        this.outbox = outbox;
        this.connection = connection;
        this.linkNames = linkNames;
        connection.attachments().set(KEY, ConnectionLinks.class, this);
    }

    static @Nullable ConnectionLinks of(Connection connection) {
        return connection.attachments().get(KEY, ConnectionLinks.class);
    }

    /** {@return the connection} Any thread. */
    Connection connection() {
        return connection;
    }

    /** {@return whose messages go over these links} Any thread. */
    Outbox outbox() {
        return outbox;
    }

    /** Sends what waits for an address, and attaches a link to it first if there is none. */
    void pump(WaitingMessages waiting) {
        OutgoingLink link = links.get(waiting.address());
        if (link != null && isEnded(link.sender().getSession())) {
            closed(link, null); // the peer ended the session before it answered the attach
            link = null;
        }
        if (link != null) {
            link.pump();
        } else if (waiting.isEmpty()) {
            outbox.discard(waiting);
        } else if (isAlive()) {
            if (isRoom()) {
                attach(waiting);
            } else {
                unlinked.add(waiting);
                if (unlinked.size() > 2 * outbox.pending().count() + MAX_LINKS) {
                    unlinked.removeIf(WaitingMessages::isEmpty); // their time was over
                }
                closeIdle();
            }
        }
    }

    /** A link that is being closed has its place until the peer has closed it too: attaches overtake detaches on their way out. */
    private boolean isRoom() {
        return links.size() + closing.size() < MAX_LINKS;
    }

    /** {@return whether it is worth while to attach something} */
    boolean isAlive() {
        return !over
                && connection.getLocalState() != EndpointState.CLOSED
                && connection.getRemoteState() != EndpointState.CLOSED
                && proactor.closeReason(connection) == null;
    }

    private static boolean isEnded(Session session) {
        return session.getRemoteState() == EndpointState.CLOSED || session.getLocalState() == EndpointState.CLOSED;
    }

    private void attach(WaitingMessages waiting) {
        Sender sender = session().sender(linkNames.get());
        OutgoingLink link = new OutgoingLink(proactor, sender, waiting);
        if (!waiting.link(link)) {
            sender.free(); // its last message timed out just now
            return;
        }
        Source source = new Source();
        source.setAddress(outbox.name());
        Target target = new Target();
        target.setAddress(waiting.address());
        sender.setSource(source);
        sender.setTarget(target);
        sender.setSenderSettleMode(SenderSettleMode.UNSETTLED); // or there would be no outcome to tell
        links.put(waiting.address(), link);
        sender.open();
    }

    /** Asks the peer for an address where answers come, unless it was asked. */
    void openReplies() {
        if (replies != null || !isAlive()) {
            return;
        }
        Receiver receiver = session().receiver(linkNames.get());
        replies = receiver;
        Source source = new Source();
        source.setDynamic(true);
        receiver.setSource(source);
        Target target = new Target();
        target.setAddress(outbox.name());
        receiver.setTarget(target);
        outbox.replyLink(receiver);
        receiver.open();
    }

    /** The peer has closed a link for answers. {@return whether it was the one of now: it may be asked again} */
    boolean repliesClosed(Receiver receiver) {
        if (replies != receiver) {
            return false;
        }
        replies = null;
        return true;
    }

    /** The peer has ended a session. Links that it had not attached get no word of their own. */
    void sessionEnded(Session ended, @Nullable ErrorCondition condition) {
        links.values().stream()
                .filter(link -> link.sender().getSession() == ended)
                .findFirst()
                .ifPresent(link -> closed(link, condition)); // and with it the others
        Receiver unanswered = replies;
        if (unanswered != null && unanswered.getSession() == ended) {
            outbox.repliesClosed(unanswered, condition);
        }
    }

    private Session session() {
        Session current = session;
        if (current == null || isEnded(current)) {
            current = connection.session();
            current.open();
            session = current;
        }
        return current;
    }

    /** Makes room for one that waits, if need be: closes the idle link that was not used for longest. */
    private void closeIdle() {
        if (closing.size() >= unlinked.size()) {
            return;
        }
        for (OutgoingLink link : links.values()) {
            if (link.isIdle()) {
                links.remove(link.waiting().address());
                closing.add(link);
                link.close();
                outbox.discard(link.waiting());
                return;
            }
        }
    }

    private void useRoom() {
        while (isRoom() && !unlinked.isEmpty()) {
            WaitingMessages next = unlinked.iterator().next();
            unlinked.remove(next);
            pump(next);
        }
    }

    /** A link has nothing to do: another address may have its place. */
    void idle(OutgoingLink link) {
        if (isAlive()) {
            Sender sender = link.sender();
            if (sender.getDrain() && sender.getCredit() > 0) {
                sender.drained();
            }
            closeIdle();
        }
    }

    /** A link was refused or closed by the peer, or its session or connection is over. */
    void closed(OutgoingLink link, @Nullable ErrorCondition condition) {
        if (!isAlive()) {
            lost(link, condition);
            return;
        }
        if (link.isClosing()) {
            link.over("we closed it");
            closing.remove(link);
            useRoom();
            return;
        }
        Session of = link.sender().getSession();
        boolean ended = isEnded(of);
        String what = ended
                ? "the peer ended the session"
                : link.isAttached() ? "the peer closed the link" : "the peer refused the link";
        String why = what + PeerText.because(condition);
        links.remove(link.waiting().address(), link);
        link.over(why);
        if (ended) {
            of.close();
        } else {
            link.sender().close();
        }
        for (OutgoingMessage message : link.waiting().drain()) {
            message.failUnsent(() -> new LinkRefusedException(link.about(message) + " was not sent: " + why
                    + ". Check that the address exists there and that we may send to it"));
        }
        outbox.discard(link.waiting());
        if (ended) {
            // Links that were not attached yet get no word of their own.
            closing.removeIf(other -> other.sender().getSession() == of);
            for (OutgoingLink other : new ArrayList<>(links.values())) {
                if (other.sender().getSession() == of) {
                    closed(other, condition);
                }
            }
        }
        useRoom();
    }

    private void lost(OutgoingLink link, @Nullable ErrorCondition condition) {
        links.remove(link.waiting().address(), link);
        link.over("the connection was lost" + PeerText.because(condition));
        outbox.discard(link.waiting());
    }

    /** The connection is over. What waits goes on waiting, for the next one. */
    void over() {
        over = true;
        for (OutgoingLink link : new ArrayList<>(links.values())) {
            lost(link, connection.getRemoteCondition());
        }
        unlinked.clear();
    }
}
