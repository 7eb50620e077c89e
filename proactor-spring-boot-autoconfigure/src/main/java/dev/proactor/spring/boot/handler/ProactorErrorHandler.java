package dev.proactor.spring.boot.handler;

import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.jspecify.annotations.Nullable;

/**
 * Decides what follows when a handler method throws. A bean of this type replaces the usual answers; it may leave single cases to
 * them. Called in the connection's sequence, on the thread that handles the event.
 */
@FunctionalInterface
public interface ProactorErrorHandler {

    /**
     * A handler method has thrown.
     *
     * @param failure what it threw, or what a message conversion threw
     * @param context what it was called about
     * @return what follows
     */
    Verdict failed(Throwable failure, HandlerContext context);

    /** What follows. Immutable. */
    final class Verdict {

        private static final Verdict USUAL = new Verdict(Kind.USUAL, null);
        private static final Verdict IGNORE = new Verdict(Kind.IGNORE, null);
        private static final Verdict CLOSE = new Verdict(Kind.CLOSE_CONNECTION, null);

        /** The kinds of verdict. */
        public enum Kind {
            /** As if there were no error handler. */
            USUAL,
            /** Goes on; a message is accepted. */
            IGNORE,
            /** The message gets an outcome; on other occasions as {@link #IGNORE}. */
            OUTCOME,
            /** The connection is closed with {@code amqp:internal-error}; a message is {@code modified}. */
            CLOSE_CONNECTION
        }

        private final Kind kind;
        private final @Nullable DeliveryState state;

        private Verdict(Kind kind, @Nullable DeliveryState state) {
            this.kind = kind;
            this.state = state;
        }

        /** {@return the usual answer} */
        public static Verdict usual() {
            return USUAL;
        }

        /** {@return go on as if nothing had been thrown} */
        public static Verdict ignore() {
            return IGNORE;
        }

        /** {@return close the connection} */
        public static Verdict closeConnection() {
            return CLOSE;
        }

        /**
         * {@return give the message this outcome}
         *
         * @param state the outcome
         */
        public static Verdict outcome(DeliveryState state) {
            return new Verdict(Kind.OUTCOME, state);
        }

        /** {@return its kind} */
        public Kind kind() {
            return kind;
        }

        /** {@return the outcome of {@link Kind#OUTCOME}, else {@code null}} */
        public @Nullable DeliveryState state() {
            return state;
        }
    }
}
