package dev.proactor.spring.boot.internal.dispatch;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSettled;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages that are none, that hold much, or whose handlers do strange things. */
@Timeout(30)
class UnusualMessagesTest {

    /** Application properties with no name for a value that looks like a body, to whoever goes on from there. */
    private static final byte[] FAULTY_SECTION = {
        0x00, 0x53, 0x74, (byte) 0xc1, 8, 2, 0x40, 0x00, 0x53, 0x77, (byte) 0xa1, 1, 'b'
    };

    private static byte[] encoded(Object body) {
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue(body));
        message.setReplyTo("somewhere");
        byte[] bytes = new byte[4096];
        return Arrays.copyOf(bytes, message.encode(bytes, 0, bytes.length));
    }

    /** The peer: sends bytes, whatever they are. */
    @ProactorHandler(connections = "device")
    static class Device {
        final List<byte[]> toSend;
        final List<DeliveryState> outcomes = new CopyOnWriteArrayList<>();
        final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
        private int sent;

        Device(byte[]... toSend) {
            this.toSend = List.of(toSend);
        }

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            Sender sender = session.sender("in");
            Target target = new Target();
            target.setAddress("in");
            sender.setTarget(target);
            sender.setSource(new Source());
            sender.open();
        }

        @OnEvent(EventType.LINK_FLOW)
        void sendable(Sender sender) {
            for (; sent < toSend.size() && sender.getCredit() > 0; sent++) {
                byte[] bytes = toSend.get(sent);
                deliveries.add(sender.delivery(String.valueOf(sent).getBytes(US_ASCII)));
                sender.send(bytes, 0, bytes.length);
                sender.advance();
            }
        }

        @OnSettled
        void settled(DeliveryState outcome) {
            outcomes.add(outcome);
        }
    }

    private static void assertRejected(DeliveryState outcome, String why) {
        assertThat(outcome).isInstanceOfSatisfying(Rejected.class, rejected -> {
            assertThat((Object) rejected.getError().getCondition()).hasToString("amqp:decode-error");
            assertThat(rejected.getError().getDescription()).contains(why);
        });
    }

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Reader {
        final List<Object> seen = new CopyOnWriteArrayList<>();

        @OnMessage
        void message(Message message) {
            seen.add(((AmqpValue) message.getBody()).getValue());
        }
    }

    /** Looks at the message before the handler is called, and goes on if there is none. */
    private static final MessageObserver CURIOUS = (context, handler, accepted) -> {
        try {
            context.message();
        } catch (MessageConversionException malformed) {
            // As one that observes does.
        }
        return new MessageObserver.Observed() {
            @Override
            public @Nullable Object call(Callable<@Nullable Object> method) throws Exception {
                return method.call();
            }

            @Override
            public void handled(@Nullable Throwable failure) {}
        };
    };

    @Test
    void whatIsNoMessageIsRejectedWhoeverHasLookedAtItBefore() {
        Reader reader = new Reader();
        Device device = new Device(FAULTY_SECTION, encoded("good"));
        try (RunningApp app = RunningApp.observedBy(CURIOUS, reader, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 2);
        }
        assertRejected(device.outcomes.get(0), "no AMQP message");
        assertThat(device.outcomes.get(1)).isInstanceOf(Accepted.class);
        assertThat(reader.seen).containsExactly("good");
    }

    @Test
    void aMapWithListsForKeysIsRejected() {
        Reader reader = new Reader();
        Device device = new Device(encoded(Map.of(List.of("Aa"), 1)));
        try (RunningApp app = new RunningApp(reader, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 1);
        }
        assertRejected(device.outcomes.get(0), "a key of a map is a list");
        assertThat(reader.seen).isEmpty();
    }

    /** Begins messages and gives them up, but for the last one. */
    @ProactorHandler
    static class Undecided {
        static final int ABORTED = 5;

        final BlockingQueue<Proactor> arrived = new LinkedBlockingQueue<>();
        private final Device device = new Device();
        private int begun;

        @OnEvent(connections = "device", value = EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            device.begins(connection);
        }

        @OnEvent(connections = "device", value = EventType.LINK_FLOW)
        void sendable(Sender sender) {
            if (begun <= ABORTED && sender.getCredit() > 0 && sender.current() == null) {
                boolean last = ++begun > ABORTED;
                byte[] bytes = encoded("good");
                sender.delivery(String.valueOf(begun).getBytes(US_ASCII));
                sender.send(bytes, 0, last ? bytes.length : 3);
                if (last) {
                    sender.advance();
                }
            }
        }

        /** The other end has the first bytes. */
        @OnEvent(listeners = "ingress", value = EventType.DELIVERY)
        void arrives(Delivery delivery, Proactor proactor) {
            if (delivery.isPartial() && !delivery.isAborted()) {
                arrived.add(proactor);
            }
        }
    }

    @Test
    void aMessageThatItsSenderGivesUpIsNotHandledAndItsCreditComesBack() throws Exception {
        Reader reader = new Reader();
        Undecided undecided = new Undecided();
        try (RunningApp app = RunningApp.with(null, 1, reader, undecided)) {
            NamedConnection device = app.connect();
            for (int i = 0; i < Undecided.ABORTED; i++) {
                Proactor proactor = undecided.arrived.take();
                Connection connection = Objects.requireNonNull(device.connection());
                proactor.execute(connection, () -> {
                    Sender sender = (Sender)
                            connection.linkHead(EnumSet.allOf(EndpointState.class), EnumSet.allOf(EndpointState.class));
                    proactor.abort(sender.current());
                });
            }
            await().until(() -> !reader.seen.isEmpty());
            await().until(() -> app.inFlight.running() == 0);
        }
        assertThat(reader.seen).containsExactly("good");
    }

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Forgetful {
        final AtomicReference<WeakReference<Message>> last = new AtomicReference<>();

        @OnMessage
        void message(Message message) {
            last.set(new WeakReference<>(message));
        }
    }

    @Test
    void anIdleConnectionKeepsNoMessage() {
        Forgetful forgetful = new Forgetful();
        Device device = new Device(encoded("large"));
        try (RunningApp app = new RunningApp(forgetful, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 1);
            await().until(() -> {
                System.gc();
                return forgetful.last.get().refersTo(null);
            });
        }
    }

    /** Leaves what comes where it is. */
    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Lazy {
        final List<Boolean> settledBySender = new CopyOnWriteArrayList<>();

        @OnEvent(EventType.LINK_REMOTE_OPEN)
        void opened(Receiver receiver) {
            receiver.flow(10);
        }

        @OnEvent(EventType.DELIVERY)
        void news(Delivery delivery) {
            settledBySender.add(delivery.remotelySettled());
        }
    }

    @Test
    void aMessageOfWhichThereIsNewsBeforeAnyoneTakesItIsCountedOnce() {
        Lazy lazy = new Lazy();
        Device device = new Device(encoded("a"));
        try (RunningApp app = new RunningApp(lazy, device)) {
            NamedConnection connection = app.connect();
            await().until(() -> lazy.settledBySender.equals(List.of(false)));
            Connection ours = Objects.requireNonNull(connection.connection());
            app.proactor.execute(ours, () -> {
                Delivery delivery = device.deliveries.get(0);
                delivery.disposition(Accepted.getInstance()); // or proton-j would say nothing of it
                delivery.settle();
            });
            await().until(() -> lazy.settledBySender.equals(List.of(false, true)));
            assertThat(app.live.oldest(10).stream().mapToLong(LiveConnection::received))
                    .containsOnlyOnce(1L)
                    .containsOnly(0L, 1L);
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Texts {
        @OnMessage
        void text(@Body String text) {}
    }

    @Test
    void whatAConverterThrowsRejectsTheMessage() {
        Device device = new Device(encoded(true), encoded("good"));
        try (RunningApp app = new RunningApp(new Texts(), device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 2);
        }
        assertRejected(device.outcomes.get(0), "the body can't be converted");
        assertThat(device.outcomes.get(1)).isInstanceOf(Accepted.class);
    }

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Forwarder {
        volatile @Nullable ProactorTemplate template;

        @OnMessage
        void message(Message message) {
            template.onListener("ingress").send("elsewhere", new StringBuilder("nothing converts this"));
        }
    }

    @Test
    void whatAHandlerCanNotSendSaysNothingOfTheMessageThatItWasGiven() {
        Forwarder forwarder = new Forwarder();
        Device device = new Device(encoded("good"));
        try (RunningApp app = new RunningApp(forwarder, device)) {
            forwarder.template = app.template;
            app.connect();
            await().until(() -> device.outcomes.size() == 1);
        }
        assertThat(device.outcomes.get(0)).isInstanceOf(Modified.class);
    }

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Erring {
        final boolean later;

        Erring(boolean later) {
            this.later = later;
        }

        @OnMessage
        Object message(Message message) {
            Error whenWritten = new StackOverflowError("in a converter");
            return later ? CompletableFuture.completedFuture(whenWritten) : whenWritten;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorWhileAReplyIsMadeLeavesNoMessageUnsettled(boolean later) {
        Device device = new Device(encoded("good"));
        try (RunningApp app = new RunningApp(new Erring(later), device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 1);
            assertThat(app.inFlight.running()).isZero();
        }
        assertThat(device.outcomes.get(0)).isInstanceOf(Modified.class);
    }

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class Later {
        final List<CompletableFuture<Void>> promises = new CopyOnWriteArrayList<>();

        @OnMessage
        CompletionStage<Void> message(Message message) {
            CompletableFuture<Void> promise = new CompletableFuture<>();
            promises.add(promise);
            return promise;
        }
    }

    @Test
    void whatWasPromisedOverAConnectionThatIsGoneIsNotWaitedFor() {
        Later later = new Later();
        Device device = new Device(encoded("a"), encoded("b"));
        try (RunningApp app = new RunningApp(later, device)) {
            NamedConnection connection = app.connect();
            await().until(() -> later.promises.size() == 2);
            assertThat(app.inFlight.running()).isEqualTo(2);
            connection.stop();
            await().until(() -> app.inFlight.running() == 0);
            later.promises.forEach(promise -> promise.complete(null));
            assertThat(app.inFlight.running()).isZero();
        }
    }

    @Test
    void whatWasPromisedOverALinkThatIsGoneIsCountedOnce() {
        Later later = new Later();
        Device device = new Device(encoded("a"));
        try (RunningApp app = new RunningApp(later, device)) {
            app.connect();
            await().until(() -> later.promises.size() == 1);
            LiveConnection ours = app.live.oldest(10).stream()
                    .filter(one -> one.name().equals("device"))
                    .findFirst()
                    .orElseThrow();
            Proactor proactor = app.proactor;
            proactor.execute(
                    ours.connection(),
                    () -> ours.connection()
                            .sessionHead(EnumSet.allOf(EndpointState.class), EnumSet.allOf(EndpointState.class))
                            .close());
            await().until(() -> app.inFlight.running() == 0);
            // Its stage leads back to the accepted end.
            LiveConnection accepted = app.live.oldest(10).stream()
                    .filter(one -> one.name().equals("ingress"))
                    .findFirst()
                    .orElseThrow();
            later.promises.get(0).complete(null);
            CompletableFuture<Void> after = new CompletableFuture<>();
            proactor.execute(accepted.connection(), () -> after.complete(null));
            assertThat(after).succeedsWithin(Duration.ofSeconds(10));
            assertThat(app.inFlight.running()).isZero();
        }
    }
}
