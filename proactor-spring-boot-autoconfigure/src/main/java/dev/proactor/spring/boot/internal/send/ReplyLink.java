package dev.proactor.spring.boot.internal.send;

import dev.proactor.MalformedMessageException;
import dev.proactor.Proactor;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** A link on which answers come. Belongs to the owner of the connection's batch. */
final class ReplyLink {

    private static final String KEY = ReplyLink.class.getName();
    private static final int CREDIT = 100;

    private final Proactor proactor;
    private final Receiver receiver;
    private static final Symbol DECODE_ERROR = Symbol.valueOf("amqp:decode-error");

    private final Lane lane;
    private final Requests requests;

    ReplyLink(Proactor proactor, Receiver receiver, Lane lane, Requests requests) {
        this.proactor = proactor;
        this.receiver = receiver;
        this.lane = lane;
        this.requests = requests;
        receiver.attachments().set(KEY, ReplyLink.class, this);
    }

    static @Nullable ReplyLink of(Receiver receiver) {
        return receiver.attachments().get(KEY, ReplyLink.class);
    }

    Lane lane() {
        return lane;
    }

    void giveCredit() {
        int missing = CREDIT - receiver.getCredit();
        if (missing > CREDIT / 2) {
            receiver.flow(missing);
        }
    }

    /** A delivery has news. One that nobody waits for is accepted, too: who asked has given up. */
    void arrived(Delivery delivery) {
        if (delivery.isSettled() || (delivery.isPartial() && !delivery.isAborted())) {
            return;
        }
        if (!delivery.isAborted()) {
            ReadableBuffer bytes = receiver.recv();
            receiver.advance();
            Message answer;
            try {
                answer = proactor.decode(bytes);
            } catch (MalformedMessageException malformed) {
                Rejected rejected = new Rejected();
                rejected.setError(new ErrorCondition(DECODE_ERROR, malformed.getMessage()));
                delivery.disposition(rejected);
                delivery.settle();
                giveCredit();
                return; // it belongs to nobody, for it has no correlation
            }
            delivery.disposition(Accepted.getInstance());
            delivery.settle();
            giveCredit();
            var unused = requests.answered(lane, answer);
        } else {
            delivery.settle();
            giveCredit();
        }
    }
}
