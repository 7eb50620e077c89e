package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.ProactorOperations;
import dev.proactor.spring.boot.template.SendException;
import dev.proactor.spring.boot.template.SendQueueFullException;
import dev.proactor.spring.boot.template.SendTimeoutException;
import dev.proactor.spring.boot.template.TemplateConversionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** Sends along one lane. Thread-safe. */
class Operations implements ProactorOperations {

    private final Lane lane;
    private final MessageConverters converters;
    final Duration defaultTimeout;
    final ScheduledExecutorService timer;
    private final Requests requests;
    private final @Nullable SendObserver observer;
    final BooleanSupplier closed;

    Operations(
            Lane lane,
            MessageConverters converters,
            Duration defaultTimeout,
            ScheduledExecutorService timer,
            Requests requests,
            @Nullable SendObserver observer,
            BooleanSupplier closed) {
        this.lane = lane;
        this.converters = converters;
        this.defaultTimeout = defaultTimeout;
        this.timer = timer;
        this.requests = requests;
        this.observer = observer;
        this.closed = closed;
    }

    /** {@return the same along another lane} */
    final Operations along(Lane other) {
        return new Operations(other, converters, defaultTimeout, timer, requests, observer, closed);
    }

    @Override
    public CompletionStage<DeliveryState> send(String address, Object body) {
        return begin(address, body, defaultTimeout).outcome;
    }

    @Override
    public CompletionStage<DeliveryState> send(String address, Object body, Duration timeout) {
        return begin(address, body, timeout).outcome;
    }

    @Override
    public CompletionStage<List<DeliveryState>> sendAll(String address, Collection<?> bodies) {
        List<Message> messages = new ArrayList<>(bodies.size());
        for (Object body : bodies) {
            Message message = write(body);
            EncodedMessage.check(message);
            messages.add(message);
        }
        List<CompletableFuture<DeliveryState>> outcomes = new ArrayList<>(messages.size());
        for (Message message : messages) {
            outcomes.add(begin(address, message, defaultTimeout).outcome);
        }
        CompletableFuture<List<DeliveryState>> all = new CompletableFuture<>();
        for (CompletableFuture<DeliveryState> outcome : outcomes) {
            var unused = outcome.whenComplete((state, failure) -> {
                if (failure != null) {
                    all.completeExceptionally(failure);
                }
            });
        }
        var unused = CompletableFuture.allOf(outcomes.toArray(CompletableFuture<?>[]::new))
                .thenRun(() -> all.complete(
                        outcomes.stream().map(CompletableFuture::join).toList()));
        return all;
    }

    // ---- requests

    @Override
    public CompletionStage<Message> request(String address, Object body) {
        return ask(address, body, defaultTimeout);
    }

    @Override
    public CompletionStage<Message> request(String address, Object body, Duration timeout) {
        return ask(address, body, timeout);
    }

    @Override
    public <T> CompletionStage<T> request(String address, Object body, Class<T> type) {
        return request(address, body, type, defaultTimeout);
    }

    @Override
    public <T> CompletionStage<T> request(String address, Object body, Class<T> type, Duration timeout) {
        Function<Message, T> reader = reader(type);
        return ask(address, body, timeout).thenApply(reader);
    }

    @Override
    public <T> T requestAndWait(String address, Object body, Class<T> type) {
        return requestAndWait(address, body, type, defaultTimeout);
    }

