package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.EventType.PROACTOR_TIMEOUT;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.nextType;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Pair;
import dev.proactor.testing.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Interrupts and time-outs where several threads wait. */
@Timeout(30)
class InterruptThreadsTest {

    private static List<Background<EventType>> waiters(Proactor proactor, int count) {
        List<Background<EventType>> waiters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            waiters.add(Background.call(() -> {
                try (EventBatch batch = proactor.await()) {
                    return nextType(batch);
                }
            }));
        }
        waiters.forEach(Background::whenItWaits);
        return waiters;
    }

    private static long done(List<? extends Background<?>> waiters) {
        return waiters.stream().filter(Background::isDone).count();
    }

    @Test
    @Tag("C4")
    void anInterruptReachesExactlyOneOfTheThreadsThatWait() {
        try (Proactor proactor = Proactor.create()) {
            List<Background<EventType>> waiters = waiters(proactor, 4);
            for (int interrupts = 1; interrupts <= 4; interrupts++) {
                proactor.interrupt();
                int expected = interrupts;
                await().pollInterval(Duration.ofMillis(1)).until(() -> done(waiters) >= expected);
                waiters.stream()
                        .filter(waiter -> !waiter.isDone())
                        .forEach(waiter -> assertThat(waiter.stillRunsAfter(Duration.ofMillis(10)))
                                .isTrue());
                assertThat(done(waiters)).isEqualTo(interrupts);
            }
            assertThat(waiters).allMatch(waiter -> waiter.result() == PROACTOR_INTERRUPT);
        }
    }

    @Test
    @Tag("C4")
    void handlersThatPassTheInterruptOnStopAllThreads() {
        try (Proactor proactor = Proactor.create()) {
            List<Background<Void>> threads = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                threads.add(Background.run(() -> {
                    boolean stopped = false;
                    while (!stopped) {
                        try (EventBatch batch = proactor.await()) {
                            for (Event event = batch.next(); event != null; event = batch.next()) {
                                if (event.type() == PROACTOR_INTERRUPT) {
                                    stopped = true;
                                    event.proactor().interrupt();
                                }
                            }
                        }
                    }
                }));
            }
            threads.forEach(Background::whenItWaits);
            proactor.interrupt();
            threads.forEach(Background::result);
            // The last one passed it on to nobody: it is still there.
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INTERRUPT);
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C3")
    void noInterruptIsLostWhileThreadsComeAndGo() throws Exception {
        int rounds = 1000;
        Semaphore seen = new Semaphore(0);
        try (Workers workers = new Workers(Proactor.create(), 3, event -> {
            if (event.type() == PROACTOR_INTERRUPT) {
                seen.release();
            }
        })) {
            for (int i = 0; i < rounds; i++) {
                workers.proactor.interrupt();
                assertThat(seen.tryAcquire(10, TimeUnit.SECONDS))
                        .as("interrupt " + i)
                        .isTrue();
            }
            assertThat(workers.proactor.counts().interrupts()).isEqualTo(rounds);
        }
    }

    @Test
    @Tag("C5")
    void anInterruptDoesNotWaitForHandlers() {
        try (Pair pair = new Pair()) {
            Proactor proactor = pair.client.proactor;
            Connection connection = pair.connect();
            proactor.wake(connection);
            proactor.setTimeout(Duration.ZERO);
            List<EventBatch> held = List.of(take(proactor), take(proactor));
            assertThat(held)
                    .extracting(batch -> nextType(batch))
                    .containsExactlyInAnyOrder(CONNECTION_WAKE, PROACTOR_TIMEOUT);
            Background.run(proactor::interrupt).result();
            for (EventBatch batch : held) {
                rest(batch);
                batch.close();
            }
            if (proactor.counts().interrupts() == 0) {
                takeAt(proactor, PROACTOR_INTERRUPT).close();
            }
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C11")
    void aTimeoutIsDeliveredToOneOfTheThreadsThatWait() {
        try (Proactor proactor = Proactor.create()) {
            List<Background<EventType>> waiters = waiters(proactor, 3);
            proactor.setTimeout(Duration.ofMillis(10));
            await().until(() -> done(waiters) > 0);
            assertThat(waiters)
                    .filteredOn(Background::isDone)
                    .extracting(Background::result)
                    .contains(PROACTOR_TIMEOUT);
            assertThat(proactor.counts().timeouts()).isEqualTo(1);
        }
    }
}
