package dev.proactor.internal.task;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tasks from any thread for the owner of a connection. Each one that was taken in runs once, in the order of their coming. */
final class Inbox {

    private record Entry(@Nullable Runnable task, @Nullable Entry before) {}

    private static final Entry CLOSED = new Entry(null, null);

    private static final Logger LOG = System.getLogger("dev.proactor");

    private final AtomicReference<@Nullable Entry> newest = new AtomicReference<>();

    /** What was taken out and has not run yet. The owner's. */
    private final Deque<Runnable> running = new ArrayDeque<>(0);

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
        for (; ; ) {
            Entry entries = newest.get();
            if (entries == null || entries == CLOSED) {
                return;
            }
            // Not a plain set: who drops the tasks meanwhile must not find the inbox open again.
            if (newest.compareAndSet(entries, null)) {
                runInOrder(entries);
                return;
            }
        }
    }

    /** Runs what is there and takes no more. The owner only, also from within a task: those that it came with run first. */
    void runAndClose() {
        Entry entries = newest.getAndSet(CLOSED);
        runInOrder(entries == CLOSED ? null : entries);
    }

    /** Takes no more, and drops what is there. */
    void drop() {
        newest.set(CLOSED);
    }

    private void runInOrder(@Nullable Entry newestEntry) {
        Deque<Runnable> added = new ArrayDeque<>();
        for (Entry at = newestEntry; at != null; at = at.before) {
            if (at.task != null) {
                added.addFirst(at.task);
            }
        }
        running.addAll(added);
        for (Runnable task = running.poll(); task != null; task = running.poll()) {
            run(task);
        }
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error failure) {
            Thread thread = Thread.currentThread();
            try {
                thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
            } catch (RuntimeException | Error another) {
                // The tasks after it run all the same.
                LOG.log(Level.ERROR, "the uncaught-exception handler of " + thread.getName() + " threw", another);
            }
        }
    }
}
