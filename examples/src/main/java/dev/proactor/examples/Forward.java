package dev.proactor.examples;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.LastingConnection;
import dev.proactor.LastingSender;
import dev.proactor.Proactor;
import dev.proactor.ReconnectOptions;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A bridge between two peers: what the first sends goes to the second as it is, and the second's outcome back to the first. Both
 * connections come back by themselves; a message is settled with the first only when the second has it, so none is lost, and one
 * may come twice.
 */
@Command(
        name = "forward",
        description =
                "Takes messages from one peer and sends them to another; both connections come back by themselves.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Forward implements Callable<Integer>, Loop.Handler {

    @Option(names = "--from", paramLabel = "HOST:PORT", description = "Who has them.", defaultValue = "localhost:5672")
    String from = "";

    @Option(names = "--from-address", description = "Where to receive from.", defaultValue = "examples")
    String fromAddress = "";

    @Option(names = "--to", paramLabel = "HOST:PORT", description = "Who gets them.", defaultValue = "localhost:5672")
    String to = "";

    @Option(names = "--to-address", description = "Where to send to.", defaultValue = "forwarded")
    String toAddress = "";

    @Option(names = "--count", description = "End after so many; 0 for no end.", defaultValue = "0")
    int count;

    @Option(names = "--credit", description = "How many may be on their way at once.", defaultValue = "100")
    int credit;

    @Mixin
    Security.Client security = new Security.Client();

    private @Nullable LastingSender outgoing;
    private @Nullable LastingConnection incoming;
    private int forwarded;

    @Override
    public Integer call() throws Exception {
        try (Proactor proactor = Proactor.create();
                LastingSender sender = new LastingSender("forward", toAddress, 2 * credit)) {
            outgoing = sender;
            ConnectionOptions source = security.options(from).context("from").build();
            ConnectionOptions target = security.options(to).context("to").build();
            incoming = proactor.keepConnected(source, ReconnectOptions.defaults());
            LastingConnection second = proactor.keepConnected(target, ReconnectOptions.defaults());
            // One connection must not wait for the other, and each is handled by one thread at a time.
            Loop.run(
                    proactor,
                    event -> {
                        if (handle(event)) {
                            second.close();
                        }
                        return event.type() == EventType.PROACTOR_INACTIVE;
                    },
                    2);
        }
        System.out.printf("%d forwarded%n", forwarded);
        return count == 0 || forwarded == count ? 0 : 1;
    }

    /** {@return whether the last message is forwarded, and the first peer knows} */
    @Override
    public boolean handle(Event event) {
        if (event.type().source() != EventSource.CONNECTION) {
            return false;
        }
        LastingSender sender = Objects.requireNonNull(outgoing);
        boolean first = "from".equals(event.connection().getContext());
        switch (event.type()) {
            case CONNECTION_INIT -> {
                if (first) {
                    attach(event.connection());
                }
            }
            case DELIVERY -> {
                if (first) {
                    take(event.proactor(), sender, event.receiver(), event.delivery());
                }
            }
            case TRANSPORT_CLOSED -> {
                return first && count > 0 && forwarded == count;
            }
            default -> {
                String reason = Peers.answer(event);
                if (reason != null) {
                    System.err.println((first ? from : to) + ": " + reason);
                }
            }
        }
        if (!first) {
            sender.handle(event);
        }
        return false;
    }

    private void attach(Connection connection) {
        Session session = connection.session();
        session.open();
        Receiver receiver = session.receiver("forward");
        Source source = new Source();
        source.setAddress(fromAddress);
        receiver.setSource(source);
        receiver.setTarget(new Target());
        receiver.open();
        receiver.flow(credit);
    }

    private void take(Proactor proactor, LastingSender sender, @Nullable Receiver receiver, Delivery delivery) {
        if (receiver == null || (delivery.isPartial() && !delivery.isAborted())) {
            return;
        }
        if (delivery.isAborted()) {
            delivery.settle();
            receiver.flow(1);
            return;
        }
        ReadableBuffer content = receiver.recv();
        byte[] message = new byte[content.remaining()];
        content.get(message);
        receiver.advance(); // on to the next, with this one unsettled until the other peer has it
        Connection connection = receiver.getSession().getConnection();
        sender.send(message).whenComplete((outcome, failure) -> {
            try {
                // That was the other connection's thread: settle in this one's sequence.
                proactor.execute(connection, () -> settle(receiver, delivery, outcome, failure));
            } catch (ConnectionEndedException gone) {
                // The first peer is away: it sends this one again when it is back.
            }
        });
    }

    private void settle(
            Receiver receiver, Delivery delivery, @Nullable DeliveryState outcome, @Nullable Throwable failure) {
        delivery.disposition(outcome == null || failure != null ? Released.getInstance() : outcome);
        delivery.settle();
        receiver.flow(1);
        if (failure == null && ++forwarded == count && incoming != null) {
            incoming.close();
        }
    }
}
