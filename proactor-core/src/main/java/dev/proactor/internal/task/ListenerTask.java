package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import dev.proactor.internal.counts.ListenerGroup;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * One listener, with a socket for each of its addresses.
 *
 * <p>Peers are taken from the system a few at a time and wait here until the application accepts or rejects them; so many may
 * wait as the backlog says, then the rest stays with the system. So it does while there are as many connections as there may be,
 * and while the system has no descriptors left.
 *
 * <p>Who may touch what: {@code waiting}, {@code admission}, {@code bound}, {@code condition}, {@code closeWanted},
 * {@code retryNow} and {@code found} any thread; all else belongs to the owner of the RUNNING task.
 */
final class ListenerTask extends Task implements Listener, TaskBatch.Subject {

    private static final Logger LOG = System.getLogger("dev.proactor");

    /** Taken from the system in one run, so that a storm of peers leaves the other tasks their turn. */
    private static final int ACCEPTS_A_RUN = 16;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Between two warnings of the same. */
    private static final long COMPLAINT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final DefaultProactor proactor;
    private final ListenerOptions options;
    private final NetworkAddress address;
    private final ListenerGroup group;
    private final SimpleEvent event;
    private final ListeningSockets sockets = new ListeningSockets();

    // Any thread.
    private final WaitingPeers waiting;
    private final Admission admission;
    private volatile List<InetSocketAddress> bound = List.of();
    private volatile @Nullable ErrorCondition condition;
    private volatile boolean closeWanted;
    private volatile boolean retryNow;
    private volatile Lookups.@Nullable Result found;

    // The owner.
    private boolean begun;
    private boolean lookedUp;
    private boolean openDue;
    private boolean acceptDue;
    private boolean closing;
    private boolean deregistering;
    private boolean closeDue;
    private boolean closeHandedOut;
    private boolean failing;
    private boolean told;
    private boolean crashed;
    private long nextComplaintNanos = Long.MIN_VALUE;
    private long retryNanos = Deadlines.NONE;
    private long readyAtNanos;
    private long openedNanos;
    private int events;

    ListenerTask(DefaultProactor proactor, ListenerOptions options) {
        EarlyClasses.load();
        this.proactor = proactor;
        this.options = options;
        this.address = NetworkAddress.parse(options.address());
        this.waiting = new WaitingPeers(options.backlog());
        this.admission =
                new Admission(options.maxConnections(), () -> proactor.loop().schedule(this, TaskState.CONTINUE));
        this.group = proactor.listenerGroup(options.name());
        this.event = new SimpleEvent(proactor, this);
    }

    // ---- any thread

    @Override
    public ListenerOptions options() {
        return options;
    }

    @Override
    public Connection accept() {
        return accept(options);
    }

    @Override
    public Connection accept(ListenerOptions connectionOptions) {
        WaitingPeers.Peer peer = take();
        if (peer != null) {
            group.peerAccepted();
        }
        try {
            return proactor.accepted(connectionOptions, peer);
        } catch (RuntimeException | Error failure) {
            // It was taken already, and nobody else would let go of it.
            if (peer != null) {
                peer.dismiss();
            }
            throw failure;
        }
    }

    @Override
    public RawConnection acceptRaw() {
        return acceptRaw(options.context());
    }

    @Override
    public RawConnection acceptRaw(@Nullable Object connectionContext) {
        WaitingPeers.Peer peer = take();
        if (peer != null) {
            group.peerAccepted();
        }
        try {
            return proactor.acceptedRaw(peer, connectionContext);
        } catch (RuntimeException | Error failure) {
            if (peer != null) {
                peer.dismiss();
            }
            throw failure;
        }
    }

    @Override
    public void reject() {
        WaitingPeers.Peer peer = take();
        if (peer != null) {
            group.peerRejected();
            peer.dismiss();
        }
    }

    private WaitingPeers.@Nullable Peer take() {
        boolean wasFull = waiting.isFull();
        WaitingPeers.Peer peer = waiting.take();
        if (wasFull) {
            // There is room again for peers that the system holds.
            proactor.loop().schedule(this, TaskState.CONTINUE);
        }
        return peer;
    }

    /** A descriptor may be free again. */
    void retry() {
        retryNow = true;
        proactor.loop().schedule(this, TaskState.CONTINUE);
    }

    @Override
    public int waiting() {
        return waiting.size();
    }

