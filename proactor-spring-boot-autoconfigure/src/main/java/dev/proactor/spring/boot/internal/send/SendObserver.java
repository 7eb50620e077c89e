package dev.proactor.spring.boot.internal.send;

import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** Watches the sending of messages. Knows nothing of any library for that. Thread-safe. */
@FunctionalInterface
public interface SendObserver {

    /**
     * A message is about to be sent.
     *
     * @param name the name of the connection or listener
     * @param server the host of the peer; {@code null} while there is no connection, and for peers of a listener
     * @param address where to
     * @param message the message, which may be given more application properties
     * @return what watches this one, or {@code null} if nobody wants to know
     */
    @Nullable Sent begin(String name, Supplier<@Nullable String> server, String address, Message message);

    /** The sending of one message. */
    @FunctionalInterface
    interface Sent {
        /**
         * It has its outcome, or will have none. Called once, by any thread.
         *
         * @param outcome the outcome, or {@code null}
         * @param failure why there is none, or {@code null}
         */
        void ended(@Nullable DeliveryState outcome, @Nullable Throwable failure);
    }
}
