package dev.proactor.internal.engine;

import dev.proactor.Proactor;
import dev.proactor.ProactorConnection;
import dev.proactor.TransportOptions;
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
    private final int windowBytes;
    private final int shareBytes;
    private final long sharedBytes;
    private final List<SessionImpl> sessions = new ArrayList<>(1);
    private volatile @Nullable Proactor proactor;

    /**
     * Makes a connection that nothing has happened to yet.
     *
     * @param proactor whose it is
     * @param owner the task that drives it
     * @param options how many bytes its sessions hold that no handler took yet
     */
    public EngineConnection(Proactor proactor, Object owner, TransportOptions options) {
        this.proactor = proactor;
        this.owner = owner;
        this.windowBytes = options.sessionWindowBytes();
        long input = options.maxInputBytes();
        // Half of it at least is split beforehand, so that the last session has a frame too.
        long kept = (input - Math.min(2L * windowBytes, input / 2)) / options.maxSessions();
        this.shareBytes = (int) Math.min(windowBytes, kept);
        this.sharedBytes = input - (long) shareBytes * options.maxSessions();
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

    /** Makes a session; the engine calls it too, for the peer's. Its capacity is set, since none would mean no limit: all together are within the connection's. */
    @Override
    public SessionImpl session() {
        SessionImpl session = super.session();
        session.setIncomingCapacity(shareBytes + (int) Math.min(windowBytes - shareBytes, sharedBytesLeft() / 2));
        sessions.add(session);
        return session;
    }

    private long sharedBytesLeft() {
        long left = sharedBytes;
        for (SessionImpl session : sessions) {
            left -= Math.max(0, session.getIncomingCapacity() - shareBytes);
        }
        return Math.max(0, left);
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
