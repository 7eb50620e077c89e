package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionEndedException;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.handler.Settlement;
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

    private final Proactor proactor;
    private final Failures failures;
    private final InFlight inFlight;
    private final Replies replies;
    private final Consumer<Call> closeConnection;

    Messages(Proactor proactor, Failures failures, InFlight inFlight, Replies replies, Consumer<Call> closeConnection) {
        this.proactor = proactor;
        this.failures = failures;
        this.inFlight = inFlight;
        this.replies = replies;
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
        if (!inFlight.begin()) {
            settle(delivery, Released.getInstance());
            return;
        }
        call.with(bytes);
        Object result;
        try {
            result = method.invoke(call);
        } catch (Throwable failure) {
            settle(delivery, stateOf(failure, method, call));
            inFlight.end();
            return;
        }
        returned(call, link, method, delivery, result);
    }

    private void returned(Call call, LinkScope link, HandlerMethod method, Delivery delivery, @Nullable Object result) {
        if (result instanceof CompletionStage<?> stage) {
            promised(call, link, method, delivery, stage);
        } else if (method.settlement() == Settlement.MANUAL) {
            link.hold(delivery);
            if (delivery.isSettled()) {
                inFlight.end();
            }
        } else {
            settle(delivery, outcomeOf(call, method, result));
            inFlight.end();
        }
    }

    private void promised(
            Call call, LinkScope link, HandlerMethod method, Delivery delivery, CompletionStage<?> stage) {
        if (stage instanceof CompletableFuture<?> future && future.isDone()) {
            settleBy(call, method, delivery, future);
            inFlight.end();
            return;
        }
        link.promise();
        Connection connection = delivery.getLink().getSession().getConnection();
        // Call and event are lent: what comes later gets a call of its own, about no event.
        Call later = call.forLater(link, delivery);
        CompletableFuture<?> future = stage.toCompletableFuture();
        future.whenComplete((value, failure) -> {
            try {
                proactor.execute(connection, () -> {
                    link.kept();
                    settleBy(later, method, delivery, future);
                    inFlight.end();
                    topUp(link);
                });
            } catch (ConnectionEndedException | ProactorClosedException over) {
                // Nobody is left to be told. The peer will send it again, or not.
                inFlight.end();
            }
        });
    }

    private void settleBy(Call call, HandlerMethod method, Delivery delivery, CompletableFuture<?> done) {
        Object value;
        try {
            value = done.join();
        } catch (RuntimeException failure) {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            settle(delivery, stateOf(cause, method, call));
            return;
        }
        settle(delivery, outcomeOf(call, method, value));
    }

    private DeliveryState outcomeOf(Call call, HandlerMethod method, @Nullable Object returned) {
        if (returned == null) {
            return Accepted.getInstance();
        }
        if (returned instanceof DeliveryState state) {
            return state;
        }
        try {
            replies.send(call, method, returned);
        } catch (RuntimeException failure) {
            return stateOf(failure, method, call);
        }
        return Accepted.getInstance();
    }

    private DeliveryState stateOf(Throwable failure, HandlerMethod method, Call call) {
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
        if (failure instanceof MessageConversionException) {
            failures.log(method, failure, call, "the message is rejected");
            Rejected rejected = new Rejected();
            rejected.setError(new ErrorCondition(DECODE_ERROR, failure.getMessage()));
            return rejected;
        }
        failures.log(method, failure, call, "the message is not accepted (modified, delivery-failed)");
        return tried();
    }

    private static DeliveryState tried() {
        Modified modified = new Modified();
        modified.setDeliveryFailed(true);
        return modified;
    }

    /** Messages that handlers were to settle: those that they have settled are in flight no more. */
    void look(LinkScope link) {
        if (link.isHolding()) {
            for (int settled = link.settledOfHeld(); settled > 0; settled--) {
                inFlight.end();
            }
            topUp(link);
        }
    }

    /** Gives credit again, unless the application takes no more. */
    void topUp(LinkScope link) {
        if (inFlight.isTaking()) {
            link.topUp();
        }
    }

    /** A link is over: what a handler was to settle can't be settled any more. */
    void over(LinkScope link) {
        for (int held = link.forgetHeld(); held > 0; held--) {
            inFlight.end();
        }
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
