package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import java.time.Instant;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;

/** A connection that there is now. */
public interface LiveConnection {

    /** {@return a number that no other connection of this application had} Any thread. */
    long number();

    /** {@return the configured name of the connection or of the listener, or {@code dynamic}} Any thread. */
    String name();

    /** {@return which end we are} Any thread. */
    ConnectionRole role();

    /** {@return since when there is one} Any thread. */
    Instant since();

    /** {@return the engine's object} Any thread; what it tells, only in its sequence. */
    Connection connection();

    /** {@return how many deliveries to us were complete} In the connection's sequence. */
    long received();

    /** {@return how many deliveries of ours have their outcome} In the connection's sequence. */
    long delivered();

    /**
     * {@return the address of a link, as filters see it} In the connection's sequence.
     *
     * @param link one of its links
     */
    String addressOf(Link link);
}
