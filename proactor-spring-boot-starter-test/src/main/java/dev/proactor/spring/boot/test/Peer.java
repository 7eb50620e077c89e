package dev.proactor.spring.boot.test;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.AmqpError;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Endpoint;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What both roles of a peer have in common: messages in both directions by address, on a proactor with one thread. That thread alone
 * touches connections and their links; what it shares with the test is in the {@link Ledger}.
 */
final class Peer implements AutoCloseable {

    private static final int CREDIT = 100;
    private static final String ANSWERS = "from a dynamic address";
    private static final Duration GOODBYE = Duration.ofSeconds(1);
    private static final EnumSet<EndpointState> ANY = EnumSet.allOf(EndpointState.class);

    /** What a link is for, and what was sent on it and is not settled. */
    private record Attached(String key, String address, Set<EnqueuedMessage> underWay) {
        static Attached of(Link link, String address) {
            return new Attached(Peer.key(link instanceof Sender, address), address, new LinkedHashSet<>());
        }
    }

    private final Proactor proactor = Proactor.create();
    private final Thread thread = new Thread(this::loop, "proactor-peer");
    private final Ledger ledger;

    // ---- only the thread

    private @Nullable Session session;
    private long tags;
    private int dynamicAddresses;

    Peer(boolean keepsMessages) {
        ledger = new Ledger(keepsMessages);
        thread.setDaemon(true);
        thread.start();
    }

    // ---- any thread

    Ledger ledger() {
        return ledger;
    }

    /** {@return the port that it listens on from now on} */
    int listen(ListenerOptions options) {
        Listener listener = proactor.listen(options);
        ledger.awaitBound();
        return listener.localPort();
    }

    /** Connects, and waits until the connection is open. */
    Connection connect(ConnectionOptions options) {
        Connection connection = proactor.connect(options);
        ledger.awaitOpen(connection, options.address());
        return connection;
    }

    /** Sends a message as soon as somebody gives credit for its address. */
    EnqueuedMessage enqueue(String address, Object body) {
        EnqueuedMessage message = new EnqueuedMessage(ledger, address, body, Bodies.encode(Bodies.message(body)));
        for (Sender sender : ledger.enqueue(message)) {
            run(sender.getSession().getConnection(), () -> pump(sender));
        }
        return message;
    }

    /** Attaches a link of our own unless that was done, and waits for the answer. */
    void attach(Connection connection, String address, boolean sends, Duration patience) {
        String key = key(sends, address);
        Ledger.OwnLink link = ledger.own(key);
        if (ledger.begin(link)) {
            Source source = new Source();
            Target target = new Target();
            if (sends) {
                target.setAddress(address);
            } else {
                source.setAddress(address);
            }
            run(connection, () -> attachNow(connection, key, address, source, target, sends));
        }
        ledger.awaitAttached(link, key, patience);
    }

    /** Sends a message that asks for an answer, and waits for that. Answers come on one link, from an address that the application chooses. */
    Message request(Connection connection, String address, Object body, Duration patience) {
        attach(connection, address, true, patience);
        Ledger.OwnLink answers = ledger.own(ANSWERS);
        if (ledger.begin(answers)) {
            Source source = new Source();
            source.setDynamic(true);
            run(connection, () -> attachNow(connection, ANSWERS, "dynamic", source, new Target(), false));
        }
        String replyTo = ledger.awaitAttached(answers, ANSWERS, patience);
        String correlationId = UUID.randomUUID().toString();
        Message request = Bodies.message(body);
        request.setReplyTo(replyTo);
        request.setCorrelationId(correlationId);
        return ledger.takeAnswer(enqueue(address, request), correlationId, answers, patience);
    }

    private static String key(boolean sends, String address) {
        return (sends ? "to " : "from ") + address;
    }

    /** Runs it in the connection's sequence, unless the connection is over. */
    private void run(Connection connection, Runnable task) {
        try {
            proactor.execute(connection, () -> guarded(connection, task));
        } catch (ConnectionEndedException | ProactorClosedException over) {
            // What follows from that is told by its events.
        }
    }

    /** Cuts all connections, and waits until that is done. */
    void drop() {
        List<Connection> open = ledger.open();
        open.forEach(connection -> run(connection, () -> {
            proactor.release(connection);
            over(connection, null);
        }));
        ledger.awaitOver(open, ProactorPeer.PATIENCE);
    }

