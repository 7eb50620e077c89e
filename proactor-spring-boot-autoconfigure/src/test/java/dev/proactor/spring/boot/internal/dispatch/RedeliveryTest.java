package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery.Exhausted;
import dev.proactor.spring.boot.connection.ConnectionSpec.SettleMode;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.OnSettled;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedeliveryTest {

    /** A queue that sends what was modified again, at once, and counts. */
    @ProactorHandler(listeners = "ingress", addresses = "queue")
    static class Queue {
        private record Entry(String body, int failures) {}

        private final Deque<Entry> waiting = new ArrayDeque<>();
        final Map<String, DeliveryState> last = new ConcurrentHashMap<>();
        private int tag;

        Queue(String... bodies) {
            for (String body : bodies) {
                waiting.add(new Entry(body, 0));
            }
        }

        @OnSendable
        void sendable(Sender sender) {
            while (!waiting.isEmpty() && sender.getCredit() > 0) {
                Entry entry = waiting.remove();
                Message message = Message.Factory.create();
                message.setBody(new AmqpValue(entry.body()));
                message.setDeliveryCount(entry.failures());
                byte[] bytes = new byte[512];
                int length = message.encode(bytes, 0, bytes.length);
                Delivery delivery = sender.delivery(String.valueOf(tag++).getBytes(StandardCharsets.US_ASCII));
                delivery.setContext(entry);
                sender.send(bytes, 0, length);
                sender.advance();
            }
        }

        @OnSettled
        void settled(Delivery delivery, Sender sender) {
            Entry entry = (Entry) delivery.getContext();
            last.put(entry.body(), delivery.getRemoteState());
            if (delivery.getRemoteState() instanceof Modified modified
                    && !Boolean.TRUE.equals(modified.getUndeliverableHere())) {
                waiting.add(new Entry(entry.body(), entry.failures() + 1));
                sendable(sender);
            }
        }
    }

    @ProactorHandler(connections = "device")
    static class Fails {
        final List<String> order = new CopyOnWriteArrayList<>();
        final List<Long> poisonNanos = new CopyOnWriteArrayList<>();

        @OnMessage
        void message(Message message) {
            String body = (String) ((AmqpValue) message.getBody()).getValue();
            order.add(body);
            if (body.equals("poison")) {
                poisonNanos.add(System.nanoTime());
                throw new IllegalStateException("as asked");
            }
        }
    }

    private static Redelivery redelivery(int initialMillis, int attempts, Exhausted exhausted) {
        return new Redelivery(Duration.ofMillis(initialMillis), 2, Duration.ofHours(1), attempts, exhausted);
    }

    @ParameterizedTest
    @CsvSource({"REJECT, Rejected", "UNDELIVERABLE_HERE, Modified", "ACCEPT, Accepted"})
    void aPoisonousMessageComesLessAndLessOftenAndIsGivenUpWhileOthersFlow(Exhausted exhausted, String outcome) {
        Queue queue = new Queue("poison", "a", "b");
        Fails handler = new Fails();
        // One more than the messages that wait for their settlement: it holds its credit meanwhile.
        ReceiverSpec receiver = new ReceiverSpec("queue", 2).withRedelivery(redelivery(20, 4, exhausted));
        try (RunningApp app = new RunningApp(queue, handler)) {
            app.connect(receiver);
            await().until(() -> handler.poisonNanos.size() == 4
                    && !(queue.last.get("poison") instanceof Modified modified
                            && modified.getUndeliverableHere() == null));
        }
        assertThat(handler.order.subList(0, 4)).containsExactly("poison", "a", "b", "poison");
        assertThat(queue.last.get("a")).isInstanceOf(Accepted.class);
        assertThat(queue.last.get("poison").getClass().getSimpleName()).isEqualTo(outcome);
        for (int i = 1; i < 4; i++) {
            long millis = (handler.poisonNanos.get(i) - handler.poisonNanos.get(i - 1)) / 1_000_000;
            assertThat(millis).as("wait before attempt %d", i + 1).isGreaterThanOrEqualTo(20L << (i - 1));
        }
    }

    @Test
    void aStopSettlesAtOnceWhatWouldHaveWaited() {
        Queue queue = new Queue("poison");
        Fails handler = new Fails();
        ReceiverSpec receiver = new ReceiverSpec("queue", 1).withRedelivery(redelivery(3_600_000, 0, Exhausted.REJECT));
        try (RunningApp app = new RunningApp(queue, handler)) {
            app.connect(receiver);
            await().until(() -> handler.poisonNanos.size() == 1);
            assertThat(queue.last).isEmpty();
            app.intake.stop();
            await().until(() -> queue.last.get("poison") instanceof Modified);
            assertThat(app.inFlight.running()).isZero();
        }
    }

    @Test
    void aConnectionThatEndsMeanwhileLeavesNothingInFlight() {
        Queue queue = new Queue("poison");
        Fails handler = new Fails();
        ReceiverSpec receiver = new ReceiverSpec("queue", 1).withRedelivery(redelivery(3_600_000, 0, Exhausted.REJECT));
        try (RunningApp app = new RunningApp(queue, handler)) {
            var device = app.connect(receiver);
            await().until(() -> handler.poisonNanos.size() == 1);
            assertThat(app.inFlight.running()).isEqualTo(1);
            device.stop();
            await().until(() -> app.inFlight.running() == 0);
        }
        assertThat(queue.last).isEmpty();
    }

    @ProactorHandler(connections = "device", addresses = "queue")
    static class Failing {
        @OnMessage
        void fails() {
            throw new IllegalStateException("not today");
        }
    }

    @Test
    void nothingIsLeftOfWhatWasPutOffWhenTheConnectionIsOver() {
        try (RunningApp app = new RunningApp(new Queue("one", "two"), new Failing())) {
            app.connect(new ReceiverSpec(
                    "queue",
                    10,
                    List.of(),
                    null,
                    false,
                    null,
                    SettleMode.MIXED,
                    0,
                    new Redelivery(Duration.ofHours(1), 1, Duration.ofHours(1), 0, Exhausted.REJECT)));
            await().until(() -> app.redeliveries.waiting() == 2);
            app.connections.remove("device");
            await().until(() -> app.redeliveries.waiting() == 0 && app.inFlight.running() == 0);
        }
    }
}
