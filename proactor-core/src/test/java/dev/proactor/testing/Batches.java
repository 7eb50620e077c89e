package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Single batches, for tests that look at them closely. */
public final class Batches {

    /** More than any test has: a batch that goes on never ends. */
    static final int MOST_EVENTS = 100_000;

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private Batches() {}

    /** Waits for a batch, which the caller must close. */
    public static EventBatch take(Proactor proactor) {
        try {
            EventBatch batch = proactor.await(LIMIT);
            assertThat(batch).as("batch in time").isNotNull();
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Waits for a batch that begins with this event, and leaves it open. */
    public static EventBatch takeAt(Proactor proactor, EventType first) {
        EventBatch batch = take(proactor);
        assertThat(nextType(batch)).isEqualTo(first);
        return batch;
    }

    /** The type of the batch's next event, or null. */
    public static EventType nextType(EventBatch batch) {
        Event event = batch.next();
        return event == null ? null : event.type();
    }

    /** The types of the events that are left in the batch. */
    public static List<EventType> rest(EventBatch batch) {
        List<EventType> types = new ArrayList<>();
        for (Event event = batch.next(); event != null; event = batch.next()) {
            assertThat(types).as("events in a batch").hasSizeLessThan(MOST_EVENTS);
            types.add(event.type());
        }
        return types;
    }

    /** Waits for a batch, and takes all its events. */
    public static List<EventType> takeAll(Proactor proactor) {
        try (EventBatch batch = take(proactor)) {
            return rest(batch);
        }
    }

    /** Fails if there is a batch now, or comes in the next moment. */
    public static void assertIdle(Proactor proactor) {
        try (EventBatch batch = proactor.await(Duration.ofMillis(40))) {
            assertThat(batch == null ? List.of() : rest(batch))
                    .as("events of an idle proactor")
                    .isEmpty();
            assertThat(batch).as("batch of an idle proactor").isNull();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
