package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.endpoint.ProactorEndpoint;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import java.time.Duration;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Auto-configuration of the endpoint {@code proactor}, where it is exposed. */
@AutoConfiguration(after = ProactorAutoConfiguration.class)
@ConditionalOnClass({Endpoint.class, ConditionalOnAvailableEndpoint.class})
@ConditionalOnBean({Proactor.class, ProactorConnections.class, ProactorListeners.class, LiveConnections.class})
@ConditionalOnBooleanProperty(name = "proactor.enabled", matchIfMissing = true)
@ConditionalOnAvailableEndpoint(ProactorEndpoint.class)
@EnableConfigurationProperties(ProactorProperties.class)
public final class ProactorEndpointAutoConfiguration {

    private static final Duration LIMIT = Duration.ofSeconds(1);

    @Bean
    @ConditionalOnMissingBean
    ProactorEndpoint proactorEndpoint(
            Proactor proactor,
            ProactorConnections connections,
            ProactorListeners listeners,
            LiveConnections live,
            ProactorProperties properties) {
        return new ProactorEndpoint(proactor, connections, listeners, live, properties.names(), LIMIT);
    }
}
