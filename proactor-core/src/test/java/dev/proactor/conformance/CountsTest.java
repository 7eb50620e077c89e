package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.DeliveryOutcome;
import dev.proactor.Direction;
import dev.proactor.DurationListener;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorCounts;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Pair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a proactor counts of its batches, and what it tells of their times. */
@Timeout(30)
class CountsTest {

    private static void spin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aNewProactorHasCountedNothing() {
        try (Proactor proactor = Proactor.create()) {
            ProactorCounts counts = proactor.counts();
            for (EventSource source : EventSource.values()) {
                assertThat(counts.batches(source)).isZero();
                assertThat(counts.events(source)).isZero();
            }
            assertThat(counts.wakeups() + counts.timeouts() + counts.interrupts())
                    .isZero();
            assertThat(counts.openBatches() + counts.maxOpenBatches() + counts.pendingBatches())
                    .isZero();
            assertThat(counts.starvation()).isZero();
            assertThat(counts.connections()).isEmpty();
            assertThat(counts.listeners()).isEmpty();
        }
    }

    @Test
    void batchesAndEventsAreCountedBySource() {
        Map<EventSource, Long> events = new EnumMap<>(EventSource.class);
        try (Pair pair = new Pair(
                event -> {
                    events.merge(event.type().source(), 1L, Long::sum);
                    if (event.type() == CONNECTION_WAKE) {
                        event.connection().close();
                    }
                },
                event -> events.merge(event.type().source(), 1L, Long::sum))) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            pair.client.runTo(EventType.PROACTOR_INACTIVE, pair.server);
            pair.listener.close();
            pair.server.runTo(EventType.PROACTOR_INACTIVE);
            ProactorCounts client = pair.client.proactor.counts();
            ProactorCounts server = pair.server.proactor.counts();
            for (EventSource source : EventSource.values()) {
                long handled = events.getOrDefault(source, 0L);
                assertThat(client.events(source) + server.events(source))
                        .as("events of %s", source)
                        .isEqualTo(handled);
                assertThat(client.batches(source) + server.batches(source))
                        .as("batches of %s", source)
                        .isBetween(Math.min(1, handled), handled);
            }
            assertThat(events).containsKeys(EventSource.CONNECTION, EventSource.LISTENER, EventSource.PROACTOR);
            assertThat(client.events(EventSource.LISTENER)).isZero();
            assertThat(client.wakeups()).isEqualTo(1);
            assertThat(server.wakeups()).isZero();
        }
    }

    @Test
    void eventsThatComeAgainAreCountedOnce() {
        try (Proactor proactor = Proactor.create()) {
            proactor.setTimeout(Duration.ZERO);
            proactor.interrupt();
            take(proactor).close();
            takeAt(proactor, EventType.PROACTOR_TIMEOUT).close();
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INTERRUPT, EventType.PROACTOR_INACTIVE);
            assertThat(proactor.counts().events(EventSource.PROACTOR)).isEqualTo(3);
            assertThat(proactor.counts().batches(EventSource.PROACTOR)).isEqualTo(3);
            assertThat(proactor.counts().timeouts()).isEqualTo(1);
            assertThat(proactor.counts().interrupts()).isEqualTo(1);
        }
    }

    @Test
    void openBatchesAreThoseThatAreOpenNowAndTheMostIsKept() {
        try (Pair pair = new Pair()) {
            Connection one = pair.connect();
            Connection two = pair.connect();
            Proactor proactor = pair.client.proactor;
            assertThat(proactor.counts().openBatches()).isZero();
            assertThat(proactor.counts().maxOpenBatches()).isEqualTo(1);
            proactor.wake(one);
            proactor.wake(two);
            proactor.interrupt();
            List<EventBatch> open = List.of(take(proactor), take(proactor), take(proactor));
            assertThat(proactor.counts().openBatches()).isEqualTo(3);
            EventBatch detached = open.get(0).detach();
            assertThat(proactor.counts().openBatches()).isEqualTo(3);
            rest(detached);
            detached.close();
            assertThat(proactor.counts().openBatches()).isEqualTo(2);
            for (EventBatch batch : open) {
                if (batch != open.get(0)) {
                    rest(batch);
                    batch.close();
                }
            }
            assertThat(proactor.counts().openBatches()).isZero();
            assertThat(proactor.counts().maxOpenBatches()).isEqualTo(3);
        }
    }

    @Test
    void pendingBatchesAreSubjectsThatWaitForAThread() {
        try (Pair pair = new Pair()) {
            Connection one = pair.connect();
            Connection two = pair.connect();
            Proactor proactor = pair.client.proactor;
            proactor.wake(one);
            proactor.wake(two);
            proactor.wake(two);
            assertThat(proactor.counts().pendingBatches()).isEqualTo(2);
            takeAll(proactor);
            assertThat(proactor.counts().pendingBatches()).isEqualTo(1);
            takeAll(proactor);
            assertThat(proactor.counts().pendingBatches()).isZero();
        }
    }

    @Test
    void workThatWaitsWhileAllThreadsAreInHandlersIsStarvation() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.server.proactor;
            Duration least = Duration.ofMillis(20);
            Duration starved = Duration.ZERO;
            // Not counted is what a thread finds in a look in which it lost the processor: it may have come just then.
            for (int i = 0; starved.compareTo(least) < 0 && i < 10; i++) {
                proactor.interrupt();
                Duration before = proactor.counts().starvation();
                try (EventBatch held = takeAt(proactor, PROACTOR_INTERRUPT)) {
                    pair.client.proactor.execute(
                            connection, () -> connection.session().open());
                    pair.client.settle();
                    spin(least);
                    assertThat(held.next()).isNull();
                }
                pair.server.runTo(EventType.SESSION_REMOTE_OPEN);
                starved = proactor.counts().starvation().minus(before);
            }
            assertThat(starved).isGreaterThanOrEqualTo(least);
        }
    }

    @Test
    void whatABatchHasSettledIsCountedWhenItIsOver() {
        AtomicReference<Delivery> held = new AtomicReference<>();
        try (Pair pair = new Pair(event -> {}, event -> {
            if (event.type() == EventType.DELIVERY) {
                event.receiver().recv();
                event.receiver().advance();
                held.set(event.delivery());
                event.proactor().wake(event.connection()); // found by the look for more at the end of the batch
            } else if (event.type() == CONNECTION_WAKE) {
                held.get().disposition(Accepted.getInstance());
                held.get().settle();
            }
        })) {
            Connection connection = pair.connect();
            Sender sender = pair.openSender(connection);
            long before = pair.server.proactor.counts().batches(EventSource.CONNECTION);
            pair.client.proactor.execute(connection, () -> {
                sender.delivery(new byte[] {1});
                sender.send(new byte[] {1, 2, 3}, 0, 3);
                sender.advance();
            });
            pair.client.runTo(EventType.DELIVERY, pair.server);
            assertThat(pair.server.proactor.counts().batches(EventSource.CONNECTION) - before)
                    .isEqualTo(1);
            ProactorCounts.ConnectionCounts server =
                    pair.server.proactor.counts().connections().iterator().next();
            // Nothing else happens at that connection now.
            assertThat(server.deliveries(Direction.IN, DeliveryOutcome.ACCEPTED))
                    .isEqualTo(1);
            assertThat(server.unsettled(Direction.IN)).isZero();
        }
    }

    private record Batch(long waitNanos, long handlingNanos, int events) {}

    /** Keeps what it is told. */
    private static final class Recorder implements DurationListener {
        final List<String> asked = new ArrayList<>();
        final List<Batch> own = new ArrayList<>();
        final List<Batch> connections = new ArrayList<>();
        final List<Batch> listeners = new ArrayList<>();

        @Override
        public ConnectionRecorder connections(ConnectionRole role, String name) {
            asked.add(role + " " + name);
            return (wait, handling, events) -> connections.add(new Batch(wait, handling, events));
        }

        @Override
        public BatchRecorder listeners(String name) {
            asked.add("LISTENER " + name);
            return (wait, handling, events) -> listeners.add(new Batch(wait, handling, events));
        }

        @Override
        public BatchRecorder proactor() {
            return (wait, handling, events) -> own.add(new Batch(wait, handling, events));
        }
    }

    @Test
    void aRecorderThatThrowsCostsNoConnection() {
        DurationListener throwing = new DurationListener() {
            @Override
            public ConnectionRecorder connections(ConnectionRole role, String name) {
                return new ConnectionRecorder() {
                    @Override
                    public void batch(long wait, long handling, int events) {
                        throw new IllegalStateException("as asked");
                    }

                    @Override
                    public void handshake(long nanos, boolean succeeded) {
                        throw new IllegalStateException("as asked");
                    }
                };
            }

            @Override
            public BatchRecorder listeners(String name) {
                return (wait, handling, events) -> {
                    throw new IllegalStateException("as asked");
                };
            }
        };
        try (Driver driver = new Driver(Proactor.builder().durations(throwing).build(), Handlers::mirror)) {
            var listener =
                    Handlers.listen(driver, ListenerOptions.on("127.0.0.1:0").build());
            Connection client = driver.proactor.connect(
                    ConnectionOptions.to(address(listener)).build());
            driver.runTo(EventType.CONNECTION_REMOTE_OPEN);
            driver.takeLog();
            driver.proactor.execute(client, client::close);
            driver.runTo(EventType.TRANSPORT_CLOSED);
        }
    }

    @Test
    void aDurationListenerIsToldOfEachBatch() {
        Recorder recorder = new Recorder();
        Proactor proactor = Proactor.builder().durations(recorder).build();
        try (Driver driver = new Driver(proactor, event -> {
            Handlers.mirror(event);
            if (event.type() == CONNECTION_WAKE) {
                event.connection().close();
            }
        })) {
            String address = address(Handlers.listen(
                    driver, ListenerOptions.on("127.0.0.1:0").name("in").build()));
            for (int i = 0; i < 2; i++) {
                Connection client = proactor.connect(
                        ConnectionOptions.to(address).name("out").build());
                driver.runTo(EventType.CONNECTION_REMOTE_OPEN);
                driver.settle();
                proactor.wake(client);
                driver.runTo(EventType.TRANSPORT_CLOSED);
                driver.settle();
            }
            proactor.disconnect(null);
            driver.runTo(EventType.PROACTOR_INACTIVE);
            assertThat(recorder.asked).containsExactlyInAnyOrder("LISTENER in", "CLIENT out", "SERVER in");
            assertMatch(recorder.connections, proactor, EventSource.CONNECTION);
            assertMatch(recorder.listeners, proactor, EventSource.LISTENER);
            assertMatch(recorder.own, proactor, EventSource.PROACTOR);
        }
    }

    private static void assertMatch(List<Batch> batches, Proactor proactor, EventSource source) {
        assertThat(batches).as("batches of %s", source).hasSize((int)
                proactor.counts().batches(source));
        assertThat(batches.stream().mapToInt(Batch::events).sum())
                .as("events of %s", source)
                .isEqualTo((int) proactor.counts().events(source));
        assertThat(batches).allMatch(batch -> batch.waitNanos() >= 0 && batch.handlingNanos() >= 0);
    }

    @Test
    void theTimesOfABatchAreItsWaitForAThreadAndTheHandling() {
        Recorder recorder = new Recorder();
        Proactor proactor = Proactor.builder().durations(recorder).build();
        try (Pair pair = new Pair(proactor, event -> {}, event -> {})) {
            Connection connection = pair.connect();
            recorder.connections.clear();
            proactor.wake(connection);
            proactor.interrupt();
            spin(Duration.ofMillis(15));
            for (int i = 0; i < 2; i++) {
                try (EventBatch batch = take(proactor)) {
                    rest(batch);
                    spin(Duration.ofMillis(10));
                }
            }
            assertThat(recorder.own).hasSize(1);
            assertThat(recorder.connections).hasSize(1);
            for (Batch batch : List.of(recorder.own.get(0), recorder.connections.get(0))) {
                assertThat(batch.waitNanos()).isGreaterThanOrEqualTo(15_000_000L);
                assertThat(batch.handlingNanos()).isGreaterThanOrEqualTo(10_000_000L);
                assertThat(batch.events()).isEqualTo(1);
            }
        }
    }
}
