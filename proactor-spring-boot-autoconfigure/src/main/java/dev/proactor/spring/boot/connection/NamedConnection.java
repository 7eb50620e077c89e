package dev.proactor.spring.boot.connection;

import java.time.Instant;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/**
 * A lasting connection under a name: each time that it is lost a new {@link Connection} is made, whose
 * {@code CONNECTION_INIT} is where handlers open their links again. Thread-safe.
 */
public interface NamedConnection {

    /** What it does now. */
    enum State {
        /** Not started, or stopped. */
        STOPPED,
        /** The first attempt is under way. */
        CONNECTING,
        /** Open at both ends. */
        OPEN,
        /** Lost or never made; the next attempt is under way or waits for its time. */
        RECONNECTING,
        /** Given up: the attempts are used up, or reconnecting is off. */
        FAILED
    }

    /** {@return its name} */
    String name();

    /** {@return where it leads, and how} */
    ConnectionSpec spec();

    /** {@return what it does now} */
    Status status();

    /** {@return the connection of now, for {@code Proactor.wake} and {@code execute}; {@code null} while there is none} */
    @Nullable Connection connection();

    /**
     * Begins to connect. Does nothing if it has begun; begins anew where it was given up. After a {@link #stop} whose close the peer
     * has not answered yet it connects as soon as that is over.
     *
     * @throws IllegalStateException if it was removed
     */
    void start();

    /** Closes it in order, and makes no new attempt. Does nothing if it is stopped. It does not wait for the peer. */
    void stop();

    /**
     * Takes a receiver's credit back, so that nothing comes but what is on its way. It stays attached, also on connections that follow,
     * until it is resumed. Does nothing if it is paused.
     *
     * @param receiver its id under {@code receivers}
     * @throws IllegalArgumentException if the connection has no such receiver; the message lists those that there are
     */
    void pause(String receiver);

    /**
     * Gives a paused receiver its credit again. Does nothing if it is not paused.
     *
     * @param receiver its id under {@code receivers}
     * @throws IllegalArgumentException if the connection has no such receiver; the message lists those that there are
     */
    void resume(String receiver);

    /**
     * A look at a connection. All values are of one moment.
     *
     * @param state what it does
     * @param since since when
     * @param attempts how many attempts were made since it was last open
     * @param lastError why it was lost or not made, or {@code null}
     * @param missingLinks ids of declared links that are not attached
     * @param pausedReceivers ids of receivers that are paused
     */
    record Status(
            State state,
            Instant since,
            int attempts,
            @Nullable String lastError,
            List<String> missingLinks,
            List<String> pausedReceivers) {}
}
