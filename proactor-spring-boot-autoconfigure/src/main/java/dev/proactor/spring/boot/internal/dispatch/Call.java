package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.CloseReason;
import dev.proactor.Event;
import dev.proactor.MalformedMessageException;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.MessageConversionException;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** What handler methods are called about. One object a batch, re-used for each event. Belongs to the owner of the batch. */
final class Call implements HandlerContext {

    private final String name;
    private final Proactor proactor;
    private final @Nullable Connection connection;

    private @Nullable Event event;
    private @Nullable Link link;
    private String address = "";
    private @Nullable Delivery delivery;
    private @Nullable ErrorCondition condition;
    private @Nullable ReadableBuffer bytes;
    private @Nullable Message message;

    /** Why there is no message. Half of it was read by then: it can't be tried again. */
    private @Nullable MessageConversionException malformed;

    private MessageObserver.@Nullable Observed observed;

    Call(String name, Proactor proactor, @Nullable Connection connection) {
        this.name = name;
        this.proactor = proactor;
        this.connection = connection;
    }

    /** Another event; about no link yet. */
    Call about(Event event) {
        forget();
        this.event = event;
        return this;
    }

    /** Until the next event, which may be long in coming. */
    void forget() {
        event = null;
        bytes = null;
        message = null;
        malformed = null;
        delivery = null;
        condition = null;
        link = null;
        address = "";
    }

    /** The event is about a link, or one of several links that it is about. */
    Call about(@Nullable LinkScope scope) {
        link = scope == null ? null : scope.link();
        address = scope == null ? "" : scope.address();
        return this;
    }

    /** The event is about a link of which no more is known yet. */
    Call about(Link ofEvent, String itsAddress) {
        link = ofEvent;
        address = itsAddress;
        return this;
    }

    Call about(Delivery ofEvent) {
        delivery = ofEvent;
        return this;
    }

    Call because(@Nullable ErrorCondition why) {
        condition = why;
        return this;
    }

    /** {@return a call about the same message, for when the event is long gone} */
    Call forLater(LinkScope scope, Delivery ofEvent) {
        Call later = new Call(name, proactor, connection).about(scope).about(ofEvent);
        later.bytes = bytes;
        later.message = message;
        later.malformed = malformed;
        later.observed = observed;
        return later;
    }

    /** What watches the handling of the message. */
    void observed(MessageObserver.@Nullable Observed by) {
        observed = by;
    }

    /** Does what belongs to the handling of the message, though its method has returned. */
    void within(Runnable task) {
        MessageObserver.Observed watching = observed;
        if (watching == null) {
            task.run();
            return;
        }
        try {
            watching.call(() -> {
                task.run();
                return null;
            });
        } catch (RuntimeException failure) {
            throw failure;
        } catch (Exception impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The message was handled. */
    void handled(@Nullable Throwable failure) {
        MessageObserver.Observed watching = observed;
        observed = null;
        if (watching != null) {
            watching.handled(failure);
        }
    }

    /** The bytes of the delivery, which were read. */
    Call with(ReadableBuffer messageBytes) {
        bytes = messageBytes;
        message = null;
        malformed = null;
        return this;
    }

    @Override
    public Event event() {
        if (event == null) {
            throw new IllegalStateException("the event is over: this is about a message whose stage has completed");
        }
        return event;
    }

    @Override
    public Proactor proactor() {
        return proactor;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public @Nullable Connection connection() {
        return connection;
    }

    @Override
    public @Nullable Link link() {
        return link;
    }

    @Override
    public @Nullable Delivery delivery() {
        return delivery;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public Message message() {
        if (message == null) {
            if (bytes == null) {
                throw new IllegalStateException("there is no message here");
            }
            if (malformed != null) {
                throw malformed;
            }
            try {
                message = proactor.decode(bytes);
            } catch (MalformedMessageException none) {
                malformed = new MessageConversionException(String.valueOf(none.getMessage()), none);
                throw malformed;
            }
        }
        return message;
    }

    @Override
    public @Nullable ErrorCondition condition() {
        return condition;
    }

    @Override
    public @Nullable CloseReason closeReason() {
        return connection == null ? null : proactor.closeReason(connection);
    }
}
