package dev.proactor.internal.engine;

/** A SASL exchange ends without success. The message is for this end; the peer learns only that it was refused. */
final class SaslFailure extends Exception {

    private static final long serialVersionUID = 1L;

    SaslFailure(String message) {
        super(message);
    }
}
