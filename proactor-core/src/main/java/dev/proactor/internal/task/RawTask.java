package dev.proactor.internal.task;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.NetworkAddress;
import dev.proactor.RawConnection;
import dev.proactor.RawOptions;
import dev.proactor.internal.poll.LeaderFollower;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * One raw connection: its buffers and events, its socket, and the batch that its owner works on. It runs as a
 * {@link ConnectionTask} does, with buffers in place of an engine.
 *
 * <p>Who may touch what: everything belongs to the owner of the RUNNING task (the open batch), but for
 * {@code disconnectCondition}, the context, the condition and the socket's addresses, which any thread may use.
 */
final class RawTask extends Task implements RawConnection, TaskBatch.Subject {

    /** What is of use to a connection with events pending: a connect that goes on, and output. */
    private static final int WITHOUT_HANDLER = TaskState.RESOLVED | TaskState.CONNECT | TaskState.WRITE;

    private final DefaultProactor proactor;
    private final RawState raw = new RawState();
    private final RawSocket socket;
    private final Admission.@Nullable Place place;
    private final SimpleEvent event;

    // Any thread.
    private volatile @Nullable Object context;
    private volatile @Nullable ErrorCondition disconnectCondition;

    // The owner.
    private boolean toppedUp;
    private int events;

    /** A fault of ours, or of one who changed a buffer that was not his, in the middle of a batch. */
    private @Nullable Throwable fault;

    private boolean crashed;

    /** A connection that is to be made. */
    RawTask(DefaultProactor proactor, RawOptions options) {
        this.proactor = proactor;
        this.context = options.context();
        this.place = null;
        long deadline = options.connectTimeout().isZero()
                ? Deadlines.NONE
                : proactor.loop().nowNanos() + options.connectTimeout().toNanos();
        this.socket = new RawSocket(proactor, this, raw, NetworkAddress.parse(options.address()), deadline);
        this.event = new SimpleEvent(proactor, null, this);
    }

    /** A connection that a listener has accepted; without a peer it fails at once. */
    RawTask(DefaultProactor proactor, WaitingPeers.@Nullable Peer peer, @Nullable Object context) {
        this.proactor = proactor;
        this.context = context;
        this.place = peer == null ? null : peer.place();
        this.socket = new RawSocket(proactor, this, raw, peer == null ? null : peer.channel());
        this.event = new SimpleEvent(proactor, null, this);
    }

    // ---- any thread

    @Override
    public void wake() {
        proactor.loop().schedule(this, TaskState.WAKE);
    }

    void disconnect(@Nullable ErrorCondition condition) {
        // A copy of its own: the application gets it, and the others' too.
        ErrorCondition copy = null;
        if (condition != null && condition.getCondition() != null) {
            copy = new ErrorCondition();
            copy.copyFrom(condition);
        }
        disconnectCondition = copy;
        proactor.loop().schedule(this, TaskState.DISCONNECT);
    }

    @Override
    public @Nullable InetSocketAddress localAddress() {
        return socket.localAddress();
    }

    @Override
    public @Nullable InetSocketAddress remoteAddress() {
        return socket.remoteAddress();
    }

    @Override
    public @Nullable ErrorCondition condition() {
        return raw.condition();
    }

    @Override
    public @Nullable Object context() {
        return context;
    }

    @Override
    public void setContext(@Nullable Object context) {
        this.context = context;
    }

    /** The proactor was closed: the socket goes, and whoever owns the task finds it killed. */
    void kill() {
        state.kill();
        socket.forgetAddresses();
        socket.kill();
        leave();
    }

    // ---- the owner of the batch: the application's calls

    @Override
    public int giveReadBuffers(ByteBuffer... buffers) {
        return raw.give(buffers);
    }

    @Override
    public @Nullable ByteBuffer takeReadBuffer() {
        return raw.takeRead();
    }

    @Override
    public int readBuffersCapacity() {
        return raw.readCapacity();
    }

    @Override
    public int writeBuffers(ByteBuffer... buffers) {
        return raw.write(buffers);
    }

    @Override
    public @Nullable ByteBuffer takeWrittenBuffer() {
        return raw.takeWritten();
    }

    @Override
    public int writeBuffersCapacity() {
        return raw.writeCapacity();
    }

    @Override
    public void close() {
        raw.close();
    }

    @Override
    public void closeRead() {
        raw.closeRead();
    }

    @Override
    public void closeWrite() {
        raw.closeWrite();
    }

    @Override
    public boolean isReadClosed() {
        return raw.isReadClosed();
    }

    @Override
    public boolean isWriteClosed() {
        return raw.isWriteClosed();
    }

    // ---- the owner: running

    @Override
    public @Nullable EventBatch run(int reasons, long nowNanos) {
        if (runToEnd(reasons, nowNanos)) {
            return null;
        }
        work(reasons, nowNanos);
        if (!raw.hasEvents()) {
            socket.flush(nowNanos);
        }
        if (raw.hasEvents()) {
            events = 0;
            toppedUp = false;
            proactor.batchOpened();
            return new TaskBatch(proactor, this);
        }
        done(nowNanos);
        return null;
    }

