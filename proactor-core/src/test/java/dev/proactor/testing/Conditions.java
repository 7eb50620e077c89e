package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.qpid.proton.amqp.transport.ErrorCondition;

/** What tests say of error conditions. */
public final class Conditions {

    public static final String FRAMING_ERROR = "amqp:connection:framing-error";
    public static final String LIMIT_EXCEEDED = "amqp:resource-limit-exceeded";

    private Conditions() {}

    /** The condition's name is this one, and its description has this in it. */
    public static void assertCondition(ErrorCondition condition, String name, String inDescription) {
        assertThat(condition).isNotNull();
        assertThat(String.valueOf(condition.getCondition())).as("%s", condition).isEqualTo(name);
        assertThat(condition.getDescription()).contains(inDescription);
    }

    public static void assertFramingError(ErrorCondition condition, String inDescription) {
        assertCondition(condition, FRAMING_ERROR, inDescription);
    }
}
