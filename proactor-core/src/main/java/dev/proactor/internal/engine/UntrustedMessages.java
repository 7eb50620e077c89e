package dev.proactor.internal.engine;

import dev.proactor.MalformedMessageException;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.message.Message;

/** Decodes messages of peers that need not be trusted. */
public final class UntrustedMessages {

    private UntrustedMessages() {}

    /**
     * {@return the message}
     *
     * @param encoded its bytes, from the buffer's position to its limit
     * @throws MalformedMessageException if they are none, or can't be decoded in a time that goes with their number
     */
    public static Message decode(ReadableBuffer encoded) {
        String fault = UntrustedValues.faultOfMessage(encoded);
        if (fault != null) {
            throw new MalformedMessageException("the delivery is no AMQP message: " + fault, null);
        }
        Message message = Message.Factory.create();
        try {
            message.decode(encoded);
        } catch (RuntimeException | StackOverflowError malformed) {
            // The codec throws whatever it comes upon.
            throw new MalformedMessageException("the delivery is no AMQP message", malformed);
        }
        return message;
    }
}
