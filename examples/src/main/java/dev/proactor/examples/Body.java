package dev.proactor.examples;

import java.util.Arrays;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.message.Message;

/** Messages whose content follows from their number, so that who receives them can tell whether they are whole. */
final class Body {

    private static final int HEADERS_BYTES = 256;

    private Body() {}

    private static byte[] bytes(int index, int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) ((index * 31L + i) % 251);
        }
        return bytes;
    }

    /** {@return a message with such a body, encoded} */
    static byte[] encoded(int index, int size) {
        return encode(new Data(new Binary(bytes(index, size))), size);
    }

    /** {@return a message with one section as its body, encoded} */
    static byte[] encode(Section body, int size) {
        Message message = Message.Factory.create();
        message.setBody(body);
        byte[] buffer = new byte[size + HEADERS_BYTES];
        return Arrays.copyOf(buffer, message.encode(buffer, 0, buffer.length));
    }

    /** {@return whether it is message {@code index} of that size, as {@link #encoded} makes it} */
    static boolean isWhole(Message message, int index, int size) {
        if (!(message.getBody() instanceof Data data)) {
            return false;
        }
        Binary value = data.getValue();
        byte[] expected = bytes(index, size);
        int from = value.getArrayOffset();
        return Arrays.equals(value.getArray(), from, from + value.getLength(), expected, 0, size);
    }
}
