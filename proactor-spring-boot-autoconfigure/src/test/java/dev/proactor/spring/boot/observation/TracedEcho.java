package dev.proactor.spring.boot.observation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.autoconfigure.ProactorObservationAutoConfiguration;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.stream.Collectors;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The application at the other end of a trace, in a process of its own. It prints its port, answers what comes to {@code questions}, and for each line that it is
 * given the spans that it has finished; it ends with its input.
 */
final class TracedEcho {

    static final String END = "that is all";

    private TracedEcho() {}

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Echo {
        @OnMessage
        String answer(@Body String question) {
            return "echo of " + question;
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "nonsense")
    static class Refusal {
        @OnMessage
        void refuse() {
            throw new IllegalStateException("as asked");
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration({ProactorAutoConfiguration.class, ProactorObservationAutoConfiguration.class})
    @Import({Echo.class, Refusal.class})
    static class App {
        @Bean
        Tracing tracing() {
            return new Tracing();
        }

        @Bean
        ObservationRegistry observations(Tracing tracing) {
            return tracing.registry;
        }
    }

    /** A span as a line: name, trace, span, parent, kind, and its attributes as words. */
    static String print(SpanData span) {
        return String.join(
                "|",
                span.getName(),
                span.getTraceId(),
                span.getSpanId(),
                span.getParentSpanId(),
                span.getKind().name(),
                span.getAttributes().asMap().entrySet().stream()
                        .map(attribute -> attribute.getKey().getKey() + "=" + attribute.getValue())
                        .sorted()
                        .collect(Collectors.joining(" ")));
    }

    public static void main(String[] arguments) throws Exception {
        try (ConfigurableApplicationContext context = new SpringApplicationBuilder(App.class)
                        .web(WebApplicationType.NONE)
                        .run(arguments);
                BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            System.out.println("port "
                    + context.getBean(ProactorListeners.class).get("ingress").localPort());
            while (asked.readLine() != null) {
                context.getBean(Tracing.class)
                        .spans
                        .getFinishedSpanItems()
                        .forEach(span -> System.out.println("span " + print(span)));
                System.out.println(END);
            }
        }
    }
}
