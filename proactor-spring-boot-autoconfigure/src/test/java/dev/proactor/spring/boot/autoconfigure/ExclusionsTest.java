package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.endpoint.ProactorEndpoint;
import dev.proactor.spring.boot.health.ProactorHealthContributor;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import dev.proactor.spring.boot.metrics.MicrometerDurations;
import dev.proactor.spring.boot.metrics.ProactorMeterBinder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;

/** An application may exclude any of our auto-configurations, and starts with the others, as far as they have what they need. */
class ExclusionsTest {

    private static final String MAIN = ProactorAutoConfiguration.class.getName();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class App {}

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withUserConfiguration(App.class)
            .withPropertyValues("proactor.listeners.ingress.port=0", "management.endpoints.web.exposure.include=*");

    private ApplicationContextRunner without(List<String> excluded) {
        return runner.withPropertyValues("spring.autoconfigure.exclude=" + String.join(",", excluded));
    }

    static List<String> all() {
        return ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
                .filter(name -> name.startsWith("dev.proactor."))
                .toList();
    }

    static Stream<String> optional() {
        return all().stream().filter(name -> !name.equals(MAIN));
    }

    private static void assertHasJust(AssertableApplicationContext context, List<String> configurations) {
        assertThat(context).hasNotFailed();
        assertThat(all()).filteredOn(context::containsBean).containsExactlyInAnyOrderElementsOf(configurations);
    }

    @Test
    void allAreThereWhereNoneIsExcluded() {
        runner.run(context -> assertHasJust(context, all()));
    }

    @ParameterizedTest
    @MethodSource("optional")
    void theOthersAreThereWithoutOne(String excluded) {
        without(List.of(excluded))
                .run(context -> assertHasJust(
                        context,
                        all().stream().filter(name -> !name.equals(excluded)).toList()));
    }

    @ParameterizedTest
    @MethodSource("all")
    void oneAloneIsNoFault(String kept) {
        without(all().stream().filter(name -> !name.equals(kept)).toList())
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void withoutTheProactorThereIsNothingOfIt() {
        without(List.of(MAIN)).run(context -> {
            assertHasJust(context, List.of(ProactorObservationAutoConfiguration.class.getName()));
            assertThat(context).doesNotHaveBean(Proactor.class);
        });
    }

    @Test
    void aProactorOfTheApplicationHasMeters() {
        without(List.of(MAIN))
                .withBean(Proactor.class, Proactor::create)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(MicrometerDurations.class)
                        .hasSingleBean(ProactorMeterBinder.class)
                        .doesNotHaveBean(ProactorHealthContributor.class)
                        .doesNotHaveBean(ProactorEndpoint.class));
    }

    @Test
    void connectionsAndListenersOfTheApplicationHaveHealth() {
        without(List.of(MAIN))
                .withBean(ProactorConnections.class, () -> mock(ProactorConnections.class))
                .withBean(ProactorListeners.class, () -> mock(ProactorListeners.class))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(ProactorHealthContributor.class)
                        .doesNotHaveBean(ProactorEndpoint.class));
    }

    @Test
    void theEndpointNeedsNoMoreThanItTellsOf() {
        without(all().stream()
                        .filter(name -> !name.equals(ProactorEndpointAutoConfiguration.class.getName()))
                        .toList())
                .withBean(Proactor.class, Proactor::create)
                .withBean(ProactorConnections.class, () -> mock(ProactorConnections.class))
                .withBean(ProactorListeners.class, () -> mock(ProactorListeners.class))
                .withBean(LiveConnections.class, () -> mock(LiveConnections.class, RETURNS_DEEP_STUBS))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(ProactorEndpoint.class));
    }
}
