package dev.proactor.tour;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.message.Message;

public final class Server {

    public static void main(String[] args) throws InterruptedException {
        try (Proactor proactor = Proactor.create()) {
            proactor.listen(ListenerOptions.on("localhost:5672").build());
            run(proactor);
        }
    }

    static void run(Proactor proactor) throws InterruptedException {
        while (true) { // any number of threads may run this loop
            try (EventBatch batch = proactor.await()) {
                for (Event event; (event = batch.next()) != null; ) {
                    handle(event);
                }
            } // done: what was written is sent, the connection is free for its next batch
        }
    }

    static void handle(Event event) {
        switch (event.type()) {
            case LISTENER_CLOSE ->
                System.out.println("not listening: " + event.listener().condition());
            case LISTENER_ACCEPT -> event.listener().accept();
            case CONNECTION_REMOTE_OPEN -> event.connection().open(); // answer each opening with ours
            case SESSION_REMOTE_OPEN -> event.session().open();
            case LINK_REMOTE_OPEN -> {
                event.link().setSource(event.link().getRemoteSource());
                event.link().setTarget(event.link().getRemoteTarget());
                event.link().open();
                if (event.receiver() != null) {
                    event.receiver().flow(100); // credit for 100 deliveries
                }
            }
            case DELIVERY -> {
                if (event.receiver() != null) {
                    receive(event.receiver(), event.delivery());
                }
            }
            case LINK_REMOTE_CLOSE -> event.link().close();
            case LINK_REMOTE_DETACH -> event.link().detach();
            case SESSION_REMOTE_CLOSE -> event.session().close();
            case CONNECTION_REMOTE_CLOSE -> event.connection().close();
            case TRANSPORT_ERROR -> System.out.println(event.transport().getCondition());
            default -> {}
        }
    }

    static void receive(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() && !delivery.isAborted()) {
            return; // more of it is on its way
        }
        if (!delivery.isAborted()) {
            try {
                Message message = Message.Factory.create();
                message.decode(receiver.recv());
                System.out.println("received " + message.getBody());
                delivery.disposition(Accepted.getInstance());
            } catch (RuntimeException notAMessage) { // of several kinds
                delivery.disposition(new Rejected());
            }
        }
        delivery.settle(); // and on to the link's next delivery
        receiver.flow(1); // gives the credit back
    }
}
