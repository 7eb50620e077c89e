package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.template.ConnectionOperations;
import dev.proactor.spring.boot.template.ProactorTransaction;
import dev.proactor.spring.boot.template.SendException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.jspecify.annotations.Nullable;

/** Sends over one connection, in transactions too. Thread-safe. */
final class OutboxOperations extends Operations implements ConnectionOperations {

    private final Outbox outbox;

    OutboxOperations(
            Outbox outbox,
            MessageConverters converters,
            Duration defaultTimeout,
            ScheduledExecutorService timer,
            Requests requests,
            @Nullable SendObserver observer,
            BooleanSupplier closed) {
        super(outbox, converters, defaultTimeout, timer, requests, observer, closed);
        this.outbox = outbox;
    }

    /** What the work of a transaction sees. */
    private static final class Work implements ProactorTransaction {

        private final Transaction transaction;
        private final Operations operations;
        private final long deadlineNanos;

        Work(Transaction transaction, Operations operations, Duration timeout) {
            this.transaction = transaction;
            this.operations = operations;
            this.deadlineNanos = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
        }

        @Override
        public CompletionStage<DeliveryState> send(String address, Object body) {
            transaction.checkOpen();
            // One nanosecond where nothing is left: what follows says that the time is over.
            long left = Math.max(1, deadlineNanos - System.nanoTime());
            return operations.send(address, body, Duration.ofNanos(left));
        }

        @Override
        public void accept(Delivery delivery) {
            transaction.checkOpen();
            transaction.accept(delivery);
        }
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> inTransaction(
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work) {
        return inTransaction(work, defaultTimeout);
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> inTransaction(
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work, Duration timeout) {
        return perform(begin(timeout), work, timeout);
    }

    @Override
    public <T extends @Nullable Object> T inTransactionAndWait(
            Function<? super ProactorTransaction, ? extends T> work) {
        requireAwaitable(outbox, "");
        Transaction transaction = begin(defaultTimeout);
        CompletableFuture<T> result =
                perform(transaction, work.andThen(CompletableFuture::<T>completedFuture), defaultTimeout);
        try {
            return result.get();
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            if (cause instanceof SendException why) {
                throw withCaller(why);
            }
            if (cause instanceof RuntimeException why) {
                throw why;
            }
            if (cause instanceof Error why) {
                throw why;
            }
            throw new CompletionException(cause);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            SendException why = new SendException("the thread that waited for the end of a transaction over "
                    + outbox.describe() + " was interrupted: it is rolled back, unless the peer was asked to commit");
            transaction.giveUp(why);
            throw why;
        }
    }

    private Transaction begin(Duration timeout) {
        positive(timeout);
        Transaction transaction = outbox.transactions().begin(words(timeout));
        try {
            transaction.timer(
                    timer.schedule(transaction::timedOut, TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException over) {
            transaction.giveUp(DefaultSending.shutDownTransaction(outbox));
        }
        if (closed.getAsBoolean()) {
            // Read after it began: either close() has seen the transaction, or this sees close().
            transaction.giveUp(DefaultSending.shutDownTransaction(outbox));
        }
        return transaction;
    }

    private <T extends @Nullable Object> CompletableFuture<T> perform(
            Transaction transaction,
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work,
            Duration timeout) {
        CompletableFuture<T> result = new CompletableFuture<>();
        AtomicReference<@Nullable T> brought = new AtomicReference<>();
        var unused = transaction.end.whenComplete((nothing, failure) -> {
            if (failure == null) {
                result.complete(brought.get());
            } else {
                result.completeExceptionally(failure);
            }
        });
        try {
            CompletionStage<T> stage = work.apply(new Work(transaction, along(transaction), timeout));
            var unused2 = stage.whenComplete((value, failure) -> {
                brought.set(value);
                transaction.workEnded(
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
            });
        } catch (RuntimeException | Error failure) {
            transaction.workEnded(failure);
        }
        return result;
    }
}
