package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import dev.proactor.internal.counts.ListenerGroup;
import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.transport.TcpTransport;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * One listener, with a socket for each of its addresses.
 *
 * <p>Peers are taken from the system a few at a time and wait here until the application accepts or rejects them; so many may
 * wait as the backlog says, then the rest stays with the system.
 *
 * <p>Who may touch what: {@code waiting} and the flags beside it are guarded by their lock; {@code bound}, {@code condition},
 * {@code closeWanted} and {@code sockets} may be read by any thread; all else belongs to the owner of the RUNNING task.
 */
final class ListenerTask extends Task implements Listener {

    private static final Logger LOG = System.getLogger("dev.proactor");

    /** Taken from the system in one run, so that a storm of peers leaves the other tasks their turn. */
    private static final int ACCEPTS_A_RUN = 16;

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final class Socket {
        final ServerSocketChannel channel;

        @Nullable Registration registration;

        Socket(ServerSocketChannel channel) {
            this.channel = channel;
        }
    }

    private final DefaultProactor proactor;
    private final ListenerOptions options;
    private final ListenerGroup group;
    private final SimpleEvent event;

    private final Object lock = new Object();
    // Guarded by lock.
    private final Deque<SocketChannel> waiting = new ArrayDeque<>();
    private int unannounced; // how many of those that wait, the youngest, have no event yet
    private boolean over;

    // Any thread.
    private volatile List<InetSocketAddress> bound = List.of();
    private volatile @Nullable ErrorCondition condition;
    private volatile boolean closeWanted;
    private volatile Lookups.@Nullable Result found;

    // The owner adds, any thread closes.
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    // The owner.
    private boolean begun;
    private boolean lookedUp;
    private boolean openDue;
    private boolean acceptDue;
    private boolean closing;
    private boolean closeDue;
    private boolean closeHandedOut;
    private int deregistering;
    private long retryNanos = Deadlines.NONE;
    private long readyAtNanos;
    private long openedNanos;
    private int events;

    ListenerTask(DefaultProactor proactor, ListenerOptions options) {
        this.proactor = proactor;
        this.options = options;
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
        SocketChannel peer = take();
        if (peer != null) {
            group.peerAccepted();
        }
        return proactor.accepted(connectionOptions, peer);
    }

    @Override
    public void reject() {
        SocketChannel peer = take();
        if (peer != null) {
            group.peerRejected();
            new TcpTransport(peer).close();
        }
    }

    private @Nullable SocketChannel take() {
        SocketChannel peer;
        boolean wasFull;
        synchronized (lock) {
            wasFull = waiting.size() >= options.backlog();
            peer = waiting.poll();
            // Who accepts more than it was told of has taken one that is to be announced.
            unannounced = Math.min(unannounced, waiting.size());
        }
        if (wasFull) {
            proactor.loop().schedule(this, TaskState.CONTINUE);
        }
        return peer;
    }

    @Override
    public int waiting() {
        synchronized (lock) {
            return waiting.size();
        }
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
        over();
        closeSockets();
    }

    private void closeSockets() {
        for (Socket socket : sockets) {
            try {
                socket.channel.close();
            } catch (IOException e) {
                LOG.log(Level.DEBUG, "closing a listening socket failed", e);
            }
        }
    }

    // ---- the owner: running

    @Override
    public @Nullable EventBatch run(int reasons, long nowNanos) {
        readyAtNanos = readyNanos();
        if ((reasons & TaskState.DEREGISTERED) != 0) {
            deregistering--;
        }
        if (!closeWanted) {
            open();
        }
        if (closeWanted) {
            beginClosing();
        } else {
            if (nowNanos >= retryNanos) {
                retryNanos = Deadlines.NONE;
            }
            takePeers(nowNanos);
        }
        if (closing && deregistering == 0 && !closeHandedOut) {
            closeDue = true;
        }
        // Taken here, so that the batch has an event whatever other threads accept meanwhile.
        acceptDue = acceptDue || (!openDue && !closing && announce());
        if (openDue || acceptDue || closeDue) {
            openedNanos = nowNanos;
            events = 0;
            proactor.batchOpened();
            return new Batch(this);
        }
        letGo();
        return null;
    }

