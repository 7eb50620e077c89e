package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.SenderSpec;
import java.util.List;
import java.util.Map;
import org.apache.qpid.proton.amqp.DescribedType;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.messaging.TerminusDurability;
import org.apache.qpid.proton.amqp.messaging.TerminusExpiryPolicy;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/** A link that the configuration wants on each connection of a name. Thread-safe, but {@link #attach}: in the connection's sequence. */
final class DeclaredLink {

    /** The filter for selectors, of the AMQP registry. */
    static final Symbol SELECTOR = Symbol.valueOf("apache.org:selector-filter:string");

    private static final UnsignedLong SELECTOR_CODE = UnsignedLong.valueOf(0x0000468C00000004L);

    private record Selector(String text) implements DescribedType {
        @Override
        public Object getDescriptor() {
            return SELECTOR_CODE;
        }

        @Override
        public Object getDescribed() {
            return text;
        }
    }

    private final String linkName;
    private final String id;
    private final @Nullable ReceiverSpec receiver;
    private final @Nullable SenderSpec sender;
    private volatile boolean paused;

    /** The link of now, until the peer has closed it. In the connection's sequence. */
    private @Nullable Link current;

    DeclaredLink(String connection, String id, ReceiverSpec receiver) {
        this.linkName = receiver.subscriptionName() == null ? connection + "/" + id : receiver.subscriptionName();
        this.id = id;
        this.receiver = receiver;
        this.sender = null;
    }

    DeclaredLink(String connection, String id, SenderSpec sender) {
        this.linkName = connection + "/" + id;
        this.id = id;
        this.receiver = null;
        this.sender = sender;
    }

    static @Nullable DeclaredLink of(Link link) {
        return link.attachments().get(DeclaredLink.class, DeclaredLink.class);
    }

    /** {@return its id, which no other one of its connection has} */
    String id() {
        return id;
    }

    /** {@return what is wanted of it, or {@code null} for a sender} */
    @Nullable ReceiverSpec receiver() {
        return receiver;
    }

    /** {@return whether it is to have no credit} */
    boolean isPaused() {
        return paused;
    }

    void pause(boolean pause) {
        paused = pause;
    }

    void attach(Session session) {
        Link link = receiver != null ? receiver(session, receiver) : sender != null ? sender(session, sender) : null;
        if (link != null) {
            link.attachments().set(DeclaredLink.class, DeclaredLink.class, this);
            link.open();
        }
        current = link;
    }

    /** The peer has closed a link. In the connection's sequence. */
    void closed(Link link) {
        if (current == link) {
            current = null;
        }
    }

    /** {@return the link of a session, if it is the one of now, answered or not} In the connection's sequence. */
    @Nullable Link in(Session session) {
        Link link = current;
        return link != null && link.getSession() == session ? link : null;
    }

    private Receiver receiver(Session session, ReceiverSpec spec) {
        Receiver link = session.receiver(linkName);
        Source source = new Source();
        source.setAddress(spec.address());
        source.setCapabilities(symbols(spec.capabilities()));
        if (spec.durable()) {
            source.setDurable(TerminusDurability.UNSETTLED_STATE);
            source.setExpiryPolicy(TerminusExpiryPolicy.NEVER);
        }
        if (spec.selector() != null) {
            source.setFilter(Map.of(SELECTOR, new Selector(spec.selector())));
        }
        link.setSource(source);
        link.setTarget(new Target());
        switch (spec.settleMode()) {
            case SETTLED -> link.setSenderSettleMode(SenderSettleMode.SETTLED);
            case UNSETTLED -> link.setSenderSettleMode(SenderSettleMode.UNSETTLED);
            case MIXED -> {}
        }
        return link;
    }

    private Sender sender(Session session, SenderSpec spec) {
        Sender link = session.sender(linkName);
        Target target = new Target();
        target.setAddress(spec.address());
        target.setCapabilities(symbols(spec.capabilities()));
        link.setTarget(target);
        link.setSource(new Source());
        return link;
    }

    private static Symbol @Nullable [] symbols(List<String> names) {
        return names.isEmpty() ? null : names.stream().map(Symbol::valueOf).toArray(Symbol[]::new);
    }

    /** {@return whether the peer's attach lacks the selector, which says that it does not apply it (AMQP 3.5.3, filter)} */
    boolean isFilterIgnored(Link link) {
        return receiver != null
                && receiver.selector() != null
                && link.getRemoteSource() instanceof Source answered
                && (answered.getFilter() == null || !answered.getFilter().containsKey(SELECTOR));
    }

    /** {@return what messages call it} */
    String describe() {
        return receiver != null
                ? "Receiver '" + id + "' from " + receiver.address()
                : "Sender '" + id + "' to " + (sender == null ? "" : sender.address());
    }
}
