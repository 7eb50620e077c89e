package dev.proactor.spring.boot.handler;

import org.jspecify.annotations.Nullable;

/**
 * A message is not what was expected of it. Thrown for a message that arrived, it is rejected with {@code amqp:decode-error} and this exception's
 * message as the description, which the peer sees.
 */
public class MessageConversionException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what is wrong, in words that may go to the peer
     */
    public MessageConversionException(String message) {
        super(message);
    }

    /**
     * Makes one.
     *
     * @param message what is wrong, in words that may go to the peer
     * @param cause why
     */
    public MessageConversionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
