package dev.proactor.broker;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** An application that receives from the queue {@code orders} of a broker, with health and a template. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({OrdersApp.Orders.class, OrdersApp.Archive.class})
class OrdersApp {

    /** Credit for the queue. */
    static final int CREDIT = 50;

    @ProactorHandler(connections = "broker", addresses = "orders")
    static class Orders {
        final Queue<String> seen = new ConcurrentLinkedQueue<>();
        final List<Long> poisonNanos = new CopyOnWriteArrayList<>();
        final CountDownLatch slow = new CountDownLatch(1);
        final Semaphore goOn = new Semaphore(0);

        @OnMessage
        void order(@Body String order) throws InterruptedException {
            seen.add(order);
            if (order.equals("poison")) {
                poisonNanos.add(System.nanoTime());
                throw new IllegalStateException("this one fails always");
            }
            if (order.startsWith("slow")) {
                slow.countDown();
                if (!goOn.tryAcquire(30, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("nobody said go on");
                }
            }
        }
    }

    /** For a connection that a test registers. */
    @ProactorHandler(connections = "re*", addresses = "archive")
    static class Archive {
        final Queue<String> seen = new ConcurrentLinkedQueue<>();

        @OnMessage
        void archived(@Body String order) {
            seen.add(order);
        }
    }

    static ConfigurableApplicationContext start(int port, String... properties) {
        SpringApplication application = new SpringApplication(OrdersApp.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setDefaultProperties(Map.of(
                "proactor.connections.broker.uris", "amqp://127.0.0.1:" + port,
                "proactor.connections.broker.reconnect.max-delay", "500ms",
                "proactor.connections.broker.receivers.in.address", "orders",
                "proactor.connections.broker.receivers.in.credit", String.valueOf(CREDIT),
                "management.endpoint.health.show-details", "always",
                "logging.level.org.apache.activemq", "warn"));
        return application.run(
                Stream.of(properties).map(property -> "--" + property).toArray(String[]::new));
    }

    static Status health(ConfigurableApplicationContext context) {
        return context.getBean(HealthEndpoint.class).health().getStatus();
    }
}
