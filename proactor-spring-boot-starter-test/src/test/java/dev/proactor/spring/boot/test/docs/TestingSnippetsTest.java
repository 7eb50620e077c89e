package dev.proactor.spring.boot.test.docs;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.failed;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static dev.proactor.spring.boot.test.Outcomes.rejected;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.verify;

import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.TransactionsNotSupportedException;
import dev.proactor.spring.boot.test.EnqueuedMessage;
import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.PeerClient;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
import dev.proactor.spring.boot.test.docs.Gateway.Invoices;
import dev.proactor.spring.boot.test.docs.Gateway.Reading;
import dev.proactor.spring.boot.test.docs.Gateway.ReadingStore;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import tools.jackson.databind.json.JsonMapper;

/** The tests that docs/testing.md shows, run. */
class TestingSnippetsTest {

    @Nested
    @ProactorTest(properties = "proactor.connections.shop.auto-connect=false") // no broker in this test
    class ReadingsTest {

        @MockitoBean
        ReadingStore store; // what the handler needs and the slice leaves out

        @LocalProactorPort
        int port;

        @Test
        void aReadingIsStored() {
            try (PeerClient device = ProactorPeer.connect("localhost", port)) {
                assertThat(device.send("readings/d1", "{\"value\": 21.5}")).is(like(accepted()));
            }
            verify(store).add("readings/d1", new Reading(21.5));
        }

        @Test
        void aReadingThatCanNotBeStoredMayComeAgain() {
            doThrow(new IllegalStateException("disk full")).when(store).add(any(), any());

            try (PeerClient device = ProactorPeer.connect("localhost", port)) {
                assertThat(device.send("readings/d1", "{\"value\": 21.5}")).is(like(failed()));
            }
        }
    }

    @Nested
    @ProactorTest(properties = "proactor.connections.shop.auto-connect=false")
    class LimitsTest {

        @MockitoBean
        ReadingStore store;

        @LocalProactorPort
        int port;

        @Test
        void aDeviceIsToldItsLimit() {
            try (PeerClient device = ProactorPeer.connect("localhost", port)) {
                Message answer = device.request("limits", "d1");

                assertThat(ProactorPeer.body(answer)).isEqualTo(30.0);
            }
        }
    }

    @Nested
    @ProactorTest
    @Import(Invoices.class) // a @Service: not in the slice by itself
    class ShopTest {

        @TestConfiguration(proxyBeanMethods = false)
        static class Broker {
            @Bean
            ProactorPeer broker() {
                return ProactorPeer.listen("shop"); // for the connection of that name
            }
        }

        @MockitoBean
        ReadingStore store;

        @Autowired
        ProactorPeer broker;

        @Autowired
        Invoices invoices;

        @BeforeEach
        void reset() {
            broker.reset();
        }

        @Test
        void anInvoiceIsSent() {
            assertThat(invoices.send("12 EUR")).isTrue();

            assertThat(broker).hasReceived("invoices", "12 EUR");
        }

        @Test
        void aRejectedInvoiceIsNoticed() {
            broker.answer("invoices", rejected("amqp:not-allowed"));

            assertThat(invoices.send("12 EUR")).isFalse();
        }

        @Test
        void withNoQueueThereIsAnError() {
            broker.dropConnections(); // with it go the links that it has
            broker.refuseLinks("invoices", "amqp:not-found");

            assertThatThrownBy(() -> invoices.send("12 EUR")).isInstanceOf(LinkRefusedException.class);
        }

        @Test
        void ordersAreTakenAlsoAfterTheBrokerWasAway() {
            EnqueuedMessage good = broker.enqueue("orders", "one book");
            assertThat(good.awaitOutcome()).is(like(accepted()));

            broker.dropConnections();
            broker.enqueue("orders", "");

            assertThat(broker).hasSettled("orders", accepted(), failed());
        }
    }

    @Nested
    @ProactorTest
    @Import(ShopTest.Broker.class)
    class WhatIsSaidOfPeersTest {

        @MockitoBean
        ReadingStore store;

        @Autowired
        ProactorPeer broker;

        @Test
        void anObjectIsSentAsJson(@Autowired ProactorTemplate template) {
            template.on("shop").sendAndWait("readings", new Reading(21.5));
            assertThat(broker).hasReceived("readings", "{\"value\":21.5}");

            byte[] json = (byte[]) ProactorPeer.body(broker.awaitMessage("readings"));

            assertThat(JsonMapper.shared().readValue(json, Reading.class)).isEqualTo(new Reading(21.5));
        }

        @Test
        void withoutTransactionsThereIsAnErrorThatSaysSo(@Autowired ProactorTemplate template) {
            assertThatThrownBy(() -> template.on("shop")
                            .inTransactionAndWait(transaction -> transaction.send("invoices", "12 EUR")))
                    .isInstanceOf(TransactionsNotSupportedException.class);
        }
    }

    @Nested
    @SpringBootTest(properties = "proactor.listeners.ingress.port=0")
    class WholeGatewayTest {

        static final ProactorPeer broker = ProactorPeer.listen();

        @DynamicPropertySource
        static void brokerUri(DynamicPropertyRegistry properties) {
            properties.add("proactor.connections.shop.uris", broker::uri);
        }

        @MockitoBean
        ReadingStore store;

        @Test
        void takesOrders() {
            assertThat(broker).hasSettled(broker.enqueue("orders", "one book"), accepted());
        }
    }
}
