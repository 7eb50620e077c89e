package dev.proactor.internal.engine;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The server's side of one SASL exchange (RFC 4422). Made for one connection, used once. */
interface ServerMechanism {

    /** {@return the registered name} */
    String name();

    /**
     * Goes on with the exchange.
     *
     * @param response the client's initial response, {@code null} if it sent none; later its answer to the last challenge
     * @return what comes next, now or later; fails with any exception if the client is refused
     * @throws SaslFailure if the client is refused
     */
    CompletionStage<Step> step(byte @Nullable [] response) throws SaslFailure;

    /** What comes next in an exchange. */
    sealed interface Step {
        /**
         * The client has to answer.
         *
         * @param bytes what
         */
        record Challenge(byte[] bytes) implements Step {}

        /**
         * The client is who it says it is.
         *
         * @param identity who; empty if that is unknown
         * @param additionalData sent along with the outcome; {@code null} for nothing
         */
        record Success(String identity, byte @Nullable [] additionalData) implements Step {}
    }
}
