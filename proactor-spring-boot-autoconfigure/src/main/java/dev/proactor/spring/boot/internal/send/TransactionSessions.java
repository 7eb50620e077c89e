package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/** The sessions for transactions on one connection: as many as are needed at once, up to a limit. Belongs to the owner of the connection's batch. */
final class TransactionSessions {

    static final int MOST = 16;

    private static final String KEY = TransactionSessions.class.getName();

    private final Proactor proactor;
    private final Transactions transactions;
    private final Connection connection;
    private final BooleanSupplier alive;
    private final Supplier<String> linkNames;
    private final Set<TransactionSession> all = new LinkedHashSet<>();

    /** Those that have nothing to do, the one that was used last first. */
    private final Deque<TransactionSession> idle = new ArrayDeque<>();

    TransactionSessions(
            Proactor proactor,
            Transactions transactions,
            Connection connection,
            BooleanSupplier alive,
            Supplier<String> linkNames) {
        this.proactor = proactor;
        this.transactions = transactions;
        this.connection = connection;
        this.alive = alive;
        this.linkNames = linkNames;
        connection.attachments().set(KEY, TransactionSessions.class, this);
    }

    /** {@return those of a connection, or {@code null} if it has none} In its sequence. */
    static @Nullable TransactionSessions of(Connection connection) {
        return connection.attachments().get(KEY, TransactionSessions.class);
    }

    /** {@return the connection} Any thread. */
    Connection connection() {
        return connection;
    }

    /** {@return whether it is worth while to begin something} */
    boolean isAlive() {
        return alive.getAsBoolean();
    }

    /** Begins transactions that wait, while there is a session for one more. */
    void look() {
        while (isAlive() && (!idle.isEmpty() || all.size() < MOST)) {
            Transaction next = transactions.poll();
            if (next == null) {
                return;
            }
            TransactionSession session = idle.isEmpty() ? open() : idle.pop();
            if (!session.begin(next)) {
                idle.push(session); // its time was over just now
            }
        }
    }

    private TransactionSession open() {
        TransactionSession session = new TransactionSession(proactor, transactions, this, connection, linkNames);
        all.add(session);
        return session;
    }

    /** One has nothing to do. */
    void free(TransactionSession session) {
        idle.push(session);
        look();
    }

    /** One has ended. */
    void ended(TransactionSession session) {
        idle.remove(session);
        all.remove(session);
        look();
    }

    /** The connection is over. */
    void lost(@Nullable ErrorCondition condition) {
        for (TransactionSession session : List.copyOf(all)) {
            session.lost(condition);
        }
        all.clear();
        idle.clear();
    }
}
