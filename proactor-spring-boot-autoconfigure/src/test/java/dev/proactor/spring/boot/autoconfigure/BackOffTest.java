package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.endpoint.ProactorEndpoint;
import dev.proactor.spring.boot.health.ProactorHealthContributor;
import dev.proactor.spring.boot.internal.dispatch.HandlerTable;
import dev.proactor.spring.boot.metrics.MicrometerDurations;
import dev.proactor.spring.boot.metrics.ProactorMeterBinder;
import dev.proactor.spring.boot.observation.MicrometerMessageObserver;
import dev.proactor.spring.boot.observation.MicrometerSendObserver;
import dev.proactor.spring.boot.template.ProactorTemplate;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import tools.jackson.databind.json.JsonMapper;

/** Which of our beans the application may replace. Each bean method has its row. */
class BackOffTest {

    private static final Class<?>[] AUTO_CONFIGURATIONS = {
        ProactorAutoConfiguration.class,
        ProactorEndpointAutoConfiguration.class,
        ProactorHealthAutoConfiguration.class,
        ProactorMetricsAutoConfiguration.class,
        ProactorObservationAutoConfiguration.class
    };

    private static final List<Class<?>> IMPORTED =
            List.of(MessageConvertersConfiguration.class, MessageConvertersConfiguration.Json.class);

    /** Replaced by a bean of the type, whatever its name. */
    private static final Map<String, Class<?>> BY_TYPE = Map.of(
            "proactor", Proactor.class,
            "proactorConnections", ProactorConnections.class,
            "proactorListeners", ProactorListeners.class,
            "proactorHandlerTable", HandlerTable.class,
            "proactorEndpoint", ProactorEndpoint.class,
            "proactorDurations", MicrometerDurations.class,
            "proactorMeterBinder", ProactorMeterBinder.class,
            "proactorMessageObserver", MicrometerMessageObserver.class,
            "proactorSendObserver", MicrometerSendObserver.class);

    /** Replaced by a bean of the name, whatever its type: ours is internal, or Boot has it so. */
    private static final Map<String, Supplier<Object>> BY_NAME = Map.of(
            "proactorConnectionsLifecycle", Object::new,
            "proactorIntakeLifecycle", Object::new,
            "proactorHandlerDetector", Object::new,
            "proactorHealthContributor", () -> mock(ProactorHealthContributor.class));

    /** Not replaced, and why. */
    private static final Map<String, String> OURS_ALONE = Map.of(
            "proactorTemplate", "a fallback: the application's goes before it, but replies and links need it",
            "proactorTimer", "internal: proactorTemplate and redelivery share its thread",
            "proactorInFlight", "internal: counts what a stop waits for",
            "proactorLiveConnections", "internal: follows the connections of the dispatcher",
            "proactorRedeliveries", "internal: the policy is in the properties of a receiver",
            "proactorDispatcher", "internal: handlers, default-responses and ProactorErrorHandler are the ways in",
            "proactorWorkers", "internal: proactor.threads and proactor.executor are the ways in",
            "proactorMessageConverters", "internal: a ProactorMessageConverter bean goes before what it has",
            "proactorJsonConversion", "internal: the JsonMapper bean is the way in");

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(AUTO_CONFIGURATIONS))
            .withBean(SimpleMeterRegistry.class)
            .withBean(ObservationRegistry.class, ObservationRegistry::create)
            .withBean(JsonMapper.class, JsonMapper::shared)
            .withPropertyValues("management.endpoints.web.exposure.include=proactor", "proactor.auto-startup=false");

    private static Map<String, Method> beanMethods() {
        Map<String, Method> methods = new TreeMap<>();
        Stream.concat(Stream.of(AUTO_CONFIGURATIONS), IMPORTED.stream())
                .flatMap(type -> Stream.of(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Bean.class))
                .forEach(method -> assertThat(methods.put(method.getName(), method))
                        .as(method.getName())
                        .isNull());
        return methods;
    }

    static Stream<Arguments> byType() {
        return BY_TYPE.entrySet().stream().map(row -> Arguments.of(row.getKey(), row.getValue()));
    }

    static Stream<Arguments> byName() {
        return BY_NAME.entrySet().stream().map(row -> Arguments.of(row.getKey(), row.getValue()));
    }

    @Test
    void eachBeanMethodHasOneRow() {
        Set<String> rows = new TreeSet<>(BY_TYPE.keySet());
        rows.addAll(BY_NAME.keySet());
        rows.addAll(OURS_ALONE.keySet());
        assertThat(rows).hasSize(BY_TYPE.size() + BY_NAME.size() + OURS_ALONE.size());
        assertThat(beanMethods().keySet()).isEqualTo(rows);
    }

    @Test
    void allAreThereWhenTheApplicationHasNone() {
        runner.run(context -> assertThat(context.getBeanDefinitionNames())
                .contains(beanMethods().keySet().toArray(String[]::new)));
    }

    @ParameterizedTest
    @MethodSource("byType")
    <T> void oursBacksOffFromOneOfTheType(String name, Class<T> type) {
        T theirs = mock(type);
        runner.withBean("theirs", type, () -> theirs).run(context -> {
            assertThat(context).hasNotFailed().doesNotHaveBean(name);
            assertThat(context.getBean(type)).isSameAs(theirs);
        });
    }

    @ParameterizedTest
    @MethodSource("byName")
    void oursBacksOffFromOneOfTheName(String name, Supplier<Object> bean) {
        Object theirs = bean.get();
        runner.withBean(name, Object.class, () -> theirs).run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(context.getBean(name)).isSameAs(theirs);
        });
    }

    @Test
    void theApplicationsTemplateGoesBeforeOurs() {
        ProactorTemplate theirs = mock(ProactorTemplate.class);
        runner.withBean("theirs", ProactorTemplate.class, () -> theirs)
                .run(context ->
                        assertThat(context.getBean(ProactorTemplate.class)).isSameAs(theirs));
    }

    @Test
    void whatIsOursAloneHasNoConditionThatSaysOtherwise() {
        Map<String, Method> methods = beanMethods();
        assertThat(OURS_ALONE.keySet())
                .allSatisfy(name -> assertThat(methods.get(name).isAnnotationPresent(ConditionalOnMissingBean.class))
                        .isFalse());
    }

    @Test
    void noneIsThereWhenItIsTurnedOff() {
        runner.withPropertyValues("proactor.enabled=false")
                .run(context -> assertThat(context.getBeanDefinitionNames())
                        .noneMatch(name -> name.startsWith("proactor") || name.startsWith("dev.proactor")));
    }

    @Test
    void noneIsThereWhenItIsTurnedOffThoughTheApplicationHasAProactor() {
        runner.withBean("theirs", Proactor.class, () -> mock(Proactor.class))
                .withPropertyValues("proactor.enabled=false")
                .run(context -> assertThat(context.getBeanDefinitionNames())
                        .noneMatch(name -> name.startsWith("proactor") || name.startsWith("dev.proactor")));
    }
}
