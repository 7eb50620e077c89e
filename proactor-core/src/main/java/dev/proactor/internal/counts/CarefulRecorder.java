package dev.proactor.internal.counts;

import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener.BatchRecorder;
import dev.proactor.DurationListener.ConnectionRecorder;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Stands before a recorder of the application: one that throws must not cost a connection, whose batch it is told of before it is
 * let go. Logs the first failure. No time is negative: two threads may have read the clock in the other order.
 */
public final class CarefulRecorder implements ConnectionRecorder {

    private static final Logger LOG = System.getLogger("dev.proactor");

    private final BatchRecorder batches;
    private final ConnectionRecorder rest;
    private final AtomicBoolean failed = new AtomicBoolean();

    private CarefulRecorder(BatchRecorder batches, ConnectionRecorder rest) {
        this.batches = batches;
        this.rest = rest;
    }

    /** {@return a recorder that never throws} */
    public static ConnectionRecorder of(ConnectionRecorder recorder) {
        return recorder == ConnectionRecorder.NONE ? recorder : new CarefulRecorder(recorder, recorder);
    }

    /** {@return a recorder that never throws} */
    public static BatchRecorder of(BatchRecorder recorder) {
        return recorder == BatchRecorder.NONE ? recorder : new CarefulRecorder(recorder, ConnectionRecorder.NONE);
    }

    @Override
    public void batch(long waitNanos, long handlingNanos, int events) {
        try {
            batches.batch(Math.max(0, waitNanos), Math.max(0, handlingNanos), events);
        } catch (RuntimeException failure) {
            log(failure);
        }
    }

    @Override
    public void handshake(long nanos, boolean succeeded) {
        try {
            rest.handshake(Math.max(0, nanos), succeeded);
        } catch (RuntimeException failure) {
            log(failure);
        }
    }

    @Override
    public void settlement(Direction direction, long nanos, DeliveryOutcome outcome) {
        try {
            rest.settlement(direction, Math.max(0, nanos), outcome);
        } catch (RuntimeException failure) {
            log(failure);
        }
    }

    private void log(RuntimeException failure) {
        if (failed.compareAndSet(false, true)) {
            LOG.log(
                    Level.WARNING,
                    "a recorder of durations has thrown; what it throws from now on is not told",
                    failure);
        }
    }
}
