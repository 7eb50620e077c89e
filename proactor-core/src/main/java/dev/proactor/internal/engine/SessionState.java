package dev.proactor.internal.engine;

import dev.proactor.Direction;
import dev.proactor.DurationListener.ConnectionRecorder;
import dev.proactor.internal.counts.SettlementClock;
import java.util.HashMap;
import java.util.Map;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.jspecify.annotations.Nullable;

/** What the adapter knows of a session beside proton-j: its channels, its links, and what may come next on it. */
final class SessionState {

    /** The session, or {@code null} where it was given up here before the peer answered: what still comes is dropped. */
    final @Nullable SessionImpl session;

    int localChannel = -1;
    int remoteChannel = -1;
    boolean wasLocallyBegun;
    boolean wasRemotelyBegun;

    final Slots<LinkState> byRemoteHandle = new Slots<>();
    final Slots<LinkState> byLocalHandle = new Slots<>();
    private final Map<String, LinkState> senders = new HashMap<>();
    private final Map<String, LinkState> receivers = new HashMap<>();

    // ---- incoming

    boolean deliveryIdKnown;
    int nextDeliveryId;

    /** How many frames the peer may still send, as it knows. */
    int windowLeft;

    /** Whether it waits for a flow frame with a wider window. */
    boolean windowIsNarrow;

    /** How many outgoing deliveries are under way: begun and not sent whole. */
    int sending;

    private @Nullable SettlementClock outgoing;
    private @Nullable SettlementClock incoming;

    SessionState(@Nullable SessionImpl session) {
        this.session = session;
    }

    /** {@return the links of one direction, by name} */
    Map<String, LinkState> links(boolean receiving) {
        return receiving ? receivers : senders;
    }

    /** {@return what measures how long the peer takes to settle} */
    SettlementClock outgoing(ConnectionRecorder recorder) {
        if (outgoing == null) {
            outgoing = new SettlementClock(Direction.OUT, recorder);
        }
        return outgoing;
    }

    /** {@return what measures how long this end takes to settle} */
    SettlementClock incoming(ConnectionRecorder recorder) {
        if (incoming == null) {
            incoming = new SettlementClock(Direction.IN, recorder);
        }
        return incoming;
    }
}
