package dev.proactor.spring.boot.internal.dispatch;

import org.jspecify.annotations.Nullable;

/** Is told how long handler methods took. Knows nothing of any metrics library. */
@FunctionalInterface
public interface HandlerTimings {

    /**
     * {@return the recorder of one method} Asked once for each, when the application starts.
     *
     * @param event what calls it, in lower case: {@code message}, {@code link.opened}, or {@code connection.wake}; for several types {@code several}
     * @param handler {@code Class.method}, the class without its package
     */
    Recorder of(String event, String handler);

    /** Records the calls of one method. Thread-safe. */
    @FunctionalInterface
    interface Recorder {
        /**
         * A call has returned, or thrown.
         *
         * @param nanos how long it took
         * @param failure what it threw, or {@code null}
         */
        void called(long nanos, @Nullable Throwable failure);
    }
}
