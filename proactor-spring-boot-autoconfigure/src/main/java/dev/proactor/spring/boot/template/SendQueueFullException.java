package dev.proactor.spring.boot.template;

/**
 * As many messages wait as may wait. This one was not sent.
 */
public class SendQueueFullException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     */
    public SendQueueFullException(String message) {
        super(message);
    }
}