    @Override
    public void runIo(int reasons, long nowNanos) {
        if (runToEnd(reasons, nowNanos)) {
            return;
        }
        int left = reasons;
        if (!raw.hasEvents()) {
            work(reasons, nowNanos);
            left = 0;
            socket.flush(nowNanos);
        }
        if (raw.hasEvents()) {
            socket.workWithoutInput(left, nowNanos);
            leaveToHandlers((left & ~WITHOUT_HANDLER) | TaskState.CONTINUE, nowNanos);
        } else {
            done(nowNanos);
        }
    }

    /** {@return whether the last event was handled before, and all that was to do is done} */
    private boolean runToEnd(int reasons, long nowNanos) {
        if ((reasons & TaskState.DEREGISTERED) != 0) {
            finish();
            return true;
        }
        if (socket.isClosing()) {
            socket.linger(nowNanos);
            letGo(nowNanos);
            return true;
        }
        return false;
    }

    private void work(int reasons, long nowNanos) {
        if ((reasons & TaskState.DISCONNECT) != 0 && !raw.isEnded()) {
            socket.abandon();
            raw.fail(disconnectCondition);
        }
        socket.work(reasons, nowNanos);
        if ((reasons & TaskState.WAKE) != 0) {
            raw.wake();
        }
    }

    // ---- the owner: the batch

    @Override
    public @Nullable Event advance() {
        EventType type = raw.next();
        if (type == null && !toppedUp && !raw.isOver() && !state.isFinal()) {
            // Once a batch: who has endless input goes behind the others after that.
            toppedUp = true;
            try {
                topUp();
            } catch (Throwable failure) {
                // The application has no part in it: its batch is over, and then the connection.
                fault = failure;
                return null;
            }
            type = raw.next();
        }
        if (type == null) {
            return null;
        }
        events++;
        if (type == EventType.RAW_CONNECTION_WAKE) {
            proactor.countWakeup();
        } else if (type == EventType.RAW_CONNECTION_DISCONNECTED) {
            socket.forgetAddresses();
        }
        return event.is(type);
    }

    private void topUp() {
        long now = proactor.loop().nowNanos();
        socket.flush(now);
        int reasons = state.takeReasons();
        if (reasons != 0 || socket.hasMoreInput()) {
            work(reasons, now);
        }
    }

    @Override
    public void closeBatch() {
        long now = proactor.loop().nowNanos();
        Throwable failed = fault;
        fault = null;
        proactor.batchClosed(EventSource.RAW_CONNECTION, events);
        if (failed == null) {
            try {
                finishWork(now);
            } catch (Throwable failure) {
                failed = failure;
            }
        }
        if (failed == null) {
            letGo(now);
        } else {
            LeaderFollower.crashed(this, failed);
        }
    }

    // ---- the owner: letting go

    private void done(long nowNanos) {
        finishWork(nowNanos);
        letGo(nowNanos);
    }

    private void finishWork(long nowNanos) {
        socket.flush(nowNanos);
        if (raw.isOver()) {
            socket.beginClosing(nowNanos);
        }
    }

    /** Arms, sets the deadline, releases. The task is not touched after this. */
    private void letGo(long nowNanos) {
        if (socket.isGone()) {
            finish();
            return;
        }
        proactor.loop().deadline(this, socket.arm(true, nowNanos));
        boolean unfinished = raw.hasEvents() || socket.hasMoreInput();
        if (unfinished ? state.requeue(TaskState.CONTINUE) : state.release()) {
            proactor.loop().enqueue(this);
        } else if (state.isFinal()) {
            // Killed meanwhile, perhaps before there was a socket to close.
            socket.kill();
        }
    }

    /** As {@link #letGo}, where events are pending and a handler comes first. */
    private void leaveToHandlers(int reasons, long nowNanos) {
        proactor.loop().deadline(this, socket.arm(false, nowNanos));
        if (!proactor.loop().leaveToHandlers(this, reasons, WITHOUT_HANDLER)) {
            socket.kill();
        }
    }

    private void leave() {
        Admission.Place taken = place;
        if (taken != null) {
            taken.giveBack();
        }
    }

    private void finish() {
        leave();
        proactor.over(this);
        if (state.finish()) {
            proactor.dead();
        }
    }

    /**
     * The application is told as of any other end, and gets its buffers back.
     *
     * @param failure what was thrown
     */
    @Override
    public void crashed(Throwable failure) {
        boolean again = crashed;
        crashed = true;
        if (again || raw.isOver()) {
            socket.forgetAddresses();
            socket.kill();
            finish();
            return;
        }
        socket.abandon();
        raw.faulted(Faults.condition(failure));
        proactor.loop().deadline(this, Deadlines.NONE);
        if (state.requeue(TaskState.CONTINUE)) {
            proactor.loop().enqueue(this);
        } else {
            finish();
        }
    }

    @Override
    public EventSource source() {
        return EventSource.RAW_CONNECTION;
    }

    @Override
    public @Nullable Connection connection() {
        return null;
    }

    @Override
    public @Nullable Listener listener() {
        return null;
    }

    @Override
    public RawConnection rawConnection() {
        return this;
    }

    @Override
    public String toString() {
        return "raw connection " + socket.describe();
    }
}
