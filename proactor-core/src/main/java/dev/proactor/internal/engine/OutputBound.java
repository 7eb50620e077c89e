package dev.proactor.internal.engine;

import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.impl.SessionImpl;

/**
 * Bounds what a connection holds that the network has not taken. proton-j takes everything, and walks all of it with every
 * output, so that a queue of a million deliveries took minutes to drain.
 *
 * <p>From the high mark on, senders' credit looks used up; at the low mark it is given back, with {@code LINK_FLOW} for each
 * sender that has some. Never is more credit shown than deliveries that may be queued. Who sends all the same loses the
 * connection at the limit.
 */
final class OutputBound {

    /** How many deliveries may be queued for the application to see credit for more. */
    static final int MOST_DELIVERIES = 1024;

    private final EngineConnection connection;
    private final EventCursor events;
    private final int maxBytes;
    private final List<LinkState> senders = new ArrayList<>(0);
    private boolean high;

    OutputBound(EngineConnection connection, EventCursor events, int maxBytes) {
        this.connection = connection;
        this.events = events;
        this.maxBytes = maxBytes;
    }

    void add(LinkState sender) {
        senders.add(sender);
    }

    void remove(LinkState sender) {
        senders.remove(sender);
        sender.withheld = 0;
    }

    /** {@return whether there is so much that credit looks used up} */
    boolean isHigh() {
        return high;
    }

    /** {@return how many deliveries may be begun on a sender now} */
    int sendable(Sender sender) {
        check();
        return high ? 0 : Math.max(0, sender.getCredit());
    }

    /** {@return whether the limit is passed, and not by one delivery alone} */
    boolean isPassed() {
        return high && unsentBytes() > maxBytes && queuedDeliveries() > 1;
    }

    /** Looks whether the high mark is reached, and withholds credit then. */
    void check() {
        if (!high && (unsentBytes() >= maxBytes / 2 || queuedDeliveries() >= MOST_DELIVERIES)) {
            high = true;
            events.holdFlows(true);
            for (int i = 0; i < senders.size(); i++) {
                LinkState sender = senders.get(i);
                if (!sender.link.getDrain()) {
                    show(sender, 0);
                }
            }
        }
    }

    /** The peer has changed a sender's credit; it is visible now, all of it or what was added. */
    void credited(LinkState sender) {
        if (sender.link.getDrain()) {
            // What the application drains has to be all there is.
            show(sender, Integer.MAX_VALUE);
        } else {
            show(sender, high ? 0 : MOST_DELIVERIES);
        }
    }

    /** Output was taken: gives credit back where there is room again. */
    void drained() {
        if (high) {
            if (unsentBytes() > maxBytes / 4 || queuedDeliveries() > MOST_DELIVERIES / 4) {
                return;
            }
            high = false;
            events.holdFlows(false);
            for (int i = 0; i < senders.size(); i++) {
                LinkState sender = senders.get(i);
                if (total(sender) > 0) {
                    show(sender, MOST_DELIVERIES);
                    events.postFlow(sender.link);
                }
            }
            return;
        }
        for (int i = 0; i < senders.size(); i++) {
            LinkState sender = senders.get(i);
            if (sender.withheld > 0 && sender.link.getCredit() < MOST_DELIVERIES / 2) {
                show(sender, MOST_DELIVERIES);
                events.postFlow(sender.link);
            }
        }
    }

    /** Shows that much of a sender's credit, and withholds the rest. */
    private static void show(LinkState sender, int most) {
        int total = total(sender);
        int shown = Math.min(total, most);
        if (sender.link.getCredit() != shown) {
            sender.link.setCredit(shown);
        }
        sender.withheld = total - shown;
    }

    private static int total(LinkState sender) {
        return sender.link.getCredit() + sender.withheld;
    }

    private long unsentBytes() {
        List<SessionImpl> sessions = connection.sessions();
        long bytes = 0;
        for (int i = 0; i < sessions.size(); i++) {
            bytes += sessions.get(i).getOutgoingBytes();
        }
        return bytes;
    }

    private int queuedDeliveries() {
        List<SessionImpl> sessions = connection.sessions();
        int deliveries = 0;
        for (int i = 0; i < sessions.size(); i++) {
            deliveries += EngineInternals.queuedDeliveries(sessions.get(i));
        }
        return deliveries;
    }
}
