package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.security.Authenticator;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorListeners;
import dev.proactor.spring.boot.internal.runtime.ManagedListener;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.ClassUtils;

/** The listeners that are configured, each under its name, and a registry for more. */
@Configuration(proxyBeanMethods = false)
class ListenersConfiguration {

    private static final boolean SPRING_SECURITY = ClassUtils.isPresent(
            "org.springframework.security.authentication.AuthenticationManager",
            ListenersConfiguration.class.getClassLoader());

    @Bean
    @ConditionalOnMissingBean(ProactorListeners.class)
    DefaultProactorListeners proactorListeners(
            Proactor proactor,
            ProactorProperties properties,
            ConfigurableEnvironment environment,
            ObjectProvider<SslBundles> bundles,
            ListableBeanFactory beans,
            ObjectProvider<ProactorListenerCustomizer> customizers) {
        UnknownProperties.refuse(
                environment, "proactor.listeners", Bindable.mapOf(String.class, ListenerProperties.class));
        ListenerSecurity security = new ListenerSecurity(
                new Bundles(bundles.getIfAvailable()),
                beans.getBeansOfType(Authenticator.class),
                bean -> SPRING_SECURITY ? SpringSecurityAuthenticator.of(beans, bean, checking(beans)) : null);
        LocalPorts ports = new LocalPorts(environment);
        Map<String, ListenerSecurity.Settings> secured = new HashMap<>();
        properties.getListeners().forEach((name, listener) -> secured.put(name, security.of(name, listener)));
        DefaultProactorListeners listeners = new DefaultProactorListeners((name, spec, last) -> {
            var options = spec.toOptions();
            // One that is registered at run time has no properties, and is guarded by the same beans.
            ListenerSecurity.Settings declared = secured.get(name);
            ListenerSecurity.Settings settings =
                    declared == null ? security.of(name, new ListenerProperties()) : declared;
            settings.apply(options, spec.allowAnonymous());
            customizers.orderedStream().forEach(customizer -> customizer.customize(name, options));
            last.accept(options);
            security.check(name, settings, spec, options.build());
            return new ManagedListener(
                    name,
                    proactor,
                    options,
                    new ManagedListener.Settings(spec.maxConnections(), spec.autoAcceptLinks(), spec.credit()),
                    Clock.systemUTC(),
                    ports::publish);
        });
        properties.getListeners().forEach((name, listener) -> {
            ListenerSecurity.Settings settings = Objects.requireNonNull(secured.get(name));
            ListenerSpec spec = listener.toSpec(name);
            // Comes after all customizers, and says what is wrong with the properties before it is said of the options.
            listeners.register(
                    name, spec, options -> security.checkDeclared(name, listener, settings, spec, options.build()));
        });
        return listeners;
    }

    /** Where passwords are checked: the application's task executor, or a few threads that live while they are needed. */
    private static Executor checking(ListableBeanFactory beans) {
        String name = "applicationTaskExecutor";
        if (beans.containsBean(name) && beans.isTypeMatch(name, Executor.class)) {
            return beans.getBean(name, Executor.class);
        }
        AtomicInteger count = new AtomicInteger();
        ThreadPoolExecutor few =
                new ThreadPoolExecutor(4, 4, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(1000), task -> {
                    Thread thread = new Thread(task, "proactor-authentication-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        few.allowCoreThreadTimeOut(true);
        return few;
    }
}
