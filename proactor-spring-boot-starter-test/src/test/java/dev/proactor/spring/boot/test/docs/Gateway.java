package dev.proactor.spring.boot.test.docs;

import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.springframework.stereotype.Service;

/** What the documents' tests test. */
final class Gateway {

    private Gateway() {}

    record Reading(double value) {}

    interface ReadingStore {
        void add(String address, Reading reading);
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {
        private final ReadingStore store;

        Readings(ReadingStore store) {
            this.store = store;
        }

        @OnMessage
        void reading(@Body Reading reading, @Address String address) {
            store.add(address, reading);
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "limits")
    static class Limits {
        @OnMessage
        double limit(@Body String device) {
            return 30;
        }
    }

    @ProactorHandler(connections = "shop", addresses = "orders")
    static class Orders {
        @OnMessage
        void order(@Body String order) {
            if (order.isBlank()) {
                throw new IllegalArgumentException("an order has a text");
            }
        }
    }

    @Service
    static class Invoices {
        private final ProactorTemplate template;

        Invoices(ProactorTemplate template) {
            this.template = template;
        }

        boolean send(String invoice) {
            DeliveryState outcome = template.on("shop").sendAndWait("invoices", invoice);
            return outcome.getType() == DeliveryState.DeliveryStateType.Accepted;
        }
    }
}
