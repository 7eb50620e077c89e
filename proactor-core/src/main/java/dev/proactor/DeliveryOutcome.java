package dev.proactor;

/** How a delivery ended (AMQP 3.4). */
public enum DeliveryOutcome {
    /** {@code accepted}. */
    ACCEPTED,
    /** {@code rejected}. */
    REJECTED,
    /** {@code released}. */
    RELEASED,
    /** {@code modified}. */
    MODIFIED,
    /** Settled without a state, as deliveries are that were sent settled. */
    SETTLED,
    /** Aborted by the sender before it was complete. */
    ABORTED,
    /** Any other state, a transactional one among them. */
    OTHER
}
