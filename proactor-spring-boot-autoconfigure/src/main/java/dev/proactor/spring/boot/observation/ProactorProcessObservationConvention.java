package dev.proactor.spring.boot.observation;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/** Names and key values of {@link ProactorObservation#PROCESS}. A bean of this type replaces the default one. */
public interface ProactorProcessObservationConvention extends ObservationConvention<ProactorProcessContext> {

    @Override
    default boolean supportsContext(Observation.Context context) {
        return context instanceof ProactorProcessContext;
    }
}
