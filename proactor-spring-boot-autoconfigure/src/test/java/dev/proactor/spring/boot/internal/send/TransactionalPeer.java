package dev.proactor.spring.boot.internal.send;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.proactor.Event;
import dev.proactor.EventType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Outcome;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.transaction.Coordinator;
import org.apache.qpid.proton.amqp.transaction.Declare;
import org.apache.qpid.proton.amqp.transaction.Declared;
import org.apache.qpid.proton.amqp.transaction.Discharge;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.apache.qpid.proton.message.Message;

/** A peer that has transactions: what it is asked for, what it answers, and what it has taken in the end. */
final class TransactionalPeer implements Node.Script {

    static final ErrorCondition NOT_IMPLEMENTED =
            new ErrorCondition(Symbol.valueOf("amqp:not-implemented"), "no transactions here");
    static final ErrorCondition ROLLBACK =
            new ErrorCondition(Symbol.valueOf("amqp:transaction:rollback"), "the disk is full");

    /** Where its senders send from, one message each time that a receiver is attached. */
    static final String OFFERS = "offers";

    /** Bodies of committed messages. */
    final Queue<String> taken = new ConcurrentLinkedQueue<>();

    /** Bodies of messages that came in a transaction. */
    final Queue<String> seen = new ConcurrentLinkedQueue<>();

    /** {@code commit} and {@code roll back}, as they came. */
    final Queue<String> discharges = new ConcurrentLinkedQueue<>();

    final Set<Session> sessions = ConcurrentHashMap.newKeySet();

    /** Of deliveries of its own: what we made of them. */
    final Queue<DeliveryState> returned = new ConcurrentLinkedQueue<>();

    volatile boolean refusesCoordinator;
    volatile boolean refusesLinks;

    /** Ends the session instead of an answer to the attach of the link to its coordinator. */
    volatile boolean endsSession;

    volatile int coordinatorCredit = 1000;
    volatile boolean dropsAtPlainMessage;
    volatile boolean declares = true;

    /** Closes the link to the coordinator instead of an answer to a declare. */
    volatile boolean closesAtDeclare;

    volatile boolean answersDischarge = true;
    volatile boolean commits = true;
    volatile boolean dropsAtDischarge;
    volatile boolean dropsAtMessage;
    volatile boolean severalSessions = true;

    /** What a message will have come to; {@code null} says nothing. */
    volatile Outcome outcome = Accepted.getInstance();

    private final Map<Binary, List<String>> open = new HashMap<>();
    private int ids;

    @Override
    public synchronized void on(Event event) {
        if (event.type() == EventType.LINK_REMOTE_OPEN && event.receiver() != null) {
            attach(event.receiver());
        } else if (event.type() == EventType.LINK_REMOTE_OPEN && event.sender() != null) {
            offer(event.sender());
        } else if (event.type() == EventType.DELIVERY && event.receiver() != null) {
            receive(event.receiver(), event.delivery());
        } else if (event.type() == EventType.DELIVERY) {
            returned.add(event.delivery().getRemoteState());
            event.delivery().settle();
        }
    }

    private void attach(Receiver receiver) {
        boolean coordinator = receiver.getRemoteTarget() instanceof Coordinator;
        if (coordinator && endsSession) {
            receiver.getSession().setCondition(NOT_IMPLEMENTED);
            receiver.getSession().close();
            return;
        }
        if (coordinator ? refusesCoordinator : refusesLinks) {
            receiver.setTarget(null);
            receiver.open();
            receiver.setCondition(coordinator ? NOT_IMPLEMENTED : Receipts.NOT_FOUND);
            receiver.close();
            return;
        }
        receiver.setSource(receiver.getRemoteSource());
        receiver.setTarget(receiver.getRemoteTarget());
        if (coordinator) {
            sessions.add(receiver.getSession());
            Coordinator answer = new Coordinator();
            if (severalSessions) {
                answer.setCapabilities(
                        Symbol.valueOf("amqp:local-transactions"), Symbol.valueOf("amqp:multi-ssns-per-txn"));
            }
            receiver.setTarget(answer);
        }
        receiver.open();
        receiver.flow(coordinator ? coordinatorCredit : 1000);
    }

    private static void offer(Sender sender) {
        sender.setSource(sender.getRemoteSource());
        sender.setTarget(sender.getRemoteTarget());
        sender.open();
        Message message = Message.Factory.create();
        message.setBody(new AmqpValue("an offer"));
        byte[] bytes = new byte[100];
        int length = message.encode(bytes, 0, bytes.length);
        sender.delivery("offer".getBytes(US_ASCII));
        sender.send(bytes, 0, length);
        sender.advance();
    }

    private void receive(Receiver receiver, Delivery delivery) {
        if (delivery.isPartial() || receiver.current() != delivery) {
            return;
        }
        Message message = Message.Factory.create();
        message.decode(receiver.recv());
        receiver.advance();
        Object value = ((AmqpValue) message.getBody()).getValue();
        if (value instanceof Declare) {
            declare(delivery);
        } else if (value instanceof Discharge discharge) {
            discharge(delivery, discharge);
        } else if (dropsAtMessage || (dropsAtPlainMessage && delivery.getRemoteState() == null)) {
            drop(delivery);
        } else {
            seen.add(String.valueOf(value));
            Binary id = ((TransactionalState) delivery.getRemoteState()).getTxnId();
            open.get(id).add(String.valueOf(value));
            if (outcome != null) {
                TransactionalState state = new TransactionalState();
                state.setTxnId(id);
                state.setOutcome(outcome);
                answer(delivery, state);
            }
        }
    }

    private void declare(Delivery delivery) {
        if (closesAtDeclare) {
            delivery.getLink().setCondition(NOT_IMPLEMENTED);
            delivery.getLink().close();
            return;
        }
        if (!declares) {
            return;
        }
        Binary id = new Binary(("tx" + ids++).getBytes(US_ASCII));
        open.put(id, new ArrayList<>());
        Declared declared = new Declared();
        declared.setTxnId(id);
        answer(delivery, declared);
    }

    private void discharge(Delivery delivery, Discharge discharge) {
        boolean fail = Boolean.TRUE.equals(discharge.getFail());
        discharges.add(fail ? "roll back" : "commit");
        List<String> messages = open.remove(discharge.getTxnId());
        if (dropsAtDischarge) {
            drop(delivery);
        } else if (!answersDischarge) {
            return;
        } else if (!fail && !commits) {
            Rejected rejected = new Rejected();
            rejected.setError(ROLLBACK);
            answer(delivery, rejected);
        } else {
            if (!fail) {
                taken.addAll(messages);
            }
            answer(delivery, Accepted.getInstance());
        }
    }

    private static void drop(Delivery delivery) {
        var transport = delivery.getLink().getSession().getConnection().getTransport();
        transport.close_tail();
        transport.close_head();
    }

    private static void answer(Delivery delivery, DeliveryState state) {
        delivery.disposition(state);
        delivery.settle();
    }
}
