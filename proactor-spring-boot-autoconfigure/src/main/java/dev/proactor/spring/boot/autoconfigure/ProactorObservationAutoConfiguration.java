package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.observation.MicrometerMessageObserver;
import dev.proactor.spring.boot.observation.MicrometerSendObserver;
import dev.proactor.spring.boot.observation.ProactorProcessObservationConvention;
import dev.proactor.spring.boot.observation.ProactorSendObservationConvention;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the observation of messages, where there is an {@link ObservationRegistry}. */
@AutoConfiguration(
        before = ProactorAutoConfiguration.class,
        afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnBean(ObservationRegistry.class)
@ConditionalOnBooleanProperty(name = "proactor.enabled", matchIfMissing = true)
@ConditionalOnBooleanProperty(name = "proactor.observation.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ProactorProperties.class)
public final class ProactorObservationAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    MicrometerMessageObserver proactorMessageObserver(
            ObservationRegistry registry,
            ProactorProperties properties,
            ObjectProvider<ProactorProcessObservationConvention> convention) {
        return new MicrometerMessageObserver(registry, properties.names(), convention.getIfAvailable());
    }

    @Bean
    @ConditionalOnMissingBean
    MicrometerSendObserver proactorSendObserver(
            ObservationRegistry registry,
            ProactorProperties properties,
            ObjectProvider<ProactorSendObservationConvention> convention) {
        return new MicrometerSendObserver(registry, properties.names(), convention.getIfAvailable());
    }
}
