package dev.proactor.spring.boot.template;

/**
 * A message could not be sent, or its outcome is not known.
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
