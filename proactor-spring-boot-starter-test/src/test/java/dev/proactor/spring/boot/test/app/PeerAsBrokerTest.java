package dev.proactor.spring.boot.test.app;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.failed;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static dev.proactor.spring.boot.test.Outcomes.rejected;
import static dev.proactor.spring.boot.test.Outcomes.released;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.SendTimeoutException;
import dev.proactor.spring.boot.test.EnqueuedMessage;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/** An application that sends and receives, against the double of a broker. */
@ProactorTest(
        properties = {
            "proactor.listeners.ingress.port=5672",
            "proactor.connections.broker.uris=amqp://broker.example.com:5672",
            "proactor.connections.broker.username=real",
            "proactor.connections.broker.password=secret",
            "proactor.connections.broker.reconnect.initial-delay=10ms",
            "proactor.connections.broker.receivers.in.address=deliveries",
            "proactor.connections.broker.receivers.in.redelivery.initial-delay=1ms"
        })
@Import(Shop.Buyer.class)
class PeerAsBrokerTest {

    @TestConfiguration(proxyBeanMethods = false)
    static class Broker {
        @Bean
        ProactorPeer broker() {
            return ProactorPeer.listen();
        }
    }

    @Autowired
    ProactorPeer broker;

    @Autowired
    Shop.Buyer buyer;

    @Autowired
    Shop.Deliveries deliveries;

    @Autowired
    ProactorTemplate template;

    @BeforeEach
    void anew() {
        broker.reset();
        broker.awaitLink("deliveries");
    }

    @Test
    void seesWhatWasSent() {
        assertThat(buyer.buy("book")).is(like(accepted()));
        buyer.buy("pen");

        assertThat(broker)
                .hasReceived("purchases", "pen")
                .hasReceived("purchases", "book")
                .hasReceivedCount("purchases", 2)
                .hasReceivedNothing("elsewhere");
        assertThat(ProactorPeer.body(broker.awaitMessage("purchases"))).isEqualTo("book");
        assertThat(ProactorPeer.body(broker.awaitMessage("purchases"))).isEqualTo("pen");
        assertThat(broker.sent("purchases")).hasSize(2);
    }

    @Test
    void givesOutcomesByTheScript() {
        broker.answer("purchases", rejected("amqp:not-allowed", "closed"), released());

        assertThat(buyer.buy("book"))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected ->
                                assertThat(rejected.getError().getDescription()).isEqualTo("closed"));
        assertThat(buyer.buy("book")).is(like(released()));
        assertThat(buyer.buy("book")).is(like(released()));
    }

    @Test
    void givesNoOutcome() {
        broker.leaveUnsettled("slow");

        // Long enough to be sent on a slow machine.
        assertThat(template.send("slow", "x", Duration.ofSeconds(1)).toCompletableFuture())
                .failsWithin(5, TimeUnit.SECONDS)
                .withThrowableThat()
                .withCauseInstanceOf(SendTimeoutException.class);
        assertThat(broker).hasReceived("slow", "x");
    }

    @Test
    void refusesLinks() {
        broker.refuseLinks("forbidden", "amqp:unauthorized-access");

        assertThatThrownBy(() -> template.sendAndWait("forbidden", "x"))
                .isInstanceOf(LinkRefusedException.class)
                .hasMessageContaining("amqp:unauthorized-access");

        broker.acceptLinks("forbidden");
        assertThat(template.sendAndWait("forbidden", "x")).is(like(accepted()));
    }

    @Test
    void seesWhatBecomesOfItsMessages() {
        EnqueuedMessage first = broker.enqueue("deliveries", "parcel");
        EnqueuedMessage second = broker.enqueue("deliveries", "broken parcel");

        assertThat(first.awaitOutcome()).is(like(accepted()));
        assertThat(broker).hasSettled(second, failed()).hasSettled("deliveries", accepted(), failed());
        assertThatThrownBy(() -> assertThat(broker).hasSettled(second, rejected()))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("broken parcel")
                .hasMessageContaining("Modified");
        assertThatThrownBy(() ->
                        assertThat(broker).hasReceivedCount("deliveries", 0).hasSettled("deliveries"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Accepted");
        assertThat(deliveries.seen).contains("parcel", "broken parcel");
    }

    @Test
    void answersRequests() {
        CompletableFuture<String> reply =
                template.request("prices", "book", String.class).toCompletableFuture();
        Message request = broker.awaitMessage("prices");
        Message answer = Message.Factory.create();
        answer.setCorrelationId(request.getCorrelationId());
        answer.setBody(new org.apache.qpid.proton.amqp.messaging.AmqpValue("12 EUR"));
        broker.enqueue(request.getReplyTo(), answer);

        assertThat(reply).succeedsWithin(5, TimeUnit.SECONDS).isEqualTo("12 EUR");
    }

    @Test
    void theApplicationComesBackAfterADrop() {
        EnqueuedMessage before = broker.enqueue("deliveries", "before");
        assertThat(before.awaitOutcome()).is(like(accepted()));
        int connections = broker.connections();
        assertThat(connections).isEqualTo(1);

        broker.dropConnections();
        EnqueuedMessage after = broker.enqueue("deliveries", "after");

        assertThat(broker).hasSettled(after, accepted());
        broker.awaitConnections(2);
        assertThat(buyer.buy("book")).is(like(accepted()));
    }

    @Test
    void aWaitEndsWithWhatWasSeen() {
        buyer.buy("book");

        assertThatThrownBy(() -> broker.awaitMessage("orders", Duration.ofMillis(20)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expected a message at 'orders' within 20 ms")
                .hasMessageContaining("1 open connections")
                .hasMessageContaining("1 messages at 'purchases': \"book\"");
    }
}
