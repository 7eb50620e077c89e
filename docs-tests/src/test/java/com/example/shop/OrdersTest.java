package com.example.shop;

import static dev.proactor.spring.boot.test.Outcomes.accepted;
import static dev.proactor.spring.boot.test.Outcomes.like;
import static dev.proactor.spring.boot.test.Outcomes.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.test.LocalProactorPort;
import dev.proactor.spring.boot.test.PeerClient;
import dev.proactor.spring.boot.test.ProactorPeer;
import dev.proactor.spring.boot.test.ProactorTest;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

@ProactorTest(properties = "proactor.connections.broker.auto-connect=false") // its peers come to us
class OrdersTest {

    @LocalProactorPort
    int port;

    @Autowired
    Orders orders;

    @Test
    void anOrderIsTaken() {
        try (PeerClient device = ProactorPeer.connect("localhost", port)) {
            assertThat(device.send("orders", "{\"item\": \"pen\", \"quantity\": 3}"))
                    .is(like(accepted()));
        }
        assertThat(orders.taken()).contains(new Order("pen", 3));
    }

    @Test
    void whatIsNoOrderIsRejected() {
        try (PeerClient device = ProactorPeer.connect("localhost", port)) {
            assertThat(device.send("orders", "three pens")).is(like(rejected("amqp:decode-error")));
        }
    }
}
