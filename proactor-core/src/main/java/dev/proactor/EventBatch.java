package dev.proactor;

import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * Events of one subject (a connection, a raw connection, a listener or the proactor), and the exclusive right to touch that subject until
 * {@link #close()}.
 *
 * <p>While a batch is open no second batch of the same subject exists, so a handler needs no lock for what belongs to its
 * connection. Everything of a connection (sessions, links, deliveries, transport) may be touched only by the owner of its
 * open batch.
 *
 * <pre>{@code
 * try (EventBatch batch = proactor.await()) {
 *     for (Event event; (event = batch.next()) != null; ) {
 *         handle(event);
 *     }
 * }
 * }</pre>
 *
 * <p><b>Failures.</b> What a handler throws is for the caller to catch. The event counts as handled, those that were not
 * taken come in a later batch, and nothing is closed for it. A batch that is never closed stops its subject for ever:
 * heartbeats, {@link Proactor#disconnect} and all.
 *
 * <p><b>Ownership.</b> The thread that got the batch owns it. Hand it to another thread by any means that orders memory (an
 * executor, a queue), best with {@link #detach()}. <b>Threads.</b> Not thread-safe: one owner at a time, but any thread may
 * be that owner, and {@code close()} may be called by another one than called {@code await()}.
 */
public interface EventBatch extends AutoCloseable {

    /**
     * Moves on to the next event. The following event is worked out only now, after the former has been handled: what its
     * handler did takes effect first. A batch that {@code await} returned has at least one event.
     *
     * @return the event, valid until the next call of this method, or {@code null} when the batch has no more: it must be
     *     closed then, and what comes later comes in a new batch
     * @throws IllegalStateException if the batch was closed or detached
     */
    @Nullable Event next();

    /** {@return the kind of subject of this batch} */
    EventSource source();

    /** {@return the proactor that delivered this batch} */
    Proactor proactor();

    /** {@return the connection that all events of this batch are about, or {@code null} for other kinds of batch} */
    @Nullable Connection connection();

    /** {@return the listener that all events of this batch are about, or {@code null} for other kinds of batch} */
    @Nullable Listener listener();

    /** {@return the raw connection that all events of this batch are about, or {@code null} for other kinds of batch} */
    @Nullable RawConnection rawConnection();

    /**
     * Gives the batch to a new owner: this object can't be used any more and its {@code close()} does nothing, so that it
     * may stand in a {@code try} head; the returned one must be closed by the new owner.
     *
     * <pre>{@code
     * try (EventBatch batch = proactor.await()) {
     *     EventBatch theirs = batch.detach();
     *     try {
     *         workers.execute(() -> handleAndClose(theirs));
     *     } catch (RejectedExecutionException e) {
     *         handleAndClose(theirs);
     *     }
     * }
     * }</pre>
     *
     * @return the batch, for its new owner
     * @throws IllegalStateException if the batch was closed or detached before
     */
    EventBatch detach();

    /**
     * Done ({@code pn_proactor_done}): what the handlers wrote is sent and the subject is free for its next batch. Events
     * that were not taken are not lost; they come again, in order, in a later batch. Exactly once, from any thread: in a
     * {@code try} head leave it to the {@code try}, or detach.
     *
     * @throws IllegalStateException if this batch was closed before
     */
    @Override
    void close();
}
