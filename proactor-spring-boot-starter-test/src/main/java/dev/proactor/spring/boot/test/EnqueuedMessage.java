package dev.proactor.spring.boot.test;

import java.time.Duration;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.jspecify.annotations.Nullable;

/** A message that a {@link ProactorPeer} or a {@link PeerClient} has for the application. Thread-safe. */
public final class EnqueuedMessage {

    private final Ledger ledger;
    private final String address;
    private final Object body;
    private final byte[] encoded;

    // Guarded by the ledger.
    private @Nullable DeliveryState outcome;
    private @Nullable RuntimeException failure;

    EnqueuedMessage(Ledger ledger, String address, Object body, byte[] encoded) {
        this.ledger = ledger;
        this.address = address;
        this.body = body;
        this.encoded = encoded;
    }

    /** {@return the address that it was put at} */
    public String address() {
        return address;
    }

    /** {@return the outcome that the application gave it, or {@code null} while there is none} */
    public @Nullable DeliveryState outcome() {
        synchronized (ledger) {
            return outcome;
        }
    }

    /** {@return the outcome that the application gives it; waits for that for {@link ProactorPeer#PATIENCE}} */
    public DeliveryState awaitOutcome() {
        return awaitOutcome(ProactorPeer.PATIENCE);
    }

    /**
     * {@return the outcome that the application gives it}
     *
     * @param patience how long to wait
     * @throws AssertionError if there is none by then; it says what the peer did see
     */
    public DeliveryState awaitOutcome(Duration patience) {
        return ledger.await(patience, this::outcomeSoFar, () -> "an outcome of the message " + this);
    }

    // ---- for the ledger, which holds its own lock

    byte[] encoded() {
        return encoded;
    }

    /** {@return the outcome, or {@code null}} Throws why there will be none. */
    @Nullable DeliveryState outcomeSoFar() {
        if (failure != null) {
            throw failure;
        }
        return outcome;
    }

    void settled(DeliveryState state) {
        outcome = state;
    }

    void failed(RuntimeException why) {
        failure = why;
    }

    boolean isOver() {
        return outcome != null || failure != null;
    }

    @Override
    public String toString() {
        return Bodies.print(body) + " at '" + address + "'";
    }
}
