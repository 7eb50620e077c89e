package dev.proactor.internal.engine;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.impl.SessionImpl;

/**
 * Bounds what a connection holds that the network has not taken. proton-j takes everything, and walks all of it with every
 * output, so that a queue of a million deliveries took minutes to drain.
 *
 * <p>From the high mark on, senders' credit looks used up; at the low mark it is given back, with {@code LINK_FLOW} for each
 * sender that has some. What a handler sends is seen only when it returns, or asks {@link #sendable}; so never is more credit
 * shown than may be sent at once, going by the size of what was sent before. Who sends more than is shown loses the connection
 * at the limit.
 */
final class OutputBound {

    /**
     * From this many queued deliveries on credit looks used up, however small they are. Each output walks all of them: with
     * 1024, sending small ones took nearly twice the time.
     */
    static final int MOST_QUEUED = 256;

    /** No more credit is shown at once, however small deliveries are. */
    static final int MOST_SHOWN = 1024;

    /** How large a delivery is taken to be before there was any. */
    private static final int UNKNOWN_BYTES = 16 * 1024;

    private final EngineConnection connection;
    private final EventCursor events;
    private final int maxBytes;
    private final List<LinkState> senders = new ArrayList<>(0);
    private final Map<Object, LinkState> byLink = new IdentityHashMap<>(2);
    private long typicalBytes = UNKNOWN_BYTES;
    private int withholding;
    private boolean high;

    OutputBound(EngineConnection connection, EventCursor events, int maxBytes) {
        this.connection = connection;
        this.events = events;
        this.maxBytes = maxBytes;
    }

    void add(LinkState sender) {
        senders.add(sender);
        byLink.put(sender.link, sender);
    }

    void remove(LinkState sender) {
        if (senders.remove(sender)) {
            byLink.remove(sender.link);
            withhold(sender, 0);
        }
    }

    /** {@return how many deliveries may be begun on a sender now} Who asks before each of them is shown all its credit. */
    int sendable(Sender sender) {
        check();
        if (high) {
            return 0;
        }
        LinkState known = byLink.get(sender);
        if (known != null && known.withheld > 0) {
            show(known, MOST_SHOWN);
        }
        return Math.max(0, sender.getCredit());
    }

    /** {@return whether the limit is passed, not by one delivery alone, and by sending more than there was credit shown for} */
    boolean isPassed() {
        if (!high || unsentBytes() <= maxBytes) {
            return false;
        }
        int queued = queuedDeliveries();
        if (queued <= 1) {
            return false;
        }
        for (int i = 0; i < senders.size(); i++) {
            LinkState sender = senders.get(i);
            if (sender.link.getCredit() < Math.min(0, sender.shown)) {
                return true;
            }
            queued -= sender.link.getQueued();
        }
        // What is left waits on links that never had credit.
        return queued > 1;
    }

    /** Looks whether the high mark is reached, and withholds credit then. */
    void check() {
        if (high) {
            return;
        }
        int queued = queuedDeliveries();
        long bytes = unsentBytes();
        if (queued > 0) {
            long average = bytes / queued;
            // Up at once, down slowly: what is large comes again.
            typicalBytes = average > typicalBytes || typicalBytes == UNKNOWN_BYTES
                    ? average
                    : typicalBytes - (typicalBytes - average) / 8;
        }
        // None may be queued, and still much wait: of a delivery that is sent in pieces.
        if (bytes >= maxBytes / 2 || queued >= MOST_QUEUED) {
            high = true;
            events.holdFlows(true);
        }
    }

    /** Withholds all credit while the high mark is passed. Not before {@link #isPassed} was asked: it goes by what was shown. */
    void withholdIfHigh() {
        if (high) {
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
            show(sender, high ? 0 : mostShown());
        }
    }

    /** Output was taken: gives credit back where there is room again. */
    void drained() {
        if (high) {
            if (unsentBytes() > maxBytes / 4 || queuedDeliveries() > MOST_QUEUED / 4) {
                return;
            }
            high = false;
            events.holdFlows(false);
            for (int i = 0; i < senders.size(); i++) {
                LinkState sender = senders.get(i);
                if (total(sender) > 0) {
                    // What the application drains has to be all there is: the rest would come back as credit the peer
                    // no longer knows of.
                    show(sender, sender.link.getDrain() ? Integer.MAX_VALUE : mostShown());
                    events.postFlow(sender.link);
                }
            }
        } else if (withholding > 0) {
            for (int i = 0; i < senders.size(); i++) {
                LinkState sender = senders.get(i);
                // By half of what was shown, too: small messages let far more be shown than at first, and the first one
                // is no reason for an event, which a flush would bring into the handler's batch.
                if (sender.withheld > 0 && sender.link.getCredit() <= Math.min(sender.shown, mostShown()) / 2) {
                    show(sender, mostShown());
                    // Always: who remembers what was shown upon the last LINK_FLOW sends no more until the next.
                    events.postFlow(sender.link);
                }
            }
        }
    }

    /** {@return how many deliveries reach the high mark, going by those before} */
    private int mostShown() {
        return (int) Math.max(1, Math.min(MOST_SHOWN, maxBytes / 2 / Math.max(1, typicalBytes)));
    }

    /** Shows that much of a sender's credit, and withholds the rest. */
    private void show(LinkState sender, int most) {
        int total = total(sender);
        sender.shown = Math.min(total, most);
        if (sender.link.getCredit() != sender.shown) {
            sender.link.setCredit(sender.shown);
        }
        withhold(sender, total - sender.shown);
    }

    private void withhold(LinkState sender, int credit) {
        if ((sender.withheld > 0) != (credit > 0)) {
            withholding += credit > 0 ? 1 : -1;
        }
        sender.withheld = credit;
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
