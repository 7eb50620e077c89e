package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSettled;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.NoReceiverException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

@ExtendWith(OutputCaptureExtension.class)
class RepliesTest {

    /** The client's end: asks once it has an address for the replies. */
    @ProactorHandler(connections = "device")
    static class Asker {
        private static final Map<String, String> replyTos =
                Map.of("elsewhere", "somebody else's", "forged", "x\u2028WARN all is lost\u0085" + "y".repeat(5000));

        final List<String> questions;
        final boolean dynamic;
        final List<String> answers = new CopyOnWriteArrayList<>();
        final List<DeliveryState> outcomes = new CopyOnWriteArrayList<>();
        final AtomicInteger refusals = new AtomicInteger();
        volatile @Nullable String replyTo;

        @Nullable String wished;

        Asker(boolean dynamic, String... questions) {
            this.dynamic = dynamic;
            this.questions = List.of(questions);
        }

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            Receiver receiver = session.receiver("answers");
            Source source = new Source();
            source.setDynamic(dynamic);
            source.setAddress(dynamic ? wished : "nobody's");
            receiver.setSource(source);
            receiver.setTarget(new Target());
            receiver.open();
            receiver.flow(100);
            if (!dynamic) {
                ask(session);
            }
        }

        @OnLinkOpened
        void opened(Receiver receiver) {
            if (receiver.getRemoteSource() instanceof Source source) {
                replyTo = source.getAddress();
                ask(receiver.getSession());
            }
        }

        @OnEvent(EventType.LINK_REMOTE_CLOSE)
        void refused(Receiver receiver) {
            refusals.incrementAndGet();
        }

        private static void ask(Session session) {
            Sender sender = session.sender("questions");
            Target target = new Target();
            target.setAddress("questions");
            sender.setTarget(target);
            sender.setSource(new Source());
            sender.open();
        }

        @OnEvent(EventType.LINK_FLOW)
        void sendable(Sender sender) {
            if (sender.getCredit() > 0 && sender.getUnsettled() == 0 && outcomes.isEmpty()) {
                for (String question : questions) {
                    Message message = Message.Factory.create();
                    message.setBody(new AmqpValue(question));
                    message.setMessageId("id-" + question);
                    message.setCorrelationId(question.equals("correlated") ? 7L : null);
                    message.setReplyTo(question.equals("no address") ? null : replyTos.getOrDefault(question, replyTo));
                    byte[] bytes = new byte[8192];
                    int length = message.encode(bytes, 0, bytes.length);
                    sender.delivery(question.getBytes(StandardCharsets.US_ASCII));
                    sender.send(bytes, 0, length);
                    sender.advance();
                }
            }
        }

        @OnSettled
        void settled(DeliveryState outcome) {
            outcomes.add(outcome);
        }