    @Override
    public List<InetSocketAddress> localAddresses() {
        return bound;
    }

    @Override
    public int localPort() {
        List<InetSocketAddress> addresses = bound;
        return addresses.isEmpty() ? -1 : addresses.get(0).getPort();
    }

    @Override
    public @Nullable ErrorCondition condition() {
        return condition;
    }

    @Override
    public @Nullable Object context() {
        return options.context();
    }

    @Override
    public void close() {
        closeWanted = true;
        proactor.loop().schedule(this, TaskState.DISCONNECT);
    }

    /** The proactor was closed. */
    void kill() {
        state.kill();
        sockets.close();
        over();
    }

    // ---- the owner: running

    @Override
    public @Nullable EventBatch run(int reasons, long nowNanos) {
        readyAtNanos = readyNanos();
        if ((reasons & TaskState.DEREGISTERED) != 0) {
            deregistering = false;
        }
        if (!closeWanted) {
            open();
        }
        if (closeWanted) {
            beginClosing();
        } else {
            group.peersRejected(waiting.dropThoseThatWait(longestWaitNanos(), nowNanos));
            takePeers(nowNanos);
        }
        if (closing && !deregistering && !closeHandedOut) {
            closeDue = true;
        }
        // Taken here, so that the batch has an event whatever other threads accept meanwhile.
        acceptDue = acceptDue || (!openDue && !closing && waiting.announce());
        if (openDue || acceptDue || closeDue) {
            openedNanos = nowNanos;
            events = 0;
            proactor.batchOpened();
            return new TaskBatch(proactor, this);
        }
        letGo();
        return null;
    }

    /** Whatever happens to a listener is for a handler; peers wait with the system meanwhile. */
    @Override
    public void runIo(int reasons, long nowNanos) {
        proactor.loop().leaveToHandlers(this, reasons, 0);
    }

    private void open() {
        if (begun && (lookedUp || found == null)) {
            return;
        }
        if (!begun) {
            begun = true;
            List<InetAddress> literal =
                    address.host().isEmpty() ? ListeningSockets.everyAddress() : Lookups.literal(address.host());
            if (literal != null) {
                lookedUp = true;
                bind(literal);
                return;
            }
            proactor.lookups().resolve(address, result -> {
                found = result;
                proactor.loop().schedule(this, TaskState.RESOLVED);
            });
            return;
        }
        lookedUp = true;
        Lookups.Result result = found;
        if (result != null && result.failure() != null) {
            fail(result.failure());
        } else if (result != null) {
            bind(result.addresses());
        }
    }

