package dev.proactor.spring.boot.docs;

import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.template.NoReceiverException;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.message.Message;
import org.springframework.stereotype.Component;

/** What docs/sending.md shows. */
@SuppressWarnings("unused")
class SendingSnippets {

    record Order(String id) {}

    record Quote(double price) {}

    @Component
    static class Shop {

        private final ProactorTemplate template;

        Shop(ProactorTemplate template) {
            this.template = template;
        }

        void placed(Order order) {
            template.send("orders", order).whenComplete((outcome, failure) -> {
                if (failure != null) {
                    System.out.println("not sent, or nobody knows: " + failure.getMessage());
                } else if (!(outcome instanceof Accepted)) {
                    System.out.println("the broker does not want it: " + outcome);
                }
            });
        }

        void placedSurely(Order order) {
            if (!(template.on("billing").sendAndWait("invoices", order) instanceof Accepted)) {
                throw new IllegalStateException("no invoice for " + order);
            }
        }

        boolean reboot(String device) {
            try {
                template.onListener("ingress").sendAndWait("commands/" + device, "reboot");
                return true;
            } catch (NoReceiverException notThere) {
                return false;
            }
        }

        double price(Order order) {
            return template.requestAndWait("quotes", order, Quote.class).price();
        }

        void asked(Order order) {
            template.request("quotes", order, Duration.ofSeconds(2))
                    .thenAccept((Message answer) -> System.out.println(answer.getBody()));
        }

        void closedDay(List<Order> orders) {
            template.sendAll("archive", orders).thenAccept(outcomes -> System.out.println(outcomes.size() + " stored"));
        }

        CompletionStage<DeliveryState> ordered(Order order) {
            return template.inTransaction(transaction -> {
                transaction.send("stock", order);
                return transaction.send("orders", order);
            });
        }

        @OnMessage(addresses = "orders")
        CompletionStage<?> order(@Body Order order, Delivery delivery) {
            return template.inTransaction(transaction -> {
                transaction.accept(delivery);
                return transaction.send("invoices", order);
            });
        }
    }
}
