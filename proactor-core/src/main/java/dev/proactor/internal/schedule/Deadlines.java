package dev.proactor.internal.schedule;

import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The deadlines of tasks, one each: a heap that a leader expires.
 *
 * <p>A deadline that moves to a later time (an idle time-out at every read) only writes one field; the heap keeps the old
 * time and looks again when that is over. So the heap may hold times that are too early, never one that is too late.
 *
 * <p>Who may touch what: {@code Task.deadlineNanos} is written by the task's owner; {@code Task.heapNanos}, {@code
 * Task.heapIndex} and the heap under the lock. The owner writes the deadline and then reads {@code heapNanos}; whoever expires
 * writes {@code heapNanos} and then reads the deadline. Both fields are volatile, so at least one of the two sees the other.
 */
public final class Deadlines {

    /** No deadline. */
    public static final long NONE = Long.MAX_VALUE;

    private final ReentrantLock lock = new ReentrantLock();
    private Task[] heap = new Task[16];
    private int size;
    private volatile long earliest = NONE;

    /** {@return the earliest time at which {@link #expire} may have something to do, or {@link #NONE}} Any thread. */
    public long earliestNanos() {
        return earliest;
    }

    /**
     * Sets the deadline of a task in place of the one that it had. Only the task's owner.
     *
     * @param task the task
     * @param deadlineNanos the time, or {@link #NONE}
     * @return whether the earliest deadline of all has become earlier, so that a leader that sleeps must be told
     */
    public boolean set(Task task, long deadlineNanos) {
        if (task.deadlineNanos != deadlineNanos) {
            task.deadlineNanos = deadlineNanos;
        }
        if (task.heapNanos <= deadlineNanos) {
            return false;
        }
        lock.lock();
        try {
            if (task.heapNanos <= deadlineNanos) {
                return false;
            }
            task.heapNanos = deadlineNanos;
            if (task.heapIndex < 0) {
                insert(task);
            } else {
                siftUp(task.heapIndex, task);
            }
            return publishEarliest();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Forgets a task.
     *
     * @param task the task, which has ended
     */
    public void remove(Task task) {
        lock.lock();
        try {
            if (task.heapIndex >= 0) {
                removeAt(task.heapIndex);
                publishEarliest();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes out the tasks whose deadline is over.
     *
     * @param nowNanos the time now
     * @param expired gets each of them, under the lock; it must not block
     */
    public void expire(long nowNanos, Consumer<Task> expired) {
        if (earliest > nowNanos) {
            return;
        }
        lock.lock();
        try {
            while (size > 0 && heap[0].heapNanos <= nowNanos) {
                Task task = heap[0];
                removeAt(0);
                long wanted = task.deadlineNanos;
                if (wanted <= nowNanos) {
                    expired.accept(task);
                } else if (wanted != NONE) {
                    task.heapNanos = wanted;
                    insert(task);
                }
            }
            publishEarliest();
        } finally {
            lock.unlock();
        }
    }

    private boolean publishEarliest() {
        long was = earliest;
        long is = size == 0 ? NONE : heap[0].heapNanos;
        earliest = is;
        return is < was;
    }

    private void insert(Task task) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        siftUp(size++, task);
    }

    @SuppressWarnings("NullAway") // an empty place of the heap; places beyond size are never read
    private void removeAt(int index) {
        Task removed = heap[index];
        removed.heapIndex = -1;
        removed.heapNanos = NONE;
        Task last = heap[--size];
        heap[size] = null;
        if (last != removed) {
            siftDown(index, last);
            if (heap[index] == last) {
                siftUp(index, last);
            }
        }
    }

    private void siftUp(int index, Task task) {
        int at = index;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (heap[parent].heapNanos <= task.heapNanos) {
                break;
            }
            place(at, heap[parent]);
            at = parent;
        }
        place(at, task);
    }

    private void siftDown(int index, Task task) {
        int at = index;
        for (; ; ) {
            int child = 2 * at + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && heap[child + 1].heapNanos < heap[child].heapNanos) {
                child++;
            }
            if (task.heapNanos <= heap[child].heapNanos) {
                break;
            }
            place(at, heap[child]);
            at = child;
        }
        place(at, task);
    }

    private void place(int index, Task task) {
        heap[index] = task;
        task.heapIndex = index;
    }
}
