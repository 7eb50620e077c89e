package dev.proactor.spring.boot.endpoint;

import dev.proactor.spring.boot.endpoint.ProactorDescriptor.LinkDescriptor;
import dev.proactor.spring.boot.endpoint.ProactorDescriptor.SessionDescriptor;
import dev.proactor.spring.boot.endpoint.ProactorDescriptor.Traffic;
import dev.proactor.spring.boot.internal.dispatch.LiveConnection;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * What only the owner of a connection's batch may look at, copied. Immutable.
 *
 * @param state of the connection
 * @param containerId the peer's
 * @param properties of the peer's {@code open}
 * @param deliveries there were
 * @param sessions some of them, with some of their links
 * @param sessionsOmitted how many more
 * @param linksOmitted how many more links
 */
record Look(
        String state,
        @Nullable String containerId,
        Map<String, Object> properties,
        Traffic deliveries,
        List<SessionDescriptor> sessions,
        int sessionsOmitted,
        int linksOmitted) {

    private static final EnumSet<EndpointState> ANY = EnumSet.allOf(EndpointState.class);
    private static final int MOST_SESSIONS = 64;

    /** In the connection's sequence. */
    static Look at(LiveConnection live, int mostLinks) {
        Connection connection = live.connection();
        Map<Session, List<LinkDescriptor>> links = new HashMap<>();
        List<SessionDescriptor> sessions = new ArrayList<>();
        int omittedSessions = 0;
        for (Session session = connection.sessionHead(ANY, ANY); session != null; session = session.next(ANY, ANY)) {
            if (isOver(session)) {
                continue;
            }
            if (sessions.size() < MOST_SESSIONS) {
                List<LinkDescriptor> of = new ArrayList<>();
                links.put(session, of);
                sessions.add(new SessionDescriptor(stateOf(session), of));
            } else {
                omittedSessions++;
            }
        }
        int shown = 0;
        int omittedLinks = 0;
        for (Link link = connection.linkHead(ANY, ANY); link != null; link = link.next(ANY, ANY)) {
            if (isOver(link)) {
                continue;
            }
            List<LinkDescriptor> of = links.get(link.getSession());
            if (of != null && shown < mostLinks) {
                shown++;
                of.add(describe(live, link));
            } else {
                omittedLinks++;
            }
        }
        return new Look(
                stateOf(connection),
                Text.clean(connection.getRemoteContainer()),
                Text.properties(connection.getRemoteProperties()),
                new Traffic(live.received(), live.delivered()),
                sessions,
                omittedSessions,
                omittedLinks);
    }

    private static LinkDescriptor describe(LiveConnection live, Link link) {
        return new LinkDescriptor(
                String.valueOf(Text.clean(link.getName())),
                link instanceof Sender ? "sender" : "receiver",
                String.valueOf(Text.clean(live.addressOf(link))),
                stateOf(link),
                link.getCredit(),
                link.getUnsettled());
    }

    private static boolean isOver(Endpoint endpoint) {
        return endpoint.getLocalState() == EndpointState.CLOSED && endpoint.getRemoteState() != EndpointState.ACTIVE;
    }

    private static String stateOf(Endpoint endpoint) {
        EndpointState local = endpoint.getLocalState();
        EndpointState remote = endpoint.getRemoteState();
        if (local == EndpointState.CLOSED || remote == EndpointState.CLOSED) {
            return "closing";
        }
        return local == EndpointState.ACTIVE && remote == EndpointState.ACTIVE ? "open" : "opening";
    }
}
