package dev.proactor.spring.boot.metrics;

import dev.proactor.ConnectionRole;
import dev.proactor.DeliveryOutcome;
import dev.proactor.DurationListener;
import dev.proactor.spring.boot.internal.dispatch.HandlerTimings;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/**
 * Records how long things took: batches, handshakes, settlements, calls of handlers. Meters are looked up once for each
 * connection name, listener and handler. Thread-safe.
 */
public final class MicrometerDurations implements DurationListener, HandlerTimings {

    /** Exceptions of one handler that have a tag value of their own; further ones are {@code other}. */
    private static final int MOST_EXCEPTIONS = 16;

    static final String NONE = "none";

    private final MeterRegistry registry;
    private volatile BiConsumer<ConnectionRole, String> newConnections = (role, name) -> {};
    private volatile BiConsumer<String, String> newListeners = (name, unused) -> {};

    /**
     * Records in a registry.
     *
     * @param registry the registry
     */
    public MicrometerDurations(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Who binds the counts of connections and listeners whose names come up later. */
    void onNewNames(BiConsumer<ConnectionRole, String> connections, BiConsumer<String, String> listeners) {
        newConnections = connections;
        newListeners = listeners;
    }

    static String value(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    // ---- batches

    @Override
    public ConnectionRecorder connections(ConnectionRole role, String name) {
        newConnections.accept(role, name);
        Tags tags = Tags.of("name", name, "role", value(role));
        BatchRecorder batches = batches("connection", tags);
        Timer[] handshakes = {handshake(tags, "success"), handshake(tags, "failure")};
        Map<DeliveryOutcome, Timer> settlements = new EnumMap<>(DeliveryOutcome.class);
        for (DeliveryOutcome outcome : DeliveryOutcome.values()) {
            settlements.put(outcome, settlement(tags, outcome));
        }
        return new ConnectionRecorder() {
            @Override
            public void batch(long waitNanos, long handlingNanos, int events) {
                batches.batch(waitNanos, handlingNanos, events);
            }

            @Override
            public void handshake(long nanos, boolean succeeded) {
                handshakes[succeeded ? 0 : 1].record(nanos, TimeUnit.NANOSECONDS);
            }

            @Override
            public void settlement(long nanos, DeliveryOutcome outcome) {
                Timer timer = settlements.get(outcome);
                if (timer != null) {
                    timer.record(nanos, TimeUnit.NANOSECONDS);
                }
            }
        };
    }

    @Override
    public BatchRecorder listeners(String name) {
        newListeners.accept(name, "");
        return batches("listener", Tags.of("name", name, "role", "server"));
    }

    @Override
    public BatchRecorder proactor() {
        return batches("proactor", Tags.of("name", NONE, "role", NONE));
    }

    private BatchRecorder batches(String source, Tags tags) {
        Tags all = tags.and("source", source);
        Timer handling = Timer.builder("proactor.batches")
                .description("Time in which batches of events were handled")
                .tags(all)
                .register(registry);
        Timer waiting = Timer.builder("proactor.batches.wait")
                .description("Time from when a batch was ready to when a thread took it")
                .tags(all)
                .register(registry);
        DistributionSummary events = DistributionSummary.builder("proactor.batches.events")
                .description("Events of a batch")
                .tags(all)
                .register(registry);
        return (waitNanos, handlingNanos, count) -> {
            handling.record(handlingNanos, TimeUnit.NANOSECONDS);
            waiting.record(waitNanos, TimeUnit.NANOSECONDS);
            events.record(count);
        };
    }

    private Timer handshake(Tags tags, String outcome) {
        return Timer.builder("proactor.connections.handshake")
                .description("Time from connecting or accepting to the peer's open, or to the failure")
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private Timer settlement(Tags tags, DeliveryOutcome outcome) {
        return Timer.builder("proactor.settlement")
                .description("Time from a delivery's first frame to its outcome")
                .tags(tags.and("direction", "out", "state", value(outcome)))
                .register(registry);
    }

    // ---- handlers

    @Override
    public Recorder of(String event, String handler) {
        Timer fine = handler(event, handler, NONE);
        Map<String, Timer> failed = new ConcurrentHashMap<>();
        AtomicInteger exceptions = new AtomicInteger();
        return (nanos, failure) -> {
            Timer timer = failure == null ? fine : failed(failure, failed, exceptions, event, handler);
            timer.record(nanos, TimeUnit.NANOSECONDS);
        };
    }

    private Timer failed(
            Throwable failure, Map<String, Timer> known, AtomicInteger exceptions, String event, String handler) {
        String simple = failure.getClass().getSimpleName();
        String name = simple.isEmpty() ? "anonymous" : simple;
        Timer timer = known.get(name);
        if (timer == null) {
            String tag = exceptions.incrementAndGet() > MOST_EXCEPTIONS ? "other" : name;
            timer = known.computeIfAbsent(tag, exception -> handler(event, handler, exception));
        }
        return timer;
    }

    private Timer handler(String event, String handler, String exception) {
        return Timer.builder("proactor.handler")
                .description("Time in which a handler method ran")
                .tags("event", event, "handler", handler, "exception", exception)
                .register(registry);
    }
}
