package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A handler of messages to which no declared receiver leads. */
@ExtendWith(OutputCaptureExtension.class)
class UnfedHandlersTest {

    private static final String WARNING = "It is never called, unless the application attaches such a link itself.";

    @ProactorHandler(connections = "app", addresses = "orders/*")
    static class Orders {
        @OnMessage
        void order(@Body String body) {}
    }

    @ProactorHandler(addresses = "orders/new")
    static class OfAnywhere {
        @OnMessage
        void order(@Body String body) {}
    }

    @ProactorHandler(connections = "tenant-*")
    static class OfLater {
        @OnMessage
        void order(@Body String body) {}
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withPropertyValues(
                    "proactor.connections.app.uris=amqp://localhost:1", "proactor.connections.app.auto-connect=false");

    @Test
    void isWarnedOfWithItsAddressesAndWhatIsDeclared(CapturedOutput log) {
        runner.withUserConfiguration(Orders.class)
                .withPropertyValues("proactor.connections.app.receivers.in.address=order/new")
                .run(context -> assertThat(log)
                        .containsOnlyOnce(WARNING)
                        .contains("Orders.order takes messages of 'orders/*', and no receiver is declared for that:"
                                + " connection 'app' has 'order/new'.")
                        .contains("Set proactor.connections.app.receivers.<id>.address"));
    }

    @Test
    void isWarnedOfWhereNothingIsDeclared(CapturedOutput log) {
        runner.withUserConfiguration(OfAnywhere.class)
                .run(context -> assertThat(log)
                        .contains(
                                "OfAnywhere.order takes messages of 'orders/new', and no receiver is declared for that:"
                                        + " connection 'app' has no receivers."));
    }

    @Test
    void isNoneWhereAReceiverLeadsToIt(CapturedOutput log) {
        runner.withUserConfiguration(Orders.class)
                .withPropertyValues("proactor.connections.app.receivers.in.address=orders/new")
                .run(context -> assertThat(log).doesNotContain(WARNING));
    }

    @Test
    void isNoneWherePeersMayAttach(CapturedOutput log) {
        runner.withUserConfiguration(OfAnywhere.class)
                .withPropertyValues("proactor.listeners.ingress.port=0")
                .run(context -> assertThat(log).doesNotContain(WARNING));
    }

    @Test
    void isNoneWhereItsConnectionsAreYetToBeRegistered(CapturedOutput log) {
        runner.withUserConfiguration(OfLater.class)
                .run(context -> assertThat(log).doesNotContain(WARNING));
    }
}
