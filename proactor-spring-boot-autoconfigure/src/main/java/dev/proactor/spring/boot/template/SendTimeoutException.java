package dev.proactor.spring.boot.template;

/**
 * The time is over. Either the message was not sent, for want of a connection or a link, or it was and the peer gave no outcome: {@link #sent()} tells.
 */
public class SendTimeoutException extends SendException {

    private static final long serialVersionUID = 1L;

    /** Whether it was sent, and no outcome came. */
    private final boolean sent;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     * @param sent whether the message was sent
     */
    public SendTimeoutException(String message, boolean sent) {
        super(message);
        this.sent = sent;
    }

    /** {@return whether the message was sent: then the peer may have it or not} */
    public boolean sent() {
        return sent;
    }
}
