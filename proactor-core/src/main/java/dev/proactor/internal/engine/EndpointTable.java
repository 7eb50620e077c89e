package dev.proactor.internal.engine;

import dev.proactor.internal.counts.ConnectionTally;
import dev.proactor.internal.counts.ConnectionTally.Gauge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Role;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.impl.LinkImpl;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.jspecify.annotations.Nullable;

/**
 * The sessions and links of a connection, by the channels and handles of both ends. What the peer begins, attaches, detaches
 * and ends is judged here before proton-j sees it, since proton-j takes most of it unseen and stumbles later; what this end
 * writes is noted.
 */
final class EndpointTable {

    /** AMQP 2.7.3: what proton-j announces, and this end keeps to. */
    private static final int HANDLE_MAX = 65535;

    /** How much of a link's name is told. */
    private static final int LONGEST_NAME = 100;

    private final GuardedTransport transport;
    private final ConnectionTally tally;
    private final EndpointReaper reaper;
    private final OutputBound bound;
    private final int maxSessions;
    private final int maxLinks;
    private final long maxMessageBytes;

    private final Slots<SessionState> byRemoteChannel = new Slots<>();
    private final Slots<SessionState> byLocalChannel = new Slots<>();

    /** Begun and ended by the peer before this end began them. */
    private final List<SessionState> unanswered = new ArrayList<>(0);

    /** Attached and detached by the peer before this end attached them. */
    private final List<LinkState> unansweredLinks = new ArrayList<>(0);

    /** Channels of sessions that this end began and ended before the peer answered, in that order. */
    private final List<Integer> orphans = new ArrayList<>(0);

    private int attached;
    private int known;

    EndpointTable(
            GuardedTransport transport,
            ConnectionTally tally,
            EndpointReaper reaper,
            OutputBound bound,
            int maxSessions,
            int maxLinks,
            long maxMessageBytes) {
        this.transport = transport;
        this.tally = tally;
        this.reaper = reaper;
        this.bound = bound;
        this.maxSessions = maxSessions;
        this.maxLinks = maxLinks;
        this.maxMessageBytes = maxMessageBytes;
    }

    // ---- what is there

    /** {@return the session of the peer's channel; {@code null} if there is none, and then the transport has failed} */
    @Nullable SessionState require(int channel) {
        SessionState state = byRemoteChannel.get(channel);
        if (state == null) {
            if (transport.isOpenReceived()) {
                transport.fault(Conditions.NOT_ALLOWED, "no such channel: " + channel);
            } else {
                transport.fault(Conditions.FRAMING_ERROR, "a frame came before open");
            }
        }
        return state;
    }

    /** {@return the link of the peer's handle; {@code null} if there is none, and then the transport has failed} */
    @Nullable LinkState require(SessionState session, UnsignedInteger handle) {
        LinkState link = session.byRemoteHandle.get(handle.intValue());
        if (link == null) {
            transport.fault(Conditions.INVALID_FIELD, "no such handle: " + handle);
        }
        return link;
    }

    @Nullable SessionState ofLocalChannel(int channel) {
        return byLocalChannel.get(channel);
    }

    Slots<SessionState> sessions() {
        return byRemoteChannel;
    }

    /** {@return what is known of a sender, if a delivery of it is under way} */
    @Nullable LinkState sending(LinkImpl link) {
        LinkState[] found = new LinkState[1];
        byLocalChannel.forEach(session -> {
            LinkState state = session.links(false).get(link.getName());
            if (state != null && state.link == link && state.sending) {
                found[0] = state;
            }
        });
        return found[0];
    }

    // ---- what the peer does

    /** {@return whether proton-j may see it} */
    boolean mayBegin(Begin begin, int channel) {
        if (!transport.isOpenReceived()) {
            transport.fault(Conditions.FRAMING_ERROR, "a frame came before open");
        } else if (channel > transport.getChannelMax()) {
            transport.fault(
                    Conditions.FRAMING_ERROR,
                    "remote channel " + channel + " is above negotiated channel_max " + transport.getChannelMax());
        } else if (byRemoteChannel.get(channel) != null) {
            transport.fault(Conditions.NOT_ALLOWED, "channel " + channel + " is in use");
        } else if (begin.getRemoteChannel() == null) {
            return true;
        } else {
            return mayAnswer(begin.getRemoteChannel().intValue(), channel);
        }
        return false;
    }

    private boolean mayAnswer(int localChannel, int channel) {
        if (orphans.remove((Integer) localChannel)) {
            SessionState ignored = new SessionState(null);
            ignored.remoteChannel = channel;
            byRemoteChannel.put(channel, ignored);
            return false;
        }
        SessionState state = byLocalChannel.get(localChannel);
        if (state == null || state.wasRemotelyBegun) {
            transport.fault(Conditions.INVALID_FIELD, "begin reply to unknown channel " + localChannel);
            return false;
        }
        return true;
    }

