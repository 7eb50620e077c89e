package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionRole;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.time.Duration;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.jspecify.annotations.Nullable;

/** The connections that there are now, made by us and accepted. Thread-safe. */
public final class LiveConnections {

    private static final Symbol FORCED = Symbol.valueOf("amqp:connection:forced");

    private final Proactor proactor;
    private final InFlight inFlight;
    private final NavigableMap<Long, ConnectionScope> scopes = new ConcurrentSkipListMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /**
     * Knows none yet.
     *
     * @param proactor whose connections they are
     * @param inFlight knows whether messages are taken
     */
    public LiveConnections(Proactor proactor, InFlight inFlight) {
        this.proactor = proactor;
        this.inFlight = inFlight;
    }

    long nextNumber() {
        return numbers.incrementAndGet();
    }

    void add(ConnectionScope scope) {
        scopes.put(scope.number(), scope);
    }

    void remove(ConnectionScope scope) {
        scopes.remove(scope.number());
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * {@return the oldest}
     *
     * @param most how many at most
     */
    public List<LiveConnection> oldest(int most) {
        return scopes.values().stream()
                .limit(most)
                .<LiveConnection>map(scope -> scope)
                .toList();
    }

    /**
     * {@return the one of a number, or {@code null}}
     *
     * @param number its number
     */
    public @Nullable LiveConnection get(long number) {
        return scopes.get(number);
    }

    /**
     * Closes one in order; one that is made under a name is made again.
     *
     * @param one which
     */
    public void close(LiveConnection one) {
        ConnectionScope scope = scopes.get(one.number());
        if (scope != null) {
            inSequence(scope, () -> close(scope, "closed by an operator"));
        }
    }

    /** {@return how many there are} */
    public int size() {
        return scopes.size();
    }

    /** Messages are taken, from now on: links that were opened before get their credit. */
    public void giveCredit() {
        for (ConnectionScope scope : scopes.values()) {
            inSequence(scope, () -> {
                if (inFlight.isTaking()) {
                    scope.eachLink().forEach(LinkScope::topUp);
                }
            });
        }
    }

    /** Closes all, in order; those whose peers have not opened them yet are cut: nobody may be there to answer. Peers of our listeners are told that it is we who leave. */
    public void closeAll() {
        for (ConnectionScope scope : scopes.values()) {
            inSequence(scope, () -> close(scope, "the application is shutting down"));
        }
    }

    private void close(ConnectionScope scope, String why) {
        Connection connection = scope.connection();
        if (connection.getRemoteState() == EndpointState.UNINITIALIZED) {
            proactor.release(connection);
            return;
        }
        if (connection.getLocalState() == EndpointState.CLOSED) {
            return;
        }
        if (scope.role() == ConnectionRole.SERVER) {
            DefaultAnswers.open(connection);
            connection.setCondition(new ErrorCondition(FORCED, why));
        }
        connection.close();
    }

    private void inSequence(ConnectionScope scope, Runnable task) {
        try {
            proactor.execute(scope.connection(), task);
        } catch (ConnectionEndedException | ProactorClosedException over) {
            // Then there is nothing to do for it.
        }
    }

    /**
     * Waits until there are none.
     *
     * @param patience how long
     * @return whether there are none
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean awaitNone(Duration patience) throws InterruptedException {
        long nanos = patience.toNanos();
        lock.lock();
        try {
            while (!scopes.isEmpty() && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
        return scopes.isEmpty();
    }
}
