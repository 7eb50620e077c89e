package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.NoCreditException;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Receiver;
import org.jspecify.annotations.Nullable;

/**
 * What is to be sent over one named connection, by address. It outlives each of the connections that bear the name in turn; only
 * {@link ConnectionLinks} belong to one. Thread-safe.
 */
final class Outbox implements Lane {

    private final String name;
    private final Proactor proactor;
    private final ProactorConnections connections;
    private final Pending pending;
    private final Requests requests;
    private final Supplier<String> linkNames;
    private final Map<String, WaitingMessages> waiting = new ConcurrentHashMap<>();

    private final Transactions transactions;

    private final Object replyLock = new Object();

    /** Where answers come, as far as that is known. Guarded by replyLock. */
    private @Nullable String replyAddress;

    /** Who waits for that to be known. Guarded by replyLock. */
    private final Set<CompletableFuture<String>> asking = new LinkedHashSet<>();

    /**
     * The links of now; {@code null} between two connections. Where a name was removed and given again there may be an older connection
     * that is still being closed. Set under replyLock.
     */
    private volatile @Nullable ConnectionLinks links;

    Outbox(
            String name,
            Proactor proactor,
            ProactorConnections connections,
            int maxPending,
            Requests requests,
            Supplier<String> linkNames) {
        this.name = name;
        this.proactor = proactor;
        this.connections = connections;
        this.pending = new Pending(maxPending);
        this.requests = requests;
        this.linkNames = linkNames;
        this.transactions = new Transactions(proactor, this, linkNames);
    }

