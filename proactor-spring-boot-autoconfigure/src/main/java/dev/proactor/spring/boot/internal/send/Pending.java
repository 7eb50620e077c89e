package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The messages of one connection or listener that have no outcome, and how many there may be. Thread-safe. */
final class Pending {

    private final int max;
    private final long maxBytes;
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final Set<OutgoingMessage> messages = ConcurrentHashMap.newKeySet();

    Pending(int max) {
        this(max, Long.MAX_VALUE);
    }

    /**
     * With a limit of bytes, too: one message may be larger, where it is the only one.
     *
     * @param max how many messages
     * @param maxBytes how many bytes of them
     */
    Pending(int max, long maxBytes) {
        this.max = max;
        this.maxBytes = maxBytes;
    }

    /** {@return whether there was room for one more} */
    boolean enter(OutgoingMessage message) {
        int nth = count.incrementAndGet();
        long sum = bytes.addAndGet(message.size);
        if (nth > max || (nth > 1 && sum > maxBytes)) {
            count.decrementAndGet();
            bytes.addAndGet(-message.size);
            return false;
        }
        messages.add(message);
        return true;
    }

    /** {@return why there is no room} */
    String full() {
        return count.get() < max && maxBytes < Long.MAX_VALUE
                ? "messages there have no outcome yet, of " + bytes.get() + " bytes together, and no more than "
                        + maxBytes + " bytes may wait for one peer"
                : max
                        + " messages there have no outcome yet, which is as many as proactor.template.max-pending allows. Send"
                        + " more slowly, or raise it";
    }

    /** Does nothing for one that did not enter. */
    void leave(OutgoingMessage message) {
        if (messages.remove(message)) {
            count.decrementAndGet();
            bytes.addAndGet(-message.size);
        }
    }

    int count() {
        return messages.size();
    }

    /** {@return what completes as each of those that there are now has its outcome} */
    Stream<CompletableFuture<?>> outcomes() {
        return messages.stream().map(message -> message.outcome);
    }

    int max() {
        return max;
    }

    /** Fails all that there are. */
    void fail(Supplier<SendException> why) {
        for (OutgoingMessage message : messages) {
            if (message.abandon(why)) {
                message.failSent(why);
            }
        }
    }
}
