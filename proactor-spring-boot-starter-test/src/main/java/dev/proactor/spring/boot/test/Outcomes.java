package dev.proactor.spring.boot.test;

import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.assertj.core.api.Condition;
import org.jspecify.annotations.Nullable;

/** Outcomes of messages (AMQP 3.4), to answer with and to expect. */
public final class Outcomes {

    private Outcomes() {}

    /** {@return the message was taken} */
    public static DeliveryState accepted() {
        return Accepted.getInstance();
    }

    /** {@return the message is invalid, for a reason that is not told; where it is expected, any reason will do} */
    public static DeliveryState rejected() {
        return new Rejected();
    }

    /**
     * {@return the message is invalid; where it is expected, any description will do}
     *
     * @param condition why, such as {@code amqp:not-allowed}
     */
    public static DeliveryState rejected(String condition) {
        return rejected(condition, null);
    }

    /**
     * {@return the message is invalid}
     *
     * @param condition why, such as {@code amqp:not-allowed}
     * @param description in words; {@code null} for none
     */
    public static DeliveryState rejected(String condition, @Nullable String description) {
        Rejected rejected = new Rejected();
        rejected.setError(new ErrorCondition(Symbol.valueOf(condition), description));
        return rejected;
    }

    /** {@return the message was not and will not be taken, and may go elsewhere} */
    public static DeliveryState released() {
        return Released.getInstance();
    }

    /** {@return the message was tried and failed: {@code modified} with {@code delivery-failed}} It is what a handler that throws gives. */
    public static DeliveryState failed() {
        return modified(true, false);
    }

    /**
     * {@return the message may come again, changed}
     *
     * @param deliveryFailed whether the attempt counts
     * @param undeliverableHere whether it must not come here again
     */
    public static DeliveryState modified(boolean deliveryFailed, boolean undeliverableHere) {
        Modified modified = new Modified();
        modified.setDeliveryFailed(deliveryFailed);
        modified.setUndeliverableHere(undeliverableHere);
        return modified;
    }

    /**
     * {@return a condition for {@code assertThat(outcome).is(like(failed()))}} Outcomes have no {@code equals} that would do.
     *
     * @param expected the outcome; of a rejection only what this one says counts
     */
    public static Condition<DeliveryState> like(DeliveryState expected) {
        return new Condition<>(actual -> matches(expected, actual), "the outcome " + expected);
    }

    /** {@return whether an outcome is what was expected; of a rejection only what the expected one says counts} */
    static boolean matches(DeliveryState expected, DeliveryState actual) {
        if (expected instanceof Rejected wanted && actual instanceof Rejected got) {
            return matches(wanted.getError(), got.getError());
        }
        if (expected instanceof Modified wanted && actual instanceof Modified got) {
            return Boolean.TRUE.equals(wanted.getDeliveryFailed()) == Boolean.TRUE.equals(got.getDeliveryFailed())
                    && Boolean.TRUE.equals(wanted.getUndeliverableHere())
                            == Boolean.TRUE.equals(got.getUndeliverableHere());
        }
        return expected.getClass() == actual.getClass();
    }

    private static boolean matches(@Nullable ErrorCondition wanted, @Nullable ErrorCondition got) {
        if (wanted == null || wanted.getCondition() == null) {
            return true;
        }
        return got != null
                && wanted.getCondition().equals(got.getCondition())
                && (wanted.getDescription() == null || wanted.getDescription().equals(got.getDescription()));
    }
}
