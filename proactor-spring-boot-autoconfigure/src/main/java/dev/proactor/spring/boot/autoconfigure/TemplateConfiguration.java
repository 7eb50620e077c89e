package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.runtime.ProactorTimer;
import dev.proactor.spring.boot.internal.send.DefaultProactorTemplate;
import dev.proactor.spring.boot.internal.send.DefaultSending;
import dev.proactor.spring.boot.internal.send.SendObserver;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import dev.proactor.spring.boot.template.ProactorTemplate;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Sending over connections, and to the receivers of peers at listeners. */
@Configuration(proxyBeanMethods = false)
class TemplateConfiguration {

    /** Handlers answer through it too: an application that has its own template goes without ours, and not without this. */
    @Bean
    @ConditionalOnMissingBean
    DefaultSending proactorSending(
            Proactor proactor,
            MessageConverters converters,
            ProactorConnections connections,
            ProactorListeners listeners,
            ProactorProperties properties,
            Environment environment,
            ObjectProvider<SendObserver> observer,
            ProactorTimer timer) {
        UnknownProperties.refuse(environment, "proactor.template", Bindable.of(ProactorProperties.Template.class));
        TemplateSettings settings = properties.getTemplate().toSettings();
        if (settings.connection() != null) {
            Checks.known(
                    "proactor.template.connection",
                    settings.connection(),
                    connections.all().stream().map(NamedConnection::name).toList());
        }
        return new DefaultSending(
                proactor, converters, connections, listeners, settings, timer.executor(), observer.getIfAvailable());
    }

    @Bean
    @ConditionalOnMissingBean
    ProactorTemplate proactorTemplate(DefaultSending sending) {
        return new DefaultProactorTemplate(sending);
    }
}
