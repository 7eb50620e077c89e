package dev.proactor.spring.boot.connection;

import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.List;
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
     * Binds it, and waits until it is bound. Does nothing if it is bound. A handler must not call this where all threads could be in
     * handlers: one of them has to handle the event that tells.
     *
     * @throws ListenerBindException if it can't be bound; it is {@link State#FAILED} then, and may be started again
     * @throws IllegalStateException if it was removed
     */
    void start();

    /**
     * Closes the port: new peers are refused by the system. Accepted connections go on. Does nothing if it is stopped. It does not
     * wait.
     */
    void stop();

    /**
     * A look at a listener. All values are of one moment.
     *
     * @param state what it does
     * @param since since when
     * @param address {@code host:port}, with the port it is bound to
     * @param localAddresses what it is bound to now; a host may have several addresses
     * @param waiting how many peers have connected and were neither accepted nor rejected
     * @param connections how many connections it has now
     * @param lastError why it is not bound, or {@code null}
     */
    record Status(
            State state,
            Instant since,
            String address,
            List<InetSocketAddress> localAddresses,
            int waiting,
            int connections,
            @Nullable String lastError) {}
}
