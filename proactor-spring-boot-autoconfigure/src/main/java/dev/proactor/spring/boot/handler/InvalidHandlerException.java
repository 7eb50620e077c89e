package dev.proactor.spring.boot.handler;

/** A handler method can't be called as it stands. The start of the application fails with it. */
public class InvalidHandlerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What to do. */
    private final String remedy;

    /**
     * Makes one.
     *
     * @param message which method, and what is wrong with it
     * @param remedy what to do about it
     */
    public InvalidHandlerException(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    /** {@return what to do about it} */
    public String remedy() {
        return remedy;
    }
}
