package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.SendException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** The requests whose answers have not come, by the correlation id that these will have. Thread-safe. */
final class Requests {

    /** One of them. Whoever completes its answer ends it. */
    final class Request {
        final String id = UUID.randomUUID().toString();
        final Lane lane;
        final CompletableFuture<Message> answer = new CompletableFuture<>();
        private volatile @Nullable Future<?> timer;

        private Request(Lane lane) {
            this.lane = lane;
            var unused = answer.whenComplete((message, failure) -> {
                if (waiting.remove(id, this)) {
                    count.decrementAndGet();
                }
                Future<?> task = timer;
                if (task != null) {
                    task.cancel(false);
                }
            });
        }

        /** What will fail it when its time is over. */
        void timer(Future<?> task) {
            timer = task;
            if (answer.isDone()) {
                task.cancel(false); // it was done before this could be seen
            }
        }

        void fail(Supplier<SendException> why) {
            if (!answer.isDone()) {
                answer.completeExceptionally(why.get());
            }
        }
    }

    private final int max;
    private final AtomicInteger count = new AtomicInteger();
    private final Map<String, Request> waiting = new ConcurrentHashMap<>();

    Requests(int max) {
        this.max = max;
    }

    /** {@return a new one, or {@code null} if there are as many as there may be} */
    @Nullable Request begin(Lane lane) {
        if (count.incrementAndGet() > max) {
            count.decrementAndGet();
            return null;
        }
        Request request = new Request(lane);
        waiting.put(request.id, request);
        return request;
    }

    int max() {
        return max;
    }

    /** An answer has come along a lane. {@return whether anybody has waited for it there} */
    boolean answered(Lane lane, Message answer) {
        Request request = answer.getCorrelationId() instanceof String id ? waiting.get(id) : null;
        return request != null && request.lane.leadsTo(lane) && request.answer.complete(answer);
    }

    /** No answer will come along a lane any more. */
    void fail(Lane lane, Supplier<SendException> why) {
        for (Request request : waiting.values()) {
            if (request.lane.leadsTo(lane)) {
                request.fail(why);
            }
        }
    }

    /** No answer will come at all. */
    void failAll(Supplier<SendException> why) {
        for (Request request : waiting.values()) {
            request.fail(why);
        }
    }
}
