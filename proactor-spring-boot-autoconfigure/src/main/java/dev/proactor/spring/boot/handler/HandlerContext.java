package dev.proactor.spring.boot.handler;

import dev.proactor.CloseReason;
import dev.proactor.Event;
import dev.proactor.Proactor;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What a handler method is called about. Lent for the call, as the {@link Event} in it is. Not thread-safe.
 */
public interface HandlerContext {

    /**
     * {@return the event} For {@link Occasion#LINK_CLOSED} it may be about the whole connection.
     *
     * @throws IllegalStateException if there is none any more: for a {@link ProactorErrorHandler} that is asked about a stage which
     *     has failed
     */
    Event event();

    /** {@return the proactor} */
    Proactor proactor();

    /** {@return the configured name of the connection or listener; {@code dynamic} where it has none, {@code none} for events of the proactor} */
    String name();

    /** {@return the connection, or {@code null} for events of listeners and of the proactor} */
    @Nullable Connection connection();

    /** {@return the link, or {@code null} for events that are about none} */
    @Nullable Link link();

    /** {@return the delivery, or {@code null} for events that are about none} */
    @Nullable Delivery delivery();

    /** {@return the address of {@link #link()}, as filters see it; empty where there is none} */
    String address();

    /**
     * {@return the message of {@link Occasion#MESSAGE}, decoded at the first call}
     *
     * @throws MessageConversionException if the bytes are no AMQP message
     * @throws IllegalStateException on other occasions
     */
    Message message();

    /** {@return why the connection, link or listener is over: the condition of the peer, of the transport or our own; or {@code null}} */
    @Nullable ErrorCondition condition();

    /** {@return why the connection is over, or {@code null} while its transport is not} */
    @Nullable CloseReason closeReason();
}
