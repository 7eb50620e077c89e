package dev.proactor.spring.boot.test;

import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** The application has refused a link or a connection of a {@link PeerClient}, or has ended it. */
public class PeerRefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The condition that the application named, or {@code null}. */
    private final @Nullable String condition;

    PeerRefusedException(String what, @Nullable ErrorCondition why) {
        super(what
                + (why == null || why.getCondition() == null
                        ? ", with no reason"
                        : ": " + why.getCondition()
                                + (why.getDescription() == null ? "" : ": " + why.getDescription())));
        condition = why == null || why.getCondition() == null
                ? null
                : why.getCondition().toString();
    }

    /** {@return the error condition that tells why, such as {@code amqp:not-found}; {@code null} if none was told} */
    public @Nullable String condition() {
        return condition;
    }
}
