package dev.proactor.spring.boot.template;

/**
 * The peer refused the link, or closed it before the message was sent.
 */
public class LinkRefusedException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     */
    public LinkRefusedException(String message) {
        super(message);
    }
}
