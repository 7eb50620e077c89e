package dev.proactor.spring.boot.template;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;

/**
 * Sends messages, over one connection or to the peers of one listener. Thread-safe; no call blocks unless it says so.
 *
 * <p><b>Outcome.</b> A stage completes with the outcome that the peer gave the message: {@code Accepted}, {@code Rejected},
 * {@code Released}, {@code Modified}. That is the publisher's confirm. It completes exceptionally with a
 * {@link SendException} where there is none, and never stays open longer than its time-out. It completes on a thread of the
 * proactor, in the connection's sequence, or on one that keeps the time if that is over: what follows it must not block, or use
 * an {@code …Async} method.
 *
 * <p><b>Bodies.</b> A {@code Message} is sent as it is. A {@code String}, a {@code Map}, a {@code List}, a number, a
 * {@code Boolean}, a {@code UUID} becomes an {@code amqp-value}, a {@code byte[]} becomes {@code data}; other objects are converted by the
 * {@link dev.proactor.spring.boot.handler.ProactorMessageConverter} beans, and then to JSON where the application has Jackson.
 * What is made of a body is durable (AMQP 3.2.1): a broker that has accepted it does not lose it by a restart. A {@code Message} is
 * durable if it says so.
 */
public interface ProactorOperations {

    /**
     * Sends a message.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}
     * @return the outcome
     * @throws dev.proactor.spring.boot.handler.MessageConversionException if the body can't be made a message
     */
    CompletionStage<DeliveryState> send(String address, Object body);

    /**
     * As {@link #send(String, Object)}, with a time-out of its own.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}
     * @param timeout from now until the outcome must be there
     * @return the outcome
     */
    CompletionStage<DeliveryState> send(String address, Object body, Duration timeout);

    /**
     * Sends a message and waits for its outcome. A handler can't wait for its own connection, which does not go on meanwhile.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}
     * @return the outcome
     * @throws SendException if there is none
     * @throws IllegalStateException if the calling thread handles an event of the connection over which it would be sent
     */
    DeliveryState sendAndWait(String address, Object body);

    /**
     * As {@link #sendAndWait(String, Object)}, with a time-out of its own.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}
     * @param timeout from now until the outcome must be there
     * @return the outcome
     * @throws SendException if there is none
     * @throws IllegalStateException if the calling thread handles an event of the connection over which it would be sent
     */
    DeliveryState sendAndWait(String address, Object body, Duration timeout);

    /**
     * Sends a message that asks for an answer. Its {@code reply-to} and {@code correlation-id} are set: the former is an address that the peer
     * gives us (a {@code dynamic} source, AMQP 3.5.3), or for the peers of a listener one of ours, that they attach a sender to.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}, which is changed
     * @return the answer; it fails with a {@link SendException} if the message is not accepted, no answer comes in time, or the connection is
     *     lost before it comes
     * @throws dev.proactor.spring.boot.handler.MessageConversionException if the body can't be made a message
     */
    CompletionStage<Message> request(String address, Object body);

    /**
     * As {@link #request(String, Object)}, with a time-out of its own.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}, which is changed
     * @param timeout from now until the answer must be there
     * @return the answer
     */
    CompletionStage<Message> request(String address, Object body, Duration timeout);

    /**
     * As {@link #request(String, Object)}, with the answer's body converted as a {@code @Body} is.
     *
     * @param <T> its type
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}, which is changed
     * @param type its class
     * @return the answer's body; it fails with a {@link dev.proactor.spring.boot.handler.MessageConversionException} if it is no such thing
     * @throws IllegalArgumentException if nothing makes such objects of bodies
     */
    <T> CompletionStage<T> request(String address, Object body, Class<T> type);

    /**
     * As {@link #request(String, Object, Class)}, with a time-out of its own.
     *
     * @param <T> its type
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}, which is changed
     * @param type its class
     * @param timeout from now until the answer must be there
     * @return the answer's body
     * @throws IllegalArgumentException if nothing makes such objects of bodies
     */
    <T> CompletionStage<T> request(String address, Object body, Class<T> type, Duration timeout);

    /**
     * As {@link #request(String, Object, Class)}, and waits. A handler can't wait for its own connection, which does not go on meanwhile.
     *
     * @param <T> its type
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}, which is changed
     * @param type its class; {@code Message} for the whole answer
     * @return the answer's body
     * @throws SendException if there is none
     * @throws IllegalStateException if the calling thread handles an event of the connection over which it would be sent
     */
    <T> T requestAndWait(String address, Object body, Class<T> type);

    /**
     * As {@link #requestAndWait(String, Object, Class)}, with a time-out of its own.
     *
     * @param <T> its type
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}, which is changed
     * @param type its class; {@code Message} for the whole answer
     * @param timeout from now until the answer must be there
     * @return the answer's body
     * @throws SendException if there is none
     * @throws IllegalStateException if the calling thread handles an event of the connection over which it would be sent
     */
    <T> T requestAndWait(String address, Object body, Class<T> type, Duration timeout);

    /**
     * Sends several messages to one address, in their order.
     *
     * @param address the address of the queue or topic
     * @param bodies the bodies, or whole messages
     * @return the outcomes, in the same order; it fails as soon as one of them has none, with its {@link SendException}, and the others are on
     *     their way all the same
     * @throws dev.proactor.spring.boot.handler.MessageConversionException if one can't be made a message; then none is sent
     */
    CompletionStage<List<DeliveryState>> sendAll(String address, Collection<?> bodies);
}
