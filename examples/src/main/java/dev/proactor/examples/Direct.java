package dev.proactor.examples;

import dev.proactor.Event;
import dev.proactor.Proactor;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.message.Message;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A server without queues: takes what senders send, and sends numbered messages to whoever receives. */
@Command(
        name = "direct",
        description = "Listens, prints what senders send, and sends numbered messages to whoever receives.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Direct implements Callable<Integer>, Loop.Handler {

    private static final int CREDIT = 100;

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Where to listen; port 0 for any.",
            defaultValue = "localhost:5672")
    String address = "";

    @Option(
            names = "--count",
            description =
                    "Send that many to each receiver, and end after that many were taken or settled; 0 for no end.",
            defaultValue = "10")
    int count;

    @Option(names = "--threads", description = "How many threads serve the peers.", defaultValue = "2")
    int threads;

    @Mixin
    Security.Server security = new Security.Server();

    private final AtomicInteger done = new AtomicInteger();
    private volatile boolean listened = true;

    @Override
    public Integer call() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            proactor.listen(security.options(address).build());
            Loop.run(proactor, this, threads);
        }
        return listened ? 0 : 1;
    }

    @Override
    public boolean handle(Event event) {
        switch (event.type()) {
            case LISTENER_OPEN -> System.out.println("listening on " + Broker.withPort(address, event.listener()));
            case LISTENER_CLOSE -> {
                System.err.println("direct: " + event.listener().condition());
                listened = false;
                return true;
            }
            case LISTENER_ACCEPT -> event.listener().accept();
            case LINK_REMOTE_OPEN -> attach(event.link());
            case LINK_FLOW -> {
                if (event.sender() != null) {
                    send(event.proactor(), event.sender());
                }
            }
            case DELIVERY -> {
                boolean over =
                        event.receiver() != null ? take(event.receiver(), event.delivery()) : settle(event.delivery());
                if (over && done.incrementAndGet() == count) {
                    event.connection().close(); // what was written is still sent, and the connection ends the program
                    event.connection().setContext("last");
                }
            }
            case TRANSPORT_CLOSED -> {
                return event.connection().getContext() != null;
            }
            default -> {
                String reason = Peers.answer(event);
                if (reason != null) {
                    System.err.println(Peers.name(event) + ": " + reason);
                }
            }
        }
        return false;
    }

    private static void attach(Link link) {
        link.setSource(link.getRemoteSource());
        link.setTarget(link.getRemoteTarget());
        link.open();
        if (link instanceof Receiver receiver) {
            receiver.flow(CREDIT);
        }
    }

    private void send(Proactor proactor, Sender sender) {
        int sent = sender.getContext() instanceof Integer before ? before : 0;
        while ((count == 0 || sent < count) && proactor.sendable(sender) > 0) {
            byte[] message = Body.encode(new AmqpValue("message " + (sent + 1)), 100);
            sender.delivery(Integer.toString(sent).getBytes(StandardCharsets.US_ASCII));
            sender.send(message, 0, message.length);
            sender.advance();
            sent++;
        }
        sender.setContext(sent);
    }

    private static boolean settle(Delivery delivery) {
        boolean over = delivery.getRemoteState() != null || delivery.remotelySettled();
        if (over) {
            delivery.settle();
        }
        return over;
    }

    private static boolean take(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() && !delivery.isAborted()) {
            return false; // more of it is on its way
        }
        boolean taken = !delivery.isAborted();
        if (taken) {
            try {
                Message message = Message.Factory.create();
                message.decode(receiver.recv());
                System.out.println(message.getBody() instanceof AmqpValue text ? text.getValue() : message.getBody());
                delivery.disposition(Accepted.getInstance());
            } catch (RuntimeException notAMessage) { // of several kinds
                delivery.disposition(new Rejected());
            }
        }
        delivery.settle();
        receiver.flow(1);
        return taken;
    }
}
