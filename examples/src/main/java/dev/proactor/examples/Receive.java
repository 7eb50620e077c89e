package dev.proactor.examples;

import dev.proactor.Event;
import dev.proactor.Proactor;
import java.util.concurrent.Callable;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Receives messages from an address, and ends after so many. */
@Command(
        name = "receive",
        description = "Receives messages from an address, and ends after so many.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Receive implements Callable<Integer>, Loop.Handler {

    @Option(names = "--connect", paramLabel = "HOST:PORT", description = "The peer.", defaultValue = "localhost:5672")
    String peer = "";

    @Option(names = "--address", description = "Where to receive from.", defaultValue = "examples")
    String address = "";

    @Option(names = "--count", description = "How many messages.", defaultValue = "10")
    int count;

    @Option(names = "--credit", description = "How many may be on their way at once.", defaultValue = "100")
    int credit;

    @Option(
            names = "--verify",
            description = "Expect the data that send --size makes, whole and in order, and print no message.")
    boolean verify;

    @Option(names = "--size", paramLabel = "BYTES", description = "How much --verify expects.", defaultValue = "64")
    int size;

    @Mixin
    Security.Client security = new Security.Client();

    private int received;
    private @Nullable String failure;

    @Override
    public Integer call() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            proactor.connect(security.options(peer).build());
            Loop.run(proactor, this);
        }
        System.out.printf("%d received%s%n", received, verify && failure == null ? ", all whole and in order" : "");
        if (failure != null) {
            System.err.println("receive: " + failure);
        }
        return failure == null && received == count ? 0 : 1;
    }

    @Override
    public boolean handle(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> attach(event.connection());
            case DELIVERY -> {
                if (event.receiver() != null && received < count) {
                    take(event.receiver(), event.delivery());
                }
                if (received == count || failure != null) {
                    event.connection().close();
                }
            }
            case PROACTOR_INACTIVE -> {
                return true; // the connection is over
            }
            default -> fail(Peers.answer(event));
        }
        if (Peers.over(event)) { // refused, say: nothing more will come
            event.connection().close();
        }
        return false;
    }

    private void fail(@Nullable String reason) {
        failure = failure == null ? reason : failure;
    }

    private void attach(Connection connection) {
        if (count == 0) {
            connection.close();
            return;
        }
        Session session = connection.session();
        session.open();
        Receiver receiver = session.receiver("receive");
        Source source = new Source();
        source.setAddress(address);
        receiver.setSource(source);
        receiver.setTarget(new Target());
        receiver.open();
        receiver.flow(Math.min(credit, count));
    }

    private void take(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() && !delivery.isAborted()) {
            return; // more of it is on its way
        }
        if (delivery.isAborted()) {
            delivery.settle();
            receiver.flow(1); // the aborted one does not count
            return;
        }
        try {
            Message message = Message.Factory.create();
            message.decode(receiver.recv());
            show(message);
            delivery.disposition(Accepted.getInstance());
            received++;
        } catch (RuntimeException notAMessage) { // of several kinds
            delivery.disposition(new Rejected());
            fail("what came is no message: " + notAMessage.getMessage());
        }
        delivery.settle(); // and on to the link's next delivery
        if (received + credit <= count) {
            receiver.flow(1); // the credit back, but never for more than is wanted
        }
    }

    private void show(Message message) {
        if (!verify) {
            System.out.println(message.getBody() instanceof AmqpValue text ? text.getValue() : message.getBody());
        } else if (!Body.isWhole(message, received, size)) {
            fail("message " + (received + 1) + " is not the one that was sent");
        }
    }
}
