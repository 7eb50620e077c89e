package dev.proactor.internal.schedule;

import org.jspecify.annotations.Nullable;

/**
 * Ready tasks in the order in which they are to be taken. A task is in one list at most, and knows in which. Guarded by the
 * run queue's lock, but for {@link #size()}.
 */
final class ReadyList {

    private @Nullable Task head;
    private @Nullable Task tail;
    private volatile int size;

    /** {@return how many there are} Without the lock only a hint. */
    int size() {
        return size;
    }

    @Nullable Task first() {
        return head;
    }

    void append(Task task) {
        insertAfter(tail, task);
    }

    /** Puts it in front of those that are ready for less long. */
    void insertByAge(Task task) {
        Task before = tail;
        while (before != null && before.readyNanos - task.readyNanos > 0) {
            before = before.previousReady;
        }
        insertAfter(before, task);
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // written under the lock only
    private void insertAfter(@Nullable Task before, Task task) {
        Task after = before == null ? head : before.nextReady;
        task.readyIn = this;
        task.previousReady = before;
        task.nextReady = after;
        if (before == null) {
            head = task;
        } else {
            before.nextReady = task;
        }
        if (after == null) {
            tail = task;
        } else {
            after.previousReady = task;
        }
        size++;
    }

    @SuppressWarnings("NonAtomicOperationOnVolatileField") // written under the lock only
    void remove(Task task) {
        Task before = task.previousReady;
        Task after = task.nextReady;
        if (before == null) {
            head = after;
        } else {
            before.nextReady = after;
        }
        if (after == null) {
            tail = before;
        } else {
            after.previousReady = before;
        }
        task.readyIn = null;
        task.previousReady = null;
        task.nextReady = null;
        size--;
    }
}
