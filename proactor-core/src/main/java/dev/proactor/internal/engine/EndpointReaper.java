package dev.proactor.internal.engine;

import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.impl.DeliveryImpl;
import org.apache.qpid.proton.engine.impl.LinkImpl;
import org.apache.qpid.proton.engine.impl.SenderImpl;

/**
 * Frees links and sessions that both ends are done with. proton-j keeps them until somebody does, and applications forget:
 * a peer that attaches and detaches without end would fill the memory, and one that attaches again by the same name would be
 * given the old link, on which proton-j never answers.
 */
final class EndpointReaper {

    private final EngineConnection connection;
    private final List<LinkState> links = new ArrayList<>(0);
    private final List<SessionState> sessions = new ArrayList<>(0);

    EndpointReaper(EngineConnection connection) {
        this.connection = connection;
    }

    void over(LinkState link) {
        links.add(link);
    }

    void over(SessionState session) {
        sessions.add(session);
    }

    /** Frees what is over. To be called when no event of it waits to be handled. */
    void reap() {
        reapLinks();
        if (!sessions.isEmpty()) {
            for (SessionState state : sessions) {
                if (state.session != null) {
                    state.links(true).values().forEach(link -> free(link.link));
                    state.links(false).values().forEach(link -> free(link.link));
                    state.session.free();
                    connection.forget(state.session);
                }
            }
            sessions.clear();
        }
    }

    void reapLinks() {
        if (!links.isEmpty()) {
            for (LinkState link : links) {
                free(link.link);
            }
            links.clear();
        }
    }

    /** A link's detach is written: what was not sent on it until now never will be, and proton-j would count it for ever. */
    void dropUnsent(LinkImpl link) {
        if (!(link instanceof SenderImpl) || link.getQueued() == 0) {
            return;
        }
        DeliveryImpl next;
        for (DeliveryImpl work = EngineInternals.firstWork(connection); work != null; work = next) {
            next = EngineInternals.nextWork(work);
            if (work.getLink() == link && !EngineInternals.isDone(work)) {
                EngineInternals.uncountOutgoing(link.getSession(), work.isPartial() ? 0 : 1, work.available());
                connection.removeTransportWork(work);
            }
        }
    }

    /** Settles what is left on it without telling the peer, for which it is gone too. */
    private void free(LinkImpl link) {
        DeliveryImpl next;
        for (DeliveryImpl delivery = link.head(); delivery != null; delivery = next) {
            next = delivery.next();
            boolean begun = link instanceof SenderImpl && link.current() == delivery;
            delivery.settle();
            if (begun) {
                // Settling has completed it.
                EngineInternals.uncountOutgoing(link.getSession(), 1, 0);
            }
            connection.removeTransportWork(delivery);
            EngineInternals.forget(delivery);
        }
        link.free();
    }
}
