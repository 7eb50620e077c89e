package dev.proactor.examples;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The queues by their names. */
final class Queues {

    private final int max;
    private final long maxBytes;
    private final Map<String, MessageQueue> queues = new HashMap<>();

    Queues(int max, long maxBytes) {
        this.max = max;
        this.maxBytes = maxBytes;
    }

    /** {@return the queue of that name, made if there is none; null if there are too many} Every use ends by a release. */
    synchronized @Nullable MessageQueue use(String name) {
        MessageQueue queue = queues.get(name);
        if (queue == null) {
            if (queues.size() >= max) {
                return null;
            }
            queue = new MessageQueue(this, name, maxBytes);
            queues.put(name, queue);
        }
        queue.used();
        return queue;
    }

    synchronized void release(String name, MessageQueue queue) {
        if (queue.unused()) {
            queues.remove(name, queue);
        }
    }
}
