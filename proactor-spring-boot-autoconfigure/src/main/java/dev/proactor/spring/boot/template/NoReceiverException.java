package dev.proactor.spring.boot.template;

/**
 * No peer of the listener receives from the address.
 */
public class NoReceiverException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, to which message
     */
    public NoReceiverException(String message) {
        super(message);
    }
}
