package dev.proactor.spring.boot.metrics;

import dev.proactor.ConnectionRole;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener;
import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
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
import java.util.function.Consumer;

/**
 * Records how long things took: batches, handshakes, settlements, calls of handlers. Meters are looked up once for each
 * configured name and handler. Thread-safe.
 */
public final class MicrometerDurations implements DurationListener, HandlerTimings {

    /** Exceptions of one handler that have a tag value of their own; further ones are {@code other}. */
    private static final int MOST_EXCEPTIONS = 16;

    static final String NONE = "none";

    private final MeterRegistry registry;
    private final ConfiguredNames names;
    private final Map<Source, ConnectionRecorder> connections = new ConcurrentHashMap<>();
    private final Map<String, BatchRecorder> listeners = new ConcurrentHashMap<>();
    private volatile BiConsumer<ConnectionRole, String> newConnections = (role, tag) -> {};
    private volatile Consumer<String> newListeners = tag -> {};

    /**
     * Records in a registry.
     *
     * @param registry the registry
     * @param names the names that are tags
     */
    public MicrometerDurations(MeterRegistry registry, ConfiguredNames names) {
        this.registry = registry;
        this.names = names;
    }

    ConfiguredNames names() {
        return names;
    }

    /** Who binds the counts of connections and listeners whose tags come up later. */
    void onNewTags(BiConsumer<ConnectionRole, String> ofConnections, Consumer<String> ofListeners) {
        newConnections = ofConnections;
        newListeners = ofListeners;
    }

    static String value(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    // ---- batches

    @Override
    public ConnectionRecorder connections(ConnectionRole role, String name) {
        String tag = names.tag(name);
        newConnections.accept(role, tag);
        return connections.computeIfAbsent(new Source(role, tag), Meters::new);
    }

    @Override
    public BatchRecorder listeners(String name) {
        String tag = names.tag(name);
        newListeners.accept(tag);
        return listeners.computeIfAbsent(tag, of -> batches("listener", Tags.of("name", of, "role", "server")));
    }

    private record Source(ConnectionRole role, String name) {}

    /** The meters of the connections of one role and name. */
    private final class Meters implements ConnectionRecorder {

        private final BatchRecorder batches;
        private final Timer succeeded;
        private final Timer failed;
        private final Map<DeliveryOutcome, Timer> incoming = new EnumMap<>(DeliveryOutcome.class);
        private final Map<DeliveryOutcome, Timer> outgoing = new EnumMap<>(DeliveryOutcome.class);

        Meters(Source source) {
            Tags tags = Tags.of("name", source.name(), "role", value(source.role()));
            batches = batches("connection", tags);
            succeeded = handshakes(tags, "success");
            failed = handshakes(tags, "failure");
            for (DeliveryOutcome outcome : DeliveryOutcome.values()) {
                incoming.put(outcome, settlements(tags, Direction.IN, outcome));
                outgoing.put(outcome, settlements(tags, Direction.OUT, outcome));
            }
        }

        @Override
        public void batch(long waitNanos, long handlingNanos, int events) {
            batches.batch(waitNanos, handlingNanos, events);
        }

        @Override
        public void handshake(long nanos, boolean success) {
            (success ? succeeded : failed).record(nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public void settlement(Direction direction, long nanos, DeliveryOutcome outcome) {
            Timer timer = (direction == Direction.IN ? incoming : outgoing).get(outcome);
            if (timer != null) {
                timer.record(nanos, TimeUnit.NANOSECONDS);
            }
        }
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

    private Timer handshakes(Tags tags, String outcome) {
        return Timer.builder("proactor.connections.handshake")
                .description("Time from connecting or accepting to the peer's open, or to the failure")
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private Timer settlements(Tags tags, Direction direction, DeliveryOutcome outcome) {
        return Timer.builder("proactor.settlement")
                .description("Time from a delivery's first frame to its outcome")
                .tags(tags.and("direction", value(direction), "state", value(outcome)))
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
