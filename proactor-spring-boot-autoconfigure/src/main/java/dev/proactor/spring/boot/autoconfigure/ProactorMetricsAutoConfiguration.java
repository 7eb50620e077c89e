package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.metrics.MicrometerDurations;
import dev.proactor.spring.boot.metrics.ProactorMeterBinder;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the meters of a {@link Proactor}, where there is a {@link MeterRegistry}. They are bound once all singletons are
 * made, which is before the first connection: connections begin with the lifecycles.
 */
@AutoConfiguration(
        after = ProactorAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean({MeterRegistry.class, Proactor.class})
@ConditionalOnBooleanProperty(name = "proactor.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ProactorProperties.class)
public final class ProactorMetricsAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    MicrometerDurations proactorDurations(MeterRegistry registry, ProactorProperties properties) {
        return new MicrometerDurations(registry, properties.names());
    }

    @Bean
    @ConditionalOnMissingBean
    ProactorMeterBinder proactorMeterBinder(
            Proactor proactor, MicrometerDurations durations, ProactorProperties properties) {
        return new ProactorMeterBinder(
                proactor,
                durations,
                properties.effectiveThreads(),
                properties.getConnections().keySet(),
                properties.getListeners().keySet());
    }
}
