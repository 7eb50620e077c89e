package dev.proactor.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.LinkPair;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Messages that are sent and received in pieces. */
class StreamingTest {

    private static final int FRAME_BYTES = 512;
    private static final int CHUNK = 768;
    private static final int BODY_BYTES = 2688;

    private final byte[] message = encodedMessage();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private int sent;
    private int deliveryEvents;
    private boolean complete;

    private static byte[] encodedMessage() {
        byte[] body = new byte[BODY_BYTES];
        new Random(1).nextBytes(body);
        Message message = Message.Factory.create();
        message.setBody(new Data(new Binary(body)));
        byte[] bytes = new byte[BODY_BYTES + 100];
        return Arrays.copyOf(bytes, encode(message, bytes));
    }

    private static int encode(Message message, byte[] target) {
        return message.encode(target, 0, target.length);
    }

    private void onClientEvent(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> {
                Session session = event.connection().session();
                session.open();
                session.sender("x").open();
            }
            case LINK_FLOW -> {
                Sender sender = event.sender();
                if (sender.current() == null && event.proactor().sendable(sender) > 0) {
                    sender.delivery("x".getBytes(UTF_8));
                    event.connection().setContext(sender);
                }
            }
            case CONNECTION_WAKE -> {
                Sender sender = (Sender) event.connection().getContext();
                int count = Math.min(CHUNK, message.length - sent);
                assertThat(sender.send(message, sent, count)).isEqualTo(count);
                sent += count;
                if (sent == message.length) {
                    sender.advance();
                }
            }
            default -> {}
        }
    }

    private void onServerEvent(Event event) {
        Handlers.mirror(event);
        if (event.type() == EventType.DELIVERY) {
            deliveryEvents++;
            byte[] bytes = new byte[event.delivery().pending()];
            int count = event.receiver().recv(bytes, 0, bytes.length);
            received.write(bytes, 0, Math.max(count, 0));
            if (received.size() < message.length) {
                assertThat(event.delivery().isPartial()).isTrue();
            }
            complete = !event.delivery().isPartial();
        }
    }

    @Test
    @Tag("C109")
    void aMessageLargerThanFramesAndWindowIsStreamedInChunksThatWakesAskFor() {
        try (Driver server = new Driver(this::onServerEvent);
                Driver client = new Driver(this::onClientEvent)) {
            Listener listener = Handlers.listen(
                    server,
                    ListenerOptions.on("127.0.0.1:0")
                            .maxFrameBytes(FRAME_BYTES)
                            .sessionWindowBytes(FRAME_BYTES)
                            .build());
            Connection connection = client.proactor.connect(ConnectionOptions.to(Handlers.address(listener))
                    .maxFrameBytes(FRAME_BYTES)
                    .sessionWindowBytes(FRAME_BYTES)
                    .build());
            client.runTo(EventType.LINK_FLOW, server);
            while (sent < message.length) {
                assertThat(complete).isFalse();
                int events = deliveryEvents;
                client.proactor.wake(connection);
                client.runTo(EventType.CONNECTION_WAKE, server);
                server.runUntil(() -> received.size() == sent, "all that was sent", client);
                assertThat(deliveryEvents - events).isGreaterThan((sent - 1) % CHUNK / FRAME_BYTES);
            }
            server.runUntil(() -> complete, "end of the message", client);
            assertThat(received.toByteArray()).isEqualTo(message);
            assertThat(client.log).doesNotContain(EventType.TRANSPORT_ERROR);
        }
    }

    @Test
    @Tag("C110")
    void eachChunkSentIsOneDeliveryEventWithJustItsBytes() {
        int chunk = 300;
        try (LinkPair pair = new LinkPair()) {
            pair.credit(1);
            pair.begin("x");
            pair.server.log.clear();
            for (int at = 0; at < message.length; at += chunk) {
                int start = at;
                int count = Math.min(chunk, message.length - at);
                pair.onClient(() -> pair.sender.send(message, start, count));
                pair.settle();
                assertThat(pair.server.takeLog()).containsExactly(EventType.DELIVERY);
                Delivery delivery = pair.deliveries.get(pair.deliveries.size() - 1);
                pair.onServer(() -> {
                    assertThat(delivery.pending()).isEqualTo(count);
                    assertThat(delivery.isPartial()).isTrue();
                    byte[] bytes = new byte[count];
                    assertThat(pair.receiver.recv(bytes, 0, count)).isEqualTo(count);
                    received.write(bytes);
                    return null;
                });
                pair.server.log.clear();
            }
            assertThat(received.toByteArray()).isEqualTo(message);
            assertThat(pair.deliveries).containsOnly(pair.deliveries.get(0));
            pair.onClient(pair.sender::advance);
            pair.settle();
            pair.onServer(() -> assertThat(pair.deliveries.get(0).isPartial()).isFalse());
        }
    }

    @Test
    @Tag("C116")
    void anAdvanceAfterAllBytesWereSentIsOneDeliveryEventAtTheEndOfTheStream() {
        byte[] bytes = new byte[100];
        try (LinkPair pair = new LinkPair()) {
            pair.credit(1);
            Delivery outgoing = pair.begin("1", bytes);
            pair.onServer(() -> {
                assertThat(pair.receiver.recv(bytes, 0, bytes.length)).isEqualTo(bytes.length);
                assertThat(pair.receiver.current().isPartial()).isTrue();
                assertThat(pair.receiver.recv(bytes, 0, bytes.length)).isZero();
                return null;
            });
            pair.settle();
            pair.server.log.clear();

            assertThat(pair.onClient(pair.sender::advance)).isTrue();
            pair.settle();
            assertThat(pair.server.takeLog()).containsExactly(EventType.DELIVERY);
            pair.onServer(() -> {
                Delivery delivery = pair.receiver.current();
                assertThat(delivery.isPartial()).isFalse();
                assertThat(pair.receiver.recv(bytes, 0, bytes.length)).isEqualTo(Transport.END_OF_STREAM);
                delivery.settle();
                return null;
            });
            pair.onClient(() -> {
                outgoing.settle();
                return null;
            });
            pair.settle();
            assertThat(pair.server.log).doesNotContain(EventType.TRANSPORT_ERROR);
            assertThat(pair.client.log).doesNotContain(EventType.TRANSPORT_ERROR);
        }
    }
}
