package dev.proactor.internal.task;

import dev.proactor.ConnectionRole;
import dev.proactor.DurationListener;
import dev.proactor.EventSource;
import dev.proactor.ProactorCounts;
import dev.proactor.internal.counts.CarefulRecorder;
import dev.proactor.internal.counts.ConnectionGroup;
import dev.proactor.internal.counts.ListenerGroup;
import dev.proactor.internal.poll.LeaderFollower;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** The counts of a proactor. Any thread. */
final class Counts implements ProactorCounts {

    private record Key(ConnectionRole role, String name) {}

    private final LeaderFollower loop;
    private final DurationListener durations;
    private final Map<Key, ConnectionGroup> groups = new ConcurrentHashMap<>();
    private final Map<String, ListenerGroup> listenerGroups = new ConcurrentHashMap<>();
    private final LongAdder[] batches = adders();
    private final LongAdder[] events = adders();
    private final LongAdder wakeups = new LongAdder();
    private final LongAdder timeouts = new LongAdder();
    private final LongAdder interrupts = new LongAdder();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger maxOpen = new AtomicInteger();

    Counts(LeaderFollower loop, DurationListener durations) {
        this.loop = loop;
        this.durations = durations;
    }

    private static LongAdder[] adders() {
        LongAdder[] adders = new LongAdder[EventSource.values().length];
        for (int i = 0; i < adders.length; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
    }

    ConnectionGroup group(ConnectionRole role, String name) {
        return groups.computeIfAbsent(
                new Key(role, name),
                key -> new ConnectionGroup(role, name, CarefulRecorder.of(durations.connections(role, name))));
    }

    ListenerGroup listenerGroup(String name) {
        return listenerGroups.computeIfAbsent(
                name, key -> new ListenerGroup(name, CarefulRecorder.of(durations.listeners(name))));
    }

    void batchOpened() {
        int now = open.incrementAndGet();
        if (now > maxOpen.get()) {
            maxOpen.accumulateAndGet(now, Math::max);
        }
    }

    void batchClosed(EventSource source, int taken) {
        open.decrementAndGet();
        batches[source.ordinal()].increment();
        events[source.ordinal()].add(taken);
    }

    void wakeup() {
        wakeups.increment();
    }

    void timeout() {
        timeouts.increment();
    }

    void interrupt() {
        interrupts.increment();
    }

    @Override
    public Collection<ConnectionCounts> connections() {
        return Collections.unmodifiableCollection(groups.values());
    }

    @Override
    public Collection<ListenerCounts> listeners() {
        return Collections.unmodifiableCollection(listenerGroups.values());
    }

    @Override
    public long batches(EventSource source) {
        return batches[source.ordinal()].sum();
    }

    @Override
    public long events(EventSource source) {
        return events[source.ordinal()].sum();
    }

    @Override
    public int pendingBatches() {
        return loop.ready();
    }

    @Override
    public long wakeups() {
        return wakeups.sum();
    }

    @Override
    public long timeouts() {
        return timeouts.sum();
    }

    @Override
    public long interrupts() {
        return interrupts.sum();
    }

    @Override
    public int openBatches() {
        return open.get();
    }

    @Override
    public int maxOpenBatches() {
        return maxOpen.get();
    }

    @Override
    public Duration starvation() {
        return loop.starvation();
    }
}
