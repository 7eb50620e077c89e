package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.template.ProactorOperations;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendQueueFullException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.qpid.proton.amqp.transport.DeliveryState;

/** Sends along one lane. Thread-safe. */
final class Operations implements ProactorOperations {

    private final Lane lane;
    private final MessageConverters converters;
    private final Duration defaultTimeout;
    private final ScheduledExecutorService timer;
    private final BooleanSupplier closed;

    Operations(
            Lane lane,
            MessageConverters converters,
            Duration defaultTimeout,
            ScheduledExecutorService timer,
            BooleanSupplier closed) {
        this.lane = lane;
        this.converters = converters;
        this.defaultTimeout = defaultTimeout;
        this.timer = timer;
        this.closed = closed;
    }

    @Override
    public CompletionStage<DeliveryState> send(String address, Object body) {
        return begin(address, body, defaultTimeout).outcome;
    }

    @Override
    public CompletionStage<DeliveryState> send(String address, Object body, Duration timeout) {
        return begin(address, body, timeout).outcome;
    }

    private OutgoingMessage begin(String address, Object body, Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("The time-out must be positive: " + timeout);
        }
        byte[] bytes = EncodedMessage.of(converters.write(body));
        OutgoingMessage message = new OutgoingMessage(address, bytes, words(timeout), lane.pending());
        if (!lane.pending().enter(message)) {
            message.failUnsent(() -> new SendQueueFullException(OutgoingLink.about(message, lane)
                    + " was not sent: " + lane.pending().max()
                    + " messages there have no outcome yet, which is as many as"
                    + " proactor.template.max-pending allows. Send more slowly, or raise it"));
            return message;
        }
        lane.submit(message);
        try {
            // Only now: what runs out of time must know where it waits.
            message.timer(
                    timer.schedule(message::timedOut, TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException over) {
            message.abandon(() -> DefaultProactorTemplate.shutDown(lane));
        }
        if (closed.getAsBoolean()) {
            // Read after it entered: either close() has seen the message, or this sees close().
            message.abandon(() -> DefaultProactorTemplate.shutDown(lane));
        }
        return message;
    }

    private static String words(Duration timeout) {
        return timeout.toString().substring(2).toLowerCase(Locale.ROOT);
    }

    @Override
    public DeliveryState sendAndWait(String address, Object body) {
        OutgoingMessage message = begin(address, body, defaultTimeout);
        CompletableFuture<DeliveryState> outcome = message.outcome;
        try {
            return outcome.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof SendException why) {
                throw why;
            }
            throw new CompletionException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            String begin = OutgoingLink.about(message, lane);
            boolean sent = message.abandon(
                    () -> new SendException(begin + " was not sent: the thread that waited was interrupted"));
            throw new SendException(begin
                    + (sent
                            ? " was sent, but the thread that waited for its outcome was interrupted: the peer may have it or not"
                            : " was not sent: the thread that waited was interrupted"));
        }
    }
}
