package dev.proactor.spring.boot.connection;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A listening port under a name. Thread-safe. */
public interface NamedListener {

    /** What it does now. */
    enum State {
        /** Not started, or stopped. */
        STOPPED,
        /** Binding. */
        STARTING,
        /** Bound. */
        LISTENING,
        /** Could not be bound, or was closed by the system. */
        FAILED
    }

    /** {@return its name} */
    String name();

    /** {@return what it does now} */
    Status status();

    /** {@return the port that it is bound to, or -1} With port 0 in the properties it is the one that the system chose. */
    int localPort();

    /**
     * Binds it, and waits until it is bound.
     *
     * @throws ListenerBindException if it can't be bound
     */
    void start();

    /** Closes the port. Accepted connections go on. */
    void stop();

    /**
     * A look at a listener. All values are of one moment.
     *
     * @param state what it does
     * @param since since when
     * @param address {@code host:port}, with the port it is bound to
     * @param connections how many connections it has now
     * @param lastError why it is not bound, or {@code null}
     */
    record Status(
            State state,
            Instant since,
            String address,
            int connections,
            @Nullable String lastError) {}
}
