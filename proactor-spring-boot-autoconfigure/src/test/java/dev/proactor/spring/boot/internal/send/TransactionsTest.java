package dev.proactor.spring.boot.internal.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.template.LinkRefusedException;
import dev.proactor.spring.boot.template.OutcomeUnknownException;
import dev.proactor.spring.boot.template.ProactorTransaction;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import dev.proactor.spring.boot.template.TransactionRolledBackException;
import dev.proactor.spring.boot.template.TransactionsNotSupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.messaging.Target;
import org.apache.qpid.proton.amqp.transaction.TransactionalState;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TransactionsTest {

    /** Long enough for what comes before its end on a slow machine: a connection, a declare, messages. */
    private static final Duration SHORT = Duration.ofSeconds(1);

    private final TransactionalPeer script = new TransactionalPeer();
    private final Node peer = new Node(script);
    private final AtomicReference<Delivery> offered = new AtomicReference<>();
    private final Node node = new Node(this::receiveOffers);
    private volatile boolean wantsOffers;
    private int port;

    private void receiveOffers(Event event) {
        if (event.type() == EventType.CONNECTION_REMOTE_OPEN && wantsOffers) {
            Session session = event.connection().session();
            session.open();
            Receiver receiver = session.receiver("offers");
            Source source = new Source();
            source.setAddress(TransactionalPeer.OFFERS);
            receiver.setSource(source);
            receiver.setTarget(new Target());
            receiver.open();
            receiver.flow(10);
        } else if (event.type() == EventType.DELIVERY && event.receiver() != null) {
            offered.set(event.delivery());
        }
    }

    @BeforeEach
    void listen() throws InterruptedException {
        port = peer.listen();
    }

    @AfterEach
    void close() {
        node.close();
        peer.close();
    }

    private static <T> T outcome(CompletionStage<T> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static Throwable failure(CompletionStage<?> stage) {
        try {
            Object result = stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
            throw new AssertionError("it has not failed, but brought " + result);
        } catch (ExecutionException failed) {
            return failed.getCause();
        } catch (Exception other) {
            throw new AssertionError(other);
        }
    }

    /** Sends two messages. */
    private static CompletionStage<DeliveryState> two(ProactorTransaction transaction) {
        transaction.send("q", "a");
        return transaction.send("p", "b");
    }

    @Test
    void commitsWhatItsWorkHasSent() {
        CompletionStage<DeliveryState> result = node.template.inTransaction(TransactionsTest::two);
        assertThat(node.sending.pending()).as("waits for the connection").isEqualTo(3);
        node.connect(port);
        assertThat(outcome(result)).as("the work's").isInstanceOf(Accepted.class);
        assertThat(script.taken).containsExactlyInAnyOrder("a", "b");
        assertThat(script.discharges).containsExactly("commit");
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void commitsOnlyAfterEachMessageHasItsOutcomeEvenIfNobodyWaitsForIt() {
        node.connect(port);
        String result = node.template.inTransactionAndWait(transaction -> {
            for (int i = 0; i < 100; i++) {
                transaction.send("q", "m" + i);
            }
            return "done";
        });
        assertThat(result).isEqualTo("done");
        assertThat(script.taken).hasSize(100);
    }

    @Test
    void aTransactionWithoutMessagesIsNotThePeersBusiness() {
        assertThat(node.template.<Object>inTransactionAndWait(transaction -> null))
                .isNull();
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void rollsBackWhenTheWorkThrows() {
        node.connect(port);
        assertThatThrownBy(() -> node.template.inTransactionAndWait(transaction -> {
                    outcome(two(transaction));
                    throw new IllegalStateException("no more of this");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no more of this");
        assertThat(script.seen).containsExactlyInAnyOrder("a", "b");
        assertThat(script.discharges).containsExactly("roll back");
        assertThat(script.taken).isEmpty();
    }

    @Test
    void rollsBackWhenTheWorksStageFails() {
        node.connect(port);
        assertThat(failure(node.template.inTransaction(transaction -> two(transaction)
                        .thenCompose(sent -> CompletableFuture.failedFuture(new IllegalStateException("later"))))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("later");
        assertThat(script.discharges).containsExactly("roll back");
    }

    @Test
    void aWorkThatThrowsBeforeThereIsAConnectionFailsAtOnce() {
        assertThat(failure(node.template.inTransaction(transaction -> {
                    transaction.send("q", "a");
                    throw new IllegalStateException("at once");
                })))
                .hasMessage("at once");
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void rollsBackWhenAMessageIsNotAccepted() {
        script.outcome = Released.getInstance();
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("connection 'main'")
                .hasMessageContaining("Released");
        assertThat(script.discharges).containsExactly("roll back");
    }

    @Test
    void rollsBackWhenALinkIsRefused() {
        script.refusesLinks = true;
        node.connect(port);
        AtomicReference<CompletionStage<DeliveryState>> sent = new AtomicReference<>();
        assertThat(failure(node.template.inTransaction(transaction -> {
                    sent.set(transaction.send("q", "a"));
                    return CompletableFuture.completedFuture("done");
                })))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("no such queue")
                .hasCauseInstanceOf(LinkRefusedException.class);
        assertThat(failure(sent.get())).isInstanceOf(LinkRefusedException.class);
        assertThat(script.discharges).containsExactly("roll back");
    }

    @Test
    void saysThatThePeerHasNotCommitted() {
        script.commits = false;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("the disk is full");
        assertThat(script.discharges).containsExactly("commit");
        script.commits = true;
        assertThat(outcome(node.template.inTransaction(TransactionsTest::two))).isInstanceOf(Accepted.class);
    }

    @Test
    void saysThatThePeerHasNoTransactions() {
        script.refusesCoordinator = true;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(TransactionsNotSupportedException.class)
                .hasMessageContaining("connection 'main'")
                .hasMessageContaining("no transactions here");
        assertThat(script.seen).isEmpty();
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void aPeerThatClosesTheLinkInsteadOfDeclaringIsAskedOnce() {
        script.closesAtDeclare = true;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("was not begun")
                .hasMessageContaining("no transactions here");
        assertThat(script.sessions).hasSize(1);
    }

    @Test
    void aDeliveryOfAConnectionThatIsLostIsNotAcceptedOverTheNext() {
        wantsOffers = true;
        script.declares = false;
        Connection first = node.connect(port);
        await().until(() -> offered.get() != null);
        CompletionStage<DeliveryState> result = node.template.inTransaction(transaction -> {
            transaction.accept(offered.get());
            return transaction.send("q", "an answer");
        });
        await().until(() -> !script.sessions.isEmpty());
        wantsOffers = false;
        node.proactor.execute(first, () -> first.getTransport().close_head());
        await().until(() -> node.names.state == NamedConnection.State.RECONNECTING);
        script.declares = true;
        node.connect(port);
        assertThat(failure(result))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("connection that is lost");
        assertThat(script.taken).isEmpty();
    }

    @Test
    void aConnectionThatIsLostBeforeTheCommitRollsBack() {
        script.dropsAtMessage = true;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("lost");
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void aConnectionThatIsLostAfterWeAskedToCommitLeavesTheOutcomeUnknown() {
        script.dropsAtDischarge = true;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(OutcomeUnknownException.class)
                .hasMessageContaining("may have been committed or not");
    }

    @Test
    void aCommitThatCouldNotBeAskedForHasNotHappened() {
        script.coordinatorCredit = 1;
        script.dropsAtPlainMessage = true;
        node.connect(port);
        AtomicReference<CompletionStage<DeliveryState>> sent = new AtomicReference<>();
        CompletionStage<DeliveryState> result = node.template.inTransaction(transaction -> {
            sent.set(transaction.send("q", "a"));
            return sent.get();
        });
        await().until(() -> sent.get() != null);
        outcome(sent.get());
        // What comes after it finds the discharge waiting for credit.
        var unused = node.template.send("other", "plain");
        assertThat(failure(result))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("the connection was lost")
                .hasMessageContaining("before it gave credit for the discharge");
        assertThat(script.discharges).isEmpty();
    }

    @Test
    void aPeerThatEndsTheSessionBeforeItAttachesIsHeard() {
        script.endsSession = true;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two)))
                .isInstanceOf(TransactionsNotSupportedException.class)
                .hasMessageContaining("no transactions here");
    }

    @Test
    void whoNeverReturnsFromTheEndOfATransactionKeepsNoSessionFromThePeer() throws Exception {
        script.outcome = null;
        node.connect(port);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletionStage<Void> result = node.template
                .inTransaction(TransactionsTest::two, SHORT)
                .handle((done, failure) -> {
                    try {
                        return goOn.await(20, TimeUnit.SECONDS);
                    } catch (InterruptedException interrupted) {
                        throw new IllegalStateException(interrupted);
                    }
                })
                .thenAccept(ended -> {});
        try {
            await().until(() -> script.discharges.contains("roll back"));
            assertThat(result.toCompletableFuture()).isNotDone();
        } finally {
            goOn.countDown();
        }
        outcome(result);
    }

    @Test
    void aTransactionThatWasNotDeclaredGoesOnOverTheNextConnection() {
        script.declares = false;
        Connection first = node.connect(port);
        CompletionStage<DeliveryState> result = node.template.inTransaction(TransactionsTest::two);
        await().until(() -> !script.sessions.isEmpty());
        node.proactor.execute(first, () -> first.getTransport().close_head());
        await().until(() -> node.names.state == NamedConnection.State.RECONNECTING);
        script.declares = true;
        node.connect(port);
        assertThat(outcome(result)).isInstanceOf(Accepted.class);
        assertThat(script.taken).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void saysWhatItWaitedForWhenItsTimeIsOver() {
        assertThat(failure(node.template.inTransaction(TransactionsTest::two, SHORT)))
                .isInstanceOf(SendTimeoutException.class)
                .hasMessageContaining("within 1s")
                .hasMessageContaining("CONNECTING");
        script.declares = false;
        node.connect(port);
        await().until(() -> node.names.state == NamedConnection.State.OPEN);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two, SHORT)))
                .hasMessageContaining("did not declare it");
        script.declares = true;
        script.outcome = null;
        assertThat(failure(node.template.inTransaction(
                        transaction -> transaction.send("q", "a").handle((outcome, none) -> new CompletableFuture<>()),
                        SHORT)))
                .isInstanceOfAny(SendTimeoutException.class, TransactionRolledBackException.class);
        await().until(() -> List.copyOf(script.discharges).equals(List.of("roll back")));
        assertThat(node.sending.pending()).isZero();
    }

    @Test
    void aCommitWithoutAnAnswerInTimeMayHaveHappened() {
        script.answersDischarge = false;
        node.connect(port);
        assertThat(failure(node.template.inTransaction(TransactionsTest::two, SHORT)))
                .isInstanceOf(SendTimeoutException.class)
                .hasMessageContaining("may have committed or not")
                .extracting(why -> ((SendTimeoutException) why).sent())
                .isEqualTo(true);
        script.answersDischarge = true;
        assertThat(outcome(node.template.inTransaction(TransactionsTest::two)))
                .as("another session goes on")
                .isInstanceOf(Accepted.class);
    }

    @Test
    void oneAfterTheOtherUsesOneSession() {
        node.connect(port);
        for (int i = 0; i < 20; i++) {
            outcome(node.template.inTransaction(TransactionsTest::two));
        }
        assertThat(script.sessions).hasSize(1);
        assertThat(script.taken).hasSize(40);
    }

    @Test
    void manyAtOnceHaveASessionEachAndWaitForOneBeyondSixteen() {
        node.connect(port);
        List<CompletableFuture<String>> works = new ArrayList<>();
        List<CompletionStage<String>> results = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            CompletableFuture<String> work = new CompletableFuture<>();
            String body = "m" + i;
            works.add(work);
            results.add(node.template.inTransaction(transaction -> {
                transaction.send("q", body);
                return work;
            }));
        }
        await().until(() -> script.seen.size() == TransactionSessions.MOST);
        assertThat(script.taken).isEmpty();
        works.forEach(work -> work.complete("done"));
        results.forEach(result -> assertThat(outcome(result)).isEqualTo("done"));
        assertThat(script.sessions).hasSize(TransactionSessions.MOST);
        assertThat(script.taken).hasSize(20);
    }

    @Test
    void nothingCanBeAddedAfterTheWorkHasEnded() {
        node.connect(port);
        AtomicReference<ProactorTransaction> kept = new AtomicReference<>();
        node.template.inTransactionAndWait(transaction -> {
            kept.set(transaction);
            return null;
        });
        assertThatThrownBy(() -> kept.get().send("q", "late"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("has ended");
    }

    @Test
    void whatIsSentAfterAFailureIsNotSent() {
        script.outcome = Released.getInstance();
        node.connect(port);
        CompletableFuture<Object> work = new CompletableFuture<>();
        AtomicReference<ProactorTransaction> kept = new AtomicReference<>();
        CompletionStage<Object> result = node.template.inTransaction(transaction -> {
            kept.set(transaction);
            transaction.send("q", "a");
            return work;
        });
        assertThat(failure(result)).isInstanceOf(TransactionRolledBackException.class);
        assertThat(failure(kept.get().send("q", "b"))).isInstanceOf(TransactionRolledBackException.class);
        assertThat(script.seen).containsExactly("a");
        work.complete(null);
    }

    @Test
    void acceptsADeliveryAsAPartOfIt() {
        wantsOffers = true;
        node.connect(port);
        await().until(() -> offered.get() != null);
        outcome(node.template.inTransaction(transaction -> {
            transaction.accept(offered.get());
            return transaction.send("q", "an answer");
        }));
        await().until(() -> !script.returned.isEmpty());
        assertThat(script.returned.peek())
                .isInstanceOfSatisfying(
                        TransactionalState.class,
                        state -> assertThat(state.getOutcome()).isInstanceOf(Accepted.class));
        assertThat(script.taken).containsExactly("an answer");
        assertThat(script.discharges).containsExactly("commit");
    }

    @Test
    void aDeliveryIsAsItWasWhenTheWorkFails() {
        wantsOffers = true;
        node.connect(port);
        await().until(() -> offered.get() != null);
        assertThat(failure(node.template.inTransaction(transaction -> {
                    transaction.accept(offered.get());
                    return transaction
                            .send("q", "an answer")
                            .thenCompose(sent -> CompletableFuture.failedFuture(new IllegalStateException("no")));
                })))
                .hasMessage("no");
        assertThat(offered.get().isSettled()).isFalse();
        assertThat(script.discharges).containsExactly("roll back");
    }

    @Test
    void aDeliveryOfAnotherSessionNeedsAPeerThatCanDoThat() {
        wantsOffers = true;
        script.severalSessions = false;
        node.connect(port);
        await().until(() -> offered.get() != null);
        assertThat(failure(node.template.inTransaction(transaction -> {
                    transaction.accept(offered.get());
                    return transaction.send("q", "an answer");
                })))
                .isInstanceOf(TransactionRolledBackException.class)
                .hasMessageContaining("amqp:multi-ssns-per-txn");
        assertThat(script.taken).isEmpty();
        assertThat(offered.get().isSettled()).isFalse();
    }

    @Test
    void aDeliveryOfAnotherConnectionIsRefused() {
        wantsOffers = true;
        node.connect(port);
        await().until(() -> offered.get() != null);
        Delivery stale = offered.get();
        Connection first = stale.getLink().getSession().getConnection();
        node.proactor.execute(first, () -> first.getTransport().close_head());
        await().until(() -> node.names.state == NamedConnection.State.RECONNECTING);
        assertThatThrownBy(() -> node.template.inTransactionAndWait(transaction -> {
                    transaction.accept(stale);
                    return null;
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("connection 'main'");
    }

    @Test
    void aStopFailsWhatIsOpen() {
        CompletionStage<DeliveryState> result = node.template.inTransaction(TransactionsTest::two);
        node.sending.close();
        assertThat(failure(result)).isInstanceOf(SendException.class).hasMessageContaining("shutting down");
        assertThat(failure(node.template.inTransaction(TransactionsTest::two))).hasMessageContaining("shutting down");
        assertThat(node.sending.pending()).isZero();
    }
}
