package dev.proactor.spring.boot.handler;

/** Who settles a delivery that an {@link OnMessage} method was given. */
public enum Settlement {
    /** The starter, by what the method returns or throws. */
    AUTO,
    /**
     * The method, now or later: {@code delivery.disposition(…)} and {@code delivery.settle()} in the connection's sequence
     * ({@code Proactor.execute} leads back to it). It returns {@code void}. Credit is given anew once the delivery is settled. One that throws still leaves
     * the delivery to the starter, if it is not settled.
     */
    MANUAL
}
