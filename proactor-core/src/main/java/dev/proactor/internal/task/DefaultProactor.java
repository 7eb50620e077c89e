package dev.proactor.internal.task;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.DurationListener;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.LastingConnection;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.ProactorCounts;
import dev.proactor.ProactorProvider;
import dev.proactor.RawConnection;
import dev.proactor.RawOptions;
import dev.proactor.ReconnectOptions;
import dev.proactor.internal.counts.CarefulRecorder;
import dev.proactor.internal.counts.ConnectionGroup;
import dev.proactor.internal.counts.ListenerGroup;
import dev.proactor.internal.engine.CodecPool;
import dev.proactor.internal.engine.EngineConnection;
import dev.proactor.internal.engine.FailureDelays;
import dev.proactor.internal.engine.UntrustedMessages;
import dev.proactor.internal.poll.LeaderFollower;
import dev.proactor.internal.poll.NioPoller;
import dev.proactor.internal.poll.Poller;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import dev.proactor.internal.transport.BufferPool;
import dev.proactor.security.Identity;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLSession;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * The proactor: knows all tasks, and what is alive. Every field is safe for any thread; what happens to one connection happens
 * in its task.
 */
final class DefaultProactor implements Proactor {

    private final ProactorProvider.Settings settings;
    private final Poller poller;
    private final LeaderFollower loop;
    private final Lookups lookups;
    private final BufferPool buffers = new BufferPool();
    private final CodecPool codecs = new CodecPool();
    private final Counts counts;
    private final boolean timed;
    private final DurationListener.BatchRecorder recorder;
    private final ProactorTask own;

    private final FailureDelays failureDelays = new FailureDelays();
    private final Set<Task> tasks = ConcurrentHashMap.newKeySet();
    private final Set<ListenerTask> unableToAccept = ConcurrentHashMap.newKeySet(0);

    /** Connections, listeners and a time-out that is set: while there are any, the proactor is active. */
    private final AtomicInteger alive = new AtomicInteger();

    DefaultProactor(ProactorProvider.Settings settings) {
        this(settings, new NioPoller(), System::nanoTime);
    }

    DefaultProactor(ProactorProvider.Settings settings, Poller poller, LongSupplier clock) {
        this.settings = settings;
        this.poller = poller;
        this.loop = new LeaderFollower(poller, clock);
        this.lookups = new Lookups(settings.resolver());
        this.timed = settings.durations() != DurationListener.NONE;
        this.recorder = CarefulRecorder.of(settings.durations().proactor());
        this.counts = new Counts(loop, settings.durations());
        this.own = new ProactorTask(this);
    }

    // ---- events

    @Override
    public EventBatch await() throws InterruptedException {
        EventBatch batch = loop.await(Deadlines.NONE);
        if (batch == null) {
            throw new AssertionError("a wait without end has ended without a batch");
        }
        return batch;
    }

    @Override
    public @Nullable EventBatch await(Duration timeout) throws InterruptedException {
        return loop.await(after(timeout));
    }

    @Override
    public @Nullable EventBatch poll() {
        return loop.poll();
    }

    @Override
    public void standBy() throws InterruptedException {
        loop.standBy();
    }

    private long after(Duration delay) {
        long now = loop.nowNanos();
        if (delay.isNegative()) {
            return now;
        }
        // Long.MAX_VALUE nanoseconds are 292 years; the sum must not wrap.
        long nanos = delay.compareTo(Duration.ofDays(36500)) > 0
                ? Duration.ofDays(36500).toNanos()
                : delay.toNanos();
        return now + nanos;
    }

    // ---- connections and listeners

    @Override
    public Connection connect(ConnectionOptions options) {
        return start(ConnectionTask.connecting(this, options));
    }

    @Override
    public Connection adopt(SocketChannel channel, ConnectionOptions options) {
        if (!channel.isConnected() || channel.isRegistered()) {
            throw new IllegalArgumentException(
                    "a channel to adopt must be connected and registered with no selector: " + channel);
        }
        try {
            if (!(channel.getRemoteAddress() instanceof InetSocketAddress)) {
                throw new IllegalArgumentException("a channel to adopt must be one of TCP: " + channel);
            }
            channel.configureBlocking(false);
        } catch (IOException e) {
            throw new IllegalArgumentException("the channel to adopt can't be made non-blocking: " + channel, e);
        }
        return start(ConnectionTask.adopting(this, options, channel));
    }

