package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionRole;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.spring.boot.connection.ConnectionSpec.Redelivery;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.handler.Settlement;
import java.lang.reflect.UndeclaredThrowableException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.jspecify.annotations.Nullable;

/**
 * Gives complete deliveries to the one method that takes them, and settles them by what it returns or throws. All of it in the
 * connection's sequence; a stage that completes elsewhere leads back to it.
 *
 * <p>A delivery counts as in flight from before its handler is called until it is settled, or can't be settled any more
 * because its connection is over.
 */
final class Messages {

    private static final Symbol DECODE_ERROR = Symbol.valueOf("amqp:decode-error");
    private static final Symbol INTERNAL_ERROR = Symbol.valueOf("amqp:internal-error");

    private final Proactor proactor;
    private final Failures failures;
    private final InFlight inFlight;
    private final Replies replies;
    private final Redeliveries redeliveries;
    private final @Nullable MessageObserver observer;
    private final Consumer<Call> closeConnection;

    Messages(
            Proactor proactor,
            Failures failures,
            InFlight inFlight,
            Replies replies,
            Redeliveries redeliveries,
            @Nullable MessageObserver observer,
            Consumer<Call> closeConnection) {
        this.proactor = proactor;
        this.failures = failures;
        this.inFlight = inFlight;
        this.replies = replies;
        this.redeliveries = redeliveries;
        this.observer = observer;
        this.closeConnection = closeConnection;
    }

    /** A delivery to us has news. */
    void arrived(Call call, LinkScope link, HandlerMethod method, Receiver receiver, Delivery delivery) {
        if (delivery.isSettled() || receiver.current() != delivery) {
            return; // a handler has dealt with it, or it was handled before
        }
        if (delivery.isAborted()) {
            delivery.settle();
            return;
        }
        if (delivery.isPartial()) {
            return; // its bytes stay where they count against the session's window
        }
        ReadableBuffer bytes = receiver.recv();
        receiver.advance();
        InFlight.Tally tally = link.tally(inFlight, method, call.name());
        if (!inFlight.begin(tally)) {
            settle(delivery, Released.getInstance());
            return;
        }
        call.with(bytes);
        Object result;
        try {
            result = invoke(method, call);
        } catch (Throwable failure) {
            failed(call, link, method, tally, delivery, failure);
            return;
        }
        returned(call, link, method, tally, delivery, result);
    }

    private @Nullable Object invoke(HandlerMethod method, Call call) throws Throwable {
        MessageObserver.Observed observed =
                observer == null ? null : observer.begin(call, method.name(), isAccepted(call));
        call.observed(observed);
        if (observed == null) {
            return method.invoke(call);
        }
        return observed.call(() -> {
            try {
                return method.invoke(call);
            } catch (Exception | Error failure) {
                throw failure;
            } catch (Throwable other) {
                throw new UndeclaredThrowableException(other);
            }
        });
    }

    private static boolean isAccepted(Call call) {
        Connection connection = call.connection();
        ConnectionScope scope = connection == null ? null : ConnectionScope.of(connection);
        return scope != null && scope.role() == ConnectionRole.SERVER;
    }

    private void returned(
            Call call,
            LinkScope link,
            HandlerMethod method,
            InFlight.Counted counted,
            Delivery delivery,
            @Nullable Object result) {
        if (result instanceof CompletionStage<?> stage) {
            promised(call, link, method, counted, delivery, stage);
        } else if (method.settlement() == Settlement.MANUAL) {
            told(call, method, null);
            link.hold(delivery);
            if (delivery.isSettled()) {
                counted.end();
            }
        } else {
            succeeded(call, link, method, counted, delivery, result);
        }
    }

    private void succeeded(
            Call call,
            LinkScope link,
            HandlerMethod method,
            InFlight.Counted counted,
            Delivery delivery,
            @Nullable Object returned) {
        if (returned != null && !(returned instanceof DeliveryState)) {
            try {
                call.within(() -> reply(call, link, method, returned)); // or a trace would end here
            } catch (RuntimeException | Error failure) {
                failed(call, link, method, counted, delivery, failure);
                return;
            }
        }
        told(call, method, null);
        settle(delivery, returned instanceof DeliveryState state ? state : Accepted.getInstance());
        counted.end();
    }

    /**
     * Answers a message, which is settled at once: its sender may wait for that before it takes the answer. But what it may send
     * grows no more until the answer has an outcome, so it can't ask faster than it takes answers.
     */
    private void reply(Call call, LinkScope link, HandlerMethod method, Object value) {
        CompletableFuture<DeliveryState> sent = replies.send(call, method, value);
        if (sent == null || sent.isDone()) {
            return;
        }
        Connection connection = link.link().getSession().getConnection();
        link.promise();
        var unused = sent.whenComplete((outcome, failure) -> {
            try {
                proactor.execute(connection, () -> {
                    link.kept();
                    topUp(link);
                });
            } catch (ConnectionEndedException | ProactorClosedException over) {
                // So is the link.
            }
        });
    }

    private void failed(
            Call call,
            LinkScope link,
            HandlerMethod method,
            InFlight.Counted counted,
            Delivery delivery,
            Throwable failure) {
        told(call, method, failure);
        DeliveryState decided = stateOf(failure, method, call);
        Redelivery redelivery = link.redelivery();
        if (decided == null && redelivery != null) {
            long failures = 1 + failuresBefore(call);
            if (redelivery.isExhausted(failures)) {
                decided = exhausted(redelivery, failures);
            } else if (!redelivery.initialDelay().isZero()
                    && !delivery.isSettled()
                    && !delivery.remotelySettled()
                    && !link.closed
                    && inFlight.isTaking()) {
                InFlight.Ticket ticket = link.promise(counted);
                ticket.orElse(redeliveries.later(
                        delivery.getLink().getSession().getConnection(),
                        redelivery.delay(failures),
                        () -> {
                            link.kept(ticket);
                            settle(delivery, tried());
                            ticket.end();
                            topUp(link);
                        },
                        ticket::end));
                return;
            }
        }
        settle(delivery, decided == null ? tried() : decided);
        counted.end();
    }

