package dev.proactor.internal.engine;

import dev.proactor.MalformedMessageException;
import org.apache.qpid.proton.codec.DecodeException;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** Decodes messages of peers that need not be trusted. */
public final class UntrustedMessages {

    private static final int LONGEST = 200;

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
            throw malformed(fault, null);
        }
        Message message = Message.Factory.create();
        try {
            message.decode(encoded);
        } catch (DecodeException malformed) {
            throw malformed(malformed.getMessage(), malformed);
        } catch (RuntimeException | StackOverflowError malformed) {
            // The codec throws whatever it comes upon, with words for its makers.
            throw malformed(null, malformed);
        }
        return message;
    }

    private static MalformedMessageException malformed(@Nullable String why, @Nullable Throwable cause) {
        return new MalformedMessageException(
                "the delivery is no AMQP message" + (why == null ? "" : ": " + PeerText.line(why, LONGEST)), cause);
    }
}
