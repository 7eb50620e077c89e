package dev.proactor.spring.boot.connection;

/** A listener could not be bound: mostly, the port is taken. */
public class ListenerBindException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The listener's name. */
    private final String listener;

    /** The host it was to be bound to. */
    private final String host;

    /** The port. */
    private final int port;

    /** What the system says. */
    private final String reason;

    /**
     * Makes one.
     *
     * @param listener the listener's name
     * @param host the host it was to be bound to
     * @param port the port
     * @param reason what the system says
     */
    public ListenerBindException(String listener, String host, int port, String reason) {
        super("listener '" + listener + "' could not be bound to " + host + ":" + port + ": " + reason);
        this.listener = listener;
        this.host = host;
        this.port = port;
        this.reason = reason;
    }

    /** {@return the listener's name} */
    public String listener() {
        return listener;
    }

    /** {@return the host it was to be bound to} */
    public String host() {
        return host;
    }

    /** {@return what the system says} */
    public String reason() {
        return reason;
    }

    /** {@return the port it was to be bound to} */
    public int port() {
        return port;
    }
}
