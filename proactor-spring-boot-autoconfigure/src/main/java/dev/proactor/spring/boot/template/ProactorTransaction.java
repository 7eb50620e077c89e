package dev.proactor.spring.boot.template;

import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;

/**
 * A transaction that is open, as its work sees it: {@link ConnectionOperations#inTransaction}. Thread-safe. After the work has ended every method throws
 * {@link IllegalStateException}.
 */
public interface ProactorTransaction {

    /**
     * Sends a message, which the peer delivers to nobody before it commits.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}; as {@link ProactorOperations#send}
     * @return the outcome that the message will have if the peer commits. Where that is not {@code Accepted}, or there is none, all is rolled back;
     *     the work need not look at it
     * @throws dev.proactor.spring.boot.handler.MessageConversionException if the body can't be made a message
     * @throws IllegalStateException if the work has ended
     */
    CompletionStage<DeliveryState> send(String address, Object body);

    /**
     * Accepts a message that has come over the same connection, as a part of the transaction, once all else is done: the peer lets go of it when it commits. Then the
     * delivery is settled, and what the handler returns does not accept it a second time. If all is rolled back before, it is as it was: the
     * handler whose stage fails gives it the usual outcome. If it is the peer that does not commit, the peer sends it again.
     *
     * <pre>{@code
     * @OnMessage(addresses = "orders")
     * CompletionStage<?> order(@Body Order order, Delivery delivery) {
     *     return template.inTransaction(transaction -> {
     *         transaction.accept(delivery);
     *         return transaction.send("invoices", invoice(order));
     *     });
     * }
     * }</pre>
     *
     * <p>Where it can't be accepted so all is rolled back: if it is settled already, or if the peer's transactions can't be used on several sessions
     * ({@code amqp:multi-ssns-per-txn}, which Artemis has).
     *
     * @param delivery a delivery to us
     * @throws IllegalArgumentException if it has not come over this connection
     * @throws IllegalStateException if the work has ended
     */
    void accept(Delivery delivery);
}
