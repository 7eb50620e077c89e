package dev.proactor.spring.boot.internal.send;

import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * Which connection's events a thread handles. As long as it does nothing else of that connection can happen: who waits there for
 * something to come over it waits in vain.
 */
public final class HandlingThread {

    private static final ThreadLocal<@Nullable Connection> CURRENT = new ThreadLocal<>();

    private HandlingThread() {}

    /**
     * The calling thread handles a batch from now on.
     *
     * @param connection of this connection
     */
    public static void begins(Connection connection) {
        CURRENT.set(connection);
    }

    /** The calling thread has handled the batch. */
    public static void ends() {
        CURRENT.set(null);
    }

    /** {@return whether the calling thread handles a batch of this connection} */
    static boolean handles(@Nullable Connection connection) {
        return connection != null && CURRENT.get() == connection;
    }
}
