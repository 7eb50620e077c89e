package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorConnections;
import dev.proactor.spring.boot.internal.runtime.OwnPorts;
import dev.proactor.spring.boot.internal.runtime.ProactorTimer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** The connections that are configured, each under its name, and a registry for more. */
@Configuration(proxyBeanMethods = false)
class ConnectionsConfiguration {

    @Bean
    @ConditionalOnMissingBean(ProactorConnections.class)
    DefaultProactorConnections proactorConnections(
            Proactor proactor,
            ProactorProperties properties,
            Environment environment,
            ProactorTimer timer,
            ObjectProvider<ProactorConnectionDetails> details,
            ObjectProvider<SslBundles> bundles,
            ListableBeanFactory beans,
            ObjectProvider<ProactorConnectionCustomizer> customizers) {
        UnknownProperties.refuse(
                environment, "proactor.connections", Bindable.mapOf(String.class, ConnectionProperties.class));
        ServiceConnections.apply(details, properties.getConnections());
        ConnectionSecurity security = new ConnectionSecurity(
                new Bundles(bundles.getIfAvailable()), beans.getBeansOfType(CredentialsProvider.class));
        Map<String, ConnectionSecurity.Settings> secured = new HashMap<>();
        properties.getConnections().forEach((name, connection) -> secured.put(name, security.of(name, connection)));
        List<ProactorConnectionCustomizer> all = new ArrayList<>();
        all.add((name, options) -> {
            ConnectionSecurity.Settings settings = secured.get(name);
            if (settings != null) {
                settings.apply(options);
            }
        });
        customizers.orderedStream().forEach(all::add); // they have the last word
        OwnPorts ownPorts = new OwnPorts(properties.getListeners().values().stream()
                .map(ListenerProperties::getPort)
                .toList());
        DefaultProactorConnections connections =
                new DefaultProactorConnections(proactor, all, timer.executor(), ownPorts);
        properties
                .getConnections()
                .forEach((name, connection) ->
                        connections.register(name, connection.toSpec(name, properties.getContainerId() != null)));
        return connections;
    }
}
