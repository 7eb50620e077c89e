package dev.proactor.conformance;

import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.PROACTOR_TIMEOUT;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Pair;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When the proactor is inactive, with connections and listeners. Both ends are on one proactor, as in C's test. */
@Timeout(30)
class InactiveTest {

    /** Opens and closes a connection to a listener, closes the listener. */
    private static void live(Driver driver, Runnable meanwhile) {
        Listener listener = listen(driver);
        Connection client =
                driver.proactor.connect(ConnectionOptions.to(address(listener)).build());
        driver.runUntil(
                () -> Collections.frequency(driver.log, EventType.CONNECTION_REMOTE_OPEN) == 2, "both ends open");
        meanwhile.run();
        driver.proactor.wake(client);
        driver.runUntil(() -> Collections.frequency(driver.log, TRANSPORT_CLOSED) == 2, "both ends closed");
        listener.close();
    }

    private static Driver mirrorThatClosesOnWake() {
        return new Driver(event -> {
            Handlers.mirror(event);
            if (event.type() == EventType.CONNECTION_WAKE) {
                event.connection().close();
            }
        });
    }

    @Test
    @Tag("C13")
    void inactiveComesOnceAfterTheLastConnectionAndListener() {
        try (Driver driver = mirrorThatClosesOnWake()) {
            live(driver, () -> assertThat(driver.log).doesNotContain(PROACTOR_INACTIVE));
            driver.runTo(PROACTOR_INACTIVE);
            driver.settle();
            assertThat(driver.lastCondition).isNull();
            assertThat(driver.takeLog())
                    .containsOnlyOnce(PROACTOR_INACTIVE)
                    .endsWith(LISTENER_CLOSE, PROACTOR_INACTIVE);
            driver.proactor.setTimeout(Duration.ZERO);
            driver.runTo(PROACTOR_INACTIVE);
            assertThat(driver.takeLog()).containsExactly(PROACTOR_TIMEOUT, PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C13")
    void inactiveWaitsUntilTheBatchOfTransportClosedIsDone() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.client.proactor.disconnect(null);
            EventBatch last = take(pair.client.proactor);
            List<EventType> seen = rest(last);
            assertThat(seen).endsWith(TRANSPORT_CLOSED);
            assertIdle(pair.client.proactor);
            last.close();
            assertThat(takeAll(pair.client.proactor)).containsExactly(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C13")
    void inactiveWaitsUntilTheBatchOfListenerCloseIsDone() {
        try (Driver server = new Driver()) {
            Listener listener = listen(server);
            listener.close();
            EventBatch last = take(server.proactor);
            assertThat(rest(last)).containsExactly(LISTENER_CLOSE);
            assertIdle(server.proactor);
            last.close();
            assertThat(takeAll(server.proactor)).containsExactly(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C13")
    void inactiveReachesAThreadThatWaits() {
        try (Driver server = new Driver()) {
            Listener listener = listen(server);
            listener.close();
            Background<EventSource> waiting;
            try (EventBatch last = take(server.proactor)) {
                rest(last);
                waiting = Background.call(() -> {
                    try (EventBatch batch = server.proactor.await()) {
                        assertThat(rest(batch)).containsExactly(PROACTOR_INACTIVE);
                        return batch.source();
                    }
                });
                waiting.whenItWaits();
            }
            assertThat(waiting.result()).isEqualTo(EventSource.PROACTOR);
        }
    }

    @Test
    @Tag("C14")
    void whileATimeoutIsSetThereIsNoInactiveUntilItIsCancelled() {
        try (Driver driver = mirrorThatClosesOnWake()) {
            live(driver, () -> driver.proactor.setTimeout(Duration.ofHours(1)));
            driver.runTo(LISTENER_CLOSE);
            driver.settle();
            assertThat(driver.proactor.poll()).isNull();
            assertThat(driver.log).doesNotContain(PROACTOR_INACTIVE, PROACTOR_TIMEOUT);
            driver.proactor.cancelTimeout();
            driver.takeLog();
            driver.runTo(PROACTOR_INACTIVE);
            driver.settle();
            assertThat(driver.log).containsExactly(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C14")
    void whileATimeoutIsSetThereIsNoInactiveUntilItRunsOut() {
        try (Driver driver = mirrorThatClosesOnWake()) {
            live(driver, () -> driver.proactor.setTimeout(Duration.ofHours(1)));
            driver.runTo(LISTENER_CLOSE);
            driver.settle();
            // Not before all that lives is over, however long that took.
            driver.proactor.setTimeout(Duration.ofMillis(50));
            driver.runTo(PROACTOR_INACTIVE);
            driver.settle();
            assertThat(driver.log).endsWith(PROACTOR_TIMEOUT, PROACTOR_INACTIVE).containsOnlyOnce(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C12")
    void aTimeoutBesideALivingConnectionComesAlone() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.client.proactor.setTimeout(Duration.ZERO);
            assertThat(takeAll(pair.client.proactor)).containsExactly(PROACTOR_TIMEOUT);
            assertIdle(pair.client.proactor);
        }
    }

    @Test
    @Tag("C15")
    void afterInactiveConnectionsCanBeMadeAgain() {
        try (Driver driver = mirrorThatClosesOnWake()) {
            for (int i = 0; i < 3; i++) {
                live(driver, () -> {});
                driver.runTo(PROACTOR_INACTIVE);
                assertIdle(driver.proactor);
                assertThat(driver.takeLog()).containsOnlyOnce(PROACTOR_INACTIVE);
            }
        }
    }
}
