package dev.proactor.spring.boot.template;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.qpid.proton.amqp.transport.DeliveryState;

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
     * Sends a message and waits for its outcome. Not to be called by a handler, whose connection could not go on meanwhile.
     *
     * @param address the address of the queue or topic
     * @param body the body, or a whole {@code Message}
     * @return the outcome
     * @throws SendException if there is none
     */
    DeliveryState sendAndWait(String address, Object body);
}
