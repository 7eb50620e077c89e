package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.Event;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.jspecify.annotations.Nullable;

/** Why something was closed or is over, as handlers and the starter's parts are told. Read in the connection's sequence. */
final class Conditions {

    private Conditions() {}

    /** {@return a condition, or {@code null} for none} proton-j has an empty one where there is none. */
    static @Nullable ErrorCondition of(@Nullable ErrorCondition condition) {
        return condition == null || condition.getCondition() == null ? null : condition;
    }

    /** {@return why a connection is over whose transport is closed} What the transport says, or else the peer, or else we. */
    static @Nullable ErrorCondition whyOver(Event event) {
        ErrorCondition condition = of(event.transport().getCondition());
        if (condition == null) {
            condition = of(event.connection().getRemoteCondition());
        }
        return condition == null ? of(event.connection().getCondition()) : condition;
    }
}