    /** Closes a connection in order, and waits a little for the peer's answer. */
    void leave(Connection connection) {
        run(connection, connection::close);
        try {
            ledger.awaitOver(List.of(connection), GOODBYE);
        } catch (AssertionError late) {
            // It is cut, then.
        }
    }

    @Override
    public void close() {
        proactor.close();
        ledger.close();
        try {
            thread.join(5_000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- the thread

    private void loop() {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event; (event = batch.next()) != null; ) {
                        handle(event);
                    }
                }
            }
        } catch (ProactorClosedException | InterruptedException end) {
            // The way out.
        }
    }

    private void handle(Event event) {
        guarded(event.type().source() == EventSource.CONNECTION ? event.connection() : null, () -> on(event));
    }

    /** A fault of the peer's own fails the test's next wait, and ends the connection. */
    private void guarded(@Nullable Connection connection, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error fault) {
            ledger.failed(fault);
            if (connection != null) {
                proactor.release(connection);
                over(connection, null);
            }
        }
    }

    private void on(Event event) {
        switch (event.type()) {
            case LISTENER_OPEN -> ledger.bound(true, null);
            case LISTENER_CLOSE -> ledger.bound(false, event.listener().condition());
            case LISTENER_ACCEPT -> event.listener().accept();
            case CONNECTION_REMOTE_OPEN -> opened(event.connection());
            case SESSION_REMOTE_OPEN -> open(event.session());
            case LINK_REMOTE_OPEN -> {
                if (event.link().getLocalState() == EndpointState.UNINITIALIZED) {
                    answerAttach(event.link());
                } else {
                    attached(event.link());
                }
            }
            case LINK_FLOW -> {
                if (event.sender() != null) {
                    pump(event.sender());
                }
            }
            case DELIVERY -> {
                if (event.receiver() != null) {
                    receive(event.receiver(), event.delivery());
                } else {
                    settled(event.delivery());
                }
            }
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                over(event.link(), event.link().getRemoteCondition());
                event.link().close();
            }
            case SESSION_REMOTE_CLOSE -> {
                for (Link link : links(event.connection())) {
                    if (link.getSession() == event.session()) {
                        over(link, event.session().getRemoteCondition());
                    }
                }
                event.session().close();
            }
            case CONNECTION_REMOTE_CLOSE -> event.connection().close();
            case TRANSPORT_ERROR -> ledger.error(event.transport().getCondition());
            case TRANSPORT_CLOSED -> {
                ErrorCondition told = event.connection().getRemoteCondition();
                over(
                        event.connection(),
                        told != null && told.getCondition() != null
                                ? told
                                : event.transport().getCondition());
            }
            default -> {}
        }
    }

    private static void open(Endpoint endpoint) {
        if (endpoint.getLocalState() == EndpointState.UNINITIALIZED) {
            endpoint.open();
        }
    }

    private void opened(Connection connection) {
        open(connection);
        ledger.opened(connection);
    }

    /** A link of the application. */
    private void answerAttach(Link link) {
        boolean sends = link instanceof Sender;
        if (!sends && !(link.getRemoteTarget() instanceof Target)) {
            refuse(link, new ErrorCondition(AmqpError.NOT_IMPLEMENTED, "this peer has no transactions"));
            return;
        }
        String address = sends ? source(link) : target(link);
        if (address == null) {
            refuse(link, new ErrorCondition(AmqpError.INVALID_FIELD, "this peer needs an address"));
            return;
        }
        ErrorCondition refusal = ledger.refusal(address);
        if (refusal != null) {
            refuse(link, refusal);
            return;
        }
        link.setSenderSettleMode(link.getRemoteSenderSettleMode());
        link.setReceiverSettleMode(link.getRemoteReceiverSettleMode());
        link.setContext(Attached.of(link, address));
        link.open();
        if (link instanceof Receiver receiver) {
            receiver.flow(CREDIT);
        }
        ledger.known(address, link);
    }

    private @Nullable String source(Link link) {
        Source source = link.getRemoteSource() instanceof Source remote ? (Source) remote.copy() : new Source();
        if (source.getDynamic()) {
            source.setAddress(dynamicAddress());
        }
        link.setSource(source);
        link.setTarget(link.getRemoteTarget());
        return source.getAddress();
    }

    private @Nullable String target(Link link) {
        Target target = (Target) link.getRemoteTarget().copy();
        if (target.getDynamic()) {
            target.setAddress(dynamicAddress());
        }
        link.setTarget(target);
        link.setSource(link.getRemoteSource());
        return target.getAddress();
    }

    private String dynamicAddress() {
        return "dynamic-" + ++dynamicAddresses;
    }

    /** Attached without source and target, and detached with the reason (AMQP 2.6.3). */
    private static void refuse(Link link, ErrorCondition why) {
        link.setSource(null);
        link.setTarget(null);
        link.open();
        link.setCondition(why);
        link.close();
    }

    /** A link of ours; what refuses it has neither source nor target, and its detach tells why. */
    private void attached(Link link) {
        boolean there = link instanceof Sender ? link.getRemoteTarget() != null : link.getRemoteSource() != null;
        if (!there || !(link.getContext() instanceof Attached attached)) {
            return;
        }
        if (!attached.key().equals(ANSWERS)) {
            ledger.attached(attached.key(), attached.address(), link);
            return;
        }
        String given = link.getRemoteSource() instanceof Source source ? source.getAddress() : null;
        if (given == null) {
            over(link, new ErrorCondition(AmqpError.INVALID_FIELD, "it gave no address"));
            link.close();
            return;
        }
        link.setContext(new Attached(attached.key(), given, attached.underWay()));
        ledger.attached(attached.key(), given, link);
    }

    private void attachNow(
            Connection connection, String key, String address, Source source, Target target, boolean sends) {
        if (connection.getLocalState() != EndpointState.ACTIVE) {
            return; // the end of the connection fails the wait
        }
        if (session == null) {
            session = connection.session();
            session.open();
        }
        String name = (sends ? "to-" : "from-") + address + "-" + ++tags;
        Link link = sends ? session.sender(name) : session.receiver(name);
        link.setSource(source);
        link.setTarget(target);
        link.setContext(new Attached(key, address, new LinkedHashSet<>()));
        link.open();
        if (link instanceof Receiver receiver) {
            receiver.flow(CREDIT);
        }
    }

    private void pump(Sender sender) {
        if (!(sender.getContext() instanceof Attached attached)) {
            return; // refused, or over
        }
        while (proactor.sendable(sender) > 0) {
            EnqueuedMessage message = ledger.poll(attached.address());
            if (message == null) {
                break;
            }
            Delivery delivery = sender.delivery(Long.toString(++tags).getBytes(StandardCharsets.US_ASCII));
            delivery.setContext(message);
            byte[] bytes = message.encoded();
            sender.send(bytes, 0, bytes.length);
            sender.advance();
            if (sender.getRemoteSenderSettleMode() == SenderSettleMode.SETTLED) {
                delivery.settle();
                ledger.settled(message, Outcomes.accepted());
            } else {
                attached.underWay().add(message);
            }
        }
        if (sender.getDrain()) {
            sender.drained();
        }
    }

    private void settled(Delivery delivery) {
        if (delivery.getContext() instanceof EnqueuedMessage message
                && !delivery.isSettled()
                && (delivery.remotelySettled() || delivery.getRemoteState() instanceof Outcome)) {
            DeliveryState state = delivery.getRemoteState();
            if (delivery.getLink().getContext() instanceof Attached attached) {
                attached.underWay().remove(message);
            }
            // Settled with no outcome is accepted, as far as anybody can tell (AMQP 3.4: a source's default outcome).
            ledger.settled(message, state instanceof Outcome ? state : Outcomes.accepted());
            delivery.settle();
        }
    }

    private void receive(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() && !delivery.isAborted()) {
            return;
        }
        receiver.flow(1);
        if (delivery.isAborted() || !(receiver.getContext() instanceof Attached attached)) {
            delivery.settle();
            return;
        }
        Message message = Message.Factory.create();
        message.decode(receiver.recv());
        receiver.advance();
        DeliveryState answer = ledger.receive(attached.address(), message);
        if (answer != null && !delivery.remotelySettled()) {
            delivery.disposition(answer);
        }
        if (answer != null || delivery.remotelySettled()) {
            delivery.settle();
        }
    }

    // ---- ends

    private static List<Link> links(Connection connection) {
        List<Link> all = new ArrayList<>();
        for (Link link = connection.linkHead(ANY, ANY); link != null; link = link.next(ANY, ANY)) {
            all.add(link);
        }
        return all;
    }

    private void over(Connection connection, @Nullable ErrorCondition why) {
        links(connection).forEach(link -> over(link, why));
        ledger.over(connection, why);
    }

    private void over(Link link, @Nullable ErrorCondition why) {
        if (link.getContext() instanceof Attached attached) {
            link.setContext(null);
            ledger.over(link, attached.key(), attached.address(), attached.underWay(), why);
        }
    }
}
