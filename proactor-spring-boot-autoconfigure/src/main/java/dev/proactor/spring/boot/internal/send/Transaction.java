package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import dev.proactor.spring.boot.template.TransactionRolledBackException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Delivery;
import org.jspecify.annotations.Nullable;

/**
 * A transaction over one named connection, and the way of its messages.
 *
 * <pre>
 *   WAITING ---&gt; DECLARING ---&gt; ACTIVE ---&gt; COMMITTING ----&gt; DONE
 *    ^  |           |  |           |                           ^
 *    |  |   lost    |  |           +-----&gt; ROLLING_BACK -------+
 *    |  +---------- | -|---- time over, refused, lost ---------+
 *    +--------------+
 * </pre>
 *
 * <p>Any thread adds to it and may end it; one lock, a leaf, says who was first. What is to be done at the engine its {@link TransactionSession} does, in the
 * connection's sequence: it alone moves it on from DECLARING, ACTIVE, COMMITTING and ROLLING_BACK otherwise than to DONE. A transaction that is lost while it is being declared has
 * sent nothing, and waits again.
 */
final class Transaction implements Lane {

    /** How far it is. */
    private enum State {
        WAITING,
        DECLARING,
        ACTIVE,
        COMMITTING,
        ROLLING_BACK,
        DONE
    }

    /** What its session has to do. */
    enum Step {
        NOTHING,
        SEND,
        COMMIT,
        ROLL_BACK,
        /** It has ended without the peer's knowledge. */
        ABANDON
    }

    /** Completes when the peer has committed; fails when it has not. */
    final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

    private final Transactions all;
    private final Outbox outbox;
    private final String timeout;
    private final Map<String, WaitingMessages> places = new ConcurrentHashMap<>();

    // Guarded by this.
    private State state = State.WAITING;
    private final Set<OutgoingMessage> undecided = new LinkedHashSet<>();
    private final Queue<Delivery> acceptable = new ArrayDeque<>();
    private boolean worked;
    private @Nullable Throwable failure;
    private @Nullable Future<?> timer;

    /** What each of its transfers says; set before the first of them. */
    private volatile @Nullable TransactionalState transferState;

    private volatile @Nullable TransactionSession session;

    Transaction(Transactions all, Outbox outbox, String timeout) {
        this.all = all;
        this.outbox = outbox;
        this.timeout = timeout;
    }

    // ---- any thread

    /** What will call {@link #timedOut}. */
    void timer(Future<?> task) {
        boolean done;
        synchronized (this) {
            timer = task;
            done = state == State.DONE;
        }
        if (done) {
            task.cancel(false);
        }
    }

    /** @throws IllegalStateException if its work has ended */
    synchronized void checkOpen() {
        if (worked) {
            throw new IllegalStateException("the work of this transaction has ended: nothing can be added to it");
        }
    }

    @Override
    public void submit(OutgoingMessage message) {
        WaitingMessages place = places.computeIfAbsent(message.address, address -> new WaitingMessages(this, address));
        message.place(place);
        boolean late;
        synchronized (this) {
            late = worked || isEnding();
            if (!late) {
                undecided.add(message);
                place.add(message);
            }
        }
        if (late) {
            message.failUnsent(() -> neverSent(message));
            return;
        }
        var unused = message.outcome.whenComplete((outcome, why) -> decided(message, outcome, why));
        look();
    }

    // Guarded by this.
    private boolean isEnding() {
        return failure != null || state == State.ROLLING_BACK || state == State.COMMITTING || state == State.DONE;
    }

    private void decided(OutgoingMessage message, @Nullable DeliveryState outcome, @Nullable Throwable why) {
        synchronized (this) {
            undecided.remove(message);
            if (state != State.DONE && !(outcome instanceof Accepted)) {
                failed(
                        why == null
                                ? "the outcome of a message to '" + PeerText.name(message.address) + "' is "
                                        + PeerText.outcome(outcome)
                                : String.valueOf(why.getMessage()),
                        why);
            }
        }
        look();
    }

