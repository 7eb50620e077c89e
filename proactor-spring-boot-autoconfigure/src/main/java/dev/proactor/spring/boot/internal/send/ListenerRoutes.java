package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.NoCreditException;
import dev.proactor.spring.boot.template.NoReceiverException;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;

/**
 * The links that peers of one listener attached to receive from us, by address. A message goes to the one that was attached last.
 * Thread-safe; its lock is a leaf.
 */
final class ListenerRoutes implements Lane {

    private final String name;
    private final Proactor proactor;
    private final int maxPending;
    private final Pending pending;

    /** The lanes to single peers. */
    private final Set<PeerLane> peers = ConcurrentHashMap.newKeySet();

    private final String replies = "replies/" + UUID.randomUUID();

    /** Guarded by itself; the newest link at the end. */
    private final Map<String, List<OutgoingLink>> routes = new HashMap<>();

    ListenerRoutes(String name, Proactor proactor, int maxPending) {
        this.name = name;
        this.proactor = proactor;
        this.maxPending = maxPending;
        this.pending = new Pending(maxPending);
    }

    /** {@return the way to one peer only} In the sequence of its connection, which is alive. */
    PeerLane to(Connection connection) {
        PeerLane known = PeerLane.of(connection);
        if (known == null) {
            known = new PeerLane(this, connection, maxPending);
            peers.add(known);
        }
        return known;
    }

    /** That peer is gone. */
    void forget(PeerLane peer) {
        peers.remove(peer);
    }

    /** {@return this, and the lanes to single peers} */
    Stream<Lane> lanes() {
        return Stream.concat(Stream.of(this), peers.stream());
    }

    @Override
    public Pending pending() {
        return pending;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String describe() {
        return "listener '" + name + "'";
    }

    // ---- from any thread

    @Override
    public boolean isHeldUpHere(String address) {
        OutgoingLink link = newest(address, null);
        return link != null && HandlingThread.handles(link.connection());
    }

    @Override
    public void submit(OutgoingMessage message) {
        submit(message, null);
    }

    /** As {@link #submit(OutgoingMessage)}, to one peer only. */
    void submit(OutgoingMessage message, @Nullable Connection only) {
        for (OutgoingLink link; (link = newest(message.address, only)) != null; ) {
            WaitingMessages place = link.waiting();
            message.place(place);
            if (place.add(message)) {
                pumpSoon(link);
                return;
            }
            // It was closed meanwhile, and is a route no more.
        }
        message.failUnsent(() -> new NoReceiverException(
                OutgoingLink.about(message, this) + " was not sent: no peer receives from that address now"));
    }

    private @Nullable OutgoingLink newest(String address, @Nullable Connection only) {
        synchronized (routes) {
            List<OutgoingLink> links = routes.getOrDefault(address, List.of());
            for (int i = links.size() - 1; i >= 0; i--) {
                if (only == null || links.get(i).connection() == only) {
                    return links.get(i);
                }
            }
            return null;
        }
    }

    private void pumpSoon(OutgoingLink link) {
        WaitingMessages place = link.waiting();
        if (!place.ask()) {
            return;
        }
        try {
            proactor.execute(link.connection(), () -> {
                place.answered();
                link.pump();
            });
        } catch (RejectedExecutionException over) {
            place.answered(); // what waits is failed when the link is told to be over
        }
    }

    @Override
    public void removedFrom(WaitingMessages place) {
        // It lives as long as its link.
    }

    // ---- in the sequence of the link's connection

    void opened(Sender sender, String address) {
        WaitingMessages place = new WaitingMessages(this, address);
        OutgoingLink link = new OutgoingLink(proactor, sender, place);
        place.link(link);
        link.attached();
        synchronized (routes) {
            routes.computeIfAbsent(address, any -> new ArrayList<>(1)).add(link);
        }
    }

    /** {@return where peers send answers to: an address of this process, that nobody guesses} */
    String replies() {
        return replies;
    }

    @Override
    public CompletableFuture<String> replyAddress() {
        return CompletableFuture.completedFuture(replies);
    }

    @Override
    public void idle(OutgoingLink link) {
        // Whose link it is decides how long it stays.
    }

    /**
     * A handler closes a link. The peer may never answer that, and nothing goes that way any more; but what was sent may still have its
     * outcome.
     */
    void leaves(OutgoingLink link, @Nullable ErrorCondition condition) {
        unroute(link);
        String why = "a handler closed the link of the peer that receives from there" + PeerText.because(condition);
        failWaiting(link, why, NoReceiverException::new);
    }

    @Override
    public void closed(OutgoingLink link, @Nullable ErrorCondition condition) {
        unroute(link);
        Connection connection = link.connection();
        boolean lost = connection.getRemoteState() == EndpointState.CLOSED
                || connection.getLocalState() == EndpointState.CLOSED
                || proactor.closeReason(connection) != null;
        String why =
                (lost ? "the connection of the peer that receives from there was lost" : "the peer closed its link")
                        + PeerText.because(condition);
        link.over(why);
        failWaiting(link, why, lost ? NoReceiverException::new : LinkRefusedException::new);
    }

    private void unroute(OutgoingLink link) {
        String address = link.waiting().address();
        synchronized (routes) {
            List<OutgoingLink> links = routes.get(address);
            if (links != null && links.remove(link) && links.isEmpty()) {
                routes.remove(address);
            }
        }
    }

    private static void failWaiting(OutgoingLink link, String why, Function<String, SendException> failure) {
        for (OutgoingMessage message : link.waiting().close()) {
            message.failUnsent(() -> failure.apply(link.about(message) + " was not sent: " + why));
        }
    }

    // ---- words

    @Override
    public SendException notSentInTime(OutgoingMessage message, WaitingMessages place) {
        if (place.isUnlooked(message)) {
            return new SendTimeoutException(
                    OutgoingLink.about(message, this) + " was not sent within " + message.timeout
                            + ": all that time no thread came to it. A handler of that peer's connection has not returned, and may be"
                            + " waiting for this very message; or all threads are in handlers (proactor.threads)",
                    false);
        }
        return new NoCreditException(OutgoingLink.about(message, this) + " was not sent within " + message.timeout
                + ": the peer that receives from there gave no credit, or takes its data more slowly than we send");
    }

    @Override
    public SendException noOutcomeInTime(OutgoingMessage message) {
        return new SendTimeoutException(
                OutgoingLink.about(message, this) + " was sent, but the peer gave no outcome within " + message.timeout
                        + ": it may have the message or not",
                true);
    }
}
