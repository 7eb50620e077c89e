package dev.proactor.examples;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sends messages to an address, and ends when the peer has settled them all. */
@Command(
        name = "send",
        description = "Sends messages to an address, and ends when all are settled.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Send implements Callable<Integer>, Loop.Handler {

    @Option(names = "--connect", paramLabel = "HOST:PORT", description = "The peer.", defaultValue = "localhost:5672")
    String peer = "";

    @Option(names = "--address", description = "Where to send to.", defaultValue = "examples")
    String address = "";

    @Option(names = "--count", description = "How many messages.", defaultValue = "10")
    int count;

    @Option(names = "--size", paramLabel = "BYTES", description = "Send that much data each, instead of a short text.")
    @Nullable Integer size;

    @Mixin
    Security.Client security = new Security.Client();

    private int sent;
    private int settled;
    private int refused;
    private @Nullable String failure;

    @Override
    public Integer call() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            proactor.connect(security.options(peer).build());
            Loop.run(proactor, this); // one connection: more threads would have nothing to do
        }
        System.out.printf("%d sent, %d settled, %d of them not accepted%n", sent, settled, refused);
        if (failure != null) {
            System.err.println("send: " + failure);
        }
        return failure == null && settled == count && refused == 0 ? 0 : 1;
    }

    @Override
    public boolean handle(Event event) {
        switch (event.type()) {
            case CONNECTION_INIT -> attach(event.connection());
            case LINK_FLOW -> send(event.proactor(), event.sender());
            case DELIVERY -> take(event.delivery());
            case PROACTOR_INACTIVE -> {
                return true; // the connection is over
            }
            default -> {
                String reason = Peers.answer(event);
                failure = reason == null || failure != null ? failure : reason;
            }
        }
        if (Peers.over(event)) { // refused, say: no outcome will come for what is left
            event.connection().close();
        }
        if (settled == count && event.type() == EventType.DELIVERY) {
            event.connection().close();
        }
        return false;
    }

    private void attach(Connection connection) {
        if (count == 0) {
            connection.close();
            return;
        }
        Session session = connection.session();
        session.open();
        Sender sender = session.sender("send");
        Target target = new Target();
        target.setAddress(address);
        sender.setTarget(target);
        sender.setSource(new Source());
        sender.open();
    }

    /** As many as may be sent now; another {@code LINK_FLOW} tells when there is room for more. */
    private void send(Proactor proactor, @Nullable Sender sender) {
        while (sender != null && sent < count && proactor.sendable(sender) > 0) {
            byte[] message =
                    size != null ? Body.encoded(sent, size) : Body.encode(new AmqpValue("message " + (sent + 1)), 100);
            sender.delivery(Integer.toString(sent).getBytes(StandardCharsets.US_ASCII));
            sender.send(message, 0, message.length);
            sender.advance(); // the message is complete
            sent++;
        }
    }

    private void take(Delivery delivery) {
        if (delivery.getRemoteState() != null || delivery.remotelySettled()) {
            settled++;
            refused += delivery.getRemoteState() instanceof Accepted ? 0 : 1;
            delivery.settle();
        }
    }
}
