package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.EventType;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery;
import dev.proactor.spring.boot.handler.Occasion;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.messaging.Terminus;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Record;
import org.jspecify.annotations.Nullable;

/**
 * What the starter knows of a link whose {@code attach} has come: its address, its handlers, its credit. Belongs to the owner of the
 * connection's batch.
 */
final class LinkScope {

    private static final String KEY = LinkScope.class.getName();
    private static final String PEERS = KEY + ".peers";

    /** How many messages may be under way on a link of a connection that has no properties. */
    private static final int CREDIT = 1000;

    private final Link link;
    private final String address;
    private final boolean ours;
    private final Plan plan;
    private final @Nullable HandlerMethod messages;

    /** How many messages may be under way; 0 where it is not ours to say. */
    private final int credit;

    /** How many messages may have no outcome, with those for which there is credit. */
    private final int maxUnsettled;

    private final @Nullable Redelivery redelivery;

    /** Who may pause it, or {@code null} if nobody can. */
    private final @Nullable Origin pausedBy;

    /** Its credit was taken back. */
    private boolean paused;

    /** Messages that have no outcome, or whose answers have none. */
    private int promised;

    /** Those that a stage will settle, or the end of a delay. */
    private final Set<InFlight.Ticket> tickets = new HashSet<>(0);

    /** Messages that a handler will settle. */
    private final List<Delivery> held = new ArrayList<>();

    /** Where its messages are counted while handlers have them. */
    private InFlight.@Nullable Tally tally;

    /** The complete delivery that was counted last, while it is the current one: there may be news of it again. */
    @Nullable Delivery counted;

    boolean opened;
    boolean closed;

    /** Nothing could be sent when its credit came: this end of it, or of its connection, may not have been open yet. */
    boolean heldUp;

    LinkScope(Link link, Plan ofConnection, @Nullable Origin origin) {
        this.link = link;
        this.ours = isOurs(link);
        this.address = addressOf(link, ours);
        this.plan = ofConnection.of(link, address);
        this.messages = link instanceof Receiver ? plan.messagesOf(address) : null;
        ReceiverSpec declared = origin == null ? null : origin.receiver(link);
        this.redelivery = declared == null ? null : declared.redelivery();
        this.pausedBy = declared == null ? null : origin;
        this.credit = messages == null
                ? 0
                : declared != null ? declared.credit() : origin == null ? CREDIT : origin.credit(link);
        this.maxUnsettled = declared == null || declared.maxUnsettled() == 0 ? credit : declared.maxUnsettled();
        record(link).set(KEY, LinkScope.class, this);
    }

    static @Nullable LinkScope of(Link link) {
        return record(link).get(KEY, LinkScope.class);
    }

    /** The address of a link that may not be attached at both ends. */
    static String addressOf(Link link) {
        LinkScope known = of(link);
        return known == null ? addressOf(link, isOurs(link)) : known.address();
    }

    /** A link begins its life: who attaches it first shows now, and no more once a method has opened a peer's. */
    static void begins(Link link) {
        if (!isOurs(link)) {
            record(link).set(PEERS, Boolean.class, true);
        }
    }

    /** {@return whether this end attaches it first} Until the other end has, or where it {@link #begins} was called. */
    private static boolean isOurs(Link link) {
        return record(link).get(PEERS, Boolean.class) == null
                && (link.getLocalState() != EndpointState.UNINITIALIZED
                        || link.getRemoteState() == EndpointState.UNINITIALIZED);
    }

    private static Record record(Link link) {
        return link.attachments();
    }

    /** The address of the end that is a queue or topic: who attaches a link names it at the other end. */
    private static String addressOf(Link link, boolean ours) {
        boolean receiver = link instanceof Receiver;
        String address = null;
        if (receiver == ours) {
            var source = ours ? link.getSource() : link.getRemoteSource();
            address = source instanceof Source terminus ? named(terminus) : null;
            if (address == null && !ours && link.getSource() instanceof Source named) {
                address = named.getAddress();
            }
            if (address == null && ours && link.getRemoteSource() instanceof Source dynamic) {
                address = dynamic.getAddress();
            }
        } else {
            var target = ours ? link.getTarget() : link.getRemoteTarget();
            address = target instanceof Target terminus ? named(terminus) : null;
            if (address == null && ours && link.getRemoteTarget() instanceof Target dynamic) {
                address = dynamic.getAddress();
            }
        }
        return address == null ? "" : address;
    }

