package dev.proactor;

/** The proactor was closed: it delivers nothing and takes nothing on any more. Thrown also to threads that wait in it. */
public class ProactorClosedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes the exception.
     *
     * @param message what was refused
     */
    public ProactorClosedException(String message) {
        super(message);
    }
}
