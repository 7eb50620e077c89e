package dev.proactor.internal.counts;

import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener.ConnectionRecorder;

/**
 * Measures how long the deliveries of one session and one direction wait for their outcome. Delivery-ids follow one another, so their
 * times lie in a ring. It grows to hold what is unsettled, up to a bound; beyond that the oldest go unmeasured.
 */
public final class SettlementClock {

    private static final int MOST = 4096;

    private final Direction direction;
    private final ConnectionRecorder recorder;
    private int[] ids = new int[16];
    private long[] startedNanos = new long[16];
    private boolean[] waiting = new boolean[16];

    /**
     * Measures nothing yet.
     *
     * @param direction which deliveries
     * @param recorder who is told
     */
    public SettlementClock(Direction direction, ConnectionRecorder recorder) {
        this.direction = direction;
        this.recorder = recorder;
    }

    /** The first frame of an unsettled delivery was written, or has come. */
    public void begun(int deliveryId, long nowNanos) {
        int slot = deliveryId & (ids.length - 1);
        while (waiting[slot] && ids.length < MOST) {
            grow();
            slot = deliveryId & (ids.length - 1);
        }
        ids[slot] = deliveryId;
        startedNanos[slot] = nowNanos;
        waiting[slot] = true;
    }

    /** The deliveries from the first id to the last have an outcome, or are settled. */
    public void settled(int first, int last, DeliveryOutcome outcome, long nowNanos) {
        int count = last - first;
        if (count >= 0 && count < ids.length) {
            for (int id = first; id - last <= 0; id++) {
                record(id & (ids.length - 1), id, outcome, nowNanos);
            }
        } else {
            for (int slot = 0; slot < ids.length; slot++) {
                if (Integer.compareUnsigned(ids[slot] - first, count) <= 0) {
                    record(slot, ids[slot], outcome, nowNanos);
                }
            }
        }
    }

    /** A delivery will have no outcome: it was aborted, or settled by who sent it. */
    public void forget(int deliveryId) {
        int slot = deliveryId & (ids.length - 1);
        if (ids[slot] == deliveryId) {
            waiting[slot] = false;
        }
    }

    private void record(int slot, int id, DeliveryOutcome outcome, long nowNanos) {
        if (waiting[slot] && ids[slot] == id) {
            waiting[slot] = false;
            recorder.settlement(direction, nowNanos - startedNanos[slot], outcome);
        }
    }

    private void grow() {
        int[] oldIds = ids;
        long[] oldStarted = startedNanos;
        boolean[] oldWaiting = waiting;
        int length = 2 * oldIds.length;
        ids = new int[length];
        startedNanos = new long[length];
        waiting = new boolean[length];
        for (int i = 0; i < oldIds.length; i++) {
            if (oldWaiting[i]) {
                int slot = oldIds[i] & (length - 1);
                ids[slot] = oldIds[i];
                startedNanos[slot] = oldStarted[i];
                waiting[slot] = true;
            }
        }
    }
}
