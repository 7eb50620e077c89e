package dev.proactor.tour;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Proactor;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;

public final class Client {

    public static void main(String[] args) throws InterruptedException {
        try (Proactor proactor = Proactor.create()) {
            send(proactor, "localhost:5672");
        }
    }

    static void send(Proactor proactor, String address) throws InterruptedException {
        proactor.connect(ConnectionOptions.to(address).build()); // opens the connection too
        for (boolean done = false; !done; ) {
            try (EventBatch batch = proactor.await()) {
                for (Event event; (event = batch.next()) != null; ) {
                    done |= handle(event);
                }
            }
        }
    }

    static boolean handle(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> attach(event.connection()); // sent as soon as the peer can be reached
            case LINK_FLOW -> {
                Sender sender = event.sender();
                if (sender != null
                        && sender.getContext() == null
                        && event.proactor().sendable(sender) > 0) {
                    sender.setContext("sent");
                    send(sender, "hello");
                }
            }
            case DELIVERY -> { // the server's answer
                System.out.println("outcome: " + event.delivery().getRemoteState());
                event.delivery().settle();
                event.connection().close();
            }
            case LINK_REMOTE_CLOSE, SESSION_REMOTE_CLOSE, CONNECTION_REMOTE_CLOSE ->
                event.connection().close();
            case TRANSPORT_ERROR -> System.out.println(event.transport().getCondition());
            case PROACTOR_INACTIVE -> { // no connection is left
                return true;
            }
            default -> {}
        }
        return false;
    }

    static void attach(Connection connection) {
        Session session = connection.session();
        session.open();
        Sender sender = session.sender("greetings");
        Target target = new Target();
        target.setAddress("greetings");
        sender.setTarget(target);
        sender.open();
    }

    static void send(Sender sender, String body) {
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue(body));
        byte[] bytes = new byte[256];
        sender.delivery("1".getBytes(UTF_8));
        sender.send(bytes, 0, message.encode(bytes, 0, bytes.length));
        sender.advance(); // the message is complete
    }
}
