package dev.proactor.spring.boot.template;

/**
 * A message could not be sent, or its outcome is not known. A thread of the proactor finds that out; where an {@code …AndWait} method throws
 * it, the stack of the thread that waited is among its {@linkplain #getSuppressed() suppressed} exceptions.
 */
public class SendException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     */
    public SendException(String message) {
        super(message);
    }
}
