package dev.proactor.spring.boot.test;

import java.nio.BufferOverflowException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** Messages and what is in them. */
final class Bodies {

    private static final int SMALL = 1024;

    private Bodies() {}

    /** {@return a message with a body; one that is a message is the message} */
    static Message message(@Nullable Object body) {
        if (body instanceof Message message) {
            return message;
        }
        Message message = Message.Factory.create();
        message.setBody(body instanceof byte[] bytes ? new Data(new Binary(bytes)) : new AmqpValue(body));
        return message;
    }

    /**
     * {@return the message's encoding}
     *
     * @throws IllegalArgumentException if AMQP has no type for something in it
     */
    static byte[] encode(Message message) {
        for (int size = SMALL; ; size = Math.multiplyExact(size, 4)) {
            byte[] bytes = new byte[size];
            try {
                int length = message.encode(bytes, 0, size);
                // A message with nothing in it would be no bytes, which the engine can't send; a body is mandatory
                // (AMQP 3.2).
                return length == 0 ? encode(message(null)) : Arrays.copyOf(bytes, length);
            } catch (BufferOverflowException tooSmall) {
                // The codec can't tell beforehand how long a message is.
            } catch (ClassCastException unfit) {
                throw new IllegalArgumentException("AMQP has no type for what is in the message", unfit);
            }
        }
    }

    /** {@return a message's body: the value, the {@code byte[]} of data, or the list of a sequence} */
    static @Nullable Object of(Message message) {
        if (message.getBody() instanceof AmqpValue value) {
            return value.getValue();
        }
        if (message.getBody() instanceof Data data) {
            Binary binary = data.getValue();
            return Arrays.copyOfRange(
                    binary.getArray(), binary.getArrayOffset(), binary.getArrayOffset() + binary.getLength());
        }
        return message.getBody() instanceof AmqpSequence sequence ? sequence.getValue() : null;
    }

    /** {@return whether a message has a body; where text is expected, data counts as UTF-8} */
    static boolean has(Message message, @Nullable Object expected) {
        Object wanted = expected instanceof Message other ? of(other) : expected;
        Object body = of(message);
        if (body instanceof byte[] bytes) {
            return wanted instanceof String text
                    ? text.equals(new String(bytes, StandardCharsets.UTF_8))
                    : wanted instanceof byte[] others && Arrays.equals(bytes, others);
        }
        return Objects.equals(wanted, body);
    }

    /** {@return the body for a message of a failed test} */
    static String print(@Nullable Object body) {
        String text;
        if (body instanceof Message message) {
            return print(of(message));
        } else if (body instanceof byte[] bytes) {
            text = new String(bytes, StandardCharsets.UTF_8);
        } else {
            text = String.valueOf(body);
        }
        return "\"" + (text.length() > 200 ? text.substring(0, 200) + "…" : text) + "\"";
    }
}
