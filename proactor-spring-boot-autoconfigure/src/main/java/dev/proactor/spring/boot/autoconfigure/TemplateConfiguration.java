package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.runtime.ProactorTimer;
import dev.proactor.spring.boot.internal.send.DefaultProactorTemplate;
import dev.proactor.spring.boot.internal.send.SendObserver;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.core.env.Environment;

/** Sending over connections, and to the receivers of peers at listeners. */
@Configuration(proxyBeanMethods = false)
class TemplateConfiguration {

    /** One of the user's goes before it; what it knows of links is needed all the same. */
    @Bean
    @Fallback
    DefaultProactorTemplate proactorTemplate(
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
        return new DefaultProactorTemplate(
                proactor, converters, connections, listeners, settings, timer.executor(), observer.getIfAvailable());
    }
}
