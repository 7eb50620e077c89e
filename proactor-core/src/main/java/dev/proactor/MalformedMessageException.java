package dev.proactor;

import org.jspecify.annotations.Nullable;

/**
 * What a peer sent as a message is none ({@link Proactor#decode}). Its delivery is to be answered with {@code rejected}, and {@code
 * amqp:decode-error}.
 */
public final class MalformedMessageException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Says why.
     *
     * @param message what is wrong
     * @param cause what the codec has thrown, or {@code null}
     */
    public MalformedMessageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
