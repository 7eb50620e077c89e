package dev.proactor.conformance;

import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Background;
import dev.proactor.testing.Pair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The three ways to get a batch, and how a wait ends without one. */
@Timeout(30)
class AwaitTest {

    @Test
    void aWaitWithATimeLimitEndsWithNothingAfterThatTime() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            long start = System.nanoTime();
            assertThat(proactor.await(Duration.ofMillis(30))).isNull();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(30_000_000L);
        }
    }

    @Test
    void aWaitWithATimeLimitEndsAsSoonAsThereIsSomething() {
        try (Proactor proactor = Proactor.create()) {
            Background<List<EventType>> waiting = Background.call(() -> {
                try (EventBatch batch = proactor.await(Duration.ofDays(365_000_000))) {
                    return rest(batch);
                }
            });
            waiting.whenItWaits();
            proactor.interrupt();
            assertThat(waiting.result()).containsExactly(PROACTOR_INTERRUPT);
        }
    }

    @Test
    void aFollowersTimeLimitHoldsWhileAnotherLeads() {
        try (Proactor proactor = Proactor.create()) {
            Background<EventBatch> leader = Background.call(proactor::await).whenItWaits();
            assertThat(Background.call(() -> proactor.await(Duration.ofMillis(20)))
                            .result())
                    .isNull();
            assertThat(leader.isDone()).isFalse();
        }
    }

    @Test
    void whenTheLeadersTimeLimitIsOverAFollowerLeadsOn() throws Exception {
        try (Pair pair = new Pair()) {
            Proactor proactor = pair.server.proactor;
            Background<EventBatch> leader = Background.call(() -> proactor.await(Duration.ofMillis(100)))
                    .whenItWaits();
            Background<EventBatch> follower = Background.call(proactor::await).whenItWaits();
            assertThat(leader.result()).isNull();
            // Only a leader sees this peer come.
            pair.client.proactor.connect(
                    ConnectionOptions.to(address(pair.listener)).build());
            pair.client.settle();
            EventBatch batch = follower.result();
            assertThat(rest(batch)).containsExactly(EventType.LISTENER_ACCEPT);
            batch.close();
        }
    }

    @Test
    void aWaitOfZeroOrLessIsOnlyALook() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            assertThat(proactor.await(Duration.ZERO)).isNull();
            assertThat(proactor.await(Duration.ofSeconds(-1))).isNull();
            proactor.interrupt();
            try (EventBatch batch = proactor.await(Duration.ZERO)) {
                assertThat(batch).isNotNull();
            }
        }
    }

    @Test
    void aLookDoesTheInputThatIsDueEvenWhileAllOthersAreInHandlers() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.server.proactor.interrupt();
            try (EventBatch held = pair.server.proactor.poll()) {
                assertThat(held).isNotNull();
                pair.client.proactor.execute(connection, connection::close);
                pair.client.settle();
                try (EventBatch batch = pair.server.proactor.poll()) {
                    assertThat(batch).isNotNull();
                    assertThat(rest(batch)).contains(EventType.CONNECTION_REMOTE_CLOSE);
                }
            }
        }
    }

    @Test
    void aThreadThatIsInterruptedBeforeDoesNotWait() {
        try (Proactor proactor = Proactor.create()) {
            proactor.interrupt();
            Thread.currentThread().interrupt();
            assertThatThrownBy(proactor::await).isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).as("interrupt status").isFalse();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> proactor.await(Duration.ofSeconds(5))).isInstanceOf(InterruptedException.class);
            // The event is still there.
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INTERRUPT);
        }
    }

    @Test
    void aLookDoesNotMindTheInterruptStatus() {
        try (Proactor proactor = Proactor.create()) {
            proactor.interrupt();
            Thread.currentThread().interrupt();
            try (EventBatch batch = proactor.poll()) {
                assertThat(batch).isNotNull();
                assertThat(rest(batch)).containsExactly(PROACTOR_INTERRUPT);
            }
            assertThat(proactor.poll()).isNull();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void theProactorGoesOnAfterALookByAnInterruptedThread() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Thread.currentThread().interrupt();
            assertThat(pair.client.proactor.poll()).isNull();
            assertThat(Thread.interrupted()).isTrue();
            pair.client.proactor.execute(connection, connection::close);
            pair.client.runTo(EventType.TRANSPORT_CLOSED, pair.server);
            assertThat(pair.client.lastCondition).isNull();
        }
    }

    @Test
    void anInterruptedLeaderPassesItsPartOn() {
        try (Proactor proactor = Proactor.create()) {
            Background<EventBatch> leader = Background.call(proactor::await).whenItWaits();
            Background<EventBatch> follower = Background.call(proactor::await).whenItWaits();
            leader.interrupt();
            assertThat(leader.failure()).isInstanceOf(InterruptedException.class);
            // A time-out is the leader's to see.
            proactor.setTimeout(Duration.ofMillis(5));
            EventBatch batch = follower.result();
            assertThat(rest(batch)).contains(EventType.PROACTOR_TIMEOUT);
            batch.close();
        }
    }

    @Test
    void anInterruptedFollowerLeavesTheLeaderAlone() {
        try (Proactor proactor = Proactor.create()) {
            Background<EventBatch> leader = Background.call(proactor::await).whenItWaits();
            Background<EventBatch> follower = Background.call(proactor::await).whenItWaits();
            follower.interrupt();
            assertThat(follower.failure()).isInstanceOf(InterruptedException.class);
            proactor.interrupt();
            leader.result().close();
        }
    }

    @Test
    void noEventIsLostWhereWaitingThreadsAreInterruptedAllTheTime() throws Exception {
        Semaphore seen = new Semaphore(0);
        AtomicBoolean stop = new AtomicBoolean();
        try (Proactor proactor = Proactor.create()) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread thread = new Thread(() -> loopThroughInterrupts(proactor, seen));
                thread.setDaemon(true);
                thread.start();
                threads.add(thread);
            }
            Background<Void> disturber = Background.run(() -> {
                for (int i = 0; !stop.get(); i++) {
                    threads.get(i % threads.size()).interrupt();
                    if (i % 8 == 0) {
                        Thread.yield();
                    }
                }
            });
            try {
                for (int i = 0; i < 1000; i++) {
                    proactor.interrupt();
                    assertThat(seen.tryAcquire(10, TimeUnit.SECONDS))
                            .as("event " + i)
                            .isTrue();
                }
            } finally {
                stop.set(true);
            }
            disturber.result();
            proactor.close();
            for (Thread thread : threads) {
                thread.join(10_000);
                assertThat(thread.isAlive()).isFalse();
            }
        }
    }

    private static void loopThroughInterrupts(Proactor proactor, Semaphore seen) {
        while (true) {
            try (EventBatch batch = proactor.await()) {
                for (Event event = batch.next(); event != null; event = batch.next()) {
                    if (event.type() == PROACTOR_INTERRUPT) {
                        seen.release();
                    }
                }
            } catch (InterruptedException again) {
                Thread.onSpinWait();
            } catch (ProactorClosedException end) {
                return;
            }
        }
    }

    @Test
    void noEventIsLostWhereWaitsEndByTime() throws Exception {
        Semaphore seen = new Semaphore(0);
        AtomicBoolean stop = new AtomicBoolean();
        try (Proactor proactor = Proactor.create()) {
            List<Background<Void>> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int micros = 50 * (i + 1);
                threads.add(Background.run(() -> {
                    while (!stop.get()) {
                        try (EventBatch batch = proactor.await(Duration.ofNanos(micros * 1000L))) {
                            if (batch != null && rest(batch).contains(PROACTOR_INTERRUPT)) {
                                seen.release();
                            }
                        }
                    }
                }));
            }
            for (int i = 0; i < 500; i++) {
                proactor.interrupt();
                assertThat(seen.tryAcquire(10, TimeUnit.SECONDS))
                        .as("event " + i)
                        .isTrue();
            }
            stop.set(true);
            threads.forEach(Background::result);
        }
    }
}