    /** {@return its transactions} */
    Transactions transactions() {
        return transactions;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public @Nullable String server() {
        ConnectionLinks now = links;
        InetSocketAddress peer = now == null ? null : proactor.remoteAddress(now.connection());
        return peer == null ? null : peer.getHostString();
    }

    @Override
    public Pending pending() {
        return pending;
    }

    @Override
    public String describe() {
        return "connection '" + name + "'";
    }

    // ---- from any thread

    @Override
    public boolean isHeldUpHere(String address) {
        ConnectionLinks now = links;
        return now != null && HandlingThread.handles(now.connection());
    }

    @Override
    public void submit(OutgoingMessage message) {
        WaitingMessages place;
        do {
            place = waiting.computeIfAbsent(message.address, address -> new WaitingMessages(this, address));
            message.place(place);
        } while (!place.add(message));
        pumpSoon(place);
    }

    /** Leads into the connection's sequence. Without a connection, the next one looks at everything that waits. */
    private void pumpSoon(WaitingMessages place) {
        ConnectionLinks now = links;
        if (now == null || !place.ask()) {
            return;
        }
        try {
            proactor.execute(now.connection(), () -> {
                place.answered();
                if (now == links) {
                    now.pump(place);
                } else {
                    pumpSoon(place);
                }
            });
        } catch (RejectedExecutionException over) {
            place.answered();
            if (now != links) {
                pumpSoon(place); // the next one had begun before this was asked, and others rely on that
            }
        }
    }

    @Override
    public void removedFrom(WaitingMessages place) {
        discard(place);
    }

    @Override
    public CompletableFuture<String> replyAddress() {
        CompletableFuture<String> asker = new CompletableFuture<>();
        synchronized (replyLock) {
            if (replyAddress != null) {
                return CompletableFuture.completedFuture(replyAddress);
            }
            asking.add(asker);
        }
        var unused = asker.whenComplete((address, failure) -> {
            synchronized (replyLock) {
                asking.remove(asker);
            }
        });
        ConnectionLinks now = links;
        if (now != null) {
            try {
                proactor.execute(now.connection(), now::openReplies);
            } catch (RejectedExecutionException over) {
                // The next connection looks.
            }
        }
        return asker;
    }

    /** Forgets an address that nothing waits for and no link leads to: there may be any number of them in time. */
    void discard(WaitingMessages place) {
        if (place.closeIfUnused()) {
            waiting.remove(place.address(), place);
        }
    }

    // ---- in the connection's sequence

    void begins(Connection connection) {
        ConnectionLinks now;
        boolean known;
        boolean asked;
        synchronized (replyLock) {
            if (!isOfName(connection)) {
                return; // it was removed before it began, and another one has its name
            }
            now = new ConnectionLinks(proactor, this, connection, linkNames);
            links = now;
            known = replyAddress != null;
            replyAddress = null;
            asked = !asking.isEmpty();
        }
        if (known) {
            repliesLost();
        }
        for (WaitingMessages place : waiting.values()) {
            place.answered();
            now.pump(place);
        }
        transactions.begins(now);
        if (asked) {
            now.openReplies();
        }
    }

    private boolean isOfName(Connection connection) {
        try {
            Connection known = connections.get(name).connection();
            return known == null || known == connection;
        } catch (IllegalArgumentException removed) {
            return true;
        }
    }

    void replyLink(Receiver receiver) {
        new ReplyLink(proactor, receiver, this, requests).giveCredit();
    }

    /** The peer has answered the attach of the link for answers. */
    void repliesOpened(Receiver receiver) {
        String address = receiver.getRemoteSource() instanceof Source source ? source.getAddress() : null;
        if (address == null) {
            receiver.close();
            repliesClosed(receiver, null);
            return;
        }
        List<CompletableFuture<String>> told;
        synchronized (replyLock) {
            if (links == null || links.connection() != receiver.getSession().getConnection()) {
                return;
            }
            replyAddress = address;
            told = List.copyOf(asking);
            asking.clear();
        }
        told.forEach(asker -> asker.complete(address));
    }

    /** The link for answers was refused, or is over. */
    void repliesClosed(Receiver receiver, @Nullable ErrorCondition condition) {
        Connection connection = receiver.getSession().getConnection();
        ConnectionLinks of = ConnectionLinks.of(connection);
        if (of == null || of != links || !of.isAlive() || !of.repliesClosed(receiver)) {
            return; // told by over()
        }
        String why =
                describe() + " gives no address for answers: the peer refused or closed a link with a dynamic source"
                        + PeerText.because(condition);
        noReplies(new LinkRefusedException(why));
    }

    private void noReplies(SendException why) {
        List<CompletableFuture<String>> told;
        synchronized (replyLock) {
            replyAddress = null;
            told = List.copyOf(asking);
            asking.clear();
        }
        told.forEach(asker -> asker.completeExceptionally(why));
        requests.fail(this, () -> why);
    }

    /** The address for answers was of a connection that is no more. */
    private void repliesLost() {
        requests.fail(
                this,
                () -> new SendException("the connection '" + name
                        + "' was lost before the answer came: the request may have been handled or not"));
    }

    void over(ConnectionLinks gone) {
        boolean known = false;
        synchronized (replyLock) {
            if (links == gone) {
                links = null;
                known = replyAddress != null;
                replyAddress = null;
            }
        }
        if (known) {
            repliesLost();
        }
        transactions.over(gone.connection(), gone.connection().getRemoteCondition());
        gone.over();
    }

    @Override
    public void idle(OutgoingLink link) {
        ConnectionLinks of = ConnectionLinks.of(link.connection());
        if (of != null) {
            of.idle(link);
        }
    }

    @Override
    public void closed(OutgoingLink link, @Nullable ErrorCondition condition) {
        ConnectionLinks of = ConnectionLinks.of(link.connection());
        if (of != null) {
            of.closed(link, condition);
        }
    }

    // ---- words

    @Override
    public SendException notSentInTime(OutgoingMessage message, WaitingMessages place) {
        String begin = OutgoingLink.about(message, this) + " was not sent within " + message.timeout + ": ";
        String notOpen = whyNotOpen();
        if (notOpen != null) {
            return new SendTimeoutException(begin + notOpen, false);
        }
        if (place.isUnlooked(message)) {
            return new SendTimeoutException(
                    begin
                            + "all that time no thread came to it. A handler of this connection has not returned, and may be"
                            + " waiting for this very message; or all threads are in handlers (proactor.threads)",
                    false);
        }
        OutgoingLink link = place.link();
        if (link == null) {
            return new SendTimeoutException(
                    begin + "no link to the address was free; up to " + ConnectionLinks.MAX_LINKS
                            + " addresses of a connection can be in use at once",
                    false);
        }
        if (!link.isAttached()) {
            return new SendTimeoutException(begin + "the peer did not answer the attach of the link", false);
        }
        return new NoCreditException(begin + "the peer gave no credit, or takes its data more slowly than we send."
                + " Check whether the queue is full or a consumer is missing");
    }

    /** {@return why something could not be done: that the connection is not open, or else what is said} Any thread. */
    String whyNot(String otherwise) {
        String notOpen = whyNotOpen();
        return notOpen == null ? otherwise : notOpen;
    }

    private @Nullable String whyNotOpen() {
        NamedConnection.Status status = status();
        if (status == null) {
            return "the connection was removed";
        }
        if (status.state() == NamedConnection.State.OPEN) {
            return null;
        }
        String error = status.lastError();
        return "the connection is " + status.state() + " since " + status.since() + ", after " + status.attempts()
                + " attempts" + (error == null ? "" : ", last error: " + error)
                + ". Check that its peer is up and proactor.connections." + name;
    }

    @Override
    public SendException noOutcomeInTime(OutgoingMessage message) {
        return new SendTimeoutException(
                OutgoingLink.about(message, this) + " was sent, but the peer gave no outcome within " + message.timeout
                        + ": it may have the message or not",
                true);
    }

    private NamedConnection.@Nullable Status status() {
        try {
            return connections.get(name).status();
        } catch (IllegalArgumentException removed) {
            return null;
        }
    }
}
