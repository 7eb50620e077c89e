package dev.proactor.spring.boot.test.app;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.HandlerArgumentResolver;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Sender;
import org.springframework.core.MethodParameter;
import org.springframework.stereotype.Component;
import org.springframework.stereotype.Service;

/** What the application has; not in its own class, for what is nested there is not scanned but simply there. */
final class Shop {

    private Shop() {}

    record Order(String item, @Min(1) int count) {}

    @ProactorHandler(listeners = "ingress")
    static class Counter {
        final List<Order> orders = new CopyOnWriteArrayList<>();

        @OnMessage(addresses = "orders")
        void order(@Valid @Body Order order) {
            orders.add(order);
        }

        @OnLinkOpened(addresses = "replies")
        void listensToReplies(Sender sender) {}

        @OnMessage(addresses = "echo")
        String echo(@Body String text) {
            return text;
        }

        @OnMessage(addresses = "prices")
        String price(@Body String item) {
            if (!item.equals("book")) {
                throw new IllegalArgumentException("no such thing: " + item);
            }
            return "12 EUR";
        }

        @OnMessage(addresses = "notes")
        void note(@Body String text) {}
    }

    @ProactorHandler(connections = "*")
    static class Deliveries {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @OnMessage(addresses = "deliveries")
        void delivery(@Body String text, Customer customer) {
            seen.add(text);
            if (text.startsWith("broken")) {
                throw new IllegalStateException("it is broken");
            }
        }
    }

    record Customer(String name) {}

    /** Is in the slice: without it Deliveries could not be called. */
    @Component
    static class Customers implements HandlerArgumentResolver {
        @Override
        public Source resolve(MethodParameter parameter) {
            return parameter.getParameterType() == Customer.class ? context -> new Customer("anne") : null;
        }
    }

    /** Is not in the slice. */
    @Service
    static class Warehouse {}

    /** Neither. */
    @Component
    static class Buyer {
        private final ProactorTemplate template;

        Buyer(ProactorTemplate template) {
            this.template = template;
        }

        DeliveryState buy(String item) {
            return template.sendAndWait("purchases", item);
        }
    }
}
