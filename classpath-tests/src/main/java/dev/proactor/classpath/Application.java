package dev.proactor.classpath;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.util.Map;
import java.util.TreeSet;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Listens, connects to itself, sends itself a message, and says which beans of the starter there are. */
@SpringBootApplication
public class Application {

    /** Takes messages. */
    @ProactorHandler(listeners = "ingress", addresses = "words")
    static class Words {
        @OnMessage
        void word(@Body String word) {
            System.out.println("word " + word);
        }
    }

    /** A body that only JSON can be. */
    @ProactorHandler(listeners = "ingress", addresses = "readings")
    static class Readings {
        @OnMessage
        void reading(@Body Map<String, Object> reading) {
            System.out.println("reading " + reading.get("celsius"));
        }
    }

    /** What JSON is made of. */
    public record Reading(int celsius) {}

    /**
     * Runs it once.
     *
     * @param arguments of Spring
     */
    public static void main(String[] arguments) {
        int status;
        try (ConfigurableApplicationContext context = SpringApplication.run(Application.class, arguments)) {
            int port = context.getBean(ProactorListeners.class).get("ingress").localPort();
            context.getBean(ProactorConnections.class).register("self", ConnectionSpec.to("amqp://localhost:" + port));
            ProactorTemplate template = context.getBean(ProactorTemplate.class);
            status = template.sendAndWait("words", "hello") instanceof Accepted ? 0 : 3;
            try {
                template.sendAndWait("readings", new Reading(21));
            } catch (RuntimeException noJson) {
                System.out.println("no JSON: " + noJson.getMessage());
            }
            TreeSet<String> ours = new TreeSet<>();
            for (String bean : context.getBeanDefinitionNames()) {
                if (bean.startsWith("dev.proactor") && bean.endsWith("AutoConfiguration")) {
                    ours.add(bean.substring(bean.lastIndexOf('.') + 1));
                }
            }
            System.out.println("auto-configurations " + ours);
        }
        System.exit(status);
    }
}
