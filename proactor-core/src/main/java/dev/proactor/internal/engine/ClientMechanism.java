package dev.proactor.internal.engine;

import org.jspecify.annotations.Nullable;

/** The client's side of one SASL exchange (RFC 4422). Made for one connection, used once. */
interface ClientMechanism {

    /** {@return the registered name} */
    String name();

    /** {@return what is sent with the first frame, or {@code null} for nothing} */
    byte @Nullable [] initialResponse();

    /**
     * Answers a challenge.
     *
     * @param challenge what the server sent
     * @return the answer
     * @throws SaslFailure if the server can't be trusted, or the challenge is nonsense
     */
    byte[] respond(byte[] challenge) throws SaslFailure;

    /**
     * The server says that all is well. A mechanism that authenticates the server too judges that here.
     *
     * @param additionalData what came with the outcome, empty if nothing
     * @throws SaslFailure if the server did not prove itself
     */
    default void succeeded(byte[] additionalData) throws SaslFailure {}

    /** {@return what the server said of the failure, or {@code null} if nothing} */
    default @Nullable String serverSaid() {
        return null;
    }
}