    @Override
    public <T> T requestAndWait(String address, Object body, Class<T> type, Duration timeout) {
        Function<Message, T> reader = reader(type);
        requireAwaitable(lane, address);
        CompletableFuture<Message> answer = ask(address, body, timeout);
        try {
            return reader.apply(answer.get());
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof SendException why) {
                throw withCaller(why);
            }
            throw new CompletionException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            answer.cancel(false);
            throw new SendException("the thread that waited for the answer to a message to '" + PeerText.name(address)
                    + "' over " + lane.describe() + " was interrupted: the peer may have the message or not");
        }
    }

    private <T> Function<Message, T> reader(Class<T> type) {
        if (type == Message.class) {
            return type::cast;
        }
        MessageConverters.Reader reader = converters.reader(type);
        if (reader == null) {
            throw new IllegalArgumentException("Nothing makes a " + type.getName()
                    + " of a message's body. " + converters.remedy()
                    + ", or define a ProactorMessageConverter bean that reads this type");
        }
        return answer -> {
            try {
                Object value = reader.read(answer);
                if (value == null) {
                    throw new MessageConversionException("the body is null");
                }
                return type.cast(value);
            } catch (MessageConversionException unfit) {
                throw new TemplateConversionException(
                        "the answer over " + lane.describe() + " is not what was asked for: " + unfit.getMessage(),
                        unfit);
            }
        };
    }

    private Message write(Object body) {
        try {
            return converters.write(body);
        } catch (MessageConversionException unfit) {
            throw new TemplateConversionException(String.valueOf(unfit.getMessage()), unfit);
        }
    }

    private CompletableFuture<Message> ask(String address, Object body, Duration timeout) {
        positive(timeout);
        Message message = write(body);
        long nanos = TimeUnit.NANOSECONDS.convert(timeout);
        Requests.Request request = requests.begin(lane);
        String about = "a request to '" + PeerText.name(address) + "' over " + lane.describe();
        if (request == null) {
            return CompletableFuture.failedFuture(new SendQueueFullException(about + " was not sent: " + requests.max()
                    + " requests have no answer yet, which is as many as proactor.template.max-pending allows"));
        }
        long deadline = System.nanoTime() + nanos;
        try {
            request.timer(timer.schedule(
                    () -> request.fail(() -> new SendTimeoutException(
                            about + " had no answer within " + words(timeout)
                                    + ". Does what handles it there answer to its reply-to, with its correlation-id?",
                            true)),
                    nanos,
                    TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException over) {
            request.fail(() -> DefaultSending.shutDown(lane));
        }
        if (closed.getAsBoolean()) {
            request.fail(() -> DefaultSending.shutDown(lane)); // as for a message
        }
        CompletableFuture<String> replies = lane.replyAddress();
        var unused2 = request.answer.whenComplete((answer, failure) -> replies.cancel(false));
        var unused = replies.whenComplete((replyTo, none) -> {
            Duration left = Duration.ofNanos(deadline - System.nanoTime());
            if (none != null) {
                request.answer.completeExceptionally(none);
            } else if (!request.answer.isDone() && left.toNanos() > 0) {
                message.setReplyTo(replyTo);
                message.setCorrelationId(request.id);
                send(request, message, address, left, about);
            }
        });
        return request.answer;
    }

    private void send(Requests.Request request, Message message, String address, Duration left, String about) {
        OutgoingMessage outgoing;
        try {
            outgoing = begin(address, message, left);
        } catch (RuntimeException unfit) {
            request.answer.completeExceptionally(unfit);
            return;
        }
        var unused = outgoing.outcome.whenComplete((outcome, failure) -> {
            if (failure != null) {
                request.answer.completeExceptionally(failure);
            } else if (!(outcome instanceof Accepted)) {
                request.fail(() ->
                        new SendException(about + " was not accepted: its outcome is " + PeerText.outcome(outcome)));
            }
        });
        // Who gives up an answer gives up the request too, if it was not sent.
        var unused2 = request.answer.whenComplete((answer, failure) -> {
            if (failure != null) {
                outgoing.abandon(() -> new SendException("nobody waits for the answer any more"));
            }
        });
    }

    /**
     * Threads of the proactor make these exceptions, and one may be for several that wait: who waited is added to it.
     *
     * @return the same, whose stack trace tells of the calling thread too
     */
    static SendException withCaller(SendException why) {
        why.addSuppressed(new Exception("the thread '" + Thread.currentThread().getName() + "' waited here"));
        return why;
    }

    /** A handler that waits for its own connection would wait until the time is over. */
    static void requireAwaitable(Lane lane, String address) {
        if (lane.isHeldUpHere(address)) {
            throw new IllegalStateException(
                    "a handler can't wait for what is to come over the connection whose event it handles, here "
                            + lane.describe()
                            + ": nothing of that connection moves before it returns. Use send, request or inTransaction"
                            + " and return their stage, or let another thread wait");
        }
    }

    static void positive(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("The time-out must be positive: " + timeout);
        }
    }

    private OutgoingMessage begin(String address, Object body, Duration timeout) {
        positive(timeout);
        return begin(address, write(body), timeout);
    }

    private OutgoingMessage begin(String address, Message message, Duration timeout) {
        SendObserver.Sent observed =
                observer == null ? null : observer.begin(lane.name(), lane::server, address, message);
        if (observed == null) {
            return begin(address, EncodedMessage.of(message), timeout);
        }
        OutgoingMessage outgoing;
        try {
            outgoing = begin(address, EncodedMessage.of(message), timeout);
        } catch (RuntimeException unfit) {
            observed.ended(null, unfit);
            throw unfit;
        }
        var unused = outgoing.outcome.whenComplete(observed::ended);
        return outgoing;
    }

    private OutgoingMessage begin(String address, byte[] bytes, Duration timeout) {
        OutgoingMessage message = new OutgoingMessage(address, bytes, words(timeout), lane.pending());
        if (!lane.pending().enter(message)) {
            message.failUnsent(() -> new SendQueueFullException(OutgoingLink.about(message, lane) + " was not sent: "
                    + lane.pending().full()));
            return message;
        }
        lane.submit(message);
        try {
            // Only now: what runs out of time must know where it waits.
            message.timer(
                    timer.schedule(message::timedOut, TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS));
        } catch (RejectedExecutionException over) {
            message.abandon(() -> DefaultSending.shutDown(lane));
        }
        if (closed.getAsBoolean()) {
            // Read after it entered: either close() has seen the message, or this sees close().
            message.abandon(() -> DefaultSending.shutDown(lane));
        }
        return message;
    }

    static String words(Duration timeout) {
        return timeout.toString().substring(2).toLowerCase(Locale.ROOT);
    }

    @Override
    public DeliveryState sendAndWait(String address, Object body) {
        return sendAndWait(address, body, defaultTimeout);
    }

    @Override
    public DeliveryState sendAndWait(String address, Object body, Duration timeout) {
        requireAwaitable(lane, address);
        OutgoingMessage message = begin(address, body, timeout);
        CompletableFuture<DeliveryState> outcome = message.outcome;
        try {
            return outcome.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof SendException why) {
                throw withCaller(why);
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
