package dev.proactor.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The properties for Artemis in docs/getting-started.md, with Artemis. */
@Timeout(60)
class GettingStartedTest {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Orders.class)
    static class App {}

    @ProactorHandler(addresses = "${shop.queue}")
    static class Orders {
        final BlockingQueue<String> taken = new LinkedBlockingQueue<>();

        @OnMessage
        void order(@Body String order) {
            taken.add(order);
        }
    }

    @TempDir
    Path directory;

    private static Properties ofTheDocument() throws Exception {
        Matcher block = Pattern.compile("```properties\n([^`]*=artemis\n[^`]*)```")
                .matcher(Files.readString(Path.of("../docs/getting-started.md")));
        assertThat(block.find()).isTrue();
        Properties properties = new Properties();
        properties.load(new StringReader(block.group(1)));
        return properties;
    }

    @Test
    void theQueueIsMadeAndTheApplicationSendsToItAndReceivesFromIt() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Properties properties = ofTheDocument();
        properties.setProperty("proactor.connections.broker.uris", "amqp://127.0.0.1:" + port);
        SpringApplication application = new SpringApplication(App.class);
        application.setDefaultProperties(properties);
        try (Broker broker = new Broker(directory, port);
                ConfigurableApplicationContext shop = application.run()) {
            ProactorTemplate template = shop.getBean(ProactorTemplate.class);

            assertThat(template.sendAndWait("orders", "a book")).isInstanceOf(Accepted.class);

            assertThat(shop.getBean(Orders.class).taken.poll(20, TimeUnit.SECONDS))
                    .isEqualTo("a book");
            await().untilAsserted(
                            () -> assertThat(broker.messages("orders")).isZero()); // a queue: there is one of that name
        }
    }
}
