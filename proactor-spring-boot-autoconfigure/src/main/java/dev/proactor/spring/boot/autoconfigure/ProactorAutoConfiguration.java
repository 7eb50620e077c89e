package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.DurationListener;
import dev.proactor.Proactor;
import dev.proactor.ProactorBuilder;
import dev.proactor.spring.boot.connection.ProactorCustomizer;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import dev.proactor.spring.boot.internal.runtime.ProactorTimer;
import dev.proactor.spring.boot.template.ProactorTemplate;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/**
 * Auto-configuration of a {@link Proactor} with the named connections and listeners of {@link ProactorProperties}, the handlers of
 * the application, and a {@link ProactorTemplate}.
 */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
            "org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration",
            "org.springframework.boot.autoconfigure.task.TaskExecutionAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "proactor.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ProactorProperties.class)
@Import({
    ConnectionsConfiguration.class,
    ListenersConfiguration.class,
    MessageConvertersConfiguration.class,
    HandlersConfiguration.class,
    TemplateConfiguration.class,
    LifecycleConfiguration.class
})
public final class ProactorAutoConfiguration {

    private static final Log log = LogFactory.getLog("dev.proactor");

    ProactorAutoConfiguration(Environment environment) {
        UnknownProperties.warn(environment, log);
    }

    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    Proactor proactor(
            ProactorProperties properties,
            Environment environment,
            ObjectProvider<DurationListener> durations,
            ObjectProvider<ProactorCustomizer> customizers) {
        ProactorBuilder builder = Proactor.builder().containerId(properties.effectiveContainerId(environment));
        durations.ifAvailable(builder::durations);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }

    @Bean
    @ConditionalOnMissingBean
    ProactorTimer proactorTimer() {
        return new ProactorTimer();
    }

    @Bean
    @ConditionalOnMissingBean
    InFlight proactorInFlight() {
        return new InFlight();
    }

    @Bean
    @ConditionalOnMissingBean
    LiveConnections proactorLiveConnections(Proactor proactor, InFlight inFlight) {
        return new LiveConnections(proactor, inFlight);
    }
}
