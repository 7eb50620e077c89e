package dev.proactor.internal.engine;

import dev.proactor.Proactor;
import dev.proactor.ProactorConnection;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.impl.ConnectionImpl;
import org.apache.qpid.proton.engine.impl.SessionImpl;
import org.apache.qpid.proton.engine.impl.TransportImpl;
import org.jspecify.annotations.Nullable;

/**
 * A connection made by a proactor. It knows whose it is, and bounds what its sessions hold.
 *
 * <p>{@link #owner()} and {@link #proactor()} may be called by any thread; all else belongs to the task's owner.
 */
public final class EngineConnection extends ConnectionImpl implements ProactorConnection {

    private final Object owner;
    private final int sessionWindowBytes;
    private final List<SessionImpl> sessions = new ArrayList<>(1);
    private volatile @Nullable Proactor proactor;

    /**
     * Makes a connection that nothing has happened to yet.
     *
     * @param proactor whose it is
     * @param owner the task that drives it
     * @param sessionWindowBytes how many bytes each session holds that no handler took yet
     */
    public EngineConnection(Proactor proactor, Object owner, int sessionWindowBytes) {
        this.proactor = proactor;
        this.owner = owner;
        this.sessionWindowBytes = sessionWindowBytes;
    }

    /** {@return the task that drives this connection} Thread-safe. */
    public Object owner() {
        return owner;
    }

    @Override
    public @Nullable Proactor proactor() {
        return proactor;
    }

    /** The connection is over, or was released: it has no proactor any more. */
    public void ended() {
        proactor = null;
    }

    /** Makes a session; the engine calls it too, for the peer's. Its capacity is set, since none would mean no limit. */
    @Override
    public SessionImpl session() {
        SessionImpl session = super.session();
        session.setIncomingCapacity(sessionWindowBytes);
        sessions.add(session);
        return session;
    }

    /** A session is over. */
    void forget(SessionImpl session) {
        sessions.remove(session);
    }

    /** {@return the sessions that there are} */
    List<SessionImpl> sessions() {
        return sessions;
    }

    /** {@return how many channels may be used: what both ends agreed on, not what AMQP allows} */
    @Override
    public int getMaxChannels() {
        TransportImpl transport = getTransport();
        return transport == null
                ? super.getMaxChannels()
                : Math.min(transport.getChannelMax(), transport.getRemoteChannelMax()) + 1;
    }
}
