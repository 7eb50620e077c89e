package dev.proactor.spring.boot.template;

/**
 * The connection or the link was lost after the message was sent and before its outcome came: the peer may have it or not.
 */
public class OutcomeUnknownException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     */
    public OutcomeUnknownException(String message) {
        super(message);
    }
}
