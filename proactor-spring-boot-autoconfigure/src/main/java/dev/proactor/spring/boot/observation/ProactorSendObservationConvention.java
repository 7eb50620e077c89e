package dev.proactor.spring.boot.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/** Names and key values of {@link ProactorObservation#SEND}. A bean of this type replaces the default one. */
public interface ProactorSendObservationConvention extends ObservationConvention<ProactorSendContext> {

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof ProactorSendContext;
    }
}
