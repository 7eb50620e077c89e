package dev.proactor.spring.boot.template;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages over one connection that we make, also several of them as one. Thread-safe.
 *
 * <p><b>Transactions</b> are those of AMQP 1.0, part 4, local to the peer: it takes all messages that were sent in one, and lets go of all that were
 * accepted in it, or none.
 *
 * <pre>{@code
 * template.inTransaction(transaction -> {
 *     transaction.send("stock", taken);
 *     return transaction.send("orders", order);
 * });
 * }</pre>
 *
 * <p>It is committed when the stage that the work returns has completed, and each message that was sent has been accepted so far. It is rolled back when the
 * work throws or its stage fails, when a message is not accepted or has no outcome, and when its time is over.
 *
 * <p>Many transactions of a connection may be open side by side; more than 16 wait for one another. Not every peer has transactions: Artemis
 * has, RabbitMQ has not.
 */
public interface ConnectionOperations extends ProactorOperations {

    /**
     * Does some work in a transaction, whose time-out is that of {@code proactor.template.timeout}.
     *
     * @param <T> what the work brings
     * @param work called once, at once, on the calling thread; what it sends waits until the peer has declared the transaction
     * @return what the work's stage brings, once the peer has committed. It fails with what the work threw or its stage failed with; with
     *     {@link TransactionRolledBackException} where the peer has taken nothing for another reason; with {@link OutcomeUnknownException} where the
     *     connection was lost after we asked to commit and before the peer answered; with {@link SendTimeoutException} if the time is over;
     *     with {@link TransactionsNotSupportedException} where the peer has no transactions. It never stays open longer than the time-out
     */
    <T extends @Nullable Object> CompletionStage<T> inTransaction(
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work);

    /**
     * As {@link #inTransaction(Function)}, with a time-out of its own.
     *
     * @param <T> what the work brings
     * @param work called once, at once, on the calling thread
     * @param timeout from now until the peer must have committed
     * @return what the work's stage brings, once the peer has committed
     */
    <T extends @Nullable Object> CompletionStage<T> inTransaction(
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work, Duration timeout);

    /**
     * As {@link #inTransaction(Function)}, and waits until the peer has committed. Not to be called by a handler of the same connection, which could not go on
     * meanwhile: a handler returns the stage of the other form.
     *
     * @param <T> what the work brings
     * @param work called once, on the calling thread
     * @return what the work returned
     * @throws SendException if the peer has not committed, or nobody knows whether it has
     * @throws IllegalStateException if the calling thread handles an event of this connection
     * @throws RuntimeException what the work threw; then it is rolled back
     */
    <T extends @Nullable Object> T inTransactionAndWait(Function<? super ProactorTransaction, ? extends T> work);
}