    /** {@return the address that who attaches asks for} Who asks for an address that is made for it has named none (AMQP 3.5.3). */
    private static @Nullable String named(Terminus terminus) {
        return terminus.getDynamic() ? null : terminus.getAddress();
    }

    Link link() {
        return link;
    }

    String address() {
        return address;
    }

    /** {@return whether this end attached it first} */
    boolean isOurs() {
        return ours;
    }

    HandlerMethod[] on(EventType type) {
        return plan.on(type);
    }

    HandlerMethod[] on(Occasion occasion) {
        return plan.on(occasion);
    }

    /** {@return what takes its messages, or {@code null}} */
    @Nullable HandlerMethod messages() {
        return messages;
    }

    /** {@return when a message that a handler failed with may come again, or {@code null} for at once} */
    @Nullable Redelivery redelivery() {
        return redelivery;
    }

    /** {@return where its messages are counted while handlers have them} */
    InFlight.Tally tally(InFlight inFlight, HandlerMethod method, String source) {
        if (tally == null) {
            tally = inFlight.tally(method.name(), source);
        }
        return tally;
    }

    /** {@return where they are counted} Once there was one. */
    InFlight.Tally tally() {
        return Objects.requireNonNull(tally);
    }

    /** A message will be settled later. {@return what ends it} */
    InFlight.Ticket promise(InFlight.Counted counted) {
        InFlight.Ticket ticket = new InFlight.Ticket(counted);
        tickets.add(ticket);
        promise();
        return ticket;
    }

    /** A message that was to be settled later is. */
    void kept(InFlight.Ticket ticket) {
        tickets.remove(ticket);
        kept();
    }

    /** Nothing that was to be settled later can be any more. */
    void forgetPromised() {
        tickets.forEach(InFlight.Ticket::forget);
        tickets.clear();
    }

    /** An answer will have its outcome later. */
    void promise() {
        promised++;
    }

    /** An answer has its outcome. */
    void kept() {
        promised--;
    }

    /** A handler will settle a message, or has done so. */
    void hold(Delivery delivery) {
        if (!delivery.isSettled()) {
            held.add(delivery);
        }
    }

    boolean isHolding() {
        return !held.isEmpty();
    }

    /** Looks which of the messages that handlers were to settle are settled by now. */
    int settledOfHeld() {
        int before = held.size();
        held.removeIf(Delivery::isSettled);
        return before - held.size();
    }

    /** Nothing that is held can be settled any more. */
    int forgetHeld() {
        int before = held.size();
        held.clear();
        return before;
    }

    /** {@return whether it is declared to receive, and neither does a method take its messages nor did one give it credit} */
    boolean isUnread() {
        return redelivery != null && messages == null && link.getCredit() == 0;
    }

    /** {@return whether it was paused or resumed since its credit was looked at} */
    boolean isPauseNews() {
        return pausedBy != null && pausedBy.isPaused(link) != paused;
    }

    /** Gives credit again, once half of it is used up; takes it back from a link that is paused. */
    void topUp() {
        if (credit == 0 || closed || !(link instanceof Receiver receiver)) {
            return;
        }
        if (link.getLocalState() != EndpointState.ACTIVE || link.getRemoteState() != EndpointState.ACTIVE) {
            return;
        }
        paused = pausedBy != null && pausedBy.isPaused(link);
        if (paused) {
            // What was on its way when the credit was taken back makes it negative; the engine's number must be 0, for
            // any flow shows it.
            int left = receiver.getRemoteCredit();
            if (left != 0) {
                receiver.flow(-left);
            }
            return;
        }
        int window = Math.min(credit, maxUnsettled - promised - held.size());
        int missing = window - receiver.getCredit();
        // Half of what may be given, and not of all: while most is held, the rest must flow on.
        if (missing > 0 && missing * 2L >= window) {
            receiver.flow(missing);
        }
    }
}
