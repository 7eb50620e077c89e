package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The messages of one connection or listener that have no outcome, and how many there may be. Thread-safe. */
final class Pending {

    private final int max;
    private final AtomicInteger count = new AtomicInteger();
    private final Set<OutgoingMessage> messages = ConcurrentHashMap.newKeySet();

    Pending(int max) {
        this.max = max;
    }

    /** {@return whether there was room for one more} */
    boolean enter(OutgoingMessage message) {
        if (count.incrementAndGet() > max) {
            count.decrementAndGet();
            return false;
        }
        messages.add(message);
        return true;
    }

    /** Does nothing for one that did not enter. */
    void leave(OutgoingMessage message) {
        if (messages.remove(message)) {
            count.decrementAndGet();
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