    /** @throws IllegalArgumentException if the delivery is of another connection */
    void accept(Delivery delivery) {
        if (!all.isOf(delivery.getLink().getSession().getConnection())) {
            throw new IllegalArgumentException("the delivery has not come over " + describe() + " as it is now");
        }
        synchronized (this) {
            checkOpen();
            if (!isEnding()) {
                acceptable.add(delivery);
            }
        }
        look();
    }

    /** The application has done its part. */
    void workEnded(@Nullable Throwable why) {
        synchronized (this) {
            worked = true;
            if (why instanceof SendException) {
                failed(
                        "the work failed since " + why.getMessage(),
                        why); // of one of its messages, whose failure may be known already
            } else if (why != null) {
                failure = why;
            }
        }
        look();
    }

    /** Its time is over. */
    void timedOut() {
        end((was, failed) -> {
            if (failed != null) {
                return failed; // it was to be rolled back, and now is
            }
            boolean asked = was == State.COMMITTING;
            String begin = "a transaction over " + describe() + " was not committed within " + timeout + ": ";
            return new SendTimeoutException(
                    begin
                            + (asked
                                    ? "the peer did not answer the discharge, and may have committed or not"
                                    : outbox.whyNot(whatItWaitedFor(was))),
                    asked);
        });
    }

    private static String whatItWaitedFor(State state) {
        return switch (state) {
            case WAITING -> "no session for it was free: as many transactions are open as may be";
            case DECLARING -> "the peer did not declare it";
            case ACTIVE -> "its work took longer, or the outcome of one of its messages did";
            default -> "the peer did not answer the discharge";
        };
    }

    /** Nobody waits for it any more, or nobody will do anything for it. */
    void giveUp(Throwable why) {
        end((was, failed) -> why);
    }

    /** Why a transaction is not committed, by how far it was and what has failed before; {@code null} if it is. */
    private interface Reason {
        @Nullable Throwable of(State was, @Nullable Throwable failed);
    }

    /** Ends it, if it has not ended. */
    private void end(Reason reason) {
        State was;
        Throwable failed;
        List<OutgoingMessage> left;
        Future<?> task;
        synchronized (this) {
            if (state == State.DONE) {
                return;
            }
            was = state;
            state = State.DONE;
            failed = failure;
            left = new ArrayList<>(undecided);
            undecided.clear();
            acceptable.clear();
            task = timer;
        }
        if (task != null) {
            task.cancel(false);
        }
        Throwable why = reason.of(was, failed);
        for (OutgoingMessage message : left) {
            fail(message, why);
        }
        all.ended(this);
        look(); // before whoever waits for the end goes on, and perhaps does not return
        if (why == null) {
            end.complete(null);
        } else {
            end.completeExceptionally(why);
        }
    }

    private void fail(OutgoingMessage message, @Nullable Throwable why) {
        Supplier<SendException> rolledBack = () -> new TransactionRolledBackException(
                OutgoingLink.about(message, this) + " is none of the peer's: its transaction is over", why);
        if (message.abandon(rolledBack)) {
            message.failSent(rolledBack);
        }
    }

    private SendException neverSent(OutgoingMessage message) {
        Throwable why;
        synchronized (this) {
            why = failure;
        }
        return new TransactionRolledBackException(
                OutgoingLink.about(message, this) + " was not sent: its transaction is rolled back", why);
    }

    /** Something has changed. */
    private void look() {
        TransactionSession now = session;
        if (now != null) {
            now.lookSoon();
            return;
        }
        boolean nothingToDo;
        synchronized (this) {
            nothingToDo = state == State.WAITING
                    && (failure != null || (worked && undecided.isEmpty() && acceptable.isEmpty()));
        }
        if (nothingToDo) {
            end((was, failed) -> failed); // the peer knows nothing of it
        }
    }

    // ---- its session, in the connection's sequence

    /** {@return whether it is to be declared now, on this session} */
    boolean begin(TransactionSession on) {
        synchronized (this) {
            if (state != State.WAITING) {
                return false;
            }
            state = State.DECLARING;
            session = on;
        }
        return true;
    }

    /** The peer has declared it. */
    void declared(TransactionalState inTransfers) {
        transferState = inTransfers;
        synchronized (this) {
            if (state == State.DECLARING) {
                state = State.ACTIVE;
            }
        }
    }

