package dev.proactor.spring.boot.internal.send;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.OutcomeUnknownException;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.TransactionRolledBackException;
import dev.proactor.spring.boot.template.TransactionsNotSupportedException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transaction.Declare;
import org.apache.qpid.proton.amqp.transaction.Declared;
import org.apache.qpid.proton.amqp.transaction.Discharge;
import org.apache.qpid.proton.amqp.transaction.TransactionErrors;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.SenderSettleMode;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Session;
import org.jspecify.annotations.Nullable;

/**
 * A session for transactions, one after the other, with a link to the coordinator and one for each address. Not every peer has several transactions on
 * one session (AMQP 4.5.5), so each has its own. Belongs to the owner of the connection's batch, but for {@link #lookSoon}.
 */
final class TransactionSession {

    /** One that was sent to more addresses is not used again. */
    private static final int MAX_LINKS = 16;

    private static final String KEY = TransactionSession.class.getName();
    private static final Symbol SEVERAL_SESSIONS = Symbol.valueOf("amqp:multi-ssns-per-txn");

    private final Proactor proactor;
    private final Transactions transactions;
    private final TransactionSessions siblings;
    private final Connection connection;
    private final Session session;
    private final CoordinatorLink coordinator;
    private final Supplier<String> linkNames;
    private final Map<String, OutgoingLink> links = new HashMap<>();
    private final AtomicBoolean asked = new AtomicBoolean();

    private @Nullable Transaction current;

    /** Whether a transaction was declared on it. */
    private boolean used;

    /** The current transaction's, once it is declared and until it is discharged. */
    private @Nullable Binary id;

    TransactionSession(
            Proactor proactor,
            Transactions transactions,
            TransactionSessions siblings,
            Connection connection,
            Supplier<String> linkNames) {
        this.proactor = proactor;
        this.transactions = transactions;
        this.siblings = siblings;
        this.connection = connection;
        this.linkNames = linkNames;
        this.session = connection.session();
        session.attachments().set(KEY, TransactionSession.class, this);
        session.open();
        this.coordinator = new CoordinatorLink(proactor, session, linkNames.get(), this);
    }

    static @Nullable TransactionSession of(Session session) {
        return session.attachments().get(KEY, TransactionSession.class);
    }

    /** {@return whether it declares that transaction now, and has nothing else to do until that has ended} */
    boolean begin(Transaction transaction) {
        if (!transaction.begin(this)) {
            return false;
        }
        current = transaction;
        coordinator.send(new Declare(), outcome -> declared(transaction, outcome));
        return true;
    }

    private void declared(Transaction transaction, @Nullable DeliveryState outcome) {
        if (outcome instanceof Declared declared && declared.getTxnId() != null) {
            id = declared.getTxnId();
            used = true;
            TransactionalState inTransfers = new TransactionalState();
            inTransfers.setTxnId(id);
            transaction.declared(inTransfers);
            look();
        } else {
            current = null;
            transaction.giveUp(new TransactionRolledBackException(
                    "a transaction over " + transactions.describe() + " was not begun: the peer did not declare it"
                            + because(outcome),
                    null));
            free();
        }
    }

    /** Leads into the connection's sequence, to {@link #look}. Any thread. */
    void lookSoon() {
        if (asked.compareAndSet(false, true)) {
            try {
                proactor.execute(connection, () -> {
                    asked.set(false);
                    look();
                });
            } catch (RejectedExecutionException over) {
                // Its end tells the transaction.
            }
        }
    }

    private void look() {
        Transaction transaction = current;
        if (transaction == null) {
            return;
        }
        acceptAll(transaction);
        switch (transaction.next()) {
            case NOTHING -> {}
            case SEND -> transaction.places().forEach(this::pump);
            case COMMIT -> discharge(transaction, false);
            case ROLL_BACK -> {
                transaction.dropUnsent();
                discharge(transaction, true);
            }
            case ABANDON -> abandon();
        }
    }

    private void acceptAll(Transaction transaction) {
        for (Delivery delivery; (delivery = transaction.nextAcceptable()) != null; ) {
            if (delivery.getLink().getSession().getConnection() != connection) {
                // The transaction has waited for another connection since.
                transaction.failed("a delivery that it was to accept came over a connection that is lost", null);
            } else if (delivery.isSettled()) {
                transaction.failed("a delivery that it was to accept is settled already", null);
            } else if (delivery.getLink().getSession() != session && !coordinator.offers(SEVERAL_SESSIONS)) {
                transaction.failed(
                        "it was to accept a delivery, and the peer's transactions can't be used on several sessions (its"
                                + " coordinator does not offer " + SEVERAL_SESSIONS + ")",
                        null);
            } else {
                TransactionalState accepted = new TransactionalState();
                accepted.setTxnId(id);
                accepted.setOutcome(Accepted.getInstance());
                delivery.disposition(accepted);
                delivery.settle();
            }
        }
    }

    private TransactionRolledBackException rolledBack(String why) {
        return new TransactionRolledBackException(
                "a transaction over " + transactions.describe() + " was rolled back: " + why, null);
    }

    // ---- its messages

    private void pump(WaitingMessages waiting) {
        OutgoingLink link = links.get(waiting.address());
        if (link == null) {
            if (!waiting.isEmpty()) {
                links.put(waiting.address(), attach(waiting));
            }
        } else {
            if (link.waiting() != waiting) {
                link.serve(waiting);
            }
            link.pump();
        }
    }

