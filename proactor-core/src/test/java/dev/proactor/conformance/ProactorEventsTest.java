package dev.proactor.conformance;

import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.EventType.PROACTOR_TIMEOUT;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.nextType;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The proactor's own events: interrupt, time-out, inactive. */
@Timeout(30)
class ProactorEventsTest {

    private static final Duration LONG = Duration.ofHours(2);

    private final Proactor proactor = Proactor.create();

    @AfterEach
    void closeProactor() {
        proactor.close();
    }

    @Test
    @Tag("C1")
    void aNewProactorHasNothingToGet() {
        assertThat(proactor.poll()).isNull();
    }

    @Test
    @Tag("C1")
    void aNewProactorBlocksWhoWaits() {
        Background<List<EventType>> waiting = Background.call(() -> takeAll(proactor));
        assertThat(waiting.whenItWaits().stillRunsAfter(Duration.ofMillis(50))).isTrue();
        proactor.interrupt();
        assertThat(waiting.result()).containsExactly(PROACTOR_INTERRUPT);
    }

    @Test
    @Tag("C2")
    void anInterruptAloneMakesNoInactive() {
        proactor.interrupt();
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_INTERRUPT);
        assertThat(proactor.poll()).isNull();
        assertIdle(proactor);
    }

    @Test
    @Tag("C3")
    void severalInterruptsGiveOneOrMoreAndAtMostAsMany() {
        for (int i = 0; i < 3; i++) {
            proactor.interrupt();
        }
        int seen = 0;
        for (EventBatch batch = proactor.poll(); batch != null; batch = proactor.poll()) {
            try (EventBatch open = batch) {
                seen += rest(open).size();
            }
        }
        assertThat(seen).isBetween(1, 3);
        assertThat(proactor.counts().interrupts()).isEqualTo(seen);
    }

    @Test
    @Tag("C3")
    void anInterruptFromTheHandlerOfOneGivesAnother() {
        proactor.interrupt();
        List<EventType> rest;
        try (EventBatch batch = takeAt(proactor, PROACTOR_INTERRUPT)) {
            proactor.interrupt();
            rest = rest(batch);
        }
        assertThat(rest.isEmpty() ? takeAll(proactor) : rest).containsExactly(PROACTOR_INTERRUPT);
        assertIdle(proactor);
    }

    @Test
    @Tag("C6")
    void aTimeoutOfZeroComesAtOnceAndThenInactive() {
        proactor.setTimeout(Duration.ZERO);
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
        assertIdle(proactor);
    }

    @Test
    @Tag("C6")
    void aTimeoutInThePastComesAtOnce() {
        proactor.setTimeout(Duration.ofSeconds(-1));
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
    }

    @Test
    @Tag("C7")
    void aTimeoutDoesNotComeTooEarly() {
        for (int millis = 1; millis <= 30; millis += 7) {
            long start = System.nanoTime();
            proactor.setTimeout(Duration.ofMillis(millis));
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(millis * 1_000_000L);
        }
    }

    @Test
    @Tag("C7")
    void aTimeoutReachesAThreadThatWaitsAlready() {
        Background<List<EventType>> waiting =
                Background.call(() -> takeAll(proactor)).whenItWaits();
        proactor.setTimeout(Duration.ofMillis(10));
        assertThat(waiting.result()).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
    }

    @Test
    @Tag("C8")
    void aCancelledTimeoutGivesInactiveOnly() {
        proactor.setTimeout(LONG);
        proactor.cancelTimeout();
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
        assertThat(proactor.poll()).isNull();
    }

    @Test
    @Tag("C8")
    void aCancelledTimeoutDoesNotComeAtItsTime() {
        proactor.setTimeout(Duration.ofMillis(20));
        proactor.cancelTimeout();
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
        assertIdle(proactor);
        assertThat(proactor.counts().timeouts()).isZero();
    }

    @Test
    @Tag("C9")
    void aNewTimeoutReplacesALaterOne() {
        proactor.setTimeout(LONG);
        proactor.setTimeout(Duration.ofMillis(5));
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
        assertIdle(proactor);
    }

    @Test
    @Tag("C9")
    void aNewTimeoutReplacesAnEarlierOne() {
        proactor.setTimeout(Duration.ofMillis(5));
        long start = System.nanoTime();
        proactor.setTimeout(Duration.ofMillis(60));
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(60_000_000L);
        assertIdle(proactor);
        assertThat(proactor.counts().timeouts()).isEqualTo(1);
    }

    @Test
    @Tag("C9")
    void aTimeoutThatRanOutAndWasNotDeliveredIsReplacedToo() {
        proactor.setTimeout(Duration.ZERO);
        proactor.setTimeout(LONG);
        assertIdle(proactor);
        proactor.setTimeout(Duration.ZERO);
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
    }

    @Test
    @Tag("C10")
    void cancellingWhereNoneIsSetGivesNoTimeout() {
        proactor.cancelTimeout();
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
        assertIdle(proactor);
    }

    @Test
    @Tag("C10")
    void cancellingWhereNoneIsSetGivesNothingWhileAListenerLives() {
        try (Driver server = new Driver(proactor, event -> {})) {
            listen(server);
            proactor.cancelTimeout();
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C11")
    void aTimeoutThatRunsOutWhileNobodyWaitsIsDeliveredToTheNextWhoLooks() {
        // Long beside the wait that finds nothing yet, however slow this thread is.
        Duration time = Duration.ofSeconds(1);
        proactor.setTimeout(time);
        assertIdle(proactor);
        Duration end = proactor.now().plus(time);
        while (proactor.now().compareTo(end) <= 0) {
            Thread.onSpinWait();
        }
        try (EventBatch batch = proactor.poll()) {
            assertThat(batch).isNotNull();
            assertThat(rest(batch)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C12")
    void aTimeoutWhileSomethingLivesComesAlone() {
        try (Driver server = new Driver(proactor, event -> {})) {
            listen(server);
            proactor.setTimeout(Duration.ZERO);
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT);
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C12")
    void aTimeoutHandlerThatSetsAnotherPreventsInactive() {
        proactor.setTimeout(Duration.ZERO);
        try (EventBatch batch = take(proactor)) {
            assertThat(nextType(batch)).isEqualTo(PROACTOR_TIMEOUT);
            proactor.setTimeout(Duration.ofMillis(1));
            assertThat(batch.next()).isNull();
        }
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
    }

    @Test
    @Tag("C12")
    void aTimeoutHandlerThatConnectsPreventsInactive() {
        proactor.setTimeout(Duration.ZERO);
        try (EventBatch batch = take(proactor)) {
            assertThat(nextType(batch)).isEqualTo(PROACTOR_TIMEOUT);
            proactor.connect(ConnectionOptions.to("127.0.0.1:nowhere").build());
            assertThat(batch.next()).isNull();
        }
        try (Driver driver = new Driver(proactor, event -> {})) {
            driver.runTo(PROACTOR_INACTIVE);
            assertThat(driver.log).containsOnlyOnce(PROACTOR_INACTIVE).endsWith(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C12")
    void inactiveIsJudgedAfterTheInterruptBeforeItWasHandled() {
        proactor.cancelTimeout();
        proactor.interrupt();
        try (EventBatch batch = take(proactor)) {
            assertThat(nextType(batch)).isEqualTo(PROACTOR_INTERRUPT);
            proactor.setTimeout(LONG);
            assertThat(batch.next()).as("event beside a living time-out").isNull();
        }
        assertIdle(proactor);
    }

    @Test
    @Tag("C15")
    void inactiveThatIsOutOfDateIsNotDelivered() {
        proactor.cancelTimeout();
        proactor.setTimeout(LONG);
        assertIdle(proactor);
    }

    @Test
    @Tag("C15")
    void afterInactiveTheProactorIsUsableAsBefore() {
        try (Driver driver = new Driver(proactor, event -> {})) {
            for (int i = 0; i < 3; i++) {
                proactor.setTimeout(Duration.ZERO);
                driver.runTo(PROACTOR_INACTIVE);
                assertIdle(proactor);
                proactor.interrupt();
                driver.runTo(PROACTOR_INTERRUPT);
                proactor.listen(ListenerOptions.on("127.0.0.1:0").build());
                driver.runTo(EventType.LISTENER_OPEN);
                proactor.disconnect(null);
                driver.runTo(PROACTOR_INACTIVE);
                assertThat(driver.takeLog())
                        .containsExactly(
                                PROACTOR_TIMEOUT,
                                PROACTOR_INACTIVE,
                                PROACTOR_INTERRUPT,
                                EventType.LISTENER_OPEN,
                                EventType.LISTENER_CLOSE,
                                PROACTOR_INACTIVE);
            }
        }
    }

    @Test
    @Tag("C22")
    void eventsOfOneBatchComeInTheOrderTimeoutInterruptInactive() {
        proactor.interrupt();
        proactor.setTimeout(Duration.ZERO);
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INTERRUPT, PROACTOR_INACTIVE);
        proactor.cancelTimeout();
        proactor.interrupt();
        assertThat(takeAll(proactor)).containsExactly(PROACTOR_INTERRUPT, PROACTOR_INACTIVE);
    }

    @Test
    @Tag("C25")
    void theClockNeverGoesBack() {
        List<Background<Boolean>> readers = new ArrayList<>();
        AtomicInteger running = new AtomicInteger(4);
        for (int i = 0; i < 4; i++) {
            readers.add(Background.call(() -> {
                running.decrementAndGet();
                while (running.get() > 0) {
                    Thread.onSpinWait();
                }
                Duration last = proactor.now();
                for (int n = 0; n < 20_000; n++) {
                    Duration now = proactor.now();
                    if (now.compareTo(last) < 0) {
                        return false;
                    }
                    last = now;
                }
                return true;
            }));
        }
        assertThat(readers).allMatch(Background::result);
    }

    @Test
    @Tag("C25")
    void timeoutsGoByTheClock() {
        Duration before = proactor.now();
        proactor.setTimeout(Duration.ofMillis(20));
        try (EventBatch batch = take(proactor)) {
            Event event = batch.next();
            assertThat(event.type()).isEqualTo(PROACTOR_TIMEOUT);
            assertThat(proactor.now().minus(before)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
        }
    }
}
