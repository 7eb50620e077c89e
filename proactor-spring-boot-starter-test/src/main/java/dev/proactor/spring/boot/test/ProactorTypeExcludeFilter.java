package dev.proactor.spring.boot.test;

import dev.proactor.security.Authenticator;
import dev.proactor.security.CredentialsProvider;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnectionDetails;
import dev.proactor.spring.boot.connection.ProactorCustomizer;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.handler.ProactorMessageConverter;
import java.util.Set;
import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;

/** Keeps out of a {@link ProactorTest} what has nothing to do with AMQP. Optional types are in a file of resources. */
final class ProactorTypeExcludeFilter extends StandardAnnotationCustomizableTypeExcludeFilter<ProactorTest> {

    private static final Set<Class<?>> OURS = Set.of(
            ProactorHandler.class,
            ProactorMessageConverter.class,
            HandlerArgumentResolver.class,
            ProactorErrorHandler.class,
            ProactorCustomizer.class,
            ProactorConnectionCustomizer.class,
            ProactorListenerCustomizer.class,
            ProactorConnectionDetails.class,
            Authenticator.class,
            CredentialsProvider.class);

    ProactorTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
    }

    @Override
    protected Set<Class<?>> getKnownIncludes() {
        return OURS;
    }
}