    Connection accepted(ListenerOptions options, WaitingPeers.@Nullable Peer peer) {
        return start(ConnectionTask.accepted(this, options, peer));
    }

    @Override
    public RawConnection connectRaw(RawOptions options) {
        return start(new RawTask(this, options));
    }

    RawConnection acceptedRaw(WaitingPeers.@Nullable Peer peer, @Nullable Object context) {
        return start(new RawTask(this, peer, context));
    }

    private RawConnection start(RawTask task) {
        begin(task);
        return task;
    }

    private Connection start(ConnectionTask task) {
        begin(task);
        return task.connection();
    }

    @Override
    public Listener listen(ListenerOptions options) {
        ListenerTask task = new ListenerTask(this, options);
        begin(task);
        return task;
    }

    @Override
    public LastingConnection keepConnected(ConnectionOptions options, ReconnectOptions reconnect) {
        Reconnector lasting = new Reconnector(this, options, reconnect);
        begin(lasting.timer());
        lasting.attempt();
        return lasting;
    }

    @Override
    public @Nullable LastingConnection lasting(Connection connection) {
        ConnectionTask task = task(connection);
        return task == null ? null : task.lasting();
    }

    void begin(Task task) {
        alive();
        tasks.add(task);
        if (loop.isClosed()) {
            // Closed before or just now; who closes may have missed this one.
            tasks.remove(task);
            kill(task);
            throw new ProactorClosedException("the proactor is closed");
        }
        loop.schedule(task, TaskState.RESOLVED);
    }

    /** A task has ended: it is known no more. Its owner calls this. */
    void over(Task task) {
        loop.forget(task);
        tasks.remove(task);
        // It may have had a descriptor.
        for (ListenerTask listener : unableToAccept) {
            listener.retry();
        }
    }

    /** A listener gets no peers from the system: it is told when something has ended. */
    void cannotAccept(ListenerTask listener) {
        unableToAccept.add(listener);
    }

    /** A listener gets peers again, or wants none. */
    void canAccept(ListenerTask listener) {
        unableToAccept.remove(listener);
    }

    @Override
    public void disconnect(@Nullable ErrorCondition condition) {
        ErrorCondition copy = null;
        if (condition != null) {
            copy = new ErrorCondition();
            copy.copyFrom(condition);
        }
        boolean none = true;
        for (Task task : tasks) {
            none = false;
            if (task instanceof ConnectionTask connection) {
                connection.disconnect(copy);
            } else if (task instanceof RawTask raw) {
                raw.disconnect(copy);
            } else if (task instanceof ListenerTask listener) {
                listener.close();
            } else if (task instanceof Reconnector.Timer timer) {
                timer.close();
            }
        }
        if (none) {
            // The last of several says so itself when it ends.
            checkInactive();
        }
    }

    // ---- the proactor's own events

    @Override
    public void interrupt() {
        loop.schedule(own, TaskState.INTERRUPT);
    }

    @Override
    public void setTimeout(Duration delay) {
        own.setTimeout(after(delay));
    }

    @Override
    public void cancelTimeout() {
        own.cancelTimeout();
    }

    /** Something has come alive. */
    void alive() {
        alive.incrementAndGet();
    }

    /** Something is over. */
    void dead() {
        if (deadQuietly()) {
            loop.schedule(own, TaskState.INACTIVE);
        }
    }

    /** {@return whether that was the last thing alive; the caller sees to the event} */
    boolean deadQuietly() {
        return alive.decrementAndGet() == 0;
    }

    void checkInactive() {
        if (isInactive()) {
            loop.schedule(own, TaskState.INACTIVE);
        }
    }

    boolean isInactive() {
        return alive.get() == 0;
    }

    // ---- one connection

    private static @Nullable ConnectionTask task(Connection connection) {
        return connection instanceof EngineConnection ours && ours.owner() instanceof ConnectionTask task ? task : null;
    }

    @Override
    public void wake(Connection connection) {
        ConnectionTask task = task(connection);
        if (task != null) {
            task.wake();
        }
    }

