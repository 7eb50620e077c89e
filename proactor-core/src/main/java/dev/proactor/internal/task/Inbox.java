package dev.proactor.internal.task;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tasks from any thread for the owner of a connection. Each one that was taken in runs once, in the order of their coming. */
final class Inbox {

    private record Entry(@Nullable Runnable task, @Nullable Entry before) {}

    private static final Entry CLOSED = new Entry(null, null);

    private final AtomicReference<@Nullable Entry> newest = new AtomicReference<>();

    /**
     * Takes a task in. Any thread.
     *
     * @return whether it was taken; not, once the inbox is closed
     */
    boolean offer(Runnable task) {
        for (; ; ) {
            Entry before = newest.get();
            if (before == CLOSED) {
                return false;
            }
            if (newest.compareAndSet(before, new Entry(task, before))) {
                return true;
            }
        }
    }

    /** Runs what is there. The owner only. */
    void run() {
        Entry entries = newest.get();
        if (entries != null && entries != CLOSED) {
            runInOrder(newest.getAndSet(null));
        }
    }

    /** Runs what is there and takes no more. The owner only. */
    void runAndClose() {
        Entry entries = newest.getAndSet(CLOSED);
        if (entries != CLOSED) {
            runInOrder(entries);
        }
    }

    /** Takes no more, and drops what is there. */
    void drop() {
        newest.set(CLOSED);
    }

    private static void runInOrder(@Nullable Entry newest) {
        Entry oldest = null;
        for (Entry at = newest; at != null; at = at.before) {
            oldest = new Entry(at.task, oldest);
        }
        for (Entry at = oldest; at != null; at = at.before) {
            Runnable task = at.task;
            if (task != null) {
                run(task);
            }
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error failure) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
        }
    }
}
