package dev.proactor.internal.task;

import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;

/** Of what was never meant to be thrown. */
final class Faults {

    private static final Symbol INTERNAL_ERROR = Symbol.valueOf("amqp:internal-error");

    /** Where there is no memory for more. */
    private static final ErrorCondition WITHOUT_WORDS = new ErrorCondition(INTERNAL_ERROR, "an internal error");

    private Faults() {}

    /**
     * @param failure what was thrown
     * @return what the application is told of it
     */
    static ErrorCondition condition(Throwable failure) {
        try {
            return new ErrorCondition(INTERNAL_ERROR, "an internal error: " + words(failure));
        } catch (OutOfMemoryError none) {
            return WITHOUT_WORDS;
        }
    }

    /** Some failures can't even say what they are. */
    private static String words(Throwable failure) {
        try {
            return failure.toString();
        } catch (RuntimeException | Error speechless) {
            return failure.getClass().getName();
        }
    }
}
