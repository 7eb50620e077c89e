package dev.proactor.spring.boot.internal.dispatch;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnInterrupt;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.OnTimeout;
import dev.proactor.spring.boot.handler.OnTransportError;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
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
import org.junit.jupiter.api.Timeout;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.annotation.Order;

/** When handler methods are called, in which order, and when they are not. */
@Timeout(30)
class OccasionsTest {

    private static byte[] encoded(String body) {
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue(body));
        byte[] bytes = new byte[512];
        return Arrays.copyOf(bytes, message.encode(bytes, 0, bytes.length));
    }

    // ---- order

    @Order(2)
    @ProactorHandler(listeners = "ingress")
    static class Second {
        final List<String> calls;

        Second(List<String> calls) {
            this.calls = calls;
        }

        @OnConnectionOpened
        void opened() {
            calls.add("class 2");
        }

        @Order(4)
        @OnConnectionOpened
        void last() {
            calls.add("method 4");
        }
    }

    @Order(3)
    @ProactorHandler(listeners = "ingress")
    static class Third {
        final List<String> calls;

        Third(List<String> calls) {
            this.calls = calls;
        }

        @OnConnectionOpened
        void opened() {
            calls.add("class 3");
        }

        @Order(1)
        @OnConnectionOpened
        void first() {
            calls.add("method 1");
        }
    }

    @Test
    void methodsAreCalledInTheOrderOfTheirAnnotationOrElseOfTheirClass() {
        List<String> calls = new CopyOnWriteArrayList<>();
        try (RunningApp app = new RunningApp(new Third(calls), new Second(calls))) {
            app.connect();
            await().until(() -> calls.size() == 4);
        }
        assertThat(calls).containsExactly("method 1", "class 2", "class 3", "method 4");
    }

    // ---- the proactor's own

    @ProactorHandler
    static class OwnEvents {
        final List<EventType> timeouts = new CopyOnWriteArrayList<>();
        final List<EventType> interrupts = new CopyOnWriteArrayList<>();

        @OnTimeout
        void timeout(Event event) {
            timeouts.add(event.type());
        }

        @OnInterrupt
        void interrupt(Event event) {
            interrupts.add(event.type());
        }
    }

    @Test
    void timeOutsAndInterruptsGoToTheirMethods() {
        OwnEvents own = new OwnEvents();
        try (RunningApp app = new RunningApp(own)) {
            app.proactor.setTimeout(Duration.ofMillis(1));
            await().until(() -> !own.timeouts.isEmpty());
            app.proactor.interrupt();
            await().until(() -> !own.interrupts.isEmpty());
        }
        assertThat(own.timeouts).containsOnly(EventType.PROACTOR_TIMEOUT);
        assertThat(own.interrupts).containsOnly(EventType.PROACTOR_INTERRUPT);
    }

    @ProactorHandler(listeners = "ingress")
    static class Errors {
        final List<ErrorCondition> seen = new CopyOnWriteArrayList<>();

        @OnTransportError
        void broken(ErrorCondition why) {
            seen.add(why);
        }
    }

    @Test
    void aPeerThatBreaksOffIsATransportError() {
        Errors errors = new Errors();
        try (RunningApp app = new RunningApp(errors)) {
            NamedConnection device = app.connect();
            await().until(() -> device.status().state() == NamedConnection.State.OPEN);
            Connection ours = Objects.requireNonNull(device.connection());
            app.proactor.execute(ours, () -> app.proactor.release(ours));
            await().until(() -> errors.seen.size() == 1);
        }
        assertThat((Object) errors.seen.get(0).getCondition()).hasToString("amqp:connection:framing-error");
    }

    // ---- messages

    /** Sends messages that are settled already, and counts the credit. */
    @ProactorHandler(listeners = "ingress", addresses = "queue")
    static class FireAndForget {
        final AtomicInteger sent = new AtomicInteger();

        @OnSendable
        void sendable(Sender sender) {
            while (sender.getCredit() > 0 && sent.get() < 20) {
                byte[] bytes = encoded("a");
                Delivery delivery = sender.delivery(String.valueOf(sent.get()).getBytes(US_ASCII));
                sender.send(bytes, 0, bytes.length);
                delivery.settle();
                sent.incrementAndGet();
            }
        }
    }

    @ProactorHandler(connections = "device")
    static class Fails {
        final AtomicInteger calls = new AtomicInteger();

        @OnMessage
        void message() {
            calls.incrementAndGet();
            throw new IllegalStateException("as asked");
        }
    }

    @Test
    void aMessageThatIsSettledAlreadyIsNotHeldBackWhenItsHandlerFails() {
        FireAndForget queue = new FireAndForget();
        Fails fails = new Fails();
        ReceiverSpec receiver = new ReceiverSpec("queue", 2)
                .withRedelivery(
                        new Redelivery(Duration.ofHours(1), 1, Duration.ofHours(1), 0, Redelivery.Exhausted.REJECT));
        try (RunningApp app = new RunningApp(queue, fails)) {
            app.connect(receiver);
            await().until(() -> fails.calls.get() == 20);
            await().until(() -> app.inFlight.running() == 0);
        }
    }

    // ---- filters

    @ProactorHandler(listeners = "ingress", addresses = "readings/**")
    static class Urgent {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage(addresses = "**/urgent")
        void message(Link link) {
            seen.add(((Target) link.getRemoteTarget()).getAddress());
        }
    }

    /** Attaches to each address and sends one message to it. */
    @ProactorHandler(connections = "device")
    static class Attaches {
        final List<String> refused = new CopyOnWriteArrayList<>();

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            for (String address : List.of("readings/a", "readings/a/urgent", "commands/urgent")) {
                Sender sender = session.sender(address);
                Target target = new Target();
                target.setAddress(address);
                sender.setTarget(target);
                sender.setSource(new Source());
                sender.open();
            }
        }

        @OnSendable
        void sendable(Sender sender) {
            if (sender.getQueued() == 0 && sender.getUnsettled() == 0) {
                byte[] bytes = encoded("a");
                sender.delivery("a".getBytes(US_ASCII)).settle();
                sender.send(bytes, 0, bytes.length);
                sender.advance();
            }
        }

        @OnEvent({EventType.LINK_REMOTE_CLOSE})
        void closed(Link link, @Nullable ErrorCondition why) {
            refused.add(link.getName() + " " + (why == null ? "" : why.getCondition()));
        }
    }

    @Test
    void aLinkIsForAMethodWhenBothItsClassAndItselfWantIt() {
        Urgent urgent = new Urgent();
        Attaches attaches = new Attaches();
        try (RunningApp app = new RunningApp(urgent, attaches)) {
            app.connect();
            await().until(() -> !urgent.seen.isEmpty() && attaches.refused.size() == 2);
        }
        assertThat(urgent.seen).containsOnly("readings/a/urgent");
        assertThat(attaches.refused)
                .containsExactlyInAnyOrder("readings/a amqp:not-found", "commands/urgent amqp:not-found");
    }

    /** Makes one link more than is declared, and opens it only after the event which says that it was made. */
    @ProactorHandler(connections = "device")
    static class OwnLinks {
        final List<String> made = new CopyOnWriteArrayList<>();
        final List<String> all = new CopyOnWriteArrayList<>();
        final List<String> some = new CopyOnWriteArrayList<>();
        final AtomicInteger sessions = new AtomicInteger();

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            Receiver receiver = session.receiver("late");
            Source source = new Source();
            source.setAddress("commands/late");
            receiver.setSource(source);
            receiver.setTarget(new Target());
        }

        @OnEvent(value = EventType.LINK_INIT, addresses = "commands/late")
        void made(Receiver link) {
            made.add(link.getName());
            link.open();
        }

        @OnEvent({EventType.LINK_INIT, EventType.LINK_LOCAL_OPEN})
        void own(Event event, @Nullable Link link, @Nullable Session session, @Address String address) {
            all.add(event.type() + " " + (link == null ? "no link" : link.getName()) + " at " + address);
            if (session == event.session()) {
                sessions.incrementAndGet();
            }
        }

        @OnEvent(value = EventType.LINK_LOCAL_OPEN, addresses = "commands/d1")
        void some(Link link) {
            some.add(link.getName());
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "commands/*")
    static class Commands {
        final List<String> made = new CopyOnWriteArrayList<>();

        @OnEvent(EventType.LINK_INIT)
        void made(Link link, @Address String address) {
            made.add(link.getName() + " at " + address);
        }

        @OnSendable
        void sendable(Sender sender) {}
    }

    @Test
    void eventsOfALinkThatIsNotAttachedYetAreOfThatLinkAndItsAddress() {
        OwnLinks own = new OwnLinks();
        Commands commands = new Commands();
        try (RunningApp app = new RunningApp(own, commands)) {
            app.connect(new ReceiverSpec("commands/d1", 1), new ReceiverSpec("commands/d2", 1));
            await().until(() -> own.all.size() == 6 && commands.made.size() == 3);
        }
        assertThat(own.all)
                .containsExactlyInAnyOrder(
                        "LINK_INIT late at commands/late",
                        "LINK_INIT device/commands/d1 at commands/d1",
                        "LINK_INIT device/commands/d2 at commands/d2",
                        "LINK_LOCAL_OPEN late at commands/late",
                        "LINK_LOCAL_OPEN device/commands/d1 at commands/d1",
                        "LINK_LOCAL_OPEN device/commands/d2 at commands/d2");
        assertThat(own.sessions).hasValue(6);
        assertThat(own.made).containsExactly("late");
        assertThat(own.some).containsExactly("device/commands/d1");
        assertThat(commands.made)
                .containsExactlyInAnyOrder(
                        "late at commands/late",
                        "device/commands/d1 at commands/d1",
                        "device/commands/d2 at commands/d2");
    }

    // ---- the log's context

    @ProactorHandler(listeners = "ingress", addresses = "in")
    static class FailsWithContext {
        final CompletableFuture<@Nullable String> during = new CompletableFuture<>();

        @OnMessage
        void message() {
            during.complete(MDC.get(MdcLogContext.CONNECTION));
            throw new IllegalStateException("as asked");
        }
    }

    @Test
    void theLogsContextIsCleanAfterAHandlerThatThrows() {
        ExecutorService one = Executors.newSingleThreadExecutor();
        try {
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                    .withBean(FailsWithContext.class)
                    .withBean("one", ExecutorService.class, () -> one)
                    .withPropertyValues(
                            "proactor.listeners.ingress.port=0", "proactor.executor=one", "proactor.logging.mdc=true")
                    .run(context -> {
                        int port = context.getBean(ProactorListeners.class)
                                .get("ingress")
                                .localPort();
                        context.getBean(ProactorConnections.class)
                                .register("device", ConnectionSpec.to("amqp://localhost:" + port));
                        var unused = context.getBean(ProactorTemplate.class)
                                .on("device")
                                .send("in", "a");
                        assertThat(context.getBean(FailsWithContext.class).during)
                                .succeedsWithin(Duration.ofSeconds(10))
                                .isEqualTo("ingress");
                        // The batch is closed on that thread before this runs there.
                        CompletableFuture<@Nullable String> after =
                                CompletableFuture.supplyAsync(() -> MDC.get(MdcLogContext.CONNECTION), one);
                        assertThat(after).succeedsWithin(Duration.ofSeconds(10)).isNull();
                    });
        } finally {
            one.shutdownNow();
        }
    }
}
