package dev.proactor.internal.engine;

import dev.proactor.EventType;
import java.util.Locale;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Event;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.impl.CollectorImpl;
import org.jspecify.annotations.Nullable;

/**
 * The queue of a connection's events, seen as the ones that a proactor hands out. It drops what a proactor never shows, and
 * what is no news any more: {@code DELIVERY} of a delivery that was settled here meanwhile (whoever reads the link's current
 * delivery upon it would get another one), and {@code CONNECTION_WAKE} of a connection that has ended.
 */
final class EventCursor {

    /** What proton-j has no event for. */
    private enum Own implements org.apache.qpid.proton.engine.EventType {
        WAKE,
        AUTHENTICATED;

        @Override
        public boolean isValid() {
            return true;
        }
    }

    private static final @Nullable EventType[] TRANSLATED = translations();

    private final CollectorImpl collector = new CollectorImpl();
    private boolean wakeQueued;
    private boolean holdsFlows;
    private boolean ended;
    private Object context = this;

    /** {@return where the engine puts its events} */
    CollectorImpl collector() {
        return collector;
    }

    /** It was quiet for long: what a busy time has left is given back. */
    void shrink() {
        EngineInternals.dropFreeEvents(collector);
    }

    /** {@return whether {@link #take} would give an event} */
    boolean hasNext() {
        return front() != null;
    }

    /** {@return the next event, which is taken off the queue, or {@code null} if there is none} */
    @Nullable EventType take() {
        EventType type = front();
        if (type != null) {
            context = collector.peek().getContext();
            // At once: the collector merges an event with an equal one at its end, also when that is being handled.
            collector.pop();
            if (type == EventType.CONNECTION_WAKE) {
                wakeQueued = false;
            } else if (type == EventType.TRANSPORT_CLOSED) {
                ended = true;
            }
        }
        return type;
    }

    /** {@return what the event taken last is about} */
    Object context() {
        return context;
    }

    /** Queues one {@code CONNECTION_WAKE}, unless one is queued already. */
    void postWake(Object connection) {
        if (!wakeQueued) {
            wakeQueued = true;
            collector.put(Own.WAKE, connection);
        }
    }

    /** Drops a wake that is queued: the connection is ending. */
    void dropWake() {
        wakeQueued = false;
    }

    void postAuthenticated(Object transport) {
        collector.put(Own.AUTHENTICATED, transport);
    }

    void postFlow(Link link) {
        collector.put(Event.Type.LINK_FLOW, link);
    }

    /**
     * Says whether {@code LINK_FLOW} of senders is dropped, since there is no room for what they might send. Who holds them
     * back {@linkplain #postFlow posts} them when there is.
     */
    void holdFlows(boolean hold) {
        holdsFlows = hold;
    }

    /** A drain has to be answered, room or not. */
    private static boolean mayWait(Link link) {
        return link instanceof Sender && !link.getDrain();
    }

    /** Nothing is handed out any more. */
    void end() {
        ended = true;
    }

    /** {@return whether the last event was handed out} */
    boolean ended() {
        return ended;
    }

    private @Nullable EventType front() {
        if (ended) {
            return null;
        }
        for (Event event = collector.peek(); event != null; event = collector.peek()) {
            EventType type = translate(event);
            if (type != null) {
                return type;
            }
            collector.pop();
        }
        return null;
    }

    private @Nullable EventType translate(Event event) {
        org.apache.qpid.proton.engine.EventType type = event.getEventType();
        if (type instanceof Event.Type core) {
            if (core == Event.Type.DELIVERY && ((Delivery) event.getContext()).isSettled()) {
                return null;
            }
            if (core == Event.Type.LINK_FLOW && holdsFlows && mayWait((Link) event.getContext())) {
                return null;
            }
            return TRANSLATED[core.ordinal()];
        }
        if (type == Own.WAKE) {
            return wakeQueued ? EventType.CONNECTION_WAKE : null;
        }
        return type == Own.AUTHENTICATED ? EventType.TRANSPORT_AUTHENTICATED : null;
    }

    /** proton-j's names are ours; what we have no name for is never handed out. */
    private static @Nullable EventType[] translations() {
        @Nullable EventType[] translated = new EventType[Event.Type.values().length];
        for (Event.Type type : Event.Type.values()) {
            for (EventType ours : EventType.values()) {
                if (ours.name().equals(type.name().toUpperCase(Locale.ROOT))) {
                    translated[type.ordinal()] = ours;
                }
            }
        }
        return translated;
    }
}
