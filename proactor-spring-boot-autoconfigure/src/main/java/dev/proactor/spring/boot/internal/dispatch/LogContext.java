package dev.proactor.spring.boot.internal.dispatch;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Tells what logs, of each line that a handler's thread writes, which connection it is about. Thread-safe; it is about the calling thread. */
public interface LogContext {

    /**
     * A batch of a connection begins.
     *
     * @param name the configured name of the connection or of the listener, or {@code dynamic}
     * @param peer the peer's address, if it is known
     */
    void begin(String name, @Nullable InetSocketAddress peer);

    /**
     * The next event begins.
     *
     * @param address the address of its link, or {@code null} for an event of no link
     */
    void about(@Nullable String address);

    /** The batch is over. */
    void end();
}
