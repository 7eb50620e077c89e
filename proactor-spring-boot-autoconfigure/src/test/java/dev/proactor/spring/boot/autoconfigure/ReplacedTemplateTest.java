package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.bean.override.convention.TestBean;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;

/** A test, or the application, puts a template in the place of ours. Handlers answer all the same. */
@SpringBootTest(
        classes = ReplacedTemplateTest.Application.class,
        webEnvironment = SpringBootTest.WebEnvironment.NONE,
        properties = "proactor.listeners.ingress.port=0")
@DirtiesContext
class ReplacedTemplateTest {

    /** Also one that sends by itself gets what is in the place of ours, and is in no circle with it. */
    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Oracle {
        private final ProactorTemplate template;

        Oracle(ProactorTemplate template) {
            this.template = template;
        }

        @OnMessage
        String answer(@Body String question) {
            return question + " 42";
        }

        Object tell(String all) {
            return template.sendAndWait("questions", all);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ImportAutoConfiguration(ProactorAutoConfiguration.class)
    @Import(Oracle.class)
    static class Application {}

    static ProactorTemplate releasing() {
        ProactorTemplate template = mock(ProactorTemplate.class);
        when(template.sendAndWait(any(), any())).thenReturn(Released.getInstance());
        return template;
    }

    @Autowired
    ProactorListeners listeners;

    @Autowired
    ProactorConnections connections;

    @Autowired
    Oracle oracle;

    String port() {
        return "amqp://localhost:" + listeners.get("ingress").localPort();
    }

    /** Asks as another application does, whose template is the real one. */
    void assertThatHandlersAnswer() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withPropertyValues("proactor.connections.gateway.uris=" + port())
                .run(context -> assertThat(context.getBean(ProactorTemplate.class)
                                .requestAndWait("questions", "6 * 7 =", String.class, Duration.ofSeconds(10)))
                        .isEqualTo("6 * 7 = 42"));
    }

    @Nested
    class ByAMock {
        @MockitoBean
        ProactorTemplate template;

        @Test
        void itIsTheOneThatIsInjected() {
            when(template.sendAndWait("questions", "a")).thenReturn(Released.getInstance());
            assertThat(oracle.tell("a")).isEqualTo(Released.getInstance());
            assertThatHandlersAnswer();
        }
    }

    @Nested
    class BySpy {
        @MockitoSpyBean
        ProactorTemplate template;

        @Test
        void itSends() {
            connections.register("self", ConnectionSpec.to(port()));
            assertThat(oracle.tell("a")).isEqualTo(Accepted.getInstance());
            verify(template).sendAndWait("questions", "a");
            assertThatHandlersAnswer();
        }
    }

    @Nested
    class ByABeanOfTheTest {
        @TestBean(methodName = "dev.proactor.spring.boot.autoconfigure.ReplacedTemplateTest#releasing")
        ProactorTemplate template;

        @Test
        void itIsTheOneThatIsInjected() {
            assertThat(oracle.tell("a")).isEqualTo(Released.getInstance());
            assertThatHandlersAnswer();
        }
    }

    @Nested
    @Import(ByABeanOfTheSameName.Own.class)
    class ByABeanOfTheSameName {

        @Configuration(proxyBeanMethods = false)
        static class Own {
            @Bean
            ProactorTemplate proactorTemplate() {
                return releasing();
            }
        }

        @Test
        void itIsTheOneThatIsInjected() {
            assertThat(oracle.tell("a")).isEqualTo(Released.getInstance());
            assertThatHandlersAnswer();
        }
    }
}
