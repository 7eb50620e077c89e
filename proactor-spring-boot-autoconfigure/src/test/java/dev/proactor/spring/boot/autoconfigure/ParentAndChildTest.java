package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.context.ApplicationContext;
import org.springframework.core.MethodParameter;

/** Contexts in a hierarchy, which have one proactor: the parent's. */
class ParentAndChildTest {

    private final ApplicationContextRunner plain = plain();
    private final ApplicationContextRunner runner =
            plain.withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class));

    @ProactorHandler(listeners = "ingress", addresses = "notes")
    static class Notes {
        @OnMessage
        void note(@Body String text) {}
    }

    private static ApplicationContextRunner plain() {
        return new ApplicationContextRunner();
    }

    private void withParent(ContextConsumer<AssertableApplicationContext> test) {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(test);
    }

    @Test
    void aChildSendsByTheTemplateOfItsParent() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0")
                .withBean(Notes.class)
                .run(parent -> {
                    int port = parent.getBean(ProactorListeners.class)
                            .get("ingress")
                            .localPort();
                    parent.getBean(ProactorConnections.class)
                            .register("self", ConnectionSpec.to("amqp://localhost:" + port));
                    runner.withParent(parent).run(child -> {
                        ProactorTemplate template = child.getBean(ProactorTemplate.class);
                        assertThat(template.sendAndWait("notes", "hello", Duration.ofSeconds(10)))
                                .isInstanceOf(Accepted.class);
                        assertThat(template).isSameAs(parent.getBean(ProactorTemplate.class));
                    });
                    assertThat(parent.getBean(ProactorTemplate.class).sendAndWait("notes", "after the child's end"))
                            .isInstanceOf(Accepted.class);
                });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHandlerThatOnlyAChildHasFailsItsStart(boolean autoConfigured) {
        withParent(parent -> (autoConfigured ? runner : plain)
                .withParent(parent)
                .withBean("childsNotes", Notes.class)
                .run(child -> assertThat(child)
                        .getFailure()
                        .isInstanceOfSatisfying(InvalidHandlerException.class, failure -> {
                            assertThat(failure).hasMessageContaining("'childsNotes' would never be called");
                            assertThat(failure.remedy()).contains("in the parent context");
                        })));
    }

    @Test
    void aHandlerThatBothHaveIsTheParents() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0")
                .withBean(Notes.class)
                .run(parent -> plain.withParent(parent)
                        .withBean("childsNotes", Notes.class)
                        .run(child -> assertThat(child).hasNotFailed()));
    }

    /** Asks a context of its own for what it resolves. */
    static class Resolver implements HandlerArgumentResolver {
        Resolver(ApplicationContext context) {
            plain().withParent(context).run(child -> assertThat(child).hasNotFailed());
        }

        @Override
        public @Nullable Source resolve(MethodParameter parameter) {
            return null;
        }
    }

    @Test
    void aChildMayBeginWhileTheBeansOfItsParentAreMade() {
        runner.withBean(Resolver.class).run(parent -> assertThat(parent).hasNotFailed());
    }

    @Test
    void aHandlerOfAChildThatHasItsOffIsLeftAlone() {
        withParent(parent -> runner.withParent(parent)
                .withPropertyValues("proactor.enabled=false")
                .withBean(Notes.class)
                .run(child -> assertThat(child).hasNotFailed()));
    }

    @Test
    void aChildHasAProactorOfItsOwnWhereItsParentHasNone() {
        plain.run(parent -> runner.withParent(parent)
                .withPropertyValues("proactor.listeners.ingress.port=0")
                .withBean(Notes.class)
                .run(child -> assertThat(child)
                        .hasNotFailed()
                        .getBean(ProactorTemplate.class)
                        .isNotNull()));
    }
}