    private OutgoingLink attach(WaitingMessages waiting) {
        Sender sender = session.sender(linkNames.get());
        OutgoingLink link = new OutgoingLink(proactor, sender, waiting);
        waiting.link(link);
        Source source = new Source();
        source.setAddress(transactions.name());
        source.setOutcomes(Accepted.DESCRIPTOR_SYMBOL, Rejected.DESCRIPTOR_SYMBOL);
        Target target = new Target();
        target.setAddress(waiting.address());
        sender.setSource(source);
        sender.setTarget(target);
        sender.setSenderSettleMode(SenderSettleMode.UNSETTLED);
        sender.open();
        return link;
    }

    /** The peer has refused or closed one of the links. */
    void closed(OutgoingLink link, @Nullable ErrorCondition condition) {
        if (!siblings.isAlive()) {
            return; // told by lost()
        }
        if (isEnded()) {
            closed(condition);
            return;
        }
        links.remove(link.waiting().address(), link);
        String why = (link.isAttached() ? "the peer closed the link" : "the peer refused the link")
                + PeerText.because(condition);
        link.over(why);
        link.sender().close();
        for (OutgoingMessage message : link.waiting().drain()) {
            message.failUnsent(() -> new LinkRefusedException(link.about(message) + " was not sent: " + why
                    + ". Check that the address exists there and that we may send to it"));
        }
    }

    private boolean isEnded() {
        return session.getRemoteState() == EndpointState.CLOSED || session.getLocalState() == EndpointState.CLOSED;
    }

    // ---- its end

    private void discharge(Transaction transaction, boolean fail) {
        coordinator.send(discharge(fail), outcome -> {
            if (current == transaction) {
                current = null;
                transaction.discharged(fail ? null : failure(outcome));
                free();
            }
        });
    }

    private Discharge discharge(boolean fail) {
        Discharge discharge = new Discharge();
        discharge.setTxnId(id);
        discharge.setFail(fail);
        id = null;
        return discharge;
    }

    private @Nullable SendException failure(@Nullable DeliveryState outcome) {
        if (outcome instanceof Accepted) {
            return null;
        }
        return outcome instanceof Rejected
                ? rolledBack("the peer did not commit it" + because(outcome))
                : new OutcomeUnknownException("a transaction over " + transactions.describe()
                        + " has no outcome: the peer answered the discharge with " + PeerText.outcome(outcome));
    }

    private static String because(@Nullable DeliveryState outcome) {
        return outcome instanceof Rejected rejected
                ? PeerText.because(rejected.getError())
                : " but answered with " + PeerText.outcome(outcome);
    }

    private void free() {
        if (links.size() <= MAX_LINKS && links.values().stream().allMatch(OutgoingLink::isIdle)) {
            siblings.free(this);
        } else {
            end("its transaction has ended");
        }
    }

    /** The transaction has ended without the peer's knowledge. */
    private void abandon() {
        current = null;
        if (id != null) {
            coordinator.send(
                    discharge(true),
                    outcome -> {}); // if it can't go any more, the end of the link does the same (AMQP 4.3)
        }
        end("its transaction was given up");
    }

    /** Ends the session. */
    private void end(String why) {
        forget(why);
        coordinator.close();
        session.close();
        siblings.ended(this);
    }

    /** The peer has refused or closed the link to its coordinator, or has ended the session. */
    void closed(@Nullable ErrorCondition condition) {
        if (!siblings.isAlive()) {
            return; // told by lost()
        }
        boolean offered = coordinator.isAttached();
        Transaction transaction = current;
        current = null;
        String what = "the peer closed the link to its coordinator" + PeerText.because(condition);
        if (transaction != null) {
            if (!offered) {
                transaction.giveUp(new TransactionsNotSupportedException(
                        "a transaction over " + transactions.describe() + " was not begun: the peer refused the link to"
                                + " its coordinator" + PeerText.because(condition)
                                + ". It has no transactions, or lets us have none"));
            } else if (transaction.lost(what, isRollback(condition) ? rolledBack(what) : afterCommit(what))) {
                if (used) {
                    transactions.again(transaction); // an idle session that the peer has tired of
                } else {
                    transaction.giveUp(new TransactionRolledBackException(
                            "a transaction over " + transactions.describe() + " was not begun: " + what, null));
                }
            }
        }
        end(what);
    }

    /** {@return whether a peer that closes the link says that it has not committed} (AMQP 4.3) */
    private static boolean isRollback(@Nullable ErrorCondition condition) {
        return condition != null
                && (TransactionErrors.TRANSACTION_ROLLBACK.equals(condition.getCondition())
                        || TransactionErrors.TRANSACTION_TIMEOUT.equals(condition.getCondition()));
    }

    /** The connection is over. */
    void lost(@Nullable ErrorCondition condition) {
        Transaction transaction = current;
        current = null;
        String what = "the connection was lost" + PeerText.because(condition);
        boolean again = transaction != null && transaction.lost(what, afterCommit(what));
        forget(what);
        if (transaction != null && again) {
            transactions.again(transaction);
        }
    }

    /** {@return what has become of a transaction that was to be committed} */
    private SendException afterCommit(String what) {
        if (coordinator.isHoldingBack()) {
            return rolledBack(what + " before it gave credit for the discharge");
        }
        return new OutcomeUnknownException("a transaction over " + transactions.describe()
                + " has no outcome: we asked to commit it, but " + what
                + " before the peer answered: it may have been committed or not");
    }

    /** Nobody is told of what happens to its links any more. */
    private void forget(String why) {
        session.attachments().set(KEY, TransactionSession.class, null);
        coordinator.forget();
        links.values().forEach(link -> link.over(why));
        links.clear();
    }
}
