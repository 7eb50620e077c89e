package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.javapoet.ClassName;

/** What a native image is told of handlers. */
class BodyHintsTest {

    record Line(String text) {}

    record Order(List<Line> lines) {}

    record Receipt(String id) {}

    record Quote(double price) {}

    record NotABody(String text) {}

    @ProactorHandler
    static class Orders {
        @OnMessage(addresses = "orders")
        CompletionStage<Receipt> order(@Body Order order) {
            return CompletableFuture.completedFuture(new Receipt("1"));
        }

        @OnMessage(addresses = "quotes")
        Quote quote(@Body Optional<String> none) {
            return new Quote(1);
        }

        @OnConnectionOpened
        void opened() {}
    }

    private static RuntimeHints hintsOf(Class<?> bean) {
        GenericApplicationContext context = new GenericApplicationContext();
        context.registerBean(bean);
        DefaultGenerationContext generation = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get("generated", "App")), new InMemoryGeneratedFiles());
        new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
        return generation.getRuntimeHints();
    }

    @Test
    void bodiesAndRepliesCanBeReadAndWrittenByReflection() throws Exception {
        RuntimeHints hints = hintsOf(Orders.class);
        for (Class<?> type : List.of(Order.class, Line.class, Receipt.class, Quote.class)) {
            assertThat(RuntimeHintsPredicates.reflection().onType(type))
                    .as(type.getSimpleName())
                    .accepts(hints);
        }
        assertThat(RuntimeHintsPredicates.reflection().onMethodInvocation(Line.class.getDeclaredMethod("text")))
                .accepts(hints);
        assertThat(RuntimeHintsPredicates.reflection().onType(NotABody.class)).rejects(hints);
    }
}
