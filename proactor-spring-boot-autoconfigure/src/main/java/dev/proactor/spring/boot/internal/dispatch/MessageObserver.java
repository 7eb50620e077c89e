package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.spring.boot.handler.HandlerContext;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Watches the handling of messages. Knows nothing of any library for that. Thread-safe. */
@FunctionalInterface
public interface MessageObserver {

    /**
     * A handler is about to be called with a message.
     *
     * @param context what it is called about
     * @param handler {@code Class.method}
     * @param accepted whether the connection was accepted, and not made by us
     * @return what watches this one, or {@code null} if nobody wants to know
     */
    @Nullable Observed begin(HandlerContext context, String handler, boolean accepted);

    /** The handling of one message. */
    interface Observed {

        /**
         * Calls the handler, so that what it does on this thread belongs to it.
         *
         * @param handler the call
         * @return what it returns
         * @throws Exception what it throws
         */
        @Nullable Object call(Callable<@Nullable Object> handler) throws Exception;

        /**
         * The message was handled: the method has returned and what it returned has completed. Called once, by any thread.
         *
         * @param failure what was thrown, or {@code null}
         */
        void handled(@Nullable Throwable failure);
    }
}
