package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.NamedConnection.State;
import dev.proactor.spring.boot.connection.NamedConnection.Status;
import dev.proactor.spring.boot.internal.text.PeerText;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/**
 * What a named connection is, and why it is no better: what is told of it. Guarded by the monitor of its
 * {@link ManagedConnection}, which decides what becomes of it.
 */
final class ConnectionState {

    private static final Symbol UNAUTHORIZED = Symbol.valueOf("amqp:unauthorized-access");

    private final Clock clock;
    private State state = State.STOPPED;
    private Instant since;

    /** Why it was lost or not made, or why a declared link was refused or closed. */
    @Nullable String lastError;

    ConnectionState(Clock clock) {
        this.clock = clock;
        this.since = clock.instant();
    }

    boolean is(State one) {
        return state == one;
    }

    /** {@return whether it was started, and not stopped since} */
    boolean isWanted() {
        return state != State.STOPPED;
    }

    void become(State next) {
        if (state != next) {
            state = next;
            since = clock.instant();
        }
    }

    /** {@return whether it is open, and has been for so long that its attempts count from the beginning} */
    boolean isOpenForLong() {
        return state == State.OPEN && BackOff.isLasting(since, clock.instant());
    }

    /**
     * {@return what is told of it}
     *
     * @param attempts how many were made
     * @param missing the ids of declared links that are not attached
     * @param paused the ids of receivers that are paused
     */
    Status status(int attempts, List<String> missing, List<String> paused) {
        return new Status(state, since, state == State.OPEN ? 0 : attempts, lastError, missing, paused);
    }

    /** {@return what log and health say of a condition} */
    static String words(ErrorCondition condition) {
        String words = condition.getCondition()
                + (condition.getDescription() == null ? "" : " (" + condition.getDescription() + ")");
        return PeerText.line(words, 500)
                + (UNAUTHORIZED.equals(condition.getCondition()) ? ". Check its username and password" : "");
    }
}
