package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorCustomizer;
import dev.proactor.spring.boot.connection.ProactorListenerCustomizer;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.InvalidHandlerException;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.apache.qpid.proton.message.Message;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aop.framework.autoproxy.BeanNameAutoProxyCreator;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.env.MockEnvironment;

class ProactorAutoConfigurationTest {

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class));

    @Test
    void providesItsBeans() {
        runner.run(context -> assertThat(context)
                .hasSingleBean(Proactor.class)
                .hasSingleBean(ProactorConnections.class)
                .hasSingleBean(ProactorListeners.class)
                .hasSingleBean(ProactorTemplate.class));
    }

    @Test
    void isAbsentWhenItIsTurnedOff() {
        runner.withPropertyValues("proactor.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(Proactor.class));
    }

    @Test
    void backsOffWhenTheUserProvidesAProactor() {
        Proactor theirs = Proactor.create();
        runner.withBean("mine", Proactor.class, () -> theirs)
                .run(context -> assertThat(context).getBean(Proactor.class).isSameAs(theirs));
    }

    @Test
    void bindsAListenerAndPublishesItsPort() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(context -> {
            NamedListener listener = context.getBean(ProactorListeners.class).get("ingress");
            assertThat(listener.localPort()).isPositive();
            assertThat(context.getEnvironment().getProperty("local.proactor.ingress.port", Integer.class))
                    .isEqualTo(listener.localPort());
            assertThat(listener.status().state()).isEqualTo(NamedListener.State.LISTENING);
        });
    }

    @Test
    void makesAConnectionThatOpens() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(server -> {
            int port = server.getBean(ProactorListeners.class).get("ingress").localPort();
            runner.withPropertyValues("proactor.connections.orders.uris=amqp://localhost:" + port)
                    .run(context -> {
                        NamedConnection connection =
                                context.getBean(ProactorConnections.class).get("orders");
                        Awaitility.await().until(() -> connection.status().state() == NamedConnection.State.OPEN);
                    });
        });
    }

    @Test
    void aConnectionThatCantBeMadeDoesNotHoldTheStart() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        runner.withPropertyValues("proactor.connections.orders.uris=amqp://localhost:" + free)
                .run(context -> {
                    NamedConnection connection =
                            context.getBean(ProactorConnections.class).get("orders");
                    Awaitility.await().until(() -> connection.status().state() == NamedConnection.State.RECONNECTING);
                    assertThat(connection.status().lastError()).contains("refused");
                });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "proactor.listeners.ingress.port=99999                 | from 0 to 65535",
                "proactor.listeners.ingress.host=0.0.0.0               | sasl.allow-anonymous",
                "proactor.listeners.ingress.max-frame-size=100B        | from 512B to 16MB",
                "proactor.listeners.ingress.credit=0                   | from 1",
                "proactor.listeners.ingress.idle-timeout=-1s           | from 0 to 24 days",
                "proactor.listeners.ingress.max-sessions=0             | from 1 to 65536",
                "proactor.threads=0                                    | from 1",
                "proactor.connections.orders.uris=http://host          | amqp://host:port",
                "proactor.connections.orders.uris=amqp://host:x        | amqp://host:port",
                "proactor.connections.orders.required=true             | needs a uri",
                "proactor.template.connection=orders                   | none is configured under proactor.connections"
            })
    void aBadValueFailsTheStartWithItsPropertyAndWhatWouldBeRight(String property, String reason) {
        runner.withPropertyValues(property).run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure())
                    .rootCause()
                    .hasMessageContaining("proactor.")
                    .hasMessageContaining(reason);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "amqp://localhost:${local.proactor.ingress.port}, known only once the listener is bound",
        "amqp://${nosuch.host}:5672, ${name:default}",
        "${nosuch.uri}, set the property that it names"
    })
    void aPlaceholderThatIsLeftInAUriIsSaidToBeOne(String uri, String advice) {
        runner.withPropertyValues("proactor.listeners.ingress.port=0", "proactor.connections.orders.uris=" + uri)
                .run(context -> {
                    assertThat(context).hasFailed();
                    assertThat(context.getStartupFailure())
                            .rootCause()
                            .hasMessageContaining("proactor.connections.orders.uris")
                            .hasMessageContaining(uri)
                            .hasMessageContaining("has a placeholder that nothing resolves")
                            .hasMessageContaining(advice);
                });
    }

    @Test
    void anUnknownExecutorFailsTheStartWithThoseThatThereAre() {
        ApplicationContextRunner unknown = runner.withPropertyValues("proactor.executor=mien");
        unknown.run(context -> assertThat(context.getStartupFailure())
                .rootCause()
                .hasMessageContaining("must name a bean that is an Executor; there is none"));
        unknown.withBean("mine", Executor.class, () -> Runnable::run)
                .withBean("other", Executor.class, () -> Runnable::run)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .hasMessageContaining("proactor.executor")
                        .hasMessageContaining("there are: mine, other"));
        runner.withPropertyValues("proactor.executor=text")
                .withBean("mine", Executor.class, () -> Runnable::run)
                .withBean("text", String.class, () -> "no executor")
                .run(context ->
                        assertThat(context.getStartupFailure()).rootCause().hasMessageContaining("there are: mine"));
    }

    @Test
    void aPasswordInAUriIsNotShown() {
        runner.withPropertyValues("proactor.connections.orders.uris=amqp://user:secret@host:5672")
                .run(context -> assertThat(context.getStartupFailure())
                        .hasStackTraceContaining("proactor.connections.orders.uris")
                        .satisfies(failure ->
                                assertThat(String.valueOf(failure.getCause())).doesNotContain("secret")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nosuch.invalid | nosuch.invalid: Name or service not known | (property proactor.listeners.in.host) | a name or an address of this machine",
                "203.0.113.7 | Cannot assign requested address | (property proactor.listeners.in.host) | a name or an address of this machine",
                "localhost | Permission denied | (property proactor.listeners.in.port) | below 1024",
                "localhost | Address already in use | (property proactor.listeners.in.port) | Stop what listens"
            })
    void saysWhatToDoAboutAListenerThatIsNotBound(String host, String reason, String property, String advice) {
        FailureAnalysis analysis = new ListenerBindFailureAnalyzer(new MockEnvironment())
                .analyze(new ListenerBindException("in", host, 672, reason));
        assertThat(analysis.getDescription()).contains(reason, property);
        assertThat(analysis.getAction()).contains(advice);
    }

    @Test
    void aPortThatIsTakenFailsTheStartAndPrintsTheCommand() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            int port = socket.getLocalPort();
            runner.withPropertyValues("proactor.listeners.ingress.port=" + port).run(context -> {
                assertThat(context).hasFailed();
                assertThat(context.getStartupFailure()).rootCause().isInstanceOf(ListenerBindException.class);
                FailureAnalysis analysis = new ListenerBindFailureAnalyzer(
                                new MockEnvironment().withProperty("proactor.start-command", "run {arguments} now"))
                        .analyze(context.getStartupFailure());
                assertThat(analysis.getDescription())
                        .contains("proactor.listeners.ingress.port", "localhost:" + port, "in use");
                assertThat(analysis.getAction())
                        .contains("run --proactor.listeners.ingress.port=" + (port + 1) + " now");
            });
        }
    }

    @Test
    void aPortThatAnotherListenerOfTheApplicationHasIsNamedWithThatListener() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            port = socket.getLocalPort();
        }
        runner.withPropertyValues("proactor.listeners.one.port=" + port, "proactor.listeners.two.port=" + port)
                .run(context -> {
                    assertThat(context).hasFailed();
                    assertThat(context.getStartupFailure()).rootCause().isInstanceOf(ListenerBindException.class);
                    FailureAnalysis analysis = new ListenerBindFailureAnalyzer(new MockEnvironment()
                                    .withProperty("proactor.listeners.one.port", "" + port)
                                    .withProperty("proactor.listeners.two.port", "" + port))
                            .analyze(context.getStartupFailure());
                    assertThat(analysis.getDescription()).contains("listener 'two'");
                    assertThat(analysis.getAction())
                            .startsWith(
                                    "Listener 'one' of this application has port " + port
                                            + ", too (property proactor.listeners.one.port): give one of them another, or start")
                            .contains("--proactor.listeners.two.port=" + (port + 1));
                });
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 672, true",
        "localhost, 672, true",
        "0.0.0.0, 672, true",
        "'', 672, true",
        "localhost, 673, false",
        "127.0.0.2, 672, false",
        "nosuch.invalid, 672, false"
    })
    void anotherListenerIsNamedOnlyWhereItHasTheSamePortOfTheSameAddress(String host, int port, boolean named) {
        FailureAnalysis analysis = new ListenerBindFailureAnalyzer(new MockEnvironment()
                        .withProperty("proactor.listeners.other.host", host)
                        .withProperty("proactor.listeners.other.port", "" + port))
                .analyze(new ListenerBindException("in", "127.0.0.1", 672, "Address already in use"));
        assertThat(analysis.getAction())
                .startsWith(named ? "Listener 'other' of this application" : "Stop what listens on port 672 already");
    }

    @ProactorHandler(listeners = "ingres")
    static class Misspelt {
        @OnMessage
        void message(Message message) {}
    }

    @Test
    void aHandlerOfAnUnknownListenerFailsTheStart() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0")
                .withBean(Misspelt.class)
                .run(context -> {
                    assertThat(context).hasFailed();
                    FailureAnalysis analysis = new InvalidHandlerFailureAnalyzer().analyze(context.getStartupFailure());
                    assertThat(analysis.getDescription()).contains("Misspelt", "'ingres'");
                    assertThat(analysis.getAction()).contains("Did you mean 'ingress'?");
                    assertThat(context.getStartupFailure()).isInstanceOf(InvalidHandlerException.class);
                });
    }

    @ProactorHandler
    public static class FinalMethod {
        @OnMessage
        public final void message(Message message) {}
    }

    @ProactorHandler
    public static class Unresolvable {
        @OnMessage
        void message(StringBuilder text) {}
    }

    @Configuration(proxyBeanMethods = false)
    static class Proxies {
        @Bean
        static BeanNameAutoProxyCreator proxies() {
            BeanNameAutoProxyCreator creator = new BeanNameAutoProxyCreator();
            creator.setBeanNames("proxied*");
            creator.setProxyTargetClass(true);
            creator.setInterceptorNames("advice");
            return creator;
        }

        @Bean
        MethodInterceptor advice() {
            return MethodInvocation::proceed;
        }
    }

    @Test
    void aFinalHandlerMethodOfAProxiedBeanFailsTheStart() {
        runner.withUserConfiguration(Proxies.class)
                .withBean("proxiedHandler", FinalMethod.class)
                .run(context -> assertFailsWith(context, "FinalMethod.message is final", "Remove 'final'"));
    }

    @Test
    void anArgumentThatCantBeResolvedFailsTheStart() {
        runner.withBean(Unresolvable.class)
                .run(context -> assertFailsWith(
                        context, "Parameter 0 ('text') of Unresolvable.message", "HandlerArgumentResolver bean"));
    }

    private static void assertFailsWith(AssertableApplicationContext context, String problem, String remedy) {
        assertThat(context).hasFailed();
        FailureAnalysis analysis = new InvalidHandlerFailureAnalyzer().analyze(context.getStartupFailure());
        assertThat(analysis.getDescription()).contains(problem);
        assertThat(analysis.getAction()).contains(remedy);
    }

    @Configuration(proxyBeanMethods = false)
    static class Customizers {
        static final List<String> seen = new ArrayList<>();

        @Bean
        ProactorCustomizer container() {
            return builder -> builder.containerId("mine");
        }

        @Bean
        ProactorListenerCustomizer listener() {
            return (name, options) -> seen.add(name);
        }
    }

    @Test
    void callsCustomizers() {
        runner.withUserConfiguration(Customizers.class)
                .withPropertyValues("proactor.listeners.ingress.port=0")
                .run(context -> {
                    assertThat(context.getBean(Proactor.class).containerId()).isEqualTo("mine");
                    assertThat(Customizers.seen).containsExactly("ingress");
                });
    }

    @Test
    void namesTheContainerAfterTheApplicationAndDiffersBetweenInstances() {
        runner.withPropertyValues("spring.application.name=gateway")
                .run(one -> runner.withPropertyValues("spring.application.name=gateway")
                        .run(other -> assertThat(one.getBean(Proactor.class).containerId())
                                .startsWith("gateway-")
                                .isNotEqualTo(other.getBean(Proactor.class).containerId())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void anApplicationWithAnEmptyNameHasNone(String name) {
        runner.withPropertyValues("spring.application.name=" + name)
                .run(context -> assertThat(context.getBean(Proactor.class).containerId())
                        .startsWith("proactor-"));
    }

    @Test
    void stopsAndStartsOnOneContext() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(context -> {
            NamedListener listener = context.getBean(ProactorListeners.class).get("ingress");
            context.stop();
            assertThat(listener.status().state()).isEqualTo(NamedListener.State.STOPPED);
            context.start();
            assertThat(listener.status().state()).isEqualTo(NamedListener.State.LISTENING);
        });
    }

    @Test
    void doesNotStartByItselfWhereThatIsTurnedOff() {
        runner.withPropertyValues("proactor.auto-startup=false", "proactor.listeners.ingress.port=0")
                .run(context -> assertThat(context.getBean(ProactorListeners.class)
                                .get("ingress")
                                .localPort())
                        .isEqualTo(-1));
    }

    @Test
    void holdsAThreadOnlyWhereItListensOrReceives() {
        runner.run(context -> awaitKeepAliveThreads(0));
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(context -> awaitKeepAliveThreads(1));
        runner.withPropertyValues("proactor.keep-alive=false", "proactor.listeners.ingress.port=0")
                .run(context -> awaitKeepAliveThreads(0));
        runner.withPropertyValues("proactor.keep-alive=true").run(context -> awaitKeepAliveThreads(1));
        awaitKeepAliveThreads(0);
    }

    /** One that was let go of, by a context before, is there for a moment longer. */
    private static void awaitKeepAliveThreads(int count) {
        Awaitility.await()
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .filteredOn(thread -> thread.getName().equals("proactor-keep-alive") && !thread.isDaemon())
                        .hasSize(count));
    }

    @Test
    void stoppingWithNothingToDoTakesNoTime() {
        runner.withPropertyValues("proactor.listeners.ingress.port=0").run(context -> {
            long began = System.nanoTime();
            context.close();
            assertThat(System.nanoTime() - began).isLessThan(1_000_000_000L);
        });
    }

    @ExtendWith(OutputCaptureExtension.class)
    static class GracePeriodTest {

        @Test
        void isClampedBelowThePhasesTimeOutWithAWarning(CapturedOutput output) {
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                    .withPropertyValues(
                            "proactor.shutdown.grace-period=40s", "spring.lifecycle.timeout-per-shutdown-phase=20s")
                    .run(context ->
                            assertThat(output).contains("proactor.shutdown.grace-period=40s", "14000 ms are used"));
        }
    }
}
