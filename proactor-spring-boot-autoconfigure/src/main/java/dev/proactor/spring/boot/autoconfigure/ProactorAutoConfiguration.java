package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.DurationListener;
import dev.proactor.Proactor;
import dev.proactor.ProactorBuilder;
import dev.proactor.security.Authenticator;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorCustomizer;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.dispatch.Dispatcher;
import dev.proactor.spring.boot.internal.dispatch.HandlerDetector;
import dev.proactor.spring.boot.internal.dispatch.HandlerTable;
import dev.proactor.spring.boot.internal.dispatch.HandlerTimings;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import dev.proactor.spring.boot.internal.dispatch.LogContext;
import dev.proactor.spring.boot.internal.dispatch.MdcLogContext;
import dev.proactor.spring.boot.internal.dispatch.MessageObserver;
import dev.proactor.spring.boot.internal.dispatch.Redeliveries;
import dev.proactor.spring.boot.internal.dispatch.SourceNames;
import dev.proactor.spring.boot.internal.dispatch.UnfedHandlers;
import dev.proactor.spring.boot.internal.runtime.ConnectionsLifecycle;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorConnections;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorListeners;
import dev.proactor.spring.boot.internal.runtime.IntakeLifecycle;
import dev.proactor.spring.boot.internal.runtime.ManagedListener;
import dev.proactor.spring.boot.internal.runtime.OwnPorts;
import dev.proactor.spring.boot.internal.runtime.ProactorTimer;
import dev.proactor.spring.boot.internal.runtime.Workers;
import dev.proactor.spring.boot.internal.send.DefaultProactorTemplate;
import dev.proactor.spring.boot.internal.send.SendObserver;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Import;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.util.ClassUtils;
import org.springframework.validation.Validator;

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
@Import(MessageConvertersConfiguration.class)
public final class ProactorAutoConfiguration {

    private static final Log log = LogFactory.getLog("dev.proactor");
    private static final boolean SPRING_SECURITY = ClassUtils.isPresent(
            "org.springframework.security.authentication.AuthenticationManager",
            ProactorAutoConfiguration.class.getClassLoader());

    /** How long peers have to answer when their connections are closed. */
    private static final Duration CLOSING = Duration.ofSeconds(5);

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

    @Bean
    @ConditionalOnMissingBean
    Redeliveries proactorRedeliveries(Proactor proactor, ProactorTimer timer) {
        return new Redeliveries(proactor, timer.executor());
    }

    // ---- connections and listeners

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
        DefaultProactorListeners listeners = new DefaultProactorListeners((name, spec) -> {
            var options = spec.toOptions();
            // One that is registered at run time has no properties, and is guarded by the same beans.
            ListenerSecurity.Settings settings = secured.get(name);
            (settings == null ? security.of(name, new ListenerProperties()) : settings).apply(options);
            customizers.orderedStream().forEach(customizer -> customizer.customize(name, options));
            ListenerSecurity.checkOpenToSomebody(
                    name, properties.getListeners().getOrDefault(name, new ListenerProperties()), options.build());
            return new ManagedListener(
                    name,
                    proactor,
                    options,
                    new ManagedListener.Settings(spec.maxConnections(), spec.autoAcceptLinks(), spec.credit()),
                    Clock.systemUTC(),
                    ports::publish);
        });
        properties
                .getListeners()
                .forEach((name, listener) -> listeners.register(
                        name,
                        listener.toSpec(
                                name, Objects.requireNonNull(secured.get(name)).authenticates())));
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

    // ---- handlers

    @Bean
    @ConditionalOnMissingBean
    HandlerTable proactorHandlerTable() {
        return new HandlerTable();
    }

    @Bean
    @ConditionalOnMissingBean
    HandlerDetector proactorHandlerDetector(
            ConfigurableListableBeanFactory beans,
            HandlerTable table,
            ProactorProperties properties,
            Environment environment,
            MessageConverters converters,
            ObjectProvider<HandlerArgumentResolver> resolvers,
            ObjectProvider<Validator> validator,
            ObjectProvider<HandlerTimings> timings) {
        return new HandlerDetector(
                beans,
                table,
                new SourceNames(
                        properties.getConnections().keySet(),
                        properties.getListeners().keySet(),
                        environment::resolveRequiredPlaceholders),
                resolvers.orderedStream().toList(),
                converters,
                conversions(beans),
                validator.getIfUnique(),
                timings.getIfAvailable());
    }

    /** The application's own, which may know types of its own. */
    private static ConversionService conversions(ConfigurableListableBeanFactory beans) {
        ConversionService own = beans.getConversionService();
        return own == null ? ApplicationConversionService.getSharedInstance() : own;
    }

