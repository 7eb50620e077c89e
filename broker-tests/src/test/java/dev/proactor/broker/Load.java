package dev.proactor.broker;

import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.qpid.proton.amqp.messaging.Accepted;

/**
 * Sends numbered messages to an address, so many at a time, and measures how long each stage stays open. It ends by itself
 * after so many: a test that hangs must not fill the memory.
 */
final class Load implements AutoCloseable {

    private static final int AT_A_TIME = 200;
    private static final int AT_MOST = 100_000;

    private final ProactorTemplate template;
    private final String address;
    private final Semaphore free = new Semaphore(AT_A_TIME);
    private final Set<String> accepted = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> failed = new ConcurrentHashMap<>();
    private final AtomicLong longestNanos = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopped;

    Load(ProactorTemplate template, String address) {
        this.template = template;
        this.address = address;
        this.thread = new Thread(this::run, "load of " + address);
    }

    void start() {
        thread.start();
    }

    private void run() {
        for (int i = 0; i < AT_MOST && !stopped; i++) {
            free.acquireUninterruptibly();
            String body = address + " " + i;
            long begun = System.nanoTime();
            template.send(address, body).whenComplete((outcome, failure) -> {
                longestNanos.accumulateAndGet(System.nanoTime() - begun, Math::max);
                if (outcome instanceof Accepted) {
                    accepted.add(body);
                } else {
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    // Counted by kind: each of them with its stack would fill the memory.
                    failed.merge((cause == null ? outcome : cause).getClass().getName(), 1L, Long::sum);
                }
                free.release();
            });
        }
    }

    /** Sends no more, and waits until no stage is open. */
    void stop() throws InterruptedException {
        stopped = true;
        thread.join(20_000);
        await().atMost(Duration.ofSeconds(20)).until(() -> free.availablePermits() == AT_A_TIME);
    }

    Set<String> accepted() {
        return accepted;
    }

    long failed() {
        return failed.values().stream().mapToLong(Long::longValue).sum();
    }

    long failedBy(Class<?> failure) {
        return failed.getOrDefault(failure.getName(), 0L);
    }

    Duration longest() {
        return Duration.ofNanos(longestNanos.get());
    }

    @Override
    public void close() {
        stopped = true;
    }
}