    /** Tells who watches. What that throws must not keep the message from being settled. */
    private void told(Call call, HandlerMethod method, @Nullable Throwable failure) {
        try {
            call.handled(failure);
        } catch (RuntimeException | Error broken) {
            failures.log(method, broken, call, "who observes it has thrown; the message is settled all the same");
        }
    }

    private static long failuresBefore(Call call) {
        try {
            return call.message().getDeliveryCount();
        } catch (MessageConversionException malformed) {
            return 0;
        }
    }

    private static DeliveryState exhausted(Redelivery redelivery, long attempts) {
        return switch (redelivery.exhausted()) {
            case REJECT -> {
                Rejected rejected = new Rejected();
                rejected.setError(new ErrorCondition(INTERNAL_ERROR, "given up after " + attempts + " attempts"));
                yield rejected;
            }
            case UNDELIVERABLE_HERE -> {
                Modified modified = tried();
                modified.setUndeliverableHere(true);
                yield modified;
            }
            case ACCEPT -> Accepted.getInstance();
        };
    }

    private void promised(
            Call call,
            LinkScope link,
            HandlerMethod method,
            InFlight.Counted counted,
            Delivery delivery,
            CompletionStage<?> stage) {
        CompletableFuture<?> future;
        try {
            future = future(stage);
        } catch (RuntimeException | Error unfit) {
            failed(call, link, method, counted, delivery, unfit);
            return;
        }
        if (future.isDone()) {
            settleBy(call, link, method, counted, delivery, future);
            return;
        }
        InFlight.Ticket ticket = link.promise(counted);
        Connection connection = delivery.getLink().getSession().getConnection();
        // Call and event are lent: what comes later gets a call of its own, about no event.
        Call later = call.forLater(link, delivery);
        future.whenComplete((value, failure) -> {
            try {
                proactor.execute(connection, () -> {
                    link.kept(ticket);
                    try {
                        settleBy(later, link, method, ticket, delivery, future);
                    } catch (RuntimeException | Error broken) {
                        settle(delivery, tried());
                        ticket.end(); // a stop must not wait for it
                        topUp(link);
                        throw broken;
                    }
                    topUp(link);
                });
            } catch (ConnectionEndedException | ProactorClosedException over) {
                // The peer is not left to be told. It will send the message again, or not.
                told(later, method, failure);
                ticket.end();
            }
        });
    }

    /** Not by the stage's own conversion, which not every stage has. */
    private static CompletableFuture<?> future(CompletionStage<?> stage) {
        if (stage instanceof CompletableFuture<?> already) {
            return already;
        }
        CompletableFuture<@Nullable Object> future = new CompletableFuture<>();
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                future.complete(value);
            } else {
                future.completeExceptionally(failure);
            }
        });
        return future;
    }

    private void settleBy(
            Call call,
            LinkScope link,
            HandlerMethod method,
            InFlight.Counted counted,
            Delivery delivery,
            CompletableFuture<?> done) {
        Object value;
        try {
            value = done.join();
        } catch (RuntimeException failure) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            failed(call, link, method, counted, delivery, cause);
            return;
        }
        succeeded(call, link, method, counted, delivery, value);
    }

    /** {@return the outcome of a message whose handler has failed; {@code null} for the usual one} */
    private @Nullable DeliveryState stateOf(Throwable failure, HandlerMethod method, Call call) {
        Verdict verdict = failures.judge(method, failure, call);
        DeliveryState chosen = verdict.state();
        if (chosen != null) {
            return chosen;
        }
        if (verdict.kind() == Verdict.Kind.IGNORE) {
            return Accepted.getInstance();
        }
        if (verdict.kind() == Verdict.Kind.CLOSE_CONNECTION) {
            failures.log(method, failure, call, "the message is not accepted, the connection is closed");
            closeConnection.accept(call);
            return tried();
        }
        if (Failures.isUnfit(failure)) {
            failures.log(method, failure, call, "the message is rejected");
            Rejected rejected = new Rejected();
            rejected.setError(new ErrorCondition(DECODE_ERROR, failure.getMessage()));
            return rejected;
        }
        failures.log(method, failure, call, "the message is not accepted (modified, delivery-failed)");
        return null;
    }

    private static Modified tried() {
        Modified modified = new Modified();
        modified.setDeliveryFailed(true);
        return modified;
    }

    /** Messages that handlers were to settle: those that they have settled are in flight no more. */
    void look(LinkScope link) {
        if (link.isHolding()) {
            for (int settled = link.settledOfHeld(); settled > 0; settled--) {
                link.tally().end();
            }
            topUp(link);
        } else if (link.isPauseNews()) {
            topUp(link);
        }
    }

    /** Gives credit again, unless the application takes no more. */
    void topUp(LinkScope link) {
        if (inFlight.isTaking()) {
            link.topUp();
        }
    }

    /** A link is over: what a handler was to settle, or a stage, can't be settled any more. */
    void over(LinkScope link) {
        for (int held = link.forgetHeld(); held > 0; held--) {
            link.tally().end();
        }
        link.forgetPromised();
    }

    private static void settle(Delivery delivery, DeliveryState state) {
        if (delivery.isSettled()) {
            return; // by the handler
        }
        if (!delivery.remotelySettled()) {
            delivery.disposition(state);
        }
        delivery.settle();
    }
}