    /** {@return what is to be done now} Who is told to commit or roll back must do so. */
    synchronized Step next() {
        if (state == State.DONE) {
            return Step.ABANDON;
        }
        if (state != State.ACTIVE) {
            return Step.NOTHING;
        }
        if (failure != null) {
            state = State.ROLLING_BACK;
            return Step.ROLL_BACK;
        }
        if (worked && undecided.isEmpty() && acceptable.isEmpty()) {
            state = State.COMMITTING;
            return Step.COMMIT;
        }
        return Step.SEND;
    }

    /**
     * {@return a delivery that is to be accepted, or {@code null}} There is none before all else is done: what is rolled back before leaves deliveries as they
     * were, to be settled when their time has come.
     */
    synchronized @Nullable Delivery nextAcceptable() {
        boolean ready = state == State.ACTIVE && failure == null && worked && undecided.isEmpty();
        return ready ? acceptable.poll() : null;
    }

    /** Something went wrong, unless something has before. */
    synchronized void failed(String what, @Nullable Throwable why) {
        if (failure == null) {
            failure = new TransactionRolledBackException(
                    "a transaction over " + describe() + " was rolled back: " + what, why);
        }
    }

    /** {@return where its messages wait} */
    Iterable<WaitingMessages> places() {
        return places.values();
    }

    /** It is being rolled back: what was not sent won't be. */
    void dropUnsent() {
        for (WaitingMessages place : places.values()) {
            for (OutgoingMessage message : place.drain()) {
                message.failUnsent(() -> neverSent(message));
            }
        }
    }

    /** The peer has answered the discharge. */
    void discharged(@Nullable Throwable why) {
        end((was, failed) -> was == State.ROLLING_BACK ? failed : why);
    }

    /**
     * The session is gone, and with it what the peer has of the transaction.
     *
     * @param what why
     * @param unknown fails it if nobody knows whether it was committed
     * @return whether it waits for another session, having sent nothing
     */
    boolean lost(String what, SendException unknown) {
        synchronized (this) {
            session = null;
            if (state == State.DECLARING && failure == null) {
                state = State.WAITING;
                return true;
            }
        }
        end((was, failed) -> {
            if (was == State.COMMITTING) {
                return unknown;
            }
            return failed != null
                    ? failed
                    : new TransactionRolledBackException(
                            "a transaction over " + describe() + " was rolled back: " + what
                                    + " before it was committed",
                            null);
        });
        return false;
    }

    // ---- a lane

    @Override
    public @Nullable DeliveryState transferState() {
        return transferState;
    }

    @Override
    public Pending pending() {
        return outbox.pending();
    }

    @Override
    public String name() {
        return outbox.name();
    }

    @Override
    public @Nullable String server() {
        return outbox.server();
    }

    @Override
    public String describe() {
        return outbox.describe();
    }

    @Override
    public SendException notSentInTime(OutgoingMessage message, WaitingMessages place) {
        if (place.link() == null) {
            return new SendTimeoutException(
                    OutgoingLink.about(message, this) + " was not sent within " + message.timeout + ": "
                            + outbox.whyNot("its transaction was not declared"),
                    false);
        }
        return outbox.notSentInTime(message, place);
    }

    @Override
    public SendException noOutcomeInTime(OutgoingMessage message) {
        return outbox.noOutcomeInTime(message);
    }

    @Override
    public boolean isHeldUpHere(String address) {
        return outbox.isHeldUpHere(address);
    }

    @Override
    public void removedFrom(WaitingMessages place) {
        // Places live as long as the transaction.
    }

    @Override
    public void idle(OutgoingLink link) {
        // Its links live as long as its session.
    }

    @Override
    public CompletableFuture<String> replyAddress() {
        throw new UnsupportedOperationException("there are no requests in transactions: nobody could answer them");
    }

    @Override
    public void closed(OutgoingLink link, @Nullable ErrorCondition condition) {
        TransactionSession of = TransactionSession.of(link.sender().getSession());
        if (of != null) {
            of.closed(link, condition);
        }
    }
}
