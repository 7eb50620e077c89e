package dev.proactor.spring.boot.template;

import org.jspecify.annotations.Nullable;

/** A transaction was rolled back: the peer has taken no message of it. */
public class TransactionRolledBackException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which transaction
     * @param cause what went wrong with one of its messages, or {@code null}
     */
    public TransactionRolledBackException(String message, @Nullable Throwable cause) {
        super(message);
        if (cause != null) {
            initCause(cause);
        }
    }
}
