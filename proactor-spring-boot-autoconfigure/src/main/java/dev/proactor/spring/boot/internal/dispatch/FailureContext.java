package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.Event;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.HandlerContext;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * What a method that threw was called about, and what it threw.
 *
 * @param about what it was called about
 * @param failure what it threw
 */
record FailureContext(HandlerContext about, Throwable failure) implements HandlerContext {

    @Override
    public Event event() {
        return about.event();
    }

    @Override
    public Proactor proactor() {
        return about.proactor();
    }

    @Override
    public String name() {
        return about.name();
    }

    @Override
    public @Nullable Connection connection() {
        return about.connection();
    }

    @Override
    public @Nullable Link link() {
        return about.link();
    }

    @Override
    public @Nullable Delivery delivery() {
        return about.delivery();
    }

    @Override
    public String address() {
        return about.address();
    }

    @Override
    public Message message() {
        return about.message();
    }

    @Override
    public @Nullable ErrorCondition condition() {
        return about.condition();
    }

    @Override
    public @Nullable CloseReason closeReason() {
        return about.closeReason();
    }
}