        @OnMessage
        void answer(Message message) {
            answers.add(((AmqpValue) message.getBody()).getValue() + " to " + message.getCorrelationId());
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Oracle {
        @OnMessage
        @Nullable Object answer(Message message) {
            String question = (String) ((AmqpValue) message.getBody()).getValue();
            return switch (question) {
                case "none" -> null;
                case "state" -> new Rejected();
                case "unfit" -> new StringBuilder();
                default -> "answer";
            };
        }
    }

    @Test
    void whatAMethodReturnsGoesToTheReplyAddressWithTheCorrelation() {
        Asker asker = new Asker(true, "what", "correlated", "none", "state", "no address", "unfit");
        try (RunningApp app = new RunningApp(new Oracle(), asker)) {
            app.connect();
            await().until(() -> asker.answers.size() == 2 && asker.outcomes.size() == 6);
        }
        assertThat(asker.replyTo).startsWith("reply-");
        assertThat(asker.answers).containsExactlyInAnyOrder("answer to id-what", "answer to 7");
        assertThat(asker.outcomes)
                .extracting(Object::getClass)
                .containsExactly(
                        Accepted.class, Accepted.class, Accepted.class, Rejected.class, Accepted.class, Modified.class);
    }

    @Test
    void aReplyThatNobodyReceivesIsLoggedWithTheReason(CapturedOutput output) {
        Asker asker = new Asker(true, "elsewhere", "no address", "no address");
        try (RunningApp app = new RunningApp(new Oracle(), asker)) {
            app.connect();
            await().until(() -> asker.outcomes.size() == 3);
        }
        assertThat(asker.outcomes).hasOnlyElementsOfType(Accepted.class);
        assertThat(output)
                .contains("A reply of Oracle.answer to a message of link 'questions' of connection 'ingress'")
                .contains("somebody else's")
                .contains("receiver with a dynamic source", "@OnSendable or @OnLinkOpened")
                .containsOnlyOnce("has no reply-to");
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Silent {
        @OnMessage
        void message() {}
    }

    @Test
    void whereNothingIsAnsweredThereIsNoAddressForReplies() {
        Asker asker = new Asker(true, "what");
        try (RunningApp app = new RunningApp(new Silent(), asker)) {
            app.connect();
            await().until(() -> asker.refusals.get() == 1);
        }
        assertThat(asker.replyTo).isNull();
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Later {
        final CompletableFuture<String> answer = new CompletableFuture<>();

        @OnMessage
        Mono<String> answer(Message message) {
            String question = (String) ((AmqpValue) message.getBody()).getValue();
            return switch (question) {
                case "what" -> Mono.fromFuture(answer);
                case "fails" -> Mono.error(new IllegalStateException("as asked"));
                default -> Mono.empty();
            };
        }
    }

    @Test
    void aMonoSettlesAndAnswersWhenItCompletes() {
        Later later = new Later();
        Asker asker = new Asker(true, "what", "fails", "nothing");
        try (RunningApp app = new RunningApp(later, asker)) {
            app.connect();
            await().until(() -> asker.outcomes.size() == 2);
            assertThat(asker.outcomes).extracting(Object::getClass).containsExactly(Modified.class, Accepted.class);
            later.answer.complete("at last");
            await().until(() -> asker.answers.size() == 1 && asker.outcomes.size() == 3);
        }
        assertThat(asker.answers).containsExactly("at last to id-what");
        assertThat(asker.outcomes.get(2)).isInstanceOf(Accepted.class);
    }

    /** Asks as much as it may, and takes answers only when it is told to. */
    @ProactorHandler(connections = "device")
    static class Flooder {
        final int questions;
        final AtomicInteger answered = new AtomicInteger();
        final List<DeliveryState> outcomes = new CopyOnWriteArrayList<>();
        volatile int asked;
        volatile int credit = Integer.MAX_VALUE;
        private @Nullable String replyTo;
        private volatile @Nullable Receiver answers;

        Flooder(int questions) {
            this.questions = questions;
        }

        @OnEvent(EventType.CONNECTION_INIT)
        void begins(Connection connection) {
            Session session = connection.session();
            session.open();
            Receiver receiver = session.receiver("answers");
            Source source = new Source();
            source.setDynamic(true);
            receiver.setSource(source);
            receiver.setTarget(new Target());
            receiver.open();
            Receiver commands = session.receiver("commands");
            Source commandSource = new Source();
            commandSource.setAddress("commands");
            commands.setSource(commandSource);
            commands.setTarget(new Target());
            commands.open();
            commands.flow(10);
        }

        @OnLinkOpened
        void opened(Receiver receiver) {
            if (receiver.getName().equals("answers") && receiver.getRemoteSource() instanceof Source source) {
                replyTo = source.getAddress();
                answers = receiver;
                Asker.ask(receiver.getSession());
            }
        }

        void takeAnswers(Proactor proactor) {
            Receiver link = Objects.requireNonNull(answers);
            proactor.execute(link.getSession().getConnection(), () -> link.flow(questions));
        }

        @OnEvent(EventType.LINK_FLOW)
        void sendable(Sender sender) {
            for (; sender.getCredit() > 0 && asked < questions; asked++) {
                Message message = Message.Factory.create();
                message.setBody(new AmqpValue("what"));
                message.setReplyTo(replyTo);
                byte[] bytes = new byte[256];
                int length = message.encode(bytes, 0, bytes.length);
                sender.delivery(("q" + asked).getBytes(StandardCharsets.US_ASCII));
                sender.send(bytes, 0, length);
                sender.advance();
            }
            credit = sender.getCredit();
        }

        @OnSettled
        void settled(DeliveryState outcome) {
            outcomes.add(outcome);
        }

        @OnMessage
        void answer(Receiver receiver) {
            if (receiver.getName().equals("answers")) {
                answered.incrementAndGet();
            }
        }
    }

    /** For the links on which commands go. */
    @ProactorHandler(listeners = "ingress", addresses = "commands")
    static class Commands {
        @OnLinkOpened
        void opened(Sender link) {}
    }

    @Test
    void whoTakesNoAnswersMayAskNoFasterAndLosesNone() {
        Flooder flooder = new Flooder(2000);
        try (RunningApp app = RunningApp.with(null, 100, new Oracle(), flooder)) {
            app.connect();
            await().until(() -> flooder.outcomes.size() >= 100 && flooder.credit == 0);
            assertThat(flooder.asked).isEqualTo(100);
            flooder.takeAnswers(app.proactor);
            await().until(() -> flooder.answered.get() == 2000 && flooder.outcomes.size() == 2000);
        }
        assertThat(flooder.outcomes).hasOnlyElementsOfType(Accepted.class);
    }

    @Test
    void aMessageForWhoseReplyThereIsNoRoomIsNotAcceptedAndOthersHaveTheirRoom(CapturedOutput output) {
        Flooder flooder = new Flooder(1500);
        try (RunningApp app = RunningApp.with(null, 1500, new Oracle(), new Commands(), flooder)) {
            app.connect();
            await().until(() -> flooder.outcomes.size() == 1500);
            assertThat(app.template.onListener("ingress").sendAndWait("commands", "go on"))
                    .isInstanceOf(Accepted.class);
            flooder.takeAnswers(app.proactor);
            await().until(() -> flooder.answered.get() == 1000);
        }
        assertThat(flooder.outcomes.subList(0, 1000)).hasOnlyElementsOfType(Accepted.class);
        assertThat(flooder.outcomes.subList(1000, 1500)).hasOnlyElementsOfType(Modified.class);
        assertThat(output).contains("over the peer of listener 'ingress' was not sent: 1000 messages");
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Talkative {
        @OnMessage
        String answer() {
            return "x".repeat(300_000);
        }
    }

    @Test
    void answersThatWaitForAPeerHaveARoomInBytesToo(CapturedOutput output) {
        Flooder flooder = new Flooder(10);
        try (RunningApp app = new RunningApp(new Talkative(), flooder)) {
            app.connect();
            await().until(() -> flooder.outcomes.size() == 10);
            flooder.takeAnswers(app.proactor);
            await().until(() -> flooder.answered.get() == 3);
        }
        assertThat(flooder.outcomes.subList(0, 3)).hasOnlyElementsOfType(Accepted.class);
        assertThat(flooder.outcomes.subList(3, 10)).hasOnlyElementsOfType(Modified.class);
        assertThat(output).contains("no more than 1048576 bytes may wait for one peer");
    }

    @Test
    void whoAsksForAnAddressOfItsOwnDoesNotGetTheOneThatItNames() {
        Asker asker = new Asker(true, "what");
        asker.wished = "commands";
        try (RunningApp app = new RunningApp(new Oracle(), asker)) {
            app.connect();
            await().until(() -> asker.answers.size() == 1);
            assertThatThrownBy(() -> app.template.onListener("ingress").sendAndWait("commands", "not for everybody"))
                    .isInstanceOf(NoReceiverException.class);
        }
        assertThat(asker.replyTo).startsWith("reply-");
    }

    @Test
    void anAddressForRepliesForgesNoLineOfTheLog(CapturedOutput output) {
        Asker asker = new Asker(true, "forged");
        try (RunningApp app = new RunningApp(new Oracle(), asker)) {
            app.connect();
            await().until(() -> asker.outcomes.size() == 1);
        }
        assertThat(output)
                .contains("A reply of Oracle.answer")
                .contains("'x?WARN all is lost?" + "y".repeat(81) + "…'")
                .doesNotContain("\u2028", "\u0085");
    }

    /** For the detector's test. */
    @ProactorHandler
    static class ReturnsMany {
        @OnMessage
        Flux<String> message() {
            return Flux.empty();
        }
    }
}
