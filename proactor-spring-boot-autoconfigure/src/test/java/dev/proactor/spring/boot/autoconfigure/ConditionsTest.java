package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionOptions;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ProactorConnectionCustomizer;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorCustomizer;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.message.Message;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.env.RandomValuePropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import tools.jackson.databind.json.JsonMapper;

/** What depends on what the application has: the thread that keeps it alive, customizers, JSON, properties of a wrong name. */
@ExtendWith(OutputCaptureExtension.class)
class ConditionsTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class));

    private final ApplicationContextRunner connecting = runner.withPropertyValues(
            "proactor.connections.orders.uris=amqp://localhost:1", "proactor.connections.orders.auto-connect=false");

    private final ApplicationContextRunner unstarted =
            connecting.withPropertyValues("proactor.auto-startup=false", "proactor.listeners.ingress.port=0");

    // ---- keep-alive

    @ProactorHandler
    static class Receiving {
        @OnMessage
        void message(Message message) {}
    }

    private static void awaitKeepAliveThreads(int count) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .filteredOn(thread -> thread.getName().equals("proactor-keep-alive") && !thread.isDaemon())
                        .hasSize(count));
    }

    @Test
    void aConnectionAloneDoesNotKeepTheApplicationAlive() {
        connecting.run(context -> awaitKeepAliveThreads(0));
    }

    @Test
    void aHandlerThatReceivesOnAConnectionKeepsItAliveUntilTheEnd() {
        connecting.withBean(Receiving.class).run(context -> awaitKeepAliveThreads(1));
        awaitKeepAliveThreads(0);
    }

    @Test
    void aHandlerWithNothingToReceiveOnDoesNot() {
        runner.withBean(Receiving.class).run(context -> awaitKeepAliveThreads(0));
    }

    @Test
    void turnedOffNeitherListenerNorHandlerDoes() {
        connecting
                .withBean(Receiving.class)
                .withPropertyValues("proactor.keep-alive=false", "proactor.listeners.ingress.port=0")
                .run(context -> awaitKeepAliveThreads(0));
    }

    // ---- customizers

    @Configuration(proxyBeanMethods = false)
    static class Customizers {
        static final AtomicReference<ConnectionOptions> connection = new AtomicReference<>();
        static final AtomicReference<ListenerOptions> listener = new AtomicReference<>();

        @Bean
        @Order(2)
        ProactorCustomizer second() {
            return builder -> builder.containerId("second");
        }

        @Bean
        @Order(1)
        ProactorCustomizer first() {
            return builder -> builder.containerId("first");
        }

        @Bean
        @Order(2)
        ProactorConnectionCustomizer secondOfConnections() {
            return (name, options) ->
                    connection.set(options.virtualHost("second of " + name).build());
        }

        @Bean
        @Order(1)
        ProactorConnectionCustomizer firstOfConnections() {
            return (name, options) -> options.virtualHost("first").idleTimeout(Duration.ofSeconds(7));
        }

        @Bean
        @Order(2)
        ProactorListenerCustomizer secondOfListeners() {
            return (name, options) -> listener.set(options.backlog(2).build());
        }

        @Bean
        @Order(1)
        ProactorListenerCustomizer firstOfListeners() {
            return (name, options) -> options.backlog(1).idleTimeout(Duration.ofSeconds(7));
        }
    }

    @Test
    void customizersComeInTheirOrderAndAfterTheProperties() {
        unstarted
                .withUserConfiguration(Customizers.class)
                .withPropertyValues(
                        "proactor.container-id=property",
                        "proactor.connections.orders.virtual-host=property",
                        "proactor.connections.orders.idle-timeout=30s",
                        "proactor.listeners.ingress.backlog=30",
                        "proactor.listeners.ingress.idle-timeout=30s")
                .run(context -> {
                    assertThat(context.getBean(Proactor.class).containerId()).isEqualTo("second");
                    ConnectionOptions connection = Customizers.connection.get();
                    assertThat(connection.virtualHost()).isEqualTo("second of orders");
                    assertThat(connection.idleTimeout()).isEqualTo(Duration.ofSeconds(7));
                    ListenerOptions listener = Customizers.listener.get();
                    assertThat(listener.backlog()).isEqualTo(2);
                    assertThat(listener.idleTimeout()).isEqualTo(Duration.ofSeconds(7));
                });
    }

    // ---- JSON

    record Reading(double value) {}

    @ProactorHandler
    static class OfReadings {
        @OnMessage
        void reading(@Body Reading reading) {}
    }

    private final ApplicationContextRunner severalMappers = unstarted
            .withBean("strict", JsonMapper.class, JsonMapper::new)
            .withBean("lenient", JsonMapper.class, JsonMapper::new);

    @Test
    void severalMappersAreNoneUntilSomebodyNeedsJson() {
        String remedy = "ake one of the JsonMapper beans @Primary for JSON (there are several: strict, lenient)";
        severalMappers.withBean(Receiving.class).run(context -> {
            assertThat(context).hasNotFailed();
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            assertThatThrownBy(() -> template.send("readings", new Reading(21.5)))
                    .isInstanceOf(MessageConversionException.class)
                    .hasMessageContaining(remedy);
            assertThatThrownBy(() -> template.request("readings", "now", Reading.class))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(remedy);
        });
        severalMappers.withBean(OfReadings.class).run(context -> {
            assertThat(context).hasFailed();
            assertThat(new InvalidHandlerFailureAnalyzer()
                            .analyze(context.getStartupFailure())
                            .getAction())
                    .contains(remedy);
        });
    }

    @Test
    void thePrimaryMapperIsTheOneForJson() {
        severalMappers
                .withBean("ours", JsonMapper.class, JsonMapper::new, definition -> definition.setPrimary(true))
                .withBean(OfReadings.class)
                .run(context -> assertThat(context).hasNotFailed());
    }

    // ---- wrong names

    @ParameterizedTest
    @CsvSource({
        "proactor.connections.orders.uri, proactor.connections.orders.uris",
        "proactor.connections.orders.reconnect.max-delayy, proactor.connections.orders.reconnect.max-delay",
        "proactor.connections.orders.receivers.in.adress, proactor.connections.orders.receivers.in.address",
        "proactor.listeners.ingress.prot, proactor.listeners.ingress.port",
        "proactor.listeners.ingress.sasl.allow-anonymus, proactor.listeners.ingress.sasl.allow-anonymous",
        "proactor.template.conection, proactor.template.connection"
    })
    void aPropertyThatNoConnectionOrListenerHasFailsTheStartWithItsName(String property, String meant) {
        unstarted
                .withPropertyValues("proactor.connections.orders.receivers.in.address=numbers", property + "=5s")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(MisconfigurationException.class)
                        .hasMessageContaining(property)
                        .hasMessageContaining("Did you mean " + meant + "?"));
    }

    @ParameterizedTest
    @CsvSource({
        "proactor.listener.other.port, proactor.listeners",
        "proactor.conections.broker.uris, proactor.connections",
        "proactor.threds, proactor.threads",
        "proactor.containerIdd, proactor.container-id",
        "proactor.start-comand, proactor.start-command",
        "proactor.logging.mcd, proactor.logging.mdc"
    })
    void aNameThatIsNearToOneOfOursIsWarnedOf(String property, String meant, CapturedOutput output) {
        unstarted.withPropertyValues(property + "=5").run(context -> {
            assertThat(context).hasNotFailed();
            assertThat(output).contains("There is no property proactor.", "Did you mean " + meant + "?");
        });
    }

    @Test
    void aWrongNameIsWarnedOfOnceAndWithoutItsValue(CapturedOutput output) {
        unstarted
                .withPropertyValues(
                        "proactor.conections.broker.username=me", "proactor.conections.broker.password=geheim")
                .run(context -> assertThat(output)
                        .containsOnlyOnce("Did you mean proactor.connections?")
                        .doesNotContain("geheim"));
    }

    @Test
    void noPropertyOfOursIsWarnedOf(CapturedOutput output) {
        unstarted
                .withPropertyValues(
                        "proactor.containerId=mine",
                        "proactor.keep_alive=false",
                        "proactor.start-command=run {arguments}",
                        "proactor.shutdown.gracePeriod=3s",
                        "proactor.test.random-ports=true")
                .run(context -> assertThat(output).doesNotContain("There is no property"));
    }

    @Test
    void propertiesOfTheApplicationsOwnMayStandBesideOurs(CapturedOutput output) {
        unstarted
                .withInitializer(context -> RandomValuePropertySource.addToEnvironment(context.getEnvironment()))
                .withPropertyValues(
                        "proactor.mine.answer=42", "proactor.listeners.ingress.max-links=${random.int(1,9)}")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context).hasSingleBean(ProactorConnections.class);
                    assertThat(output).doesNotContain("There is no property");
                });
    }

    @Test
    void environmentVariablesCountAndAreNotHeldToTheirSpelling() {
        unstarted
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .replace(
                                StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                new SystemEnvironmentPropertySource(
                                        StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
                                        Map.of(
                                                "PROACTOR_LISTENERS_EGRESS_MAXLINKS", "7",
                                                "PROACTOR_CONNECTIONS_ORDERS_REQUIRED", "false",
                                                "PROACTOR_CONNECTIONS_ORDERS_SOMETHING", "else"))))
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context.getBean(ProactorListeners.class)
                                    .get("egress")
                                    .name())
                            .isEqualTo("egress");
                    assertThat(context.getBean(ProactorConnections.class)
                                    .get("orders")
                                    .spec()
                                    .required())
                            .isFalse();
                });
    }
}
