package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.CloseReason;
import dev.proactor.EventType;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.OnConnectionClosed;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnListenerAccepted;
import dev.proactor.spring.boot.handler.OnListenerClosed;
import dev.proactor.spring.boot.handler.OnListenerOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.OnSettled;
import dev.proactor.spring.boot.handler.OnWake;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.handler.Settlement;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DispatcherTest {

    /** The client's end: opens a link to an address and sends what it is told to, in one go. */
    @ProactorHandler(connections = "device")
    static class Device {
        final String address;
        final List<String> toSend = new CopyOnWriteArrayList<>();
        final List<DeliveryState> outcomes = new CopyOnWriteArrayList<>();
        final List<@Nullable ErrorCondition> linkEnds = new CopyOnWriteArrayList<>();
        final AtomicInteger linksOpened = new AtomicInteger();
        final AtomicInteger credit = new AtomicInteger();
        int sent;

        Device(String address, String... toSend) {
            this.address = address;
            this.toSend.addAll(List.of(toSend));
        }

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            Sender sender = session.sender("link to " + address);
            Target target = new Target();
            target.setAddress(address);
            sender.setTarget(target);
            sender.setSource(new Source());
            sender.open();
        }

        @OnLinkOpened
        void opened() {
            linksOpened.incrementAndGet();
        }

        @OnSendable
        void sendable(Sender sender) {
            credit.set(sender.getCredit());
            while (sent < toSend.size() && sender.getCredit() > 0) {
                Message message = Message.Factory.create();
                message.setBody(new AmqpValue(toSend.get(sent)));
                message.setApplicationProperties(new ApplicationProperties(Map.of("number", sent)));
                byte[] bytes = new byte[1024];
                int length = message.encode(bytes, 0, bytes.length);
                sender.delivery(String.valueOf(sent++).getBytes(StandardCharsets.UTF_8));
                sender.send(bytes, 0, length);
                sender.advance();
            }
        }

        @OnSettled
        void settled(DeliveryState outcome) {
            outcomes.add(outcome);
        }

        @OnLinkClosed
        void closed(@Nullable ErrorCondition why) {
            linkEnds.add(why);
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        @Nullable DeliveryState reading(Message message, Link link, @ApplicationProperty("number") int number) {
            String body = (String) ((AmqpValue) message.getBody()).getValue();
            seen.add(link.getRemoteTarget().getAddress() + ":" + number + ":" + body);
            return switch (body) {
                case "throw" -> throw new IllegalStateException("as asked");
                case "unfit" -> throw new MessageConversionException("no number");
                case "release" -> Released.getInstance();
                default -> null;
            };
        }
    }

    @Test
    void whatAMethodReturnsOrThrowsSettlesTheMessage() {
        Readings readings = new Readings();
        Device device = new Device("readings/d1", "fine", "throw", "release", "unfit", "fine again");
        try (RunningApp app = new RunningApp(readings, device)) {
            app.connect();

            await().until(() -> device.outcomes.size() == 5);
            assertThat(readings.seen)
                    .containsExactly(
                            "readings/d1:0:fine",
                            "readings/d1:1:throw",
                            "readings/d1:2:release",
                            "readings/d1:3:unfit",
                            "readings/d1:4:fine again");
            assertThat(device.outcomes.get(0)).isInstanceOf(Accepted.class);
            assertThat(device.outcomes.get(1))
                    .isInstanceOfSatisfying(
                            Modified.class,
                            state -> assertThat(state.getDeliveryFailed()).isTrue());
            assertThat(device.outcomes.get(2)).isInstanceOf(Released.class);
            assertThat(device.outcomes.get(3)).isInstanceOfSatisfying(Rejected.class, state -> {
                assertThat(state.getError().getCondition().toString()).isEqualTo("amqp:decode-error");
                assertThat(state.getError().getDescription()).isEqualTo("no number");
            });
            assertThat(device.outcomes.get(4)).isInstanceOf(Accepted.class);
        }
    }

    @Test
    void anErrorHandlerDecidesOtherwise() {
        Device device = new Device("readings/d1", "throw");
        ProactorErrorHandler errors =
                (failure, context) -> ProactorErrorHandler.Verdict.outcome(Released.getInstance());
        try (RunningApp app = RunningApp.with(errors, 1000, new Readings(), device)) {
            app.connect();

            await().until(() -> device.outcomes.size() == 1);
            assertThat(device.outcomes.get(0)).isInstanceOf(Released.class);
        }
    }

    /** Of links, also of those that were never opened. */
    @ProactorHandler(connections = "device")
    static class Refusals {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnEvent(EventType.LINK_REMOTE_CLOSE)
        void closed(ErrorCondition why) {
            seen.add(why.getCondition().toString());
        }
    }

    @Test
    void aLinkThatNobodyClaimsIsRefused() {
        Device device = new Device("elsewhere/d1", "lost");
        Refusals refusals = new Refusals();
        try (RunningApp app = new RunningApp(new Readings(), device, refusals)) {
            app.connect();

            // Never opened, so never closed.
            await().until(() -> refusals.seen.size() == 1);
            assertThat(refusals.seen).containsExactly("amqp:not-found");
            assertThat(device.linksOpened).hasValue(0);
            assertThat(device.linkEnds).isEmpty();
            assertThat(device.outcomes).isEmpty();
        }
    }

    @ProactorHandler(listeners = "ingress")
    static class Diary {
        final List<String> entries = new CopyOnWriteArrayList<>();

        @OnListenerOpened
        void listening() {
            entries.add("listening");
        }

        @OnListenerAccepted
        void accepted() {
            entries.add("accepted");
        }

        @OnListenerClosed
        void stopped() {
            entries.add("stopped");
        }

        @OnConnectionOpened
        void opened() {
            entries.add("connection opened");
        }

        @OnConnectionClosed
        void closed(@Nullable ErrorCondition why, @Nullable CloseReason reason) {
            entries.add("connection closed " + (why == null ? "in order" : why.getCondition()));
        }

        @OnLinkOpened(addresses = "readings/*")
        void linkOpened() {
            entries.add("link opened");
        }

        @OnLinkClosed
        void linkClosed(@Nullable ErrorCondition why) {
            entries.add("link closed");
        }

        @OnWake
        void woken() {
            entries.add("woken");
        }

        List<String> withoutWakes() {
            return entries.stream().filter(entry -> !entry.equals("woken")).toList();
        }
    }

    @Test
    void opensAndClosesAreToldOnceWhenThePeerClosesInOrder() {
        Diary diary = new Diary();
        Device device = new Device("readings/d1");
        try (RunningApp app = new RunningApp(diary, new Readings(), device)) {
            NamedConnection connection = app.connect();
            await().until(() -> device.linksOpened.get() == 1);
            connection.stop();
            await().until(() -> app.live.size() == 0);
        }
        assertThat(diary.withoutWakes())
                .containsExactly(
                        "listening",
                        "accepted",
                        "connection opened",
                        "link opened",
                        "link closed",
                        "connection closed in order",
                        "stopped");
        assertThat(device.linkEnds).hasSize(1);
    }

    @Test
    void opensAndClosesAreToldOnceWhenThePeerBreaksOff() {
        Diary diary = new Diary();
        Device device = new Device("readings/d1");
        try (RunningApp app = new RunningApp(diary, new Readings(), device)) {
            // It is not made again, however long it takes to look.
            NamedConnection connection = app.connections.register(
                    "device",
                    ConnectionSpec.to("amqp://localhost:" + app.ingress.localPort())
                            .withReconnect(new ConnectionSpec.Reconnect(
                                    false, Duration.ofMillis(1), Duration.ofMillis(1), 1, 0, 0)));
            await().until(() -> device.linksOpened.get() == 1);
            Connection ours = connection.connection();
            app.proactor.execute(ours, () -> app.proactor.release(ours));
            await().until(() -> app.live.size() == 0);
        }
        assertThat(diary.withoutWakes())
                .containsExactly(
                        "listening",
                        "accepted",
                        "connection opened",
                        "link opened",
                        "link closed",
                        "connection closed amqp:connection:framing-error",
                        "stopped");
        // The end that was released has no event for it, and is told all the same.
        assertThat(device.linkEnds).hasSize(1);
    }

    @ProactorHandler(listeners = "ingress")
    static class FailsToOpen {
        @OnConnectionOpened
        void opened() {
            throw new IllegalStateException("as asked");
        }
    }

    @Test
    void aMethodThatThrowsForAnotherEventClosesItsConnection() {
        Diary diary = new Diary();
        Device device = new Device("readings/d1");
        try (RunningApp app = new RunningApp(diary, new FailsToOpen(), new Readings(), device)) {
            NamedConnection connection = app.connect();

            // Each time that it is made again it is forgotten, and comes again.
            await().untilAsserted(
                            () -> assertThat(connection.status().lastError()).contains("amqp:internal-error"));
            app.connections.remove("device");
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Later {
        final List<CompletableFuture<DeliveryState>> stages = new CopyOnWriteArrayList<>();

        @OnMessage
        CompletionStage<DeliveryState> reading() {
            CompletableFuture<DeliveryState> stage = new CompletableFuture<>();
            stages.add(stage);
            return stage;
        }
    }

    @Test
    void aStageSettlesWhenItCompletesAndGivesCreditOnlyThen() {
        Later later = new Later();
        Device device = new Device("readings/d1", "a", "b", "c", "d");
        try (RunningApp app = RunningApp.with(null, 2, later, device)) {
            app.connect();

            await().until(() -> later.stages.size() == 2);
            assertThat(device.sent).isEqualTo(2);
            assertThat(device.outcomes).isEmpty();
            later.stages.get(1).complete(Released.getInstance());
            await().until(() -> later.stages.size() == 3);
            later.stages.get(0).completeExceptionally(new IllegalStateException("as asked"));
            await().until(() -> device.outcomes.size() == 2);
            assertThat(device.outcomes.get(0)).isInstanceOf(Released.class);
            assertThat(device.outcomes.get(1)).isInstanceOf(Modified.class);
            await().until(() -> later.stages.size() == 4);
            later.stages.forEach(stage -> stage.complete(Accepted.getInstance()));
            await().until(() -> device.outcomes.size() == 4);
            assertThat(app.inFlight.running()).isZero();
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class ByHand {
        final List<Delivery> deliveries = new CopyOnWriteArrayList<>();

        @OnMessage(settlement = Settlement.MANUAL)
        void reading(Delivery delivery) {
            deliveries.add(delivery);
        }
    }

    @Test
    void aMethodThatSettlesByItselfGetsCreditOnlyAsItSettles() {
        ByHand byHand = new ByHand();
        Device device = new Device("readings/d1", "a", "b", "c");
        try (RunningApp app = RunningApp.with(null, 2, byHand, device)) {
            app.connect();

            await().until(() -> byHand.deliveries.size() == 2);
            assertThat(device.sent).isEqualTo(2);
            Delivery first = byHand.deliveries.get(0);
            app.proactor.execute(first.getLink().getSession().getConnection(), () -> {
                first.disposition(Accepted.getInstance());
                first.settle();
            });
            await().until(() -> byHand.deliveries.size() == 3);
            assertThat(app.inFlight.running()).isEqualTo(2);
            app.connections.remove("device");
            // What can't be settled any more is not in flight.
            await().until(() -> app.inFlight.running() == 0);
        }
    }

    /** Keeps the first messages, and accepts all others. */
    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Hoarder {
        static final int KEPT = 6;
        final AtomicInteger seen = new AtomicInteger();

        @OnMessage(settlement = Settlement.MANUAL)
        void reading(Delivery delivery) {
            if (seen.incrementAndGet() > KEPT) {
                delivery.disposition(Accepted.getInstance());
                delivery.settle();
            }
        }
    }

    @Test
    void whileMostOfItsCreditIsHeldTheOtherMessagesFlowOn() {
        Hoarder hoarder = new Hoarder();
        Device device = new Device(
                "readings/d1", IntStream.range(0, 30).mapToObj(String::valueOf).toArray(String[]::new));
        try (RunningApp app = RunningApp.with(null, 10, hoarder, device)) {
            app.connect();
            await().until(() -> hoarder.seen.get() == 30);
            await().until(() -> device.outcomes.size() == 30 - Hoarder.KEPT);
            app.connections.remove("device");
            await().until(() -> app.inFlight.running() == 0);
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Slow {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicInteger handled = new AtomicInteger();

        @OnMessage
        void reading() throws InterruptedException {
            inside.countDown();
            goOn.await();
            handled.incrementAndGet();
        }
    }

    @Test
    void aStopFinishesWhatHandlersHaveAndReleasesWhatComesLater() throws Exception {
        Slow slow = new Slow();
        Device device = new Device("readings/d1", "a", "b", "c");
        try (RunningApp app = new RunningApp(slow, device)) {
            app.connect();
            slow.inside.await();
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(app.intake::stop);
            await().until(() -> !app.inFlight.isTaking());
            assertThat(stopped).isNotDone();
            slow.goOn.countDown();
            stopped.orTimeout(30, TimeUnit.SECONDS).join();

            await().until(() -> device.outcomes.size() == 3);
            assertThat(slow.handled).hasValue(1);
            assertThat(device.outcomes.get(0)).isInstanceOf(Accepted.class);
            assertThat(device.outcomes.get(1)).isInstanceOf(Released.class);
            assertThat(device.outcomes.get(2)).isInstanceOf(Released.class);
        }
    }

    @Test
    void whatIsStoppedStartsAgain() {
        Readings readings = new Readings();
        Device device = new Device("readings/d1", "a");
        try (RunningApp app = new RunningApp(readings, device)) {
            app.intake.stop();
            app.connectionsLifecycle.stop();
            app.connectionsLifecycle.start();
            app.intake.start();
            app.connect();

            await().until(() -> device.outcomes.size() == 1);
            assertThat(device.outcomes.get(0)).isInstanceOf(Accepted.class);
        }
    }

    @ProactorHandler(connections = "device")
    static class Commands {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage(addresses = "commands/d1")
        void command(Message message) {
            seen.add((String) ((AmqpValue) message.getBody()).getValue());
        }
    }

    @ProactorHandler(listeners = "ingress")
    static class Commander {
        @OnSendable(addresses = "commands/*")
        void sendable(Sender sender) {
            if (sender.getContext() == null) {
                sender.setContext("sent");
                Message message = Message.Factory.create();
                message.setBody(new AmqpValue("reboot"));
                byte[] bytes = new byte[64];
                int length = message.encode(bytes, 0, bytes.length);
                sender.delivery(new byte[] {1});
                sender.send(bytes, 0, length);
                sender.advance();
            }
        }
    }

    @ProactorHandler(connections = "device")
    static class Drains {
        final AtomicInteger left = new AtomicInteger(-1);

        @OnLinkOpened
        void opened(Receiver receiver) {
            receiver.drain(10);
        }

        @OnEvent(EventType.LINK_FLOW)
        void drained(Receiver receiver) {
            left.set(receiver.getCredit());
        }
    }

    @ProactorHandler(listeners = "ingress")
    static class NothingToSend {
        @OnLinkOpened(addresses = "commands/*")
        void opened(Sender sender) {}
    }

    @Test
    void aPeerThatDrainsIsToldWhenNothingIsLeftToSend() {
        Drains drains = new Drains();
        try (RunningApp app = new RunningApp(drains, new NothingToSend())) {
            app.connect(new ReceiverSpec("commands/d1", 10));

            await().until(() -> drains.left.get() == 0);
        }
    }

    @ProactorHandler(connections = "device")
    static class Refused {
        final AtomicInteger attaches = new AtomicInteger();

        @OnEvent(EventType.LINK_LOCAL_OPEN)
        void attaches() {
            attaches.incrementAndGet();
        }
    }

    @Test
    void aDeclaredReceiverThatIsRefusedIsTriedAgainAndAgainOnItsSession() {
        Refused refused = new Refused();
        try (RunningApp app = new RunningApp(refused)) {
            ConnectionSpec.Reconnect quick =
                    new ConnectionSpec.Reconnect(true, Duration.ofMillis(1), Duration.ofMillis(1), 1, 0, -1);
            ConnectionSpec usual = ConnectionSpec.to("amqp://localhost:" + app.ingress.localPort())
                    .withReceiver("in", new ReceiverSpec("nobody/claims/it", 10));
            NamedConnection connection = app.connections.register(
                    "device",
                    new ConnectionSpec(
                            usual.uris(),
                            null,
                            true,
                            true,
                            usual.idleTimeout(),
                            usual.maxFrameBytes(),
                            usual.connectTimeout(),
                            quick,
                            usual.receivers(),
                            usual.senders()));

            await().until(() -> refused.attaches.get() > 200); // more than a connection may have sessions
            assertThat(connection.status().state()).isEqualTo(NamedConnection.State.OPEN);
            assertThat(connection.status().missingLinks()).containsExactly("in");
            assertThat(connection.status().lastError()).contains("amqp:not-found");
        }
    }

    @Test
    void aDeclaredReceiverIsAttachedAndItsMessagesHandled() {
        Commands commands = new Commands();
        try (RunningApp app = new RunningApp(commands, new Commander())) {
            NamedConnection connection = app.connect(new ReceiverSpec("commands/d1", 10));

            await().until(() -> commands.seen.size() == 1);
            assertThat(commands.seen).containsExactly("reboot");
            assertThat(connection.status().missingLinks()).isEmpty();
            assertThat(connection.status().state()).isEqualTo(NamedConnection.State.OPEN);
        }
    }
}
