package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.TemplateConversionException;
import java.nio.BufferOverflowException;
import java.util.Arrays;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.codec.DroppingWritableBuffer;
import org.apache.qpid.proton.message.Message;

/** Messages as bytes. */
final class EncodedMessage {

    private static final int SMALL = 512;

    private EncodedMessage() {}

    /**
     * {@return the message's encoding}
     *
     * @throws TemplateConversionException if it has something in it for which AMQP has no type
     */
    static byte[] of(Message message) {
        if (message.getBody() == null) {
            message.setBody(new AmqpValue(null)); // a body is not optional (AMQP 3.2), and no bytes can't be sent
        }
        for (int size = estimate(message); ; size = Math.multiplyExact(size, 2)) {
            byte[] bytes = new byte[size];
            try {
                return Arrays.copyOf(bytes, message.encode(bytes, 0, size));
            } catch (BufferOverflowException tooSmall) {
                // The codec can't tell beforehand how long a message is.
            } catch (IllegalArgumentException | ClassCastException unfit) {
                throw unfit(unfit);
            }
        }
    }

    /**
     * Looks whether a message can be encoded.
     *
     * @throws TemplateConversionException if it can't
     */
    static void check(Message message) {
        try {
            message.encode(new DroppingWritableBuffer());
        } catch (IllegalArgumentException | ClassCastException unfit) {
            throw unfit(unfit);
        }
    }

    private static TemplateConversionException unfit(RuntimeException why) {
        // The codec names the class, and never the value.
        return new TemplateConversionException(
                "a message has something in it that AMQP has no type for, in its body or its properties", why);
    }

    private static int estimate(Message message) {
        Binary data = message.getBody() instanceof Data section ? section.getValue() : null;
        return data == null ? SMALL : Math.addExact(data.getLength(), SMALL);
    }
}
