package dev.proactor.internal.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.proactor.CloseReason;
import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventBatch;
import dev.proactor.LastingConnection;
import dev.proactor.ProactorClosedException;
import dev.proactor.ReconnectOptions;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.jspecify.annotations.Nullable;

/**
 * Makes one connection after another.
 *
 * <p>Three meet here: the application's threads, the task of the connection that is alive, which tells what becomes of it, and a
 * task of its own, the timer, that waits for the time of the next attempt and has no events. So all is guarded by {@code lock}.
 * Under it tasks are made and scheduled (the run queue's lock comes second), and nothing of the application's is called.
 *
 * <p>The next attempt is made by the timer, and only when the task of the last connection is over, descriptor and all. The timer
 * counts as alive until there are no more attempts.
 */
final class Reconnector implements LastingConnection {

    private final DefaultProactor proactor;
    private final ConnectionOptions options;
    private final ReconnectOptions reconnect;
    private final List<String> addresses;
    private final Timer timer = new Timer();
    private final Object lock = new Object();

    @GuardedBy("lock") private State state = State.CONNECTING;

    /** From its making until its task is over. */
    @GuardedBy("lock") private @Nullable ConnectionTask current;

    /** Whether {@code current} has told its end. */
    @GuardedBy("lock") private boolean ended;

    @GuardedBy("lock") private String address;

    @GuardedBy("lock") private int attempts;

    @GuardedBy("lock") private int failures;

    @GuardedBy("lock") private long dueNanos;

    @GuardedBy("lock") private @Nullable ErrorCondition lastError;

    Reconnector(DefaultProactor proactor, ConnectionOptions options, ReconnectOptions reconnect) {
        this.proactor = proactor;
        this.options = options;
        this.reconnect = reconnect;
        this.address = options.address();
        this.addresses = new ArrayList<>(List.of(options.address()));
        this.addresses.addAll(reconnect.alternatives());
    }

    Timer timer() {
        return timer;
    }

    // ---- any thread

    @Override
    public String name() {
        return options.name();
    }

    @Override
    public State state() {
        synchronized (lock) {
            return state;
        }
    }

    @Override
    public @Nullable Connection connection() {
        synchronized (lock) {
            return current == null || ended ? null : current.connection();
        }
    }

    @Override
    public String address() {
        synchronized (lock) {
            return address;
        }
    }

    @Override
    public int failures() {
        synchronized (lock) {
            return failures;
        }
    }

    @Override
    public @Nullable ErrorCondition lastError() {
        synchronized (lock) {
            return lastError == null ? null : copy(lastError);
        }
    }

    @Override
    public Duration nextAttemptIn() {
        synchronized (lock) {
            return state == State.WAITING
                    ? Duration.ofNanos(Math.max(0, dueNanos - proactor.loop().nowNanos()))
                    : Duration.ZERO;
        }
    }

    @Override
    public void retryNow() {
        synchronized (lock) {
            if (state == State.WAITING) {
                dueNanos = proactor.loop().nowNanos();
            }
        }
        proactor.loop().schedule(timer, TaskState.CONTINUE);
    }

    @Override
    public void close() {
        ConnectionTask alive;
        boolean open;
        synchronized (lock) {
            if (state == State.CLOSED) {
                return;
            }
            open = state == State.OPEN;
            state = State.CLOSED;
            alive = ended ? null : current;
        }
        if (alive != null && open) {
            Connection connection = alive.connection();
            try {
                proactor.execute(connection, () -> {
                    if (connection.getLocalState() != EndpointState.CLOSED) {
                        connection.close();
                    }
                });
            } catch (ConnectionEndedException e) {
                // Over already; the timer hears of it.
            }
        } else if (alive != null) {
            alive.disconnect(null);
        }
        proactor.loop().schedule(timer, TaskState.CONTINUE);
    }

    /** Makes the next connection, unless it is closed. */
    void attempt() {
        synchronized (lock) {
            if (state == State.CLOSED) {
                return;
            }
            state = State.CONNECTING;
            address = addresses.get(Math.floorMod(attempts++, addresses.size()));
            ended = false;
            ConnectionTask next = ConnectionTask.lasting(proactor, options.withAddress(address), this);
            current = next;
            // Here too: what becomes of the task can't be told before it is known.
            proactor.begin(next);
        }
    }

