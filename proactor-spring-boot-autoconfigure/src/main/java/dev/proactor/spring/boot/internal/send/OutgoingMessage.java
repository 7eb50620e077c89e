package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way. Any thread may try to move it on; one atomic word says who was first.
 *
 * <pre>
 *   WAITING ----- claim -----> SENT
 *      |                        |
 *      | failUnsent             | complete, failSent
 *      v                        v
 *     DONE                     DONE
 * </pre>
 *
 * <p>So one whose time is over while it waits is never sent, and the outcome of one whose time was over afterwards changes nothing.
 */
final class OutgoingMessage {

    private enum State {
        WAITING,
        SENT,
        DONE
    }

    /** What its stage is; completed by who makes it DONE. */
    final CompletableFuture<DeliveryState> outcome = new CompletableFuture<>();

    final String address;

    /** How many bytes it has. */
    final int size;

    /** For words about its time-out. */
    final String timeout;

    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private final Pending pending;

    /** Dropped when it is done: a queue or a link may hold the rest of it for a while longer. */
    private volatile byte @Nullable [] bytes;

    private volatile @Nullable WaitingMessages place;

    /** How often its place had been looked at when it came there. The place's, under its lock. */
    int looks;

    private volatile @Nullable Future<?> timer;

    OutgoingMessage(String address, byte[] bytes, String timeout, Pending pending) {
        this.address = address;
        this.bytes = bytes;
        this.size = bytes.length;
        this.timeout = timeout;
        this.pending = pending;
    }

    /** {@return the encoded message, or {@code null} once it is done} */
    byte @Nullable [] bytes() {
        return bytes;
    }

    /** Where it waits from now on. */
    void place(WaitingMessages where) {
        place = where;
    }

    /** What will call {@link #timedOut}. */
    void timer(Future<?> task) {
        timer = task;
        if (state.get() == State.DONE) {
            task.cancel(false); // it was done before this could be seen
        }
    }

    /** {@return whether it may be sent now, by the caller and nobody else} */
    boolean claim() {
        return state.compareAndSet(State.WAITING, State.SENT);
    }

    /** It was sent and has its outcome. Does nothing if it is done. */
    void complete(DeliveryState result) {
        if (state.compareAndSet(State.SENT, State.DONE)) {
            leave();
            outcome.complete(result);
        }
    }

    /** It won't be sent. {@return whether it had not been} */
    boolean failUnsent(Supplier<SendException> why) {
        return fail(State.WAITING, why);
    }

    /** It was claimed, and will have no outcome. {@return whether it had none} */
    boolean failSent(Supplier<SendException> why) {
        return fail(State.SENT, why);
    }

    private boolean fail(State from, Supplier<SendException> why) {
        if (!state.compareAndSet(from, State.DONE)) {
            return false;
        }
        leave();
        outcome.completeExceptionally(why.get());
        return true;
    }

    /** Its time is over. */
    void timedOut() {
        WaitingMessages where = place;
        if (where == null) {
            return; // it never came to wait anywhere, and has failed at once
        }
        if (failUnsent(() -> where.owner().notSentInTime(this, where))) {
            where.remove(this);
        } else if (failSent(() -> where.owner().noOutcomeInTime(this))) {
            where.giveUp(this);
        }
    }

    /** The caller waits no longer. {@return whether it had been sent} */
    boolean abandon(Supplier<SendException> why) {
        boolean sent = !failUnsent(why) && state.get() == State.SENT;
        WaitingMessages where = place;
        if (where != null) {
            where.remove(this); // also one that close() had failed before it came to wait
        }
        return sent;
    }

    private void leave() {
        bytes = null;
        Future<?> task = timer;
        if (task != null) {
            task.cancel(false);
        }
        pending.leave(this);
    }
}
