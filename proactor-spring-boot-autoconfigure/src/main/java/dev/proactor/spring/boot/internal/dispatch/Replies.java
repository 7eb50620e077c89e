package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ConnectionRole;
import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.send.Sending;
import dev.proactor.spring.boot.internal.text.PeerText;
import dev.proactor.spring.boot.template.NoReceiverException;
import dev.proactor.spring.boot.template.SendQueueFullException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * Sends what handler methods return to the {@code reply-to} of the message (AMQP 3.2.4), over the connection on which that came. Thread-safe.
 */
final class Replies {

    private static final Log log = LogFactory.getLog("dev.proactor.handler");

    private final Sending sending;
    private final MessageConverters converters;
    private final Failures failures;
    private final Set<HandlerMethod> toldOfNoAddress = ConcurrentHashMap.newKeySet();

    Replies(Sending sending, MessageConverters converters, Failures failures) {
        this.sending = sending;
        this.converters = converters;
        this.failures = failures;
    }

    /**
     * Sends a reply. What becomes of it is logged if it is not accepted.
     *
     * @return its outcome; {@code null} if the message asks for no reply
     * @throws IllegalStateException if it can't be made a message
     * @throws SendQueueFullException if the peer has more replies to take already than may wait for it
     */
    @Nullable CompletableFuture<DeliveryState> send(Call call, HandlerMethod method, Object value) {
        Message request = call.message();
        String address = request.getReplyTo();
        if (address == null || address.isEmpty()) {
            if (toldOfNoAddress.add(method)) {
                log.info(method + " returns a reply, but a message of " + Failures.describe(call)
                        + " has no reply-to: the message is accepted, and its reply dropped. This is told once");
            }
            return null;
        }
        Message reply;
        try {
            reply = converters.write(value);
        } catch (MessageConversionException unfit) {
            // Not the peer's fault, as the exception would say.
            throw new IllegalStateException("the reply can't be made a message: " + unfit.getMessage(), unfit);
        }
        if (reply.getCorrelationId() == null) {
            reply.setCorrelationId(
                    request.getCorrelationId() == null ? request.getMessageId() : request.getCorrelationId());
        }
        Connection connection = call.connection();
        if (connection == null) {
            return null;
        }
        // The call is lent, what is told later is kept.
        String about = Failures.describe(call);
        ConnectionScope scope = ConnectionScope.of(connection);
        boolean accepted = scope != null && scope.role() == ConnectionRole.SERVER;
        CompletableFuture<DeliveryState> sent = sending.reply(call.name(), accepted ? connection : null, address, reply)
                .toCompletableFuture();
        if (failureOf(sent) instanceof SendQueueFullException full) {
            throw full;
        }
        var unused = sent.whenComplete((outcome, failure) -> {
            if (failure != null) {
                failures.logReply(method, about, failure.getMessage() + advice(failure));
            } else if (!(outcome instanceof Accepted)) {
                failures.logReply(method, about, "its outcome is " + PeerText.outcome(outcome));
            }
        });
        return sent;
    }

    private static String advice(Throwable failure) {
        return failure instanceof NoReceiverException
                ? "; who asks attaches a receiver with a dynamic source and names its address as reply-to, or one from an"
                        + " address that an @OnSendable or @OnLinkOpened method is for"
                : "";
    }

    private static @Nullable Throwable failureOf(CompletableFuture<?> sent) {
        return sent.<@Nullable Throwable>handle((outcome, failure) -> failure).getNow(null);
    }
}
