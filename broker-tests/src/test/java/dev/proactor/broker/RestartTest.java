package dev.proactor.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.broker.OrdersApp.Archive;
import dev.proactor.broker.OrdersApp.Orders;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;

/** A broker that is restarted while an application sends to it and receives from it. */
@Timeout(120)
class RestartTest {

    enum How {
        IN_ORDER,
        WITHOUT_A_WORD
    }

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    /** {@return what was handled before and comes again} Neither before nor afterwards does anything come twice. */
    private static Set<String> again(List<String> seen, int handledBefore) {
        List<String> before = seen.subList(0, handledBefore);
        List<String> afterwards = seen.subList(handledBefore, seen.size());
        assertThat(before).doesNotHaveDuplicates();
        assertThat(afterwards).doesNotHaveDuplicates();
        Set<String> again = new HashSet<>(before);
        again.retainAll(new HashSet<>(afterwards));
        return again;
    }

    @ParameterizedTest
    @EnumSource
    void theConnectionComesBackNothingAcceptedIsLostAndOnlyWhatTheBrokerDoesNotKnowOfComesAgain(How how)
            throws Exception {
        try (Broker broker = new Broker(directory, "orders", "archive");
                ConfigurableApplicationContext context =
                        OrdersApp.start(broker.port(), "proactor.template.timeout=" + TIMEOUT.toMillis() + "ms");
                Load orders = new Load(context.getBean(ProactorTemplate.class), "orders");
                Load archive = new Load(context.getBean(ProactorTemplate.class), "archive")) {
            Orders handler = context.getBean(Orders.class);
            NamedConnection connection =
                    context.getBean(ProactorConnections.class).get("broker");
            await().until(() -> OrdersApp.health(context).equals(Status.UP));
            orders.start();
            archive.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> handler.seen.size() > 500 && archive.accepted().size() > 500);

            // ---- it goes
            if (how == How.IN_ORDER) {
                broker.stop();
            } else {
                broker.cut();
            }
            Set<String> known = Set.copyOf(broker.acknowledged());
            await().until(() -> OrdersApp.health(context).equals(Status.OUT_OF_SERVICE));
            // Longer than sends may take: their stages end, by their time-out.
            await().atMost(Duration.ofSeconds(20)).until(() -> {
                assertThat(OrdersApp.health(context)).isEqualTo(Status.OUT_OF_SERVICE);
                return orders.failedBy(SendTimeoutException.class) > 100
                        && archive.failedBy(SendTimeoutException.class) > 100;
            });
            assertThat(connection.status().state()).isEqualTo(NamedConnection.State.RECONNECTING);
            assertThat(connection.status().attempts()).isPositive();
            assertThat(connection.status().lastError()).isNotNull();
            int handledBefore = handler.seen.size();
            int acceptedBefore = orders.accepted().size();
            assertThat(known).as("the broker is told of what is accepted").hasSizeGreaterThan(handledBefore / 2);

            // ---- it comes back
            broker.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> OrdersApp.health(context).equals(Status.UP));
            assertThat(connection.status().missingLinks()).isEmpty();
            // Ten times the credit: it is given again and again.
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> handler.seen.size() > handledBefore + 10 * OrdersApp.CREDIT
                            && orders.accepted().size() > acceptedBefore + 10 * OrdersApp.CREDIT);
            orders.stop();
            archive.stop();
            // Not by the empty queue alone: what was accepted may not be in it yet.
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> handler.seen.containsAll(orders.accepted()) && broker.messages("orders") == 0);

            // ---- what became of all that
            assertThat(orders.longest()).as("the longest stage").isLessThan(TIMEOUT.plusMillis(1500));
            assertThat(archive.longest()).as("the longest stage").isLessThan(TIMEOUT.plusMillis(1500));
            assertThat(broker.bodies("archive")).containsAll(archive.accepted()).doesNotHaveDuplicates();
            List<String> seen = List.copyOf(handler.seen);
            Set<String> again = again(seen, handledBefore);
            assertThat(again).as("comes again, though the broker knew").doesNotContainAnyElementsOf(known);
            assertThat(again).as("what was under way").hasSizeLessThanOrEqualTo(2 * OrdersApp.CREDIT);
            System.out.printf(
                    "%s: %,d accepted, %,d without an outcome, %,d came again, the longest stage %d ms%n",
                    how,
                    orders.accepted().size() + archive.accepted().size(),
                    orders.failed() + archive.failed(),
                    again.size(),
                    Math.max(orders.longest().toMillis(), archive.longest().toMillis()));
        }
    }

    @Test
    void aBrokerThatIsKilledIsFoundAgainAndHasWhatItAccepted() throws Exception {
        try (BrokerProcess broker = new BrokerProcess(directory);
                ConfigurableApplicationContext context =
                        OrdersApp.start(broker.port(), "proactor.template.timeout=" + TIMEOUT.toMillis() + "ms");
                Load orders = new Load(context.getBean(ProactorTemplate.class), "orders");
                Load archive = new Load(context.getBean(ProactorTemplate.class), "archive")) {
            Orders handler = context.getBean(Orders.class);
            await().until(() -> OrdersApp.health(context).equals(Status.UP));
            orders.start();
            archive.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> handler.seen.size() > 500 && archive.accepted().size() > 500);
            broker.kill();
            await().until(() -> OrdersApp.health(context).equals(Status.OUT_OF_SERVICE));
            int handledBefore = handler.seen.size();
            broker.start();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> OrdersApp.health(context).equals(Status.UP));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> handler.seen.size() > handledBefore + 10 * OrdersApp.CREDIT);
            orders.stop();
            archive.stop();
            await().atMost(Duration.ofSeconds(20)).until(() -> handler.seen.containsAll(orders.accepted()));
            assertThat(orders.longest()).as("the longest stage").isLessThan(TIMEOUT.plusMillis(1500));
            assertThat(archive.longest()).as("the longest stage").isLessThan(TIMEOUT.plusMillis(1500));
            // What the broker had not stored yet is what was handled last.
            List<String> seen = List.copyOf(handler.seen);
            Set<String> again = again(seen, handledBefore);
            int twice = again.size();
            assertThat(seen.subList(handledBefore - twice, handledBefore))
                    .as("what comes again")
                    .containsExactlyInAnyOrderElementsOf(again);
            assertThat(twice).as("what comes again").isLessThan(handledBefore);

            // Whoever comes next finds all that was accepted.
            context.getBean(ProactorConnections.class)
                    .register(
                            "reader",
                            ConnectionSpec.to("amqp://127.0.0.1:" + broker.port())
                                    .withReceiver("in", new ReceiverSpec("archive", 1000)));
            Archive reader = context.getBean(Archive.class);
            await().atMost(Duration.ofSeconds(20)).until(() -> reader.seen.containsAll(archive.accepted()));
            System.out.printf(
                    "killed: %,d accepted, %,d without an outcome, %,d came again, the longest stage %d ms%n",
                    orders.accepted().size() + archive.accepted().size(),
                    orders.failed() + archive.failed(),
                    twice,
                    Math.max(orders.longest().toMillis(), archive.longest().toMillis()));
        }
    }
}
