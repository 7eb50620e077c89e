package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendQueueFullException;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The transactions of one named connection. They outlive each of the connections that bear the name in turn; only {@link TransactionSessions} belong to one.
 * Thread-safe.
 */
final class Transactions {

    private final Proactor proactor;
    private final Outbox outbox;
    private final Supplier<String> linkNames;

    /** Those that wait for a session. */
    private final Queue<Transaction> waiting = new ConcurrentLinkedQueue<>();

    /** Those that have not ended. */
    private final Set<Transaction> open = ConcurrentHashMap.newKeySet();

    /** The sessions of now; {@code null} between two connections. */
    private final AtomicReference<@Nullable TransactionSessions> sessions = new AtomicReference<>();

    Transactions(Proactor proactor, Outbox outbox, Supplier<String> linkNames) {
        this.proactor = proactor;
        this.outbox = outbox;
        this.linkNames = linkNames;
    }

    String name() {
        return outbox.name();
    }

    String describe() {
        return outbox.describe();
    }

    /**
     * {@return a new transaction, which is declared as soon as may be}
     *
     * @param timeout for words about its time-out
     */
    Transaction begin(String timeout) {
        Transaction transaction = new Transaction(this, outbox, timeout);
        int most = outbox.pending().max();
        if (open.size() >= most) {
            transaction.giveUp(new SendQueueFullException("a transaction over " + describe() + " was not begun: " + most
                    + " have not ended yet, which is as many as proactor.template.max-pending allows"));
            return transaction;
        }
        open.add(transaction);
        again(transaction);
        return transaction;
    }

    /** One waits for a session. */
    void again(Transaction transaction) {
        waiting.add(transaction);
        TransactionSessions now = sessions.get();
        if (now != null) {
            try {
                proactor.execute(now.connection(), now::look);
            } catch (RejectedExecutionException over) {
                // The next connection looks.
            }
        }
    }

    /** One has ended. */
    void ended(Transaction transaction) {
        open.remove(transaction);
        waiting.remove(transaction);
    }

    /** {@return the one that has waited for longest, which waits no more, or {@code null}} */
    @Nullable Transaction poll() {
        return waiting.poll();
    }

    /** {@return whether that is the connection of now} */
    boolean isOf(Connection connection) {
        TransactionSessions now = sessions.get();
        return now != null && now.connection() == connection;
    }

    int count() {
        return open.size();
    }

    /** {@return what completes as each of those that there are now has ended} */
    Stream<CompletableFuture<?>> ends() {
        return open.stream().map(transaction -> transaction.end);
    }

    /** Fails all that there are. */
    void fail(Supplier<SendException> why) {
        open.forEach(transaction -> transaction.giveUp(why.get()));
    }

    // ---- in the connection's sequence

    void begins(ConnectionLinks links) {
        TransactionSessions now =
                new TransactionSessions(proactor, this, links.connection(), links::isAlive, linkNames);
        sessions.set(now);
        now.look();
    }

    void over(Connection connection, @Nullable ErrorCondition condition) {
        TransactionSessions gone = TransactionSessions.of(connection);
        if (gone != null) {
            sessions.compareAndSet(gone, null); // a newer one of the name may be there already
            gone.lost(condition);
        }
    }
}
