package dev.proactor.examples;

import dev.proactor.Event;
import dev.proactor.Listener;
import dev.proactor.NetworkAddress;
import dev.proactor.Proactor;
import java.util.EnumSet;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transaction.Coordinator;
import org.apache.qpid.proton.amqp.transport.AmqpError;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A broker with queues in memory, made by the first who names them. Each link is a {@link Producer} or a {@link Consumer}, which
 * belong to their connection's sequence; a {@link MessageQueue} is where connections meet, and has a lock.
 */
@Command(
        name = "broker",
        description = "A broker with queues in memory: any sender, any receiver, any number of them.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class Broker implements Callable<Integer>, Loop.Handler {

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            description = "Where to listen; port 0 for any.",
            defaultValue = "localhost:5672")
    String address = "";

    @Option(names = "--threads", description = "How many threads serve the peers.", defaultValue = "2")
    int threads;

    @Option(
            names = "--max-queue-bytes",
            description = "How much a queue holds: half full it gives no new credit, full it releases what comes.",
            defaultValue = "268435456")
    long maxQueueBytes;

    @Option(names = "--max-queues", description = "How many queues there may be.", defaultValue = "1000")
    int maxQueues;

    @Option(names = "--max-message-bytes", description = "The largest message that is taken.", defaultValue = "1048576")
    long maxMessageBytes;

    @Mixin
    Security.Server security = new Security.Server();

    private @Nullable Queues queues;
    private volatile boolean listened = true;

    @Override
    public Integer call() throws Exception {
        queues = new Queues(maxQueues, maxQueueBytes);
        try (Proactor proactor = Proactor.create()) {
            proactor.listen(
                    security.options(address).maxMessageBytes(maxMessageBytes).build());
            Loop.run(proactor, this, threads);
        }
        return listened ? 0 : 1;
    }

    @Override
    public boolean handle(Event event) {
        switch (event.type()) {
            case LISTENER_OPEN -> System.out.println("listening on " + withPort(address, event.listener()));
            case LISTENER_CLOSE -> {
                System.err.println("broker: " + event.listener().condition());
                listened = false;
                return true;
            }
            case LISTENER_ACCEPT -> event.listener().accept();
            case LINK_REMOTE_OPEN -> attach(event.link());
            case LINK_FLOW -> {
                if (event.link().getContext() instanceof Consumer consumer) {
                    consumer.send();
                }
            }
            case CONNECTION_WAKE -> woken(event.connection());
            case DELIVERY -> {
                if (event.link().getContext() instanceof Consumer consumer) {
                    consumer.settle(event.delivery());
                } else if (event.link().getContext() instanceof Producer producer) {
                    producer.take(event.delivery());
                }
            }
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                detached(event.link());
                Peers.answer(event);
            }
            case SESSION_REMOTE_CLOSE -> {
                eachLink(event.connection(), link -> {
                    if (link.getSession() == event.session()) {
                        detached(link);
                    }
                });
                Peers.answer(event);
            }
            case TRANSPORT_CLOSED -> eachLink(event.connection(), Broker::detached);
            case TRANSPORT_ERROR -> System.err.println(Peers.name(event) + ": " + Peers.answer(event));
            default -> Peers.answer(event);
        }
        return false;
    }

    static String withPort(String address, Listener listener) {
        return NetworkAddress.parse(address).host() + ":" + listener.localPort();
    }

    private void attach(Link link) {
        boolean sends = link instanceof Sender; // the broker sends here: the peer's link is a receiver
        if (!sends && link.getRemoteTarget() instanceof Coordinator) {
            refuse(link, AmqpError.NOT_IMPLEMENTED, "this broker has no transactions");
            return;
        }
        String name = sends ? sourceAddress(link) : targetAddress(link);
        if (name == null) {
            refuse(link, AmqpError.INVALID_FIELD, "a link needs the name of a queue as its address");
            return;
        }
        MessageQueue queue = Objects.requireNonNull(queues).use(name);
        if (queue == null) {
            refuse(link, AmqpError.RESOURCE_LIMIT_EXCEEDED, "there are " + maxQueues + " queues already");
            return;
        }
        link.setSource(sends ? source(link, name) : link.getRemoteSource());
        link.setTarget(sends ? link.getRemoteTarget() : target(link, name));
        link.setSenderSettleMode(link.getRemoteSenderSettleMode());
        link.setReceiverSettleMode(link.getRemoteReceiverSettleMode());
        link.open();
        if (link instanceof Sender sender) {
            boolean settled = sender.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED;
            link.setContext(new Consumer(sender, queue, settled));
        } else {
            link.setContext(new Producer((Receiver) link, queue));
        }
    }

    private static @Nullable String sourceAddress(Link link) {
        return link.getRemoteSource() instanceof Source source
                ? source.getDynamic() ? UUID.randomUUID().toString() : source.getAddress()
                : null;
    }

    private static @Nullable String targetAddress(Link link) {
        return link.getRemoteTarget() instanceof Target target
                ? target.getDynamic() ? UUID.randomUUID().toString() : target.getAddress()
                : null;
    }

    /** The peer's, under the name that it has got if it asked for a new one. */
    private static Source source(Link link, String name) {
        Source source = (Source) link.getRemoteSource().copy();
        source.setAddress(name);
        return source;
    }

    private static Target target(Link link, String name) {
        Target target = (Target) link.getRemoteTarget().copy();
        target.setAddress(name);
        return target;
    }

    /** Attached without source and target, and detached with the reason (AMQP 2.6.3). */
    private static void refuse(Link link, Symbol condition, String description) {
        link.setSource(null);
        link.setTarget(null);
        link.open();
        link.setCondition(new ErrorCondition(condition, description));
        link.close();
    }

    private static void woken(Connection connection) {
        eachLink(connection, link -> {
            if (link.getContext() instanceof Consumer consumer) {
                consumer.send();
            } else if (link.getContext() instanceof Producer producer) {
                producer.grant();
            }
        });
    }

    private static void detached(Link link) {
        Object context = link.getContext();
        link.setContext(null);
        if (context instanceof Consumer consumer) {
            consumer.close();
        } else if (context instanceof Producer producer) {
            producer.close();
        }
    }

    private static void eachLink(Connection connection, java.util.function.Consumer<Link> action) {
        EnumSet<EndpointState> any = EnumSet.allOf(EndpointState.class);
        Link link = connection.linkHead(any, any);
        while (link != null) {
            Link next = link.next(any, any);
            action.accept(link);
            link = next;
        }
    }
}
