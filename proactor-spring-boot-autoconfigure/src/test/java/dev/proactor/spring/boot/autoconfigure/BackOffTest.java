package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.endpoint.ProactorEndpoint;
import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import dev.proactor.spring.boot.internal.runtime.IntakeLifecycle;
import dev.proactor.spring.boot.metrics.MicrometerDurations;
import dev.proactor.spring.boot.metrics.ProactorMeterBinder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.AnnotatedElementUtils;
import tools.jackson.databind.json.JsonMapper;

/** A bean of the application goes before each of ours: whatever has {@code @Bean} in our auto-configurations is tried. */
class BackOffTest {

    private static final Class<?>[] OURS = ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
            .filter(name -> name.startsWith("dev.proactor."))
            .map(BackOffTest::load)
            .toArray(Class<?>[]::new);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(OURS))
            .withPropertyValues("proactor.auto-startup=false", "management.endpoints.web.exposure.include=*")
            .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
            .withBean(ObservationRegistry.class, ObservationRegistry::create)
            .withBean(JsonMapper.class, JsonMapper::shared);

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException missing) {
            throw new IllegalStateException(missing);
        }
    }

    static Stream<Named<Method>> beans() {
        List<Named<Method>> methods = new ArrayList<>();
        for (Class<?> configuration : OURS) {
            collect(configuration, methods);
        }
        return methods.stream();
    }

    private static void collect(Class<?> configuration, List<Named<Method>> methods) {
        for (Method method : configuration.getDeclaredMethods()) {
            if (method.isAnnotationPresent(Bean.class)) {
                methods.add(Named.of(method.getName(), method));
            }
        }
        Import imported = configuration.getAnnotation(Import.class);
        Stream.concat(
                        Arrays.stream(configuration.getDeclaredClasses()),
                        imported == null ? Stream.of() : Arrays.stream(imported.value()))
                .forEach(other -> collect(other, methods));
    }

    @ParameterizedTest
    @MethodSource("beans")
    void isThereWhereTheApplicationHasNone(Method method) {
        runner.run(context -> assertThat(context).hasNotFailed().hasBean(method.getName()));
    }

    @ParameterizedTest
    @MethodSource("beans")
    void backsOffWhereTheApplicationHasItsOwn(Method method) {
        ConditionalOnMissingBean condition =
                AnnotatedElementUtils.findMergedAnnotation(method, ConditionalOnMissingBean.class);
        assertThat(condition).as("needs a condition: " + method).isNotNull();
        Class<?> type = condition.value().length == 0
                ? method.getReturnType()
                : condition.value()[0];
        String name = condition.name().length == 0 ? "theirs" : condition.name()[0];
        withTheirs(name, type).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBeanNamesForType(type)).containsExactly(name);
        });
    }

    private <T> ApplicationContextRunner withTheirs(String name, Class<T> type) {
        return runner.withBean(name, type, () -> type.cast(theirs(type)));
    }

    private static Object theirs(Class<?> type) {
        if (type == Proactor.class) {
            return Proactor.create();
        }
        return type == MicrometerDurations.class
                ? new MicrometerDurations(new SimpleMeterRegistry(), new ConfiguredNames(Set.of(), Set.of()))
                : mock(type, RETURNS_DEEP_STUBS);
    }

    @Test
    void nothingIsThereWhereItIsTurnedOff() {
        runner.withPropertyValues("proactor.enabled=false")
                .run(context -> assertThat(beans().map(bean -> bean.getPayload().getName()))
                        .isNotEmpty()
                        .noneMatch(context::containsBean));
    }

    @Test
    void healthAndEndpointCanBeTurnedOffAlone() {
        runner.withPropertyValues(
                        "management.health.proactor.enabled=false", "management.endpoint.proactor.access=NONE")
                .run(context -> assertThat(context)
                        .hasSingleBean(IntakeLifecycle.class)
                        .hasSingleBean(ProactorMeterBinder.class)
                        .doesNotHaveBean(ProactorEndpoint.class)
                        .doesNotHaveBean("proactorHealthContributor"));
    }
}
