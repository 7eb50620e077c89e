package dev.proactor.spring.boot.observation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.autoconfigure.ProactorObservationAutoConfiguration;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** One trace goes from this process to another one, and back. */
@Timeout(90)
class TraceAcrossProcessesTest {

    @ProactorHandler(connections = "other", addresses = "answers")
    static class Answers {
        final Queue<String> seen = new ConcurrentLinkedQueue<>();

        @OnMessage
        void answer(@Body String answer) {
            seen.add(answer);
        }
    }

    /** A span of either process. */
    private record Span(String name, String trace, String id, String parent, String kind, Set<String> attributes) {

        static Span of(String printed) {
            String[] parts = printed.split("\\|", -1);
            return new Span(parts[0], parts[1], parts[2], parts[3], parts[4], Set.of(parts[5].split(" ")));
        }

        static Span of(SpanData span) {
            return of(TracedEcho.print(span));
        }
    }

    /** The other process. */
    private static final class Other implements AutoCloseable {
        private static final int SECONDS = 60;

        private final Process process;
        private final CompletableFuture<Void> tooLate;
        private final BufferedReader printed;
        private final PrintWriter asked;

        Other() throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx256m",
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            TracedEcho.class.getName(),
                            "--spring.docker.compose.enabled=false",
                            "--proactor.listeners.ingress.port=0",
                            "--proactor.listeners.ingress.auto-accept-links=true")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            // No read outlives it. By its handle, which leaves the output open to whoever reads.
            tooLate = CompletableFuture.runAsync(
                    process.toHandle()::destroyForcibly,
                    CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS, Runnable::run));
            printed = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
            asked = new PrintWriter(process.getOutputStream(), true, UTF_8);
        }

        /** {@return what follows a word on the next line that begins with it, up to the line that ends it all} */
        List<String> read(String word, String last) throws IOException {
            List<String> found = new ArrayList<>();
            for (String line; (line = printed.readLine()) != null; ) {
                if (line.startsWith(word)) {
                    found.add(line.substring(word.length()));
                }
                if (line.startsWith(last)) {
                    return found;
                }
            }
            throw new AssertionError("the other process has ended, by itself or after " + SECONDS + " s");
        }

        int port() throws IOException {
            return Integer.parseInt(read("port ", "port ").get(0));
        }

        List<Span> spans() throws IOException {
            asked.println();
            return read("span ", TracedEcho.END).stream().map(Span::of).toList();
        }

        @Override
        public void close() {
            tooLate.cancel(false);
            asked.close();
            process.destroyForcibly();
        }
    }

    @Test
    void aTraceGoesToAnotherProcessAndBack() throws Exception {
        try (Other other = new Other();
                Tracing here = new Tracing()) {
            int port = other.port();
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(
                            ProactorAutoConfiguration.class, ProactorObservationAutoConfiguration.class))
                    .withPropertyValues(
                            "proactor.connections.other.uris=amqp://localhost:" + port,
                            "proactor.connections.other.receivers.answers.address=answers")
                    .withBean(ObservationRegistry.class, () -> here.registry)
                    .withUserConfiguration(Answers.class)
                    .run(context -> {
                        Message question = Message.Factory.create();
                        question.setBody(new AmqpValue("who is there"));
                        question.setReplyTo("answers");
                        question.setMessageId("q-1");
                        ProactorTemplate template = context.getBean(ProactorTemplate.class);
                        Observation.createNotStarted("work", here.registry).observe(() -> {
                            template.sendAndWait("questions", question);
                            template.sendAndWait("nonsense", "?");
                        });
                        Queue<String> seen = context.getBean(Answers.class).seen;
                        await().until(() -> List.copyOf(seen).equals(List.of("echo of who is there")));
                        await().until(() -> here.spans.getFinishedSpanItems().size() == 4);
                        await().until(() -> other.spans().size() == 3);
                    });
            Map<String, Span> byName = here.spans.getFinishedSpanItems().stream()
                    .map(Span::of)
                    .collect(Collectors.toMap(Span::name, Function.identity()));
            other.spans().forEach(span -> byName.put("other: " + span.name(), span));
            assertThat(byName)
                    .containsOnlyKeys(
                            "work",
                            "send questions",
                            "other: process questions",
                            "other: send answers",
                            "process answers",
                            "send nonsense",
                            "other: process nonsense");
            assertThat(byName.values())
                    .extracting(Span::trace)
                    .containsOnly(byName.get("work").trace());
            sends(
                    byName,
                    "send questions",
                    "work",
                    "proactor.name=other messaging.destination.name=questions"
                            + " messaging.message.id=q-1 error.type=none server.address=localhost");
            processes(
                    byName,
                    "other: process questions",
                    "send questions",
                    "proactor.name=ingress"
                            + " proactor.handler=Echo.answer messaging.destination.name=questions messaging.message.id=q-1 error.type=none");
            sends(
                    byName,
                    "other: send answers",
                    "other: process questions",
                    "proactor.name=ingress" + " messaging.destination.name=answers error.type=none");
            processes(
                    byName,
                    "process answers",
                    "other: send answers",
                    "proactor.name=other"
                            + " proactor.handler=Answers.answer messaging.destination.name=answers error.type=none server.address=localhost");
            sends(
                    byName,
                    "send nonsense",
                    "work",
                    "proactor.name=other messaging.destination.name=nonsense"
                            + " error.type=modified server.address=localhost");
            processes(
                    byName,
                    "other: process nonsense",
                    "send nonsense",
                    "proactor.name=ingress"
                            + " proactor.handler=Refusal.refuse messaging.destination.name=nonsense"
                            + " error.type=java.lang.IllegalStateException");
        }
    }

    private static void sends(Map<String, Span> byName, String span, String parent, String attributes) {
        assertSpan(
                byName,
                span,
                parent,
                "PRODUCER",
                "messaging.system=amqp messaging.operation.name=send proactor.handler=none " + attributes);
    }

    private static void processes(Map<String, Span> byName, String span, String parent, String attributes) {
        assertSpan(
                byName,
                span,
                parent,
                "CONSUMER",
                "messaging.system=amqp messaging.operation.name=process " + attributes);
    }

    private static void assertSpan(
            Map<String, Span> byName, String name, String parent, String kind, String attributes) {
        Span span = byName.get(name);
        assertThat(span.parent())
                .as("parent of %s", name)
                .isEqualTo(byName.get(parent).id());
        assertThat(span.kind()).as(name).isEqualTo(kind);
        assertThat(span.attributes()).as(name).containsExactlyInAnyOrder(attributes.split(" "));
    }
}