    @Bean
    @ConditionalOnMissingBean
    Dispatcher proactorDispatcher(
            Proactor proactor,
            HandlerTable table,
            DefaultProactorTemplate sending,
            InFlight inFlight,
            LiveConnections live,
            MessageConverters converters,
            Redeliveries redeliveries,
            ProactorProperties properties,
            ObjectProvider<MessageObserver> observer,
            ObjectProvider<ProactorErrorHandler> errorHandler) {
        return new Dispatcher(
                proactor,
                table,
                sending,
                inFlight,
                live,
                converters,
                redeliveries,
                observer.getIfAvailable(),
                errorHandler.getIfAvailable(),
                properties.getLogging().isMdc() ? logContext() : null,
                properties.isDefaultResponses());
    }

    private static LogContext logContext() {
        if (!ClassUtils.isPresent("org.slf4j.MDC", ProactorAutoConfiguration.class.getClassLoader())) {
            throw Checks.invalid(
                    "proactor.logging.mdc", true, "needs SLF4J, and org.slf4j.MDC is not on the class path");
        }
        return new MdcLogContext();
    }

    // ---- sending

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

    // ---- starting and stopping

    @Bean
    @ConditionalOnMissingBean
    Workers proactorWorkers(
            Proactor proactor,
            Dispatcher dispatcher,
            ProactorProperties properties,
            Environment environment,
            ListableBeanFactory beans) {
        return new Workers(
                proactor, dispatcher, properties.effectiveThreads(), executor(properties, environment, beans));
    }

    private static @Nullable Executor executor(
            ProactorProperties properties, Environment environment, ListableBeanFactory beans) {
        String name = properties.getExecutor();
        if (name != null) {
            try {
                return beans.getBean(name, Executor.class);
            } catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException wrong) {
                String[] names = beans.getBeanNamesForType(Executor.class);
                throw Checks.invalid(
                        "proactor.executor",
                        name,
                        "must name a bean that is an Executor; there "
                                + (names.length == 0 ? "is none" : "are: " + String.join(", ", names)));
            }
        }
        return Threading.VIRTUAL.isActive(environment) ? new VirtualThreadTaskExecutor("proactor-handler-") : null;
    }

    @Bean
    @ConditionalOnMissingBean
    ConnectionsLifecycle proactorConnectionsLifecycle(
            Proactor proactor,
            Workers workers,
            ProactorConnections connections,
            ProactorListeners listeners,
            LiveConnections live,
            InFlight inFlight,
            DefaultProactorTemplate template,
            HandlerTable table,
            ProactorProperties properties,
            Environment environment) {
        BooleanSupplier keepsAlive = () -> switch (properties.getKeepAlive()) {
            case TRUE -> true;
            case FALSE -> false;
            case AUTO ->
                !properties.getListeners().isEmpty()
                        || (table.receivesOnConnections()
                                && !properties.getConnections().isEmpty());
        };
        return new ConnectionsLifecycle(
                proactor,
                workers,
                connections,
                live,
                inFlight,
                template,
                new UnfedHandlers(table, connections, listeners),
                keepsAlive,
                properties.isAutoStartup(),
                closing(environment));
    }

    @Bean
    @ConditionalOnMissingBean
    IntakeLifecycle proactorIntakeLifecycle(
            ProactorListeners listeners,
            ProactorConnections connections,
            InFlight inFlight,
            LiveConnections live,
            Redeliveries redeliveries,
            ProactorProperties properties,
            Environment environment) {
        return new IntakeLifecycle(
                listeners,
                connections,
                inFlight,
                live,
                redeliveries,
                properties.isAutoStartup(),
                gracePeriod(properties, environment));
    }

    private static Duration phase(Environment environment) {
        return DurationStyle.detectAndParse(
                environment.getProperty("spring.lifecycle.timeout-per-shutdown-phase", "30s"));
    }

    private static Duration closing(Environment environment) {
        Duration half = phase(environment).dividedBy(2);
        return half.compareTo(CLOSING) < 0 ? half : CLOSING;
    }

    private static String print(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    /** Spring stops waiting for a phase after its own time-out: ours has to be over before. */
    private static Duration gracePeriod(ProactorProperties properties, Environment environment) {
        Duration wanted = Checks.timeout(
                "proactor.shutdown.grace-period", properties.getShutdown().getGracePeriod());
        Duration phase = phase(environment);
        Duration closing = closing(environment);
        Duration most = phase.minus(closing).minusSeconds(1);
        if (wanted.compareTo(most) <= 0) {
            return wanted;
        }
        Duration clamped = most.isNegative() ? Duration.ZERO : most;
        log.warn("proactor.shutdown.grace-period=" + print(wanted) + " and the "
                + print(closing)
                + " for closing connections are more than spring.lifecycle.timeout-per-shutdown-phase="
                + print(phase) + ": " + clamped.toMillis()
                + " ms are used. Raise the latter for more.");
        return clamped;
    }
}