    // ---- the owner of the connection's task

    /** The peer has opened. */
    void opened(ConnectionTask task) {
        synchronized (lock) {
            if (current == task && state == State.CONNECTING) {
                state = State.OPEN;
                failures = 0;
                lastError = null;
            }
        }
    }

    /** The handler is about to see the connection's last event. */
    void ending(ConnectionTask task, @Nullable ErrorCondition condition, CloseReason reason) {
        synchronized (lock) {
            if (current != task || ended) {
                return;
            }
            ended = true;
            if (state != State.CLOSED) {
                lastError = condition == null ? null : copy(condition);
                if (reason == CloseReason.DISCONNECTED) {
                    state = State.CLOSED;
                } else {
                    failed();
                }
            }
        }
    }

    @GuardedBy("lock") private void failed() {
        failures++;
        if (reconnect.maxAttempts() > 0 && failures >= reconnect.maxAttempts()) {
            state = State.FAILED;
        } else {
            state = State.WAITING;
            double chance = ThreadLocalRandom.current().nextDouble(-1, 1);
            dueNanos = proactor.loop().nowNanos() + delayNanos(reconnect, failures, chance);
        }
    }

    /**
     * {@return the wait after some failures in a row}
     *
     * @param chance from -1 to 1
     */
    static long delayNanos(ReconnectOptions options, int failures, double chance) {
        double nanos = options.initialDelay().toNanos() * Math.pow(options.multiplier(), failures - 1);
        double most = Math.min(nanos, options.maxDelay().toNanos());
        return Math.max(TimeUnit.MILLISECONDS.toNanos(1), (long) (most * (1 + options.jitter() * chance)));
    }

    /** The connection's task is over. */
    void gone(ConnectionTask task) {
        synchronized (lock) {
            if (current != task) {
                return;
            }
            current = null;
            if (!ended && state != State.CLOSED) {
                if (task.isReleased()) {
                    state = State.CLOSED;
                } else {
                    failed();
                }
            }
        }
        proactor.loop().schedule(timer, TaskState.CONTINUE);
    }

    private static ErrorCondition copy(ErrorCondition condition) {
        ErrorCondition copy = new ErrorCondition();
        copy.copyFrom(condition);
        return copy;
    }

    @Override
    public String toString() {
        synchronized (lock) {
            return "LastingConnection[" + name() + " to " + addresses + ", " + state + "]";
        }
    }

    /** Waits for the next attempt's time. */
    final class Timer extends Task {

        void close() {
            Reconnector.this.close();
        }

        /** The proactor was closed. */
        void kill() {
            state.kill();
            synchronized (lock) {
                Reconnector.this.state = State.CLOSED;
                ended = true;
            }
        }

        @Override
        public @Nullable EventBatch run(int reasons, long nowNanos) {
            boolean attempt = false;
            boolean over = false;
            long deadline = Deadlines.NONE;
            synchronized (lock) {
                if (current == null) {
                    over = Reconnector.this.state == State.CLOSED || Reconnector.this.state == State.FAILED;
                    attempt = Reconnector.this.state == State.WAITING && nowNanos >= dueNanos;
                    deadline = Reconnector.this.state == State.WAITING && !attempt ? dueNanos : Deadlines.NONE;
                }
            }
            if (over) {
                proactor.over(this);
                if (state.finish()) {
                    proactor.dead();
                }
                return null;
            }
            if (attempt) {
                try {
                    attempt();
                } catch (ProactorClosedException e) {
                    // And this task with it.
                    kill();
                }
            }
            proactor.loop().deadline(this, deadline);
            if (state.release()) {
                proactor.loop().enqueue(this);
            }
            return null;
        }

        @Override
        public void runIo(int reasons, long nowNanos) {
            var unused = run(reasons, nowNanos);
        }

        @Override
        public void crashed(Throwable failure) {
            // The proactor was closed just now, or there is no memory for another connection.
            synchronized (lock) {
                Reconnector.this.state = State.FAILED;
            }
            proactor.over(this);
            if (state.finish()) {
                proactor.dead();
            }
        }

        @Override
        public String toString() {
            return "timer of " + Reconnector.this;
        }
    }
}
