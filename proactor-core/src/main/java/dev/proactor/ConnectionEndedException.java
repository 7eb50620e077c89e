package dev.proactor;

import java.util.concurrent.RejectedExecutionException;

/** A task was given to a connection that is over, was released, or never belonged to the proactor. It will not run. */
public class ConnectionEndedException extends RejectedExecutionException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message which connection, and why
     */
    public ConnectionEndedException(String message) {
        super(message);
    }
}
