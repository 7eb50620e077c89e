package dev.proactor.spring.boot.template;

/** The peer has no transactions, or lets us have none: it has refused the link to its coordinator. Nothing was sent. */
public class TransactionsNotSupportedException extends SendException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what happened, at which connection
     */
    public TransactionsNotSupportedException(String message) {
        super(message);
    }
}
