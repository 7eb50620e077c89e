package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnError;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.dispatch.DispatcherTest.Device;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OnErrorTest {

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        @Nullable CompletionStage<Void> reading(Message message) {
            String body = (String) ((AmqpValue) message.getBody()).getValue();
            switch (body) {
                case "argument" -> throw new IllegalArgumentException(body);
                case "number" -> throw new NumberFormatException(body);
                case "state" -> throw new IllegalStateException(body);
                case "error" -> throw new AssertionError(body);
                case "later" -> {
                    return CompletableFuture.failedFuture(new IllegalArgumentException(body));
                }
                default -> {
                    return null;
                }
            }
        }

        @OnError
        DeliveryState any(IllegalArgumentException failure, @Address String address, Message message, Link link) {
            seen.add(failure.getMessage() + " " + address + " " + (link != null && message != null));
            return Released.getInstance();
        }

        @OnError(NumberFormatException.class)
        Verdict nearer(Exception failure, HandlerContext context) {
            return Verdict.outcome(new Rejected());
        }

        @OnError({IllegalStateException.class, AssertionError.class})
        void leavesIt(Event event) {
            seen.add("left: " + event.type());
        }
    }

    @Test
    void theMethodWithTheNearestTypeDecides() {
        Readings readings = new Readings();
        Device device = new Device("readings/d1", "fine", "argument", "number", "state", "error", "later");
        try (RunningApp app = new RunningApp(readings, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 6);
        }
        assertThat(device.outcomes)
                .extracting(Object::getClass)
                .containsExactly(
                        Accepted.class, Released.class, Rejected.class, Modified.class, Modified.class, Released.class);
        assertThat(readings.seen)
                .containsExactly(
                        "argument readings/d1 true", "left: DELIVERY", "left: DELIVERY", "later readings/d1 true");
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class FailsTwice {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        void reading() {
            throw new IllegalStateException("first");
        }

        @OnError
        DeliveryState again(Throwable failure) {
            throw new IllegalStateException("second");
        }
    }

    @Test
    void oneThatThrowsItselfLeavesTheUsualAnswer() {
        Device device = new Device("readings/d1", "a");
        try (RunningApp app = new RunningApp(new FailsTwice(), device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 1);
        }
        assertThat(device.outcomes).singleElement().isInstanceOf(Modified.class);
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class FailsToOpen {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnConnectionOpened
        void opened(Connection connection) {
            throw new IllegalStateException("not today");
        }

        @OnMessage
        void reading() {}

        @OnError
        Verdict ignore(IllegalStateException failure, Connection connection, @Nullable Link none) {
            seen.add(failure.getMessage() + " " + connection.getRemoteContainer() + " " + none);
            return Verdict.ignore();
        }
    }

    @Test
    void onOtherOccasionsTheConnectionMayLiveOn() {
        FailsToOpen handler = new FailsToOpen();
        Device device = new Device("readings/d1", "a");
        try (RunningApp app = new RunningApp(handler, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 1);
        }
        assertThat(device.outcomes).singleElement().isInstanceOf(Accepted.class);
        assertThat(handler.seen).containsExactly("not today app null");
    }
}
