package dev.proactor.internal.counts;

import dev.proactor.DurationListener.BatchRecorder;
import dev.proactor.ProactorCounts.ListenerCounts;
import java.util.concurrent.atomic.LongAdder;

/** The counts of all listeners of one name. Thread-safe, lock-free. */
public final class ListenerGroup implements ListenerCounts {

    private final String name;
    private final BatchRecorder recorder;
    private final LongAdder active = new LongAdder();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder rejected = new LongAdder();
    private final LongAdder failed = new LongAdder();

    /**
     * Makes counts that stand at zero.
     *
     * @param recorder who is told how long things took
     */
    public ListenerGroup(String name, BatchRecorder recorder) {
        this.name = name;
        this.recorder = recorder;
    }

    /** {@return who is told how long things took} */
    public BatchRecorder recorder() {
        return recorder;
    }

    /** A listener was bound. */
    public void listenerOpened() {
        active.increment();
    }

    /** A listener that had been bound is closed. */
    public void listenerClosed() {
        active.decrement();
    }

    /** A peer was accepted. */
    public void peerAccepted() {
        accepted.increment();
    }

    /** A peer was rejected. */
    public void peerRejected() {
        rejected.increment();
    }

    /**
     * Peers waited when the listener was closed.
     *
     * @param count how many
     */
    public void peersRejected(int count) {
        rejected.add(count);
    }

    /** The system did not give us a peer that it had. */
    public void acceptFailed() {
        failed.increment();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long active() {
        return active.sum();
    }

    @Override
    public long accepted() {
        return accepted.sum();
    }

    @Override
    public long rejected() {
        return rejected.sum();
    }

    @Override
    public long failed() {
        return failed.sum();
    }

    @Override
    public String toString() {
        return "ListenerGroup[" + name + "]";
    }
}
