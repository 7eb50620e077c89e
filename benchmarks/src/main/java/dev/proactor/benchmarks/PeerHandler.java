package dev.proactor.benchmarks;

import dev.proactor.Event;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * Handles events: here what every peer does, opening and closing, taking messages and giving credit; in the subclasses what
 * each role does with it. As it stands it is an idle peer. One object serves all event loops; what belongs to a connection
 * is in its {@link PeerConnection}.
 */
class PeerHandler {

    private static final String ADDRESS = "q";

    final Options options;
    final Counters counters;
    private final int topUpBelow;

    PeerHandler(Options options, Counters counters) {
        this.options = options;
        this.counters = counters;
        this.topUpBelow = options.credit() == 1 ? 1 : (int) Math.ceil(options.credit() * options.topUp());
    }

    /** Handles one event. */
    final void handle(Event event) {
        switch (event.type()) {
            case DELIVERY -> delivery(event);
            case LINK_FLOW -> {
                Sender sender = event.sender();
                if (sender != null) {
                    credit(event, PeerConnection.of(event.connection()), sender);
                }
            }
            case LISTENER_OPEN -> counters.listening();
            case LISTENER_ACCEPT -> event.listener().accept();
            case LISTENER_CLOSE -> fail("listen", event.listener().condition());
            case CONNECTION_INIT -> {
                event.connection().setContext(newState());
                if (!options.listen()) {
                    begin(event.connection());
                }
            }
            case CONNECTION_REMOTE_OPEN -> {
                counters.opened();
                if (options.listen()) {
                    event.connection().open();
                }
                opened(event.connection());
            }
            case SESSION_REMOTE_OPEN -> {
                if (options.listen()) {
                    event.session().open();
                }
            }
            case LINK_REMOTE_OPEN -> {
                if (options.listen()) {
                    answer(PeerConnection.of(event.connection()), event.link());
                }
            }
            case LINK_REMOTE_CLOSE, LINK_REMOTE_DETACH -> {
                report("link", event.link().getRemoteCondition());
                event.link().close();
            }
            case SESSION_REMOTE_CLOSE -> event.session().close();
            case CONNECTION_REMOTE_CLOSE -> {
                report("connection", event.connection().getRemoteCondition());
                event.connection().close();
            }
            case TRANSPORT_ERROR -> report("transport", event.transport().getCondition());
            case TRANSPORT_CLOSED -> {
                counters.closed();
                closed(event);
            }
            default -> {}
        }
    }

    // ---- what a role adds

    /** {@return the state of a new connection} */
    PeerConnection newState() {
        return counters.newConnection();
    }

    /** A client's connection begins: the moment to open links. */
    void begin(Connection connection) {}

    /** The peer has opened the connection. */
    void opened(Connection connection) {}

    /** A sender may have credit. */
    void credit(Event event, PeerConnection connection, Sender sender) {}

    /** A message that was sent unsettled has its outcome and is settled. */
    void outcome(Event event, PeerConnection connection, Sender sender) {}

    /** A message has come whole: the first bytes of the connection's buffer. */
    void message(Event event, PeerConnection connection, int length) {}

    /** A connection is over. */
    void closed(Event event) {}

    // ---- links

    final void openSender(Connection connection) {
        Session session = openSession(connection);
        open(session.sender("sender"));
    }

    final void openReceiver(Connection connection) {
        Session session = openSession(connection);
        Receiver receiver = session.receiver("receiver");
        open(receiver);
        receiver.flow(options.credit());
    }

    private static Session openSession(Connection connection) {
        Session session = connection.session();
        session.open();
        return session;
    }

    private void open(Link link) {
        Source source = new Source();
        source.setAddress(ADDRESS);
        Target target = new Target();
        target.setAddress(ADDRESS);
        link.setSource(source);
        link.setTarget(target);
        link.setSenderSettleMode(options.preSettled() ? SenderSettleMode.SETTLED : SenderSettleMode.UNSETTLED);
        link.open();
    }

    private void answer(PeerConnection connection, Link link) {
        link.setSource(link.getRemoteSource());
        link.setTarget(link.getRemoteTarget());
        link.setSenderSettleMode(link.getRemoteSenderSettleMode());
        link.setReceiverSettleMode(link.getRemoteReceiverSettleMode());
        link.open();
        if (link instanceof Sender sender) {
            connection.sender = sender;
        } else if (link instanceof Receiver receiver) {
            receiver.flow(options.credit());
        }
    }

    // ---- deliveries

    private void delivery(Event event) {
        Delivery delivery = event.delivery();
        PeerConnection connection = PeerConnection.of(event.connection());
        if (delivery.getLink() instanceof Receiver receiver) {
            receive(event, connection, receiver, delivery);
        } else if (!delivery.isSettled() && (delivery.remotelySettled() || delivery.getRemoteState() != null)) {
            delivery.settle();
            outcome(event, connection, (Sender) delivery.getLink());
        }
    }

    private void receive(Event event, PeerConnection connection, Receiver receiver, Delivery delivery) {
        if (!delivery.isReadable()) {
            return;
        }
        int pending = delivery.pending();
        if (pending > 0) {
            connection.take(receiver, pending);
        }
        if (delivery.isPartial()) {
            return;
        }
        if (!delivery.remotelySettled()) {
            delivery.disposition(Accepted.getInstance());
        }
        delivery.settle(); // moves on to the next one too
        int credit = receiver.getCredit();
        if (credit < topUpBelow) {
            receiver.flow(options.credit() - credit);
        }
        message(event, connection, connection.takeLength());
    }

    /** Sends one message. The caller has asked for credit. */
    final void send(PeerConnection connection, Sender sender, byte[] message, int length) {
        Delivery delivery = sender.delivery(connection.nextTag());
        sender.send(message, 0, length);
        sender.advance();
        if (options.preSettled()) {
            delivery.settle();
        }
    }

    /** Closes a connection, once. */
    final void close(PeerConnection state, Connection connection) {
        if (!state.closing) {
            state.closing = true;
            connection.close();
        }
    }

    // ---- errors

    private void report(String where, @Nullable ErrorCondition condition) {
        if (condition != null && condition.getCondition() != null && !counters.stopping()) {
            System.err.println(where + ": " + condition.getCondition() + " " + condition.getDescription());
        }
    }

    private void fail(String where, @Nullable ErrorCondition condition) {
        if (condition != null) {
            report(where, condition);
            System.exit(1);
        }
    }
}
