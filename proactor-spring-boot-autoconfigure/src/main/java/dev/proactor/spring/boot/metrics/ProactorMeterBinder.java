package dev.proactor.spring.boot.metrics;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionRole;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.Proactor;
import dev.proactor.ProactorCounts;
import dev.proactor.ProactorCounts.ConnectionCounts;
import dev.proactor.ProactorCounts.ListenerCounts;
import dev.proactor.spring.boot.internal.dispatch.ConfiguredNames;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * Shows what the proactor counts anyway: nothing is added to its work. What has no configured name is bound as {@code dynamic} once there is
 * any. Thread-safe.
 */
public final class ProactorMeterBinder implements MeterBinder {

    private static final double NANOS_PER_SECOND = 1e9;

    private record Source(ConnectionRole role, String name) {}

    private final Proactor proactor;
    private final ConfiguredNames names;
    private final int threads;
    private final Set<Source> connections = ConcurrentHashMap.newKeySet();
    private final Set<String> listeners = ConcurrentHashMap.newKeySet();
    private final CopyOnWriteArrayList<MeterRegistry> registries = new CopyOnWriteArrayList<>();

    /**
     * Makes a binder.
     *
     * @param proactor whose counts are shown
     * @param durations is told first of tags that are new, and knows the names that are tags
     * @param threads how many threads handle batches
     * @param connections the configured names of connections
     * @param listeners the configured names of listeners
     */
    public ProactorMeterBinder(
            Proactor proactor,
            MicrometerDurations durations,
            int threads,
            Collection<String> connections,
            Collection<String> listeners) {
        this.proactor = proactor;
        this.names = durations.names();
        this.threads = threads;
        durations.onNewTags(this::addConnections, this::addListener);
        // All meters of the configured names are there before the first connection is: timers too.
        connections.forEach(name -> durations.connections(ConnectionRole.CLIENT, name));
        listeners.forEach(name -> {
            durations.connections(ConnectionRole.SERVER, name);
            durations.listeners(name);
        });
    }

    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        registries.add(registry);
        bindProactor(registry);
        connections.forEach(source -> bindConnections(registry, source));
        listeners.forEach(name -> bindListener(registry, name));
    }

    private synchronized void addConnections(ConnectionRole role, String name) {
        Source source = new Source(role, name);
        if (connections.add(source)) {
            registries.forEach(registry -> bindConnections(registry, source));
        }
    }

    private synchronized void addListener(String name) {
        if (listeners.add(name)) {
            registries.forEach(registry -> bindListener(registry, name));
        }
    }

    // ---- the proactor

    private void bindProactor(MeterRegistry registry) {
        ProactorCounts counts = proactor.counts();
        // One set of tags for a meter: for connections and listeners the timers have the batches of each name.
        anyGauge(
                registry,
                "proactor.batches.pending",
                "Subjects that are ready and wait for a thread",
                Tags.empty(),
                counts,
                ProactorCounts::pendingBatches);
        anyCounter(
                registry, "proactor.wakeups", "CONNECTION_WAKE events", Tags.empty(), counts, ProactorCounts::wakeups);
        anyCounter(
                registry,
                "proactor.timeouts",
                "PROACTOR_TIMEOUT events",
                Tags.empty(),
                counts,
                ProactorCounts::timeouts);
        anyCounter(
                registry,
                "proactor.interrupts",
                "PROACTOR_INTERRUPT events",
                Tags.empty(),
                counts,
                ProactorCounts::interrupts);
        anyGauge(
                registry,
                "proactor.threads.active",
                "Threads that are in handlers",
                Tags.empty(),
                counts,
                ProactorCounts::openBatches);
        anyGauge(
                registry,
                "proactor.threads.max",
                "Threads that handle batches",
                Tags.empty(),
                this,
                binder -> binder.threads);
        FunctionCounter.builder(
                        "proactor.starvation", counts, all -> all.starvation().toNanos() / NANOS_PER_SECOND)
                .baseUnit("seconds")
                .description(
                        "Time in which work waited while every thread was in a handler and none did input and output")
                .register(registry);
    }

    // ---- connections

    private void bindConnections(MeterRegistry registry, Source source) {
        Tags tags = Tags.of("name", source.name(), "role", MicrometerDurations.value(source.role()));
        gauge(registry, "proactor.connections.active", "Open connections", tags, source, ConnectionCounts::active);
        counter(
                registry,
                "proactor.connections.opened",
                "Connections that were opened",
                tags,
                source,
                ConnectionCounts::opened);
        for (CloseReason reason : CloseReason.values()) {
            counter(
                    registry,
                    "proactor.connections.closed",
                    "Connections that are over",
                    tags.and("reason", MicrometerDurations.value(reason)),
                    source,
                    counts -> counts.closed(reason));
        }
        counter(
                registry,
                "proactor.connections.attempts",
                "Attempts to connect, and accepted sockets",
                tags.and("outcome", "success"),
                source,
                ConnectionCounts::attemptsSucceeded);
        counter(
                registry,
                "proactor.connections.attempts",
                "Attempts to connect, and accepted sockets",
                tags.and("outcome", "failure"),
                source,
                ConnectionCounts::attemptsFailed);
        gauge(registry, "proactor.sessions.active", "Sessions", tags, source, ConnectionCounts::activeSessions);
        gauge(
                registry,
                "proactor.links.active",
                "Links",
                tags.and("link.role", "sender"),
                source,
                ConnectionCounts::activeSenders);
        gauge(
                registry,
                "proactor.links.active",
                "Links",
                tags.and("link.role", "receiver"),
                source,
                ConnectionCounts::activeReceivers);
        gauge(
                registry,
                "proactor.links.credit",
                "Credit that is given and not used",
                tags.and("link.role", "sender"),
                source,
                ConnectionCounts::senderCredit);
        gauge(
                registry,
                "proactor.links.credit",
                "Credit that is given and not used",
                tags.and("link.role", "receiver"),
                source,
                ConnectionCounts::receiverCredit);
        for (Direction direction : Direction.values()) {
            bindTraffic(registry, source, direction, tags.and("direction", MicrometerDurations.value(direction)));
        }
    }

    private void bindTraffic(MeterRegistry registry, Source source, Direction direction, Tags tags) {
        for (DeliveryOutcome outcome : DeliveryOutcome.values()) {
            counter(
                    registry,
                    "proactor.deliveries",
                    "Deliveries that came to an end",
                    tags.and("state", MicrometerDurations.value(outcome)),
                    source,
                    counts -> counts.deliveries(direction, outcome));
        }
        gauge(
                registry,
                "proactor.unsettled",
                "Deliveries that are not settled",
                tags,
                source,
                counts -> counts.unsettled(direction));
        FunctionCounter.builder("proactor.bytes", this, binder -> binder.of(source, counts -> counts.bytes(direction)))
                .description("Bytes on the wire")
                .baseUnit(BaseUnits.BYTES)
                .tags(tags)
                .register(registry);
        counter(registry, "proactor.frames", "AMQP frames", tags, source, counts -> counts.frames(direction));
    }

    private void counter(
            MeterRegistry registry,
            String name,
            String description,
            Tags tags,
            Source source,
            ToLongFunction<ConnectionCounts> value) {
        anyCounter(registry, name, description, tags, this, binder -> binder.of(source, value));
    }

    private void gauge(
            MeterRegistry registry,
            String name,
            String description,
            Tags tags,
            Source source,
            ToLongFunction<ConnectionCounts> value) {
        anyGauge(registry, name, description, tags, this, binder -> binder.of(source, value));
    }

    private double of(Source source, ToLongFunction<ConnectionCounts> value) {
        return proactor.counts().connections().stream()
                .filter(counts -> counts.role() == source.role()
                        && names.tag(counts.name()).equals(source.name()))
                .mapToLong(value)
                .sum();
    }

    // ---- listeners

    private void bindListener(MeterRegistry registry, String name) {
        Tags tags = Tags.of("name", name);
        anyGauge(
                registry,
                "proactor.listeners.active",
                "Bound listeners",
                tags,
                this,
                binder -> binder.of(name, ListenerCounts::active));
        String accepts = "Peers that connected";
        anyCounter(
                registry,
                "proactor.listeners.accepts",
                accepts,
                tags.and("outcome", "accepted"),
                this,
                binder -> binder.of(name, ListenerCounts::accepted));
        anyCounter(
                registry,
                "proactor.listeners.accepts",
                accepts,
                tags.and("outcome", "rejected"),
                this,
                binder -> binder.of(name, ListenerCounts::rejected));
        anyCounter(
                registry,
                "proactor.listeners.accepts",
                accepts,
                tags.and("outcome", "failed"),
                this,
                binder -> binder.of(name, ListenerCounts::failed));
    }

    private double of(String listener, ToLongFunction<ListenerCounts> value) {
        return proactor.counts().listeners().stream()
                .filter(counts -> names.tag(counts.name()).equals(listener))
                .mapToLong(value)
                .sum();
    }

    // ---- meters

    private static <T> void anyCounter(
            MeterRegistry registry, String name, String description, Tags tags, T subject, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, subject, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private static <T> void anyGauge(
            MeterRegistry registry, String name, String description, Tags tags, T subject, ToDoubleFunction<T> value) {
        Gauge.builder(name, subject, value)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }
}
