package dev.proactor.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;

/**
 * One proactor with a handler, run by the test's own thread: the test says what to wait for, and every event on the way goes to
 * the handler and into the log. Several drivers can be run in turns, so that both ends of a connection live in one test.
 */
public final class Driver implements AutoCloseable {

    /** Handles an event as an application would. */
    @FunctionalInterface
    public interface Handler {
        void on(Event event) throws Exception;
    }

    private static final Duration LIMIT = Duration.ofSeconds(10);

    public final Proactor proactor;
    public final List<EventType> log = new ArrayList<>();
    /** The condition of the last TRANSPORT_ERROR or failed LISTENER_CLOSE. */
    public ErrorCondition lastCondition;

    private Handler handler;

    public Driver(Handler handler) {
        this(Proactor.create(), handler);
    }

    public Driver(Proactor proactor, Handler handler) {
        this.proactor = proactor;
        this.handler = handler;
    }

    public Driver() {
        this(event -> {});
    }

    public void handler(Handler newHandler) {
        this.handler = newHandler;
    }

    /** Handles one batch if there is one now. */
    public boolean step() {
        try (EventBatch batch = proactor.poll()) {
            if (batch == null) {
                return false;
            }
            drain(batch);
            return true;
        }
    }

    private void drain(EventBatch batch) {
        int events = 0;
        for (Event event = batch.next(); event != null; event = batch.next()) {
            events++;
            assertThat(events).as("events in a batch").isLessThan(Batches.MOST_EVENTS);
            log.add(event.type());
            switch (event.type()) {
                case TRANSPORT_ERROR -> lastCondition = copy(event.transport().getCondition());
                case LISTENER_CLOSE -> {
                    if (event.listener().condition() != null) {
                        lastCondition = event.listener().condition();
                    }
                }
                default -> {}
            }
            try {
                handler.on(event);
            } catch (Exception e) {
                throw new AssertionError("handler of " + event.type() + " threw", e);
            }
        }
        assertThat(events).as("events in a batch").isPositive();
    }

    private static ErrorCondition copy(ErrorCondition condition) {
        ErrorCondition copy = new ErrorCondition();
        if (condition != null) {
            copy.copyFrom(condition);
        }
        return copy;
    }

    /** Runs this driver and the others until this one has logged the event again from now on. */
    public void runTo(EventType type, Driver... others) {
        int from = log.size();
        runUntil(() -> log.subList(from, log.size()).contains(type), "event " + type, others);
    }

    /** Runs this driver and the others until the condition holds. */
    public void runUntil(java.util.function.BooleanSupplier condition, String what, Driver... others) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            boolean busy = step();
            for (Driver other : others) {
                busy |= other.step();
            }
            if (!busy) {
                awaitBriefly();
            }
            assertThat(System.nanoTime())
                    .as(() -> "no " + what + " in time; events here: " + log)
                    .isLessThan(end);
        }
    }

    /** Waits for a moment in the proactor, so that tests don't spin; handles a batch if one comes. */
    private boolean awaitBriefly() {
        try (EventBatch batch = proactor.await(Duration.ofMillis(2))) {
            if (batch == null) {
                return false;
            }
            drain(batch);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Runs this driver and the others for as long as there is anything to do, and a little longer. */
    public void settle(Driver... others) {
        long end = System.nanoTime() + LIMIT.toNanos();
        for (int quiet = 0; quiet < 5; ) {
            boolean busy = step();
            for (Driver other : others) {
                busy |= other.step();
            }
            assertThat(System.nanoTime())
                    .as(() -> "never quiet; events here: " + log)
                    .isLessThan(end);
            // What comes in the wait may have an answer, which is for the others.
            quiet = busy || awaitBriefly() ? 0 : quiet + 1;
        }
    }

    /** The log, which is emptied. */
    public List<EventType> takeLog() {
        List<EventType> copy = List.copyOf(log);
        log.clear();
        return copy;
    }

    @Override
    public void close() {
        proactor.close();
    }
}