    void begun(Begin begin, int channel) {
        SessionState state = begin.getRemoteChannel() == null
                ? new SessionState(EngineInternals.sessionOfRemoteChannel(transport, channel))
                : byLocalChannel.get(begin.getRemoteChannel().intValue());
        if (state != null) {
            state.remoteChannel = channel;
            state.wasRemotelyBegun = true;
            byRemoteChannel.put(channel, state);
            tally.add(Gauge.SESSIONS, 1);
        }
    }

    /** {@return whether proton-j may see it} */
    boolean mayAttach(SessionState session, Attach attach) {
        int handle = attach.getHandle().intValue();
        boolean receives = attach.getRole() == Role.SENDER;
        LinkState same = session.links(receives).get(attach.getName());
        if (handle < 0 || handle > HANDLE_MAX) {
            transport.fault(
                    Conditions.FRAMING_ERROR, "handle " + attach.getHandle() + " is above handle-max " + HANDLE_MAX);
        } else if (session.byRemoteHandle.get(handle) != null) {
            transport.fault(Conditions.HANDLE_IN_USE, "handle " + handle + " is in use");
        } else if (same != null && same.remoteHandle >= 0) {
            transport.fault(
                    Conditions.INVALID_FIELD,
                    "link '" + PeerText.line(attach.getName(), LONGEST_NAME) + "' is attached already");
        } else if (receives && attach.getInitialDeliveryCount() == null) {
            transport.fault(
                    Conditions.INVALID_FIELD,
                    "link '" + PeerText.line(attach.getName(), LONGEST_NAME) + "' has no initial-delivery-count");
        } else if (attached >= maxLinks || known >= 2 * maxLinks) {
            transport.fault(Conditions.RESOURCE_LIMIT_EXCEEDED, "more than " + maxLinks + " links");
        } else {
            if (session.session != null) {
                // proton-j would take up the former link of that name, if it is still there.
                reaper.reapLinks();
            }
            return true;
        }
        return false;
    }

    void attached(SessionState session, Attach attach) {
        boolean receives = attach.getRole() == Role.SENDER;
        LinkState link = link(session, attach.getName(), receives);
        if (link == null) {
            return;
        }
        link.remoteHandle = attach.getHandle().intValue();
        link.wasRemotelyAttached = true;
        if (receives) {
            // Credit that was given before is counted from there.
            int initial = attach.getInitialDeliveryCount().intValue();
            link.creditLimit += initial - link.deliveryCount;
            link.deliveryCount = initial;
        }
        session.byRemoteHandle.put(link.remoteHandle, link);
        attached++;
        countActive(link, 1);
    }

    /** The peer detaches a link. */
    void detached(LinkState link) {
        remotelyDetached(link);
        if (!link.wasLocallyAttached) {
            unansweredLinks.add(link);
        }
    }

    private void remotelyDetached(LinkState link) {
        if (link.isActive()) {
            countActive(link, -1);
        }
        link.session.byRemoteHandle.remove(link.remoteHandle);
        link.remoteHandle = -1;
        attached--;
        dropIfOver(link);
    }

    /** The peer ends a session. {@return whether proton-j may see it} */
    boolean mayEnd(SessionState session) {
        if (session.session == null) {
            byRemoteChannel.remove(session.remoteChannel);
            return false;
        }
        return true;
    }

    void ended(SessionState session) {
        session.byRemoteHandle.forEach(this::remotelyDetached);
        unansweredLinks.removeIf(link -> link.session == session);
        byRemoteChannel.remove(session.remoteChannel);
        tally.add(Gauge.SESSIONS, -1);
        if (session.localChannel >= 0) {
            session.remoteChannel = -1;
        } else if (session.wasLocallyBegun) {
            session.remoteChannel = -1;
            over(session);
        } else {
            // Its number is still needed for the begin that answers.
            unanswered.add(session);
            if (unanswered.size() > maxSessions) {
                transport.fault(Conditions.RESOURCE_LIMIT_EXCEEDED, "more than " + maxSessions + " sessions");
            }
        }
    }

    // ---- what this end does

    /** {@return whether it may be written} */
    boolean writesBegin(Begin begin, int channel) {
        SessionImpl session = channel < 0 ? null : EngineInternals.sessionOfLocalChannel(transport, channel);
        if (session == null) {
            transport.fault(
                    Conditions.RESOURCE_LIMIT_EXCEEDED,
                    "more sessions than both ends allow: "
                            + (Math.min(transport.getChannelMax(), transport.getRemoteChannelMax()) + 1));
            return false;
        }
        int capacity = session.getIncomingCapacity();
        if (capacity > 0 && capacity < transport.getMaxFrameSize()) {
            transport.fault(
                    Conditions.INTERNAL_ERROR,
                    "session capacity " + capacity + " is less than frame size " + transport.getMaxFrameSize());
            return false;
        }
        SessionState state = answered(begin, session);
        state.localChannel = channel;
        state.wasLocallyBegun = true;
        state.windowLeft = begin.getIncomingWindow().intValue();
        byLocalChannel.put(channel, state);
        return true;
    }

