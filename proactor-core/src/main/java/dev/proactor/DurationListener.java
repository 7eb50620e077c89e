package dev.proactor;

/**
 * Is told how long things took. The recorders are asked for once for each role and name and kept, so that a metrics library
 * can look its meters up there. Recorders are called on the threads that handle batches: they must be thread-safe, quick, and
 * not throw; the first failure of one is logged, and nothing else follows from it. No duration is negative.
 */
public interface DurationListener {

    /** Records nothing, and the clock is not read for it. */
    DurationListener NONE = new DurationListener() {};

    /**
     * {@return the recorder of all connections of one role and name}
     *
     * @param role which end we are
     * @param name {@link TransportOptions#name()}
     */
    default ConnectionRecorder connections(ConnectionRole role, String name) {
        return ConnectionRecorder.NONE;
    }

    /**
     * {@return the recorder of all listeners of one name}
     *
     * @param name {@link TransportOptions#name()}
     */
    default BatchRecorder listeners(String name) {
        return BatchRecorder.NONE;
    }

    /** {@return the recorder of the proactor's own batches} */
    default BatchRecorder proactor() {
        return BatchRecorder.NONE;
    }

    /** Records batches. */
    @FunctionalInterface
    interface BatchRecorder {
        /** Records nothing. */
        BatchRecorder NONE = (waitNanos, handlingNanos, events) -> {};

        /**
         * A batch was closed.
         *
         * @param waitNanos from when its subject was ready to when a thread took it
         * @param handlingNanos from when a thread got it to its close
         * @param events how many events were taken
         */
        void batch(long waitNanos, long handlingNanos, int events);
    }

    /** Records what connections do. */
    interface ConnectionRecorder extends BatchRecorder {
        /** Records nothing. */
        ConnectionRecorder NONE = (waitNanos, handlingNanos, events) -> {};

        /**
         * A handshake ended.
         *
         * @param nanos from {@code connect} or {@code accept} to the peer's {@code open}, or to the failure
         * @param succeeded whether the peer's {@code open} came
         */
        default void handshake(long nanos, boolean succeeded) {}

        /**
         * A delivery that was sent unsettled was settled by its receiver, or given its outcome.
         *
         * @param direction {@link Direction#OUT} where we sent it and the peer settled it, {@link Direction#IN} the other way round
         * @param nanos from its first frame to the outcome
         * @param outcome the outcome; in a transaction the one that it has if that is committed
         */
        default void settlement(Direction direction, long nanos, DeliveryOutcome outcome) {}
    }
}