    private void open() {
        if (begun && (lookedUp || found == null)) {
            return;
        }
        NetworkAddress address = NetworkAddress.parse(options.address());
        if (!begun) {
            begun = true;
            List<InetAddress> literal = address.host().isEmpty() ? everyAddress() : Lookups.literal(address.host());
            if (literal != null) {
                lookedUp = true;
                bind(literal, address);
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
            fail(message(result.failure()));
        } else if (result != null) {
            bind(result.addresses(), address);
        }
    }

    /** All addresses: a socket for IPv6 that takes IPv4 too, as the JDK makes them; where there is no IPv6, one for IPv4. */
    private static List<InetAddress> everyAddress() {
        try {
            return List.of(InetAddress.getByName("::"), InetAddress.getByName("0.0.0.0"));
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void bind(List<InetAddress> addresses, NetworkAddress address) {
        int port;
        try {
            port = address.port();
        } catch (IllegalArgumentException e) {
            fail(message(e));
            return;
        }
        boolean any = address.host().isEmpty();
        String failure = "no address";
        List<InetSocketAddress> locals = new ArrayList<>();
        for (InetAddress host : addresses) {
            try {
                InetSocketAddress local = bind(host, port);
                locals.add(local);
                if (any) {
                    break;
                }
                // The system chooses once: all addresses have the same port.
                port = local.getPort();
            } catch (IOException | RuntimeException e) {
                failure = message(e);
            }
        }
        if (sockets.isEmpty()) {
            fail(failure);
        } else {
            bound = List.copyOf(locals);
            group.listenerOpened();
            openDue = true;
        }
    }

    private InetSocketAddress bind(InetAddress host, int port) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(
                host instanceof Inet6Address ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
        try {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(new InetSocketAddress(host, port), options.backlog());
            InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
            sockets.add(new Socket(channel));
            return local;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void fail(String why) {
        condition = new ErrorCondition(Proactor.IO_ERROR, why + " - listen " + NetworkAddress.parse(options.address()));
        closeWanted = true;
    }

    private static String message(Exception e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    private void takePeers(long nowNanos) {
        int left = ACCEPTS_A_RUN;
        for (Socket socket : sockets) {
            while (left > 0 && retryNanos == Deadlines.NONE && room() > 0) {
                SocketChannel peer;
                try {
                    peer = socket.channel.accept();
                    if (peer == null) {
                        break;
                    }
                    peer.configureBlocking(false);
                } catch (IOException e) {
                    // No descriptors, or a peer that went again: the listener stays, and tries again soon without a
                    // spin.
                    group.acceptFailed();
                    retryNanos = nowNanos + RETRY_NANOS;
                    LOG.log(Level.WARNING, "{0}: accepting failed and is tried again: {1}", this, message(e));
                    break;
                }
                left--;
                if (!enter(peer)) {
                    new TcpTransport(peer).close();
                }
            }
        }
    }

    /** {@return whether there was a peer to announce; each is announced once, for it may be accepted later} */
    private boolean announce() {
        synchronized (lock) {
            if (unannounced == 0) {
                return false;
            }
            unannounced--;
            return true;
        }
    }

    private int room() {
        synchronized (lock) {
            return options.backlog() - waiting.size();
        }
    }

    private boolean enter(SocketChannel peer) {
        synchronized (lock) {
            if (over) {
                return false;
            }
            waiting.add(peer);
            unannounced++;
            return true;
        }
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
        closeSockets();
        for (Socket socket : sockets) {
            if (socket.registration != null) {
                deregistering++;
            }
        }
        if (deregistering > 0) {
            // One word from the poller is enough: it lets go of all channels that were closed by now.
            deregistering = 1;
            proactor.poller().awaitDeregistered(this);
            proactor.loop().interestChanged();
        }
    }

    private void over() {
        bound = List.of();
        dropWaiting();
    }

    private void dropWaiting() {
        synchronized (lock) {
            over = true;
            unannounced = 0;
            for (SocketChannel peer = waiting.poll(); peer != null; peer = waiting.poll()) {
                group.peerRejected();
                new TcpTransport(peer).close();
            }
        }
    }

    // ---- the owner: the batch

    private @Nullable Event advance() {
        if (openDue) {
            openDue = false;
            return handOut(EventType.LISTENER_OPEN);
        }
        if (acceptDue || announce()) {
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

    private void closeBatch() {
        long now = proactor.loop().nowNanos();
        proactor.batchClosed(EventSource.LISTENER, events);
        if (proactor.isTimed()) {
            group.recorder().batch(openedNanos - readyAtNanos, now - openedNanos, events);
        }
        letGo();
    }

    private void letGo() {
        if (closeHandedOut) {
            proactor.over(this);
            if (state.finish()) {
                proactor.dead();
            }
            return;
        }
        boolean again = openDue || acceptDue || closeDue;
        if (!closing) {
            again |= arm();
        }
        proactor.loop().deadline(this, closing ? Deadlines.NONE : retryNanos);
        if (again ? state.requeue(TaskState.CONTINUE) : state.release()) {
            proactor.loop().enqueue(this);
        } else if (state.isFinal()) {
            // Killed meanwhile, perhaps before there was a socket to close.
            kill();
        }
    }

    /** {@return whether peers wait of which the application has not heard yet} */
    private boolean arm() {
        boolean full;
        boolean again;
        synchronized (lock) {
            full = waiting.size() >= options.backlog();
            again = unannounced > 0;
        }
        int ops = full || retryNanos != Deadlines.NONE ? 0 : SelectionKey.OP_ACCEPT;
        for (Socket socket : sockets) {
            try {
                if (socket.registration == null) {
                    socket.registration = proactor.poller().register(socket.channel, this, ops);
                    proactor.loop().interestChanged();
                } else if (socket.registration.arm(ops)) {
                    proactor.loop().interestChanged();
                }
            } catch (IOException | RuntimeException e) {
                fail(message(e));
                again = true;
            }
        }
        return again;
    }

    @Override
    public void crashed(Throwable failure) {
        over();
        proactor.over(this);
        if (state.finish()) {
            proactor.dead();
        }
    }

    @Override
    public String toString() {
        return "listener " + options.name() + " on " + options.address();
    }

    private static final class Batch extends TaskBatch {
        private final ListenerTask task;

        Batch(ListenerTask task) {
            super(task.proactor);
            this.task = task;
        }

        @Override
        @Nullable Event advance() {
            return task.advance();
        }

        @Override
        void done() {
            task.closeBatch();
        }

        @Override
        TaskBatch again() {
            return new Batch(task);
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
            return task;
        }
    }
}
