package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RequestsTest {

    private static String text(Message message) {
        return (String) ((AmqpValue) message.getBody()).getValue();
    }

    private static String answer(CompletionStage<Message> request) throws Exception {
        return text(request.toCompletableFuture().get(10, TimeUnit.SECONDS));
    }

    private static Throwable failure(CompletionStage<?> stage) {
        try {
            Object answer = stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
            throw new AssertionError("answered: " + answer);
        } catch (ExecutionException failed) {
            return failed.getCause();
        } catch (Exception other) {
            throw new AssertionError(other);
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Oracle {
        final List<String> asked = new CopyOnWriteArrayList<>();
        final CompletableFuture<Object> never = new CompletableFuture<>();

        @OnMessage
        @Nullable CompletionStage<Object> answer(Message message) {
            String question = text(message);
            asked.add(question);
            return switch (question) {
                case "never" -> never;
                case "rejected" -> CompletableFuture.completedFuture(new Rejected());
                case "nothing" -> null;
                default -> CompletableFuture.completedFuture("answer to " + question);
            };
        }
    }

    @Test
    void aConnectionsPeerAnswers() throws Exception {
        try (RunningApp app = new RunningApp(new Oracle())) {
            app.connect();
            CompletionStage<Message> early = app.template.on("device").request("questions", "early");
            assertThat(answer(early)).isEqualTo("answer to early");
            List<CompletionStage<Message>> many = IntStream.range(0, 300)
                    .mapToObj(i -> app.template.request("questions", "q" + i))
                    .toList();
            for (int i = 0; i < many.size(); i++) {
                assertThat(answer(many.get(i))).isEqualTo("answer to q" + i);
            }
            assertThat(app.template.requestAndWait("questions", "last", Message.class))
                    .satisfies(last -> assertThat(text(last)).isEqualTo("answer to last"));
            await().until(() -> app.sending.pending() == 0); // an answer may overtake the outcome
        }
    }

    @ProactorHandler(connections = "device")
    static class Device {
        @OnMessage
        String command(Message message) {
            return text(message) + " done";
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "commands/*")
    static class Commands {
        @OnLinkOpened
        void opened() {}
    }

    @Test
    void aListenersPeerAnswers() throws Exception {
        try (RunningApp app = new RunningApp(new Device(), new Commands())) {
            app.connect(new ReceiverSpec("commands/d1", 10));
            await().ignoreExceptions()
                    .untilAsserted(() -> assertThat(
                                    answer(app.template.onListener("ingress").request("commands/d1", "reboot")))
                            .isEqualTo("reboot done"));
        }
    }

    @Test
    void anAnswerThatDoesNotComeFailsInTime() {
        Oracle oracle = new Oracle();
        try (RunningApp app = new RunningApp(oracle)) {
            app.connect();
            assertThat(failure(app.template.request("questions", "nothing", Duration.ofMillis(300))))
                    .isInstanceOf(SendTimeoutException.class)
                    .hasMessageContaining(
                            "a request to 'questions' over connection 'device' had no answer within 0.3s");
            Duration brief = Duration.ofMillis(300);
            assertThat(failure(app.template.request("questions", "nothing", String.class, brief)))
                    .isInstanceOf(SendTimeoutException.class);
            assertThatThrownBy(() -> app.template.requestAndWait("questions", "nothing", String.class, brief))
                    .isInstanceOf(SendTimeoutException.class)
                    .hasMessageContaining("had no answer within 0.3s");
            assertThatThrownBy(() -> app.template.sendAndWait("questions", "never", brief))
                    .isInstanceOf(SendTimeoutException.class)
                    .hasMessageContaining("within 0.3s");
            assertThat(failure(app.template.request("questions", "rejected")))
                    .isInstanceOf(SendException.class)
                    .hasMessageContaining("was not accepted: its outcome is Rejected");
            oracle.never.complete(null); // or the end would wait for it
        }
    }

    @Test
    void aConnectionThatIsLostFailsWhatWaitsForAnswers() {
        Oracle oracle = new Oracle();
        try (RunningApp app = new RunningApp(oracle)) {
            app.connect();
            CompletionStage<Message> request = app.template.request("questions", "never", Duration.ofHours(1));
            await().until(() -> oracle.asked.contains("never"));
            app.proactor.disconnect(null);
            assertThat(failure(request)).isInstanceOf(SendException.class).hasMessageContaining("lost");
            oracle.never.complete(null); // or the end would wait for it
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Silent {
        @OnMessage
        void message() {}
    }

    @Test
    void aPeerThatGivesNoAddressForAnswersIsNamed() {
        try (RunningApp app = new RunningApp(new Silent())) {
            app.connect();
            assertThat(failure(app.template.request("questions", "what")))
                    .isInstanceOf(LinkRefusedException.class)
                    .hasMessageContaining("connection 'device' gives no address for answers")
                    .hasMessageContaining("amqp:not-found");
            assertThatThrownBy(() -> app.template.requestAndWait("questions", "what", Message.class))
                    .isInstanceOf(LinkRefusedException.class);
        }
    }

    @Test
    void aStopFailsWhatWaitsForAnswers() {
        Oracle oracle = new Oracle();
        CompletionStage<Message> request;
        try (RunningApp app = new RunningApp(oracle)) {
            app.connect();
            request = app.template.request("questions", "nothing", Duration.ofHours(1));
            await().until(() -> oracle.asked.contains("nothing"));
        }
        assertThat(failure(request)).isInstanceOf(SendException.class);
    }

    @Test
    void whatIsSentTogetherArrivesInOrder() throws Exception {
        Oracle oracle = new Oracle();
        List<String> bodies = IntStream.range(0, 100).mapToObj(i -> "m" + i).toList();
        try (RunningApp app = new RunningApp(oracle)) {
            app.connect();
            assertThat(app.template
                            .sendAll("questions", bodies)
                            .toCompletableFuture()
                            .get(10, TimeUnit.SECONDS))
                    .hasSize(100)
                    .hasOnlyElementsOfType(Accepted.class);
            assertThatThrownBy(() -> app.template.sendAll("questions", List.of("fine", new StringBuilder())))
                    .hasMessageContaining("only strings");
        }
        assertThat(oracle.asked).isEqualTo(bodies);
    }
}
