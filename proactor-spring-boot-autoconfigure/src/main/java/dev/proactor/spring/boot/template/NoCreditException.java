package dev.proactor.spring.boot.template;

/**
 * The receiver gave no credit in time. The message was not sent.
 */
public class NoCreditException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     */
    public NoCreditException(String message) {
        super(message);
    }
}
