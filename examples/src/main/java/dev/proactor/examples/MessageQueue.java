package dev.proactor.examples;

import dev.proactor.examples.Consumer.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages in order, and the links that wait for one or for room. It is the one place where connections meet, so every method has
 * the lock, and none calls a peer: who waits is only woken, and comes by itself, on its own connection's thread.
 */
final class MessageQueue {

    /** A link that waits. */
    interface Waiting {

        /** Something has changed; come and look. Must not block. */
        void wake();
    }

    private final Queues queues;
    private final String name;
    private final long maxBytes;
    private final Deque<Message> messages = new ArrayDeque<>();
    private final Set<Waiting> waitForMessage = new LinkedHashSet<>();
    private final Set<Waiting> waitForRoom = new LinkedHashSet<>();
    private long bytes;
    private int users;

    MessageQueue(Queues queues, String name, long maxBytes) {
        this.queues = queues;
        this.name = name;
        this.maxBytes = maxBytes;
    }

    /** {@return whether it was taken: a full queue takes nothing} */
    synchronized boolean put(Message message) {
        if (bytes + message.encoded.length > maxBytes) {
            return false;
        }
        messages.addLast(message);
        bytes += message.encoded.length;
        wakeOne();
        return true;
    }

    /** What was taken and not settled comes first again, in its old order. The bound does not count: it was here before. */
    synchronized void putBack(List<Message> taken) {
        for (int i = taken.size() - 1; i >= 0; i--) {
            messages.addFirst(taken.get(i));
            bytes += taken.get(i).encoded.length;
        }
        for (int i = 0; i < taken.size(); i++) {
            wakeOne();
        }
    }

    /** {@return the oldest message; or null, and then that consumer is woken when one comes} */
    synchronized @Nullable Message take(Waiting consumer) {
        Message message = messages.pollFirst();
        if (message == null) {
            waitForMessage.add(consumer);
            return null;
        }
        waitForMessage.remove(consumer);
        bytes -= message.encoded.length;
        if (hasRoom() && !waitForRoom.isEmpty()) {
            List<Waiting> producers = new ArrayList<>(waitForRoom);
            waitForRoom.clear();
            producers.forEach(Waiting::wake);
        }
        return message;
    }

    private boolean hasRoom() {
        return bytes <= maxBytes / 2;
    }

    /** {@return whether producers may be given credit; if not, that one is woken when they may} */
    synchronized boolean hasRoom(Waiting producer) {
        if (!hasRoom()) {
            waitForRoom.add(producer);
        }
        return hasRoom();
    }

    /** It waits no more. Was it woken for a message that it can't take, the next one is. */
    synchronized void leave(Waiting link) {
        waitForMessage.remove(link);
        waitForRoom.remove(link);
        if (!messages.isEmpty()) {
            wakeOne();
        }
    }

    private void wakeOne() {
        var oldest = waitForMessage.iterator();
        if (oldest.hasNext()) {
            Waiting consumer = oldest.next();
            oldest.remove();
            consumer.wake();
        }
    }

    /** One link more. Only for {@link Queues}. */
    synchronized void used() {
        users++;
    }

    /** One link less; a queue that nobody uses and that is empty is forgotten. */
    void release() {
        queues.release(name, this);
    }

    /** {@return whether there is no reason left to keep it} Only for {@link Queues}. */
    synchronized boolean unused() {
        users--;
        return users == 0 && messages.isEmpty();
    }
}