    private SessionState answered(Begin begin, SessionImpl session) {
        if (begin.getRemoteChannel() != null) {
            for (SessionState state : unanswered) {
                if (state.session == session) {
                    unanswered.remove(state);
                    // proton-j has forgotten the peer's channel.
                    begin.setRemoteChannel(UnsignedShort.valueOf((short) state.remoteChannel));
                    state.remoteChannel = -1;
                    return state;
                }
            }
            SessionState state = byRemoteChannel.get(begin.getRemoteChannel().intValue());
            if (state != null) {
                return state;
            }
        }
        return new SessionState(session);
    }

    /**
     * Output begins. proton-j answers no attach once the detach has come, so a peer that sends both in one go would wait for
     * ever: until the output {@linkplain #showDetached is written} it is told that the peer has those links.
     */
    void hideDetached() {
        for (LinkState link : unansweredLinks) {
            EngineInternals.remoteState(link.link, EndpointState.ACTIVE);
        }
    }

    /** Output has ended. */
    void showDetached() {
        for (LinkState link : unansweredLinks) {
            EngineInternals.remoteState(link.link, EndpointState.CLOSED);
        }
        unansweredLinks.removeIf(link -> link.wasLocallyAttached);
    }

    void writesAttach(Attach attach, int channel) {
        SessionState session = byLocalChannel.get(channel);
        LinkState link = session == null ? null : link(session, attach.getName(), attach.getRole() == Role.RECEIVER);
        if (session == null || link == null) {
            return;
        }
        link.localHandle = attach.getHandle().intValue();
        link.wasLocallyAttached = true;
        session.byLocalHandle.put(link.localHandle, link);
        UnsignedLong own = attach.getMaxMessageSize();
        if (link.receives && own == null) {
            attach.setMaxMessageSize(UnsignedLong.valueOf(maxMessageBytes));
        } else if (own != null) {
            // 0 is no limit, and the values beyond long's are none that anything could reach.
            link.maxMessageBytes = own.longValue() <= 0 ? Long.MAX_VALUE : own.longValue();
        }
    }

    void writesDetach(int handle, int channel, OutgoingDeliveries outgoing) {
        SessionState session = byLocalChannel.get(channel);
        LinkState link = session == null ? null : session.byLocalHandle.get(handle);
        if (link != null) {
            outgoing.interrupted(link);
            reaper.dropUnsent(link.link);
            locallyDetached(link);
        }
    }

    private void locallyDetached(LinkState link) {
        if (link.isActive()) {
            countActive(link, -1);
        }
        link.session.byLocalHandle.remove(link.localHandle);
        link.localHandle = -1;
        dropIfOver(link);
    }

    void writesEnd(int channel, OutgoingDeliveries outgoing) {
        SessionState session = byLocalChannel.get(channel);
        if (session == null) {
            return;
        }
        session.byLocalHandle.forEach(link -> {
            outgoing.interrupted(link);
            locallyDetached(link);
        });
        byLocalChannel.remove(channel);
        session.localChannel = -1;
        if (!session.wasRemotelyBegun) {
            orphans.add(channel);
        } else if (session.remoteChannel < 0) {
            over(session);
        }
    }

    private void over(SessionState session) {
        session.links(true).values().forEach(this::forget);
        session.links(false).values().forEach(this::forget);
        reaper.over(session);
    }

    private void forget(LinkState link) {
        known--;
        bound.remove(link);
    }

    // ---- links

    /** {@return what is known of a link that one end has attached just now} */
    private @Nullable LinkState link(SessionState session, String name, boolean receives) {
        if (session.session == null) {
            return null;
        }
        // It exists: proton-j gives the one that there is.
        LinkImpl link = receives ? session.session.receiver(name) : session.session.sender(name);
        Map<String, LinkState> links = session.links(receives);
        LinkState state = links.get(name);
        if (state == null || state.link != link) {
            state = new LinkState(session, name, link, receives);
            state.maxMessageBytes = maxMessageBytes;
            LinkState former = links.put(name, state);
            if (former == null) {
                known++;
            }
            if (!receives) {
                if (former != null) {
                    bound.remove(former);
                }
                bound.add(state);
            }
        }
        return state;
    }

    private void dropIfOver(LinkState link) {
        if (link.isOver()) {
            if (link.session.links(link.receives).remove(link.name, link)) {
                forget(link);
            }
            reaper.over(link);
        }
    }

    private void countActive(LinkState link, int delta) {
        tally.add(link.receives ? Gauge.RECEIVERS : Gauge.SENDERS, delta);
        if (delta < 0) {
            countCredit(link, 0);
        }
    }

    /** A link's credit is now this much. */
    void countCredit(LinkState link, int credit) {
        tally.add(link.receives ? Gauge.RECEIVER_CREDIT : Gauge.SENDER_CREDIT, (long) credit - link.creditCounted);
        link.creditCounted = credit;
    }
}