    private void bind(List<InetAddress> addresses) {
        try {
            bound = List.copyOf(sockets.bind(addresses, address, options.backlog()));
            group.listenerOpened();
            openDue = true;
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
    }

    private void fail(Exception why) {
        condition = new ErrorCondition(Proactor.IO_ERROR, Lookups.message(why) + " - listen " + address);
        closeWanted = true;
    }

    private void takePeers(long nowNanos) {
        if (retryNow || nowNanos >= retryNanos) {
            retryNow = false;
            retryNanos = Deadlines.NONE;
        }
        if (retryNanos != Deadlines.NONE) {
            return;
        }
        try {
            if (sockets.accept(waiting, admission, ACCEPTS_A_RUN, nowNanos) && failing) {
                failing = false;
                proactor.canAccept(this);
                if (told) {
                    told = false;
                    tell(Level.INFO, "{0} accepts peers again", "");
                }
            }
        } catch (IOException e) {
            if (state.isFinal()) {
                // The proactor was closed, and the sockets with it.
                return;
            }
            // The listener stays, and tries again soon without a spin.
            group.acceptFailed();
            retryNanos = nowNanos + RETRY_NANOS;
            if (!failing) {
                failing = true;
                proactor.cannotAccept(this);
                complain(e, nowNanos);
            }
        }
    }

    /** Once in a while: at the limit a listener may fail with every other peer. */
    private void complain(IOException why, long nowNanos) {
        if (nowNanos >= nextComplaintNanos) {
            nextComplaintNanos = nowNanos + COMPLAINT_NANOS;
            told = true;
            tell(
                    Level.WARNING,
                    "{0} could not accept a peer ({1}) and tries again until it can. Too many open files? Raise the limit"
                            + " of descriptors, or accept fewer connections.",
                    Lookups.message(why));
        }
    }

    private void tell(Level level, String format, String why) {
        try {
            LOG.log(level, format, this, why);
        } catch (RuntimeException | LinkageError noLog) {
            // A log may want a descriptor too; the listener must outlive that, and the counts tell of the failure.
            return;
        }
    }

    private long longestWaitNanos() {
        return options.handshakeTimeout().isZero()
                ? Deadlines.NONE
                : options.handshakeTimeout().toNanos();
    }

    private long nextDeadline() {
        long oldest = waiting.oldestNanos();
        return oldest == Deadlines.NONE || options.handshakeTimeout().isZero()
                ? retryNanos
                : Math.min(retryNanos, oldest + longestWaitNanos());
    }

    private void beginClosing() {
        if (closing) {
            return;
        }
        closing = true;
        openDue = false;
        acceptDue = false;
        if (!bound.isEmpty()) {
            group.listenerClosed();
        }
        over();
        sockets.close();
        if (sockets.isRegistered()) {
            // One word from the poller is enough: it lets go of all channels that are closed by now.
            deregistering = true;
            proactor.poller().awaitDeregistered(this);
            proactor.loop().interestChanged();
        }
    }

    private void over() {
        bound = List.of();
        proactor.canAccept(this);
        group.peersRejected(waiting.close());
    }

    // ---- the owner: the batch

    @Override
    public @Nullable Event advance() {
        if (openDue) {
            openDue = false;
            return handOut(EventType.LISTENER_OPEN);
        }
        if (acceptDue || waiting.announce()) {
            acceptDue = false;
            return handOut(EventType.LISTENER_ACCEPT);
        }
        if (closeDue) {
            closeDue = false;
            closeHandedOut = true;
            return handOut(EventType.LISTENER_CLOSE);
        }
        return null;
    }

    private Event handOut(EventType type) {
        events++;
        return event.is(type);
    }

    @Override
    public void closeBatch() {
        long now = proactor.loop().nowNanos();
        proactor.batchClosed(EventSource.LISTENER, events);
        if (proactor.isTimed()) {
            group.recorder().batch(openedNanos - readyAtNanos, now - openedNanos, events);
        }
        letGo();
    }

    private void letGo() {
        if (closeHandedOut) {
            end();
            return;
        }
        boolean again = openDue || acceptDue || closeDue;
        if (!closing) {
            again |= arm();
        }
        proactor.loop().deadline(this, closing ? Deadlines.NONE : nextDeadline());
        if (again ? state.requeue(TaskState.CONTINUE) : state.release()) {
            proactor.loop().enqueue(this);
        } else if (state.isFinal()) {
            // Killed meanwhile, perhaps before there was a socket to close.
            sockets.close();
            over();
        }
    }

    /** {@return whether there is more to do at once} */
    private boolean arm() {
        try {
            if (sockets.arm(
                    proactor.poller(),
                    this,
                    retryNanos == Deadlines.NONE && !waiting.isFull() && !admission.isFull())) {
                proactor.loop().interestChanged();
            }
            return waiting.hasUnannounced();
        } catch (IOException | RuntimeException e) {
            fail(e);
            return true;
        }
    }

    /**
     * The application is told that it is closed, or it would rely on a listener that takes nobody.
     *
     * @param failure what was thrown
     */
    @Override
    public void crashed(Throwable failure) {
        boolean again = crashed;
        crashed = true;
        if (!closing && !bound.isEmpty()) {
            group.listenerClosed();
        }
        over();
        sockets.close();
        if (again || closeHandedOut) {
            end();
            return;
        }
        closeWanted = true;
        closing = true;
        deregistering = false;
        openDue = false;
        acceptDue = false;
        if (condition == null) {
            condition = Faults.condition(failure);
        }
        proactor.loop().deadline(this, Deadlines.NONE);
        if (state.requeue(TaskState.CONTINUE)) {
            proactor.loop().enqueue(this);
        } else {
            end();
        }
    }

    private void end() {
        proactor.over(this);
        if (state.finish()) {
            proactor.dead();
        }
    }

    @Override
    public EventSource source() {
        return EventSource.LISTENER;
    }

    @Override
    public @Nullable Connection connection() {
        return null;
    }

    @Override
    public Listener listener() {
        return this;
    }

    @Override
    public String toString() {
        return "listener " + options.name() + " on " + options.address();
    }
}
