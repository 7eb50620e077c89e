package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.dispatch.ChildHandlers;
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
import dev.proactor.spring.boot.internal.runtime.ProactorTimer;
import dev.proactor.spring.boot.internal.send.DefaultSending;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;
import org.springframework.validation.Validator;

/** What finds the methods of handlers, and what brings events to them. */
@Configuration(proxyBeanMethods = false)
class HandlersConfiguration {

    @Bean
    @ConditionalOnMissingBean
    Redeliveries proactorRedeliveries(Proactor proactor, ProactorTimer timer) {
        return new Redeliveries(proactor, timer.executor());
    }

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

    @Bean
    @ConditionalOnMissingBean
    static ChildHandlers proactorChildHandlers(ConfigurableListableBeanFactory beans) {
        return new ChildHandlers(beans);
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
            DefaultSending sending,
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
        if (!ClassUtils.isPresent("org.slf4j.MDC", HandlersConfiguration.class.getClassLoader())) {
            throw Checks.invalid(
                    "proactor.logging.mdc", true, "needs SLF4J, and org.slf4j.MDC is not on the class path");
        }
        return new MdcLogContext();
    }
}
