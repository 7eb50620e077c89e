package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.runtime.LoadClient.Peer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Handlers that sleep, on virtual threads: with {@code -Pstress} 1,000 connections with 100 messages each, else fewer. */
@Timeout(180)
@EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads")
class VirtualThreadsTest {

    private static final boolean STRESS = Integer.getInteger("proactor.stress.seconds", 1) > 1;
    private static final int CONNECTIONS = STRESS ? 1000 : 200;
    private static final int MESSAGES = STRESS ? 100 : 10;
    private static final Duration NAP = Duration.ofMillis(100);

    @Configuration(proxyBeanMethods = false)
    static class App {
        @Bean
        Sleepy sleepy() {
            return new Sleepy();
        }
    }

    @ProactorHandler(listeners = "in", addresses = "work/*")
    static class Sleepy {
        final Map<String, Queue<Integer>> seen = new ConcurrentHashMap<>();
        final AtomicInteger asleep = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final AtomicInteger notVirtual = new AtomicInteger();

        @OnMessage
        void work(@Address String address, @ApplicationProperty("number") int number) {
            // Thread.isVirtual is not there on JDK 17.
            if (!Thread.currentThread().getClass().getSimpleName().equals("VirtualThread")) {
                notVirtual.incrementAndGet();
            }
            most.accumulateAndGet(asleep.incrementAndGet(), Math::max);
            long until = System.nanoTime() + NAP.toNanos();
            for (long left = NAP.toNanos(); left > 0; left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            asleep.decrementAndGet();
            seen.computeIfAbsent(address, any -> new ConcurrentLinkedQueue<>()).add(number);
        }
    }

    @Test
    void connectionsWhoseHandlersSleepAreServedAtOnceAndEachInItsOrder() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withUserConfiguration(App.class)
                .withPropertyValues("proactor.listeners.in.port=0", "spring.threads.virtual.enabled=true")
                .run(context -> {
                    Sleepy handler = context.getBean(Sleepy.class);
                    int port =
                            context.getBean(ProactorListeners.class).get("in").localPort();
                    try (LoadClient client = new LoadClient()) {
                        List<Peer> peers = client.connect(port, CONNECTIONS);
                        await().atMost(Duration.ofSeconds(60))
                                .until(() -> peers.stream().allMatch(peer -> peer.granted() > 0));
                        long begun = System.nanoTime();
                        client.send(peers, MESSAGES);
                        await().atMost(Duration.ofSeconds(120))
                                .until(() -> peers.stream().allMatch(peer -> peer.outcomes.size() == MESSAGES));
                        Duration took = Duration.ofNanos(System.nanoTime() - begun);

                        Duration oneAfterTheOther = NAP.multipliedBy((long) CONNECTIONS * MESSAGES);
                        System.out.printf(
                                "%,d connections with %d messages whose handlers sleep %d ms: %.1f s (one after the other"
                                        + " %,d s, on one connection %.1f s); at most %,d asleep at once%n",
                                CONNECTIONS,
                                MESSAGES,
                                NAP.toMillis(),
                                took.toMillis() / 1e3,
                                oneAfterTheOther.toSeconds(),
                                NAP.toMillis() * MESSAGES / 1e3,
                                handler.most.get());
                        assertThat(handler.notVirtual).hasValue(0);
                        assertThat(handler.most.get()).as("asleep at once").isGreaterThan(CONNECTIONS / 2);
                        assertThat(took)
                                .as("a round takes about as long as one handler")
                                .isLessThan(oneAfterTheOther.dividedBy(10));
                        assertThat(peers)
                                .allMatch(
                                        peer -> peer.outcomes.values().stream().allMatch(Accepted.class::isInstance));
                        List<Integer> inOrder =
                                IntStream.range(0, MESSAGES).boxed().toList();
                        assertThat(handler.seen).hasSize(CONNECTIONS);
                        handler.seen
                                .values()
                                .forEach(numbers -> assertThat(numbers).containsExactlyElementsOf(inOrder));
                    }
                });
    }
}
