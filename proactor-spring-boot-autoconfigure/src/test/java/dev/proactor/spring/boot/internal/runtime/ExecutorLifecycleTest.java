package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/** Handlers on an executor of Spring's, which has a lifecycle of its own: it stops in the phase in which the intake stops. */
@Timeout(120)
class ExecutorLifecycleTest {

    @Configuration(proxyBeanMethods = false)
    static class App {
        @Bean
        ThreadPoolTaskExecutor pool() {
            ThreadPoolTaskExecutor executor = new ThreadPoolTaskExecutor();
            executor.setCorePoolSize(2);
            executor.setThreadNamePrefix("mine-");
            return executor;
        }

        @Bean
        Orders orders() {
            return new Orders();
        }
    }

    @ProactorHandler(listeners = "in", addresses = "orders")
    static class Orders {
        final List<String> threads = new CopyOnWriteArrayList<>();

        @OnMessage
        void order() {
            threads.add(Thread.currentThread().getName());
        }
    }

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
            .withUserConfiguration(App.class)
            .withPropertyValues("proactor.listeners.in.port=0", "proactor.executor=pool");

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anExecutorThatIsPausedWithTheContextHoldsUpNeitherItsStopNorItsStart(boolean pause) {
        runner.run(context -> {
            ConfigurableApplicationContext application = context.getSourceApplicationContext();
            NamedListener in = context.getBean(ProactorListeners.class).get("in");
            Orders orders = context.getBean(Orders.class);
            connect(context.getBean(ProactorConnections.class), "first", in.localPort());
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            assertThat(template.on("first").sendAndWait("orders", "1")).isInstanceOf(Accepted.class);

            long begun = System.nanoTime();
            if (pause) {
                application.pause();
            } else {
                application.stop();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
            assertThat(in.status().state()).isEqualTo(NamedListener.State.STOPPED);
            assertThat(in.status().connections()).isZero();

            begun = System.nanoTime();
            if (pause) {
                application.restart();
            } else {
                application.start();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
            assertThat(in.status().state()).isEqualTo(NamedListener.State.LISTENING);
            connect(context.getBean(ProactorConnections.class), "second", in.localPort());
            assertThat(template.on("second").sendAndWait("orders", "2")).isInstanceOf(Accepted.class);
            assertThat(orders.threads).hasSize(2).allMatch(name -> name.startsWith("mine-"));
        });
    }

    private static void connect(ProactorConnections connections, String name, int port) {
        NamedConnection connection = connections.register(name, ConnectionSpec.to("amqp://localhost:" + port));
        await().until(() -> connection.status().state() == NamedConnection.State.OPEN);
    }

    @Test
    void aContextThatIsClosedDoesNotWaitForItsExecutor() {
        long[] begun = new long[1];
        runner.run(context -> {
            NamedListener in = context.getBean(ProactorListeners.class).get("in");
            connect(context.getBean(ProactorConnections.class), "first", in.localPort());
            begun[0] = System.nanoTime();
        });
        assertThat(Duration.ofNanos(System.nanoTime() - begun[0])).isLessThan(Duration.ofSeconds(4));
    }
}
