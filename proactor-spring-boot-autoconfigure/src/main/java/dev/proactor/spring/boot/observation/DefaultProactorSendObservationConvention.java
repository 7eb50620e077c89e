package dev.proactor.spring.boot.observation;

import dev.proactor.spring.boot.observation.ProactorObservation.HighCardinality;
import dev.proactor.spring.boot.observation.ProactorObservation.LowCardinality;
import io.micrometer.common.KeyValues;
import org.apache.qpid.proton.amqp.messaging.Accepted;

/** OpenTelemetry's names for messaging. What peers decide has high cardinality, and so is in traces only. */
public class DefaultProactorSendObservationConvention implements ProactorSendObservationConvention {

    /** Makes one. */
    public DefaultProactorSendObservationConvention() {}

    @Override
    public String getName() {
        return "proactor.send";
    }

    @Override
    public String getContextualName(ProactorSendContext context) {
        return "send " + context.address();
    }

    @Override
    public KeyValues getLowCardinalityKeyValues(ProactorSendContext context) {
        return KeyValues.of(
                LowCardinality.SYSTEM.withValue("amqp"),
                LowCardinality.OPERATION.withValue("send"),
                LowCardinality.NAME.withValue(context.name()),
                LowCardinality.HANDLER.withValue("none"),
                LowCardinality.ERROR.withValue(error(context)));
    }

    private static String error(ProactorSendContext context) {
        Throwable error = context.getError();
        if (error != null) {
            return error.getClass().getName();
        }
        return context.outcome() == null || context.outcome() instanceof Accepted
                ? "none"
                : context.outcome().getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public KeyValues getHighCardinalityKeyValues(ProactorSendContext context) {
        KeyValues values = KeyValues.of(HighCardinality.DESTINATION.withValue(context.address()));
        Object id = context.getCarrier() == null ? null : context.getCarrier().getMessageId();
        if (id != null) {
            values = values.and(HighCardinality.MESSAGE_ID.withValue(id.toString()));
        }
        String server = context.server(); // perhaps known only when the outcome is
        return server == null ? values : values.and(HighCardinality.SERVER.withValue(server));
    }
}