    @Override
    public void execute(Connection connection, Runnable work) {
        Objects.requireNonNull(work, "task");
        ConnectionTask task = task(connection);
        if (task == null) {
            throw new ConnectionEndedException("a task was given to a connection that no proactor made");
        }
        if (!task.execute(work)) {
            throw new ConnectionEndedException("a task was given to connection " + task.describe() + ", which is over");
        }
    }

    @Override
    public Executor executor(Connection connection) {
        return work -> execute(connection, work);
    }

    @Override
    public @Nullable InetSocketAddress localAddress(Connection connection) {
        ConnectionTask task = task(connection);
        return task == null ? null : task.localAddress();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress(Connection connection) {
        ConnectionTask task = task(connection);
        return task == null ? null : task.remoteAddress();
    }

    @Override
    public @Nullable SSLSession tlsSession(Connection connection) {
        ConnectionTask task = task(connection);
        return task == null ? null : task.tlsSession();
    }

    @Override
    public @Nullable Identity identity(Connection connection) {
        ConnectionTask task = task(connection);
        return task == null ? null : task.identity();
    }

    @Override
    public Message decode(ReadableBuffer encoded) {
        return UntrustedMessages.decode(encoded);
    }

    @Override
    public void release(Connection connection) {
        ConnectionTask task = task(connection);
        if (task != null) {
            task.releaseConnection();
        }
    }

    @Override
    public void flush(Connection connection) {
        ConnectionTask task = task(connection);
        if (task != null) {
            task.flush();
        }
    }

    @Override
    public int sendable(Sender sender) {
        ConnectionTask task = task(sender.getSession().getConnection());
        return task == null || task.isReleased() ? 0 : task.engine().sendable(sender);
    }

    @Override
    public void abort(Delivery delivery) {
        ConnectionTask task = task(delivery.getLink().getSession().getConnection());
        if (task == null) {
            throw new IllegalArgumentException("a delivery of a connection that no proactor made can't be aborted");
        }
        task.engine().abort(delivery);
    }

    @Override
    public @Nullable CloseReason closeReason(Connection connection) {
        ConnectionTask task = task(connection);
        return task == null ? null : task.closeReason();
    }

    // ---- the rest

    @Override
    public Duration now() {
        return Duration.ofNanos(loop.nowNanos());
    }

    @Override
    public String containerId() {
        return settings.containerId();
    }

    @Override
    public ProactorCounts counts() {
        return counts;
    }

    @Override
    public void close() {
        loop.close();
        lookups.close();
        for (Task task : tasks) {
            tasks.remove(task);
            kill(task);
        }
        // Takes the descriptors of all channels that were closed with it.
        poller.close();
    }

    private static void kill(Task task) {
        if (task instanceof ConnectionTask connection) {
            connection.kill();
        } else if (task instanceof RawTask raw) {
            raw.kill();
        } else if (task instanceof ListenerTask listener) {
            listener.kill();
        } else if (task instanceof Reconnector.Timer timer) {
            timer.kill();
        }
    }

    // ---- for the tasks

    LeaderFollower loop() {
        return loop;
    }

    Poller poller() {
        return poller;
    }

    Lookups lookups() {
        return lookups;
    }

    FailureDelays failureDelays() {
        return failureDelays;
    }

    CodecPool codecs() {
        return codecs;
    }

    BufferPool buffers() {
        return buffers;
    }

    boolean isTimed() {
        return timed;
    }

    ConnectionGroup group(ConnectionRole role, String name) {
        return counts.group(role, name);
    }

    ListenerGroup listenerGroup(String name) {
        return counts.listenerGroup(name);
    }

    void batchOpened() {
        counts.batchOpened();
    }

    void batchClosed(EventSource source, int events) {
        counts.batchClosed(source, events);
    }

    void recordOwnBatch(long readyNanos, long openedNanos, long closedNanos, int events) {
        if (timed) {
            recorder.batch(openedNanos - readyNanos, closedNanos - openedNanos, events);
        }
    }

    void countWakeup() {
        counts.wakeup();
    }

    void countTimeout() {
        counts.timeout();
    }

    void countInterrupt() {
        counts.interrupt();
    }
}
