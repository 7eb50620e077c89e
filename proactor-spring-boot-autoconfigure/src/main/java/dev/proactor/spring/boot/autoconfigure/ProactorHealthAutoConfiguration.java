package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.health.ProactorHealthContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the proactor's health, {@code management.health.proactor.enabled}. */
@AutoConfiguration(after = ProactorAutoConfiguration.class)
@ConditionalOnClass({HealthContributor.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean({ProactorConnections.class, ProactorListeners.class})
@ConditionalOnBooleanProperty(name = "proactor.enabled", matchIfMissing = true)
@ConditionalOnEnabledHealthIndicator("proactor")
public final class ProactorHealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = {"proactorHealthContributor", "proactorHealthIndicator"})
    ProactorHealthContributor proactorHealthContributor(ProactorConnections connections, ProactorListeners listeners) {
        return new ProactorHealthContributor(connections, listeners);
    }
}
