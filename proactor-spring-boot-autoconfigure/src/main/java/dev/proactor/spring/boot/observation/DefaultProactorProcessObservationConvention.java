package dev.proactor.spring.boot.observation;

import dev.proactor.spring.boot.observation.ProactorObservation.HighCardinality;
import dev.proactor.spring.boot.observation.ProactorObservation.LowCardinality;
import io.micrometer.common.KeyValues;

/** OpenTelemetry's names for messaging. What peers decide has high cardinality, and so is in traces only. */
public class DefaultProactorProcessObservationConvention implements ProactorProcessObservationConvention {

    /** Makes one. */
    public DefaultProactorProcessObservationConvention() {}

    @Override
    public String getName() {
        return "proactor.process";
    }

    @Override
    public String getContextualName(ProactorProcessContext context) {
        return "process " + context.address();
    }

    @Override
    public KeyValues getLowCardinalityKeyValues(ProactorProcessContext context) {
        return KeyValues.of(
                LowCardinality.SYSTEM.withValue("amqp"),
                LowCardinality.OPERATION.withValue("process"),
                LowCardinality.NAME.withValue(context.name()),
                LowCardinality.HANDLER.withValue(context.handler()),
                LowCardinality.ERROR.withValue(error(context)));
    }

    private static String error(ProactorProcessContext context) {
        Throwable error = context.getError();
        if (error != null) {
            return error.getClass().getName();
        }
        return "none";
    }

    @Override
    public KeyValues getHighCardinalityKeyValues(ProactorProcessContext context) {
        KeyValues values = KeyValues.of(HighCardinality.DESTINATION.withValue(context.address()));
        Object id = context.getCarrier() == null ? null : context.getCarrier().getMessageId();
        if (id != null) {
            values = values.and(HighCardinality.MESSAGE_ID.withValue(id.toString()));
        }
        return context.server() == null ? values : values.and(HighCardinality.SERVER.withValue(context.server()));
    }
}
