package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.handler.Settlement;
import dev.proactor.spring.boot.template.NoReceiverException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
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
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers' links that handlers refuse. */
@Timeout(30)
class RefusedLinksTest {

    /** Attaches two receivers from the same address, one after the other. */
    @ProactorHandler(connections = "device")
    static class Device {
        final List<String> cameOver = new CopyOnWriteArrayList<>();

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            for (String name : List.of("welcome", "unwelcome")) {
                Receiver receiver = session.receiver(name);
                Source source = new Source();
                source.setAddress("commands/d1");
                receiver.setSource(source);
                receiver.setTarget(new Target());
                receiver.open();
            }
        }

        @OnLinkOpened
        void opened(Receiver receiver) {
            receiver.flow(10);
        }

        @OnMessage
        void command(Link link, Delivery delivery) {
            cameOver.add(link.getName());
        }
    }

    /** Sends before the peer can know that its second link is refused. */
    @ProactorHandler(listeners = "ingress", addresses = "commands/*")
    abstract static class Commands {
        final List<String> calls = new CopyOnWriteArrayList<>();
        final CompletableFuture<DeliveryState> sent = new CompletableFuture<>();

        @Nullable Supplier<CompletionStage<DeliveryState>> send;

        @OnEvent(EventType.LINK_LOCAL_CLOSE)
        void closed(Link link) {
            if (send != null) {
                calls.add("sent");
                forward(send.get());
                send = null;
            }
        }

        void forward(CompletionStage<DeliveryState> stage) {
            var unused = stage.whenComplete((outcome, failure) -> {
                if (failure == null) {
                    sent.complete(outcome);
                } else {
                    sent.completeExceptionally(failure);
                }
            });
        }

        @OnLinkClosed
        void over(Link link) {
            calls.add("closed " + link.getName());
        }

        @OnEvent(EventType.LINK_REMOTE_CLOSE)
        void answered(Link link) {
            calls.add("answered " + link.getName());
        }

        static void refuseUnwelcome(Link link) {
            if (link.getName().equals("unwelcome")) {
                link.setCondition(new ErrorCondition(Symbol.valueOf("amqp:not-allowed"), "not you"));
                link.open();
                link.close();
            }
        }
    }

    static class RefusesFirst extends Commands {
        @OnEvent(EventType.LINK_REMOTE_OPEN)
        void asked(Sender link) {
            refuseUnwelcome(link);
        }

        @OnLinkOpened
        void opened(Sender link) {
            calls.add("opened " + link.getName());
        }
    }

    /** Before the peer's attach is an event. */
    static class RefusesAtOnce extends Commands {
        @OnEvent(EventType.LINK_INIT)
        void begins(Sender link, @Address String address) {
            calls.add(link.getName() + " at " + address);
            refuseUnwelcome(link);
        }

        @OnLinkOpened
        void opened(Sender link, @Address String address) {
            calls.add("opened " + link.getName() + " at " + address);
        }
    }

    static class RefusesWhenTold extends Commands {
        @OnLinkOpened
        void opened(Sender link) {
            calls.add("opened " + link.getName());
            refuseUnwelcome(link);
        }
    }

    /** Sends over the very link that it refuses then. */
    static class Fickle extends RefusesWhenTold {
        @Override
        @OnLinkOpened
        void opened(Sender link) {
            if (link.getName().equals("unwelcome") && send != null) {
                forward(send.get());
                send = null;
            }
            super.opened(link);
        }
    }

    private static void run(Commands commands, Device device) {
        try (RunningApp app = new RunningApp(commands, device)) {
            commands.send = () -> app.template.onListener("ingress").send("commands/d1", "reboot");
            app.connect();
            await().until(() -> commands.sent.isDone() && commands.calls.contains("answered unwelcome"));
        }
    }

    @Test
    void aLinkThatIsRefusedBeforeItIsToldOfIsNeverOpenedAndNoRoute() {
        RefusesFirst commands = new RefusesFirst();
        Device device = new Device();
        run(commands, device);
        assertThat(commands.calls).containsExactly("opened welcome", "sent", "answered unwelcome", "closed welcome");
        assertThat(commands.sent).succeedsWithin(Duration.ZERO).isInstanceOf(Accepted.class);
        assertThat(device.cameOver).containsExactly("welcome");
    }

    @Test
    void soIsOneThatIsRefusedInItsVeryFirstEvent() {
        RefusesAtOnce commands = new RefusesAtOnce();
        Device device = new Device();
        run(commands, device);
        assertThat(commands.calls)
                .containsSubsequence("welcome at commands/d1", "opened welcome at commands/d1")
                .containsSubsequence("unwelcome at commands/d1", "sent", "answered unwelcome")
                .doesNotContain("opened unwelcome at commands/d1", "opened unwelcome at ", "closed unwelcome");
        assertThat(commands.sent).succeedsWithin(Duration.ZERO).isInstanceOf(Accepted.class);
        assertThat(device.cameOver).containsExactly("welcome");
    }

    /** An answer in the first event is as good as one in a later one. */
    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class AnswersAtOnce {
        final CompletableFuture<String> reading = new CompletableFuture<>();

        @OnEvent(EventType.LINK_INIT)
        void begins(Receiver link) {
            link.setSource(link.getRemoteSource());
            link.setTarget(link.getRemoteTarget());
            link.open();
        }

        @OnMessage
        void reading(@Address String address) {
            reading.complete(address);
        }
    }

    @Test
    void aLinkThatIsAnsweredInItsVeryFirstEventHasItsAddressAndCredit() {
        AnswersAtOnce readings = new AnswersAtOnce();
        try (RunningApp app = new RunningApp(readings)) {
            app.connect();
            app.template.on("device").sendAndWait("readings/d1", "21.5");
            assertThat(readings.reading).isCompletedWithValue("readings/d1");
        }
    }

    @Test
    void aLinkThatIsRefusedByTheMethodThatIsToldOfItIsOpenedAndClosedOnceAndNoRoute() {
        RefusesWhenTold commands = new RefusesWhenTold();
        Device device = new Device();
        run(commands, device);
        assertThat(commands.calls)
                .containsExactly(
                        "opened welcome",
                        "opened unwelcome",
                        "sent",
                        "answered unwelcome",
                        "closed unwelcome",
                        "closed welcome");
        assertThat(commands.sent).succeedsWithin(Duration.ZERO).isInstanceOf(Accepted.class);
        assertThat(device.cameOver).containsExactly("welcome");
    }

    @Test
    void whatWasToGoOverALinkThatIsRefusedThenFailsWithTheReason() {
        Fickle commands = new Fickle();
        run(commands, new Device());
        assertThat(commands.sent)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(NoReceiverException.class)
                .withMessageContaining("a handler closed the link")
                .withMessageContaining("amqp:not-allowed");
    }

    /** Gives the first message its outcome only when its link is closed. */
    @ProactorHandler(connections = "device")
    static class Hesitant extends Device {
        final CompletableFuture<String> first = new CompletableFuture<>();
        private @Nullable Delivery held;

        @Override
        @OnMessage(settlement = Settlement.MANUAL)
        void command(Link link, Delivery delivery) {
            super.command(link, delivery);
            if (held == null) {
                held = delivery;
                first.complete(link.getName());
            } else {
                settle(delivery);
            }
        }

        @OnEvent(EventType.LINK_REMOTE_CLOSE)
        void closed() {
            settle(held);
        }

        private static void settle(Delivery delivery) {
            delivery.disposition(Accepted.getInstance());
            delivery.settle();
        }
    }

    /** Keeps its links, so that a test can close them. */
    static class Keeps extends Commands {
        final Map<String, Sender> links = new ConcurrentHashMap<>();

        @OnLinkOpened
        void opened(Sender link) {
            links.put(link.getName(), link);
        }
    }

    @Test
    void aLinkThatAHandlerClosesIsNoRouteFromThenButWhatWasSentHasItsOutcome() {
        Keeps commands = new Keeps();
        Hesitant device = new Hesitant();
        try (RunningApp app = new RunningApp(commands, device)) {
            app.connect();
            await().until(() -> commands.links.size() == 2);
            CompletionStage<DeliveryState> first =
                    app.template.onListener("ingress").send("commands/d1", "first");
            assertThat(device.first).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("unwelcome");

            commands.send = () -> app.template.onListener("ingress").send("commands/d1", "second");
            Sender unwelcome = commands.links.get("unwelcome");
            app.proactor.execute(unwelcome.getSession().getConnection(), unwelcome::close);

            assertThat(first).succeedsWithin(Duration.ofSeconds(10)).isInstanceOf(Accepted.class);
            assertThat(commands.sent).succeedsWithin(Duration.ofSeconds(10)).isInstanceOf(Accepted.class);
            assertThat(device.cameOver).containsExactly("unwelcome", "welcome");
        }
    }
}
