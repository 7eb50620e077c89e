package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.dispatch.Dispatcher;
import dev.proactor.spring.boot.internal.dispatch.HandlerTable;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import dev.proactor.spring.boot.internal.dispatch.Redeliveries;
import dev.proactor.spring.boot.internal.dispatch.UnfedHandlers;
import dev.proactor.spring.boot.internal.runtime.ConnectionsLifecycle;
import dev.proactor.spring.boot.internal.runtime.IntakeLifecycle;
import dev.proactor.spring.boot.internal.runtime.Workers;
import dev.proactor.spring.boot.internal.send.DefaultSending;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;

/** The threads that handle events, and the two lifecycles: intake, and connections. */
@Configuration(proxyBeanMethods = false)
class LifecycleConfiguration {

    private static final Log log = LogFactory.getLog("dev.proactor");

    /** How long peers have to answer when their connections are closed. */
    private static final Duration CLOSING = Duration.ofSeconds(5);

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
            DefaultSending sending,
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
                sending,
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
