package dev.proactor.proof;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.qpid.proton.amqp.Symbol;

/** AMQP frames made by hand, right ones and wrong ones. */
final class Frames {

    /** Bytes of an encoded value, put in as they are. */
    record Raw(byte[] bytes) {}

    static final byte[] AMQP = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};
    static final byte[] SASL = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};

    static final int OPEN = 0x10;
    static final int BEGIN = 0x11;
    static final int ATTACH = 0x12;
    static final int FLOW = 0x13;
    static final int TRANSFER = 0x14;
    static final int DISPOSITION = 0x15;
    static final int DETACH = 0x16;
    static final int END = 0x17;
    static final int CLOSE = 0x18;

    private Frames() {}

    // ---- performatives as a peer in order sends them

    static byte[] open(String containerId) {
        return amqp(0, OPEN, containerId);
    }

    static byte[] begin(int incomingWindow) {
        return amqp(0, BEGIN, null, 0, incomingWindow, 2048, 255);
    }

    /** {@return an answer to the {@code begin} that came on this channel} */
    static byte[] beginAnswer(int channel, int incomingWindow) {
        return amqp(0, BEGIN, (short) channel, 0, incomingWindow, 2048, 255);
    }

    static byte[] attachSender(String name, int handle) {
        return amqp(0, ATTACH, name, handle, false, null, null, source(), target("q"), null, null, 0);
    }

    static byte[] attachReceiver(String name, int handle) {
        return amqp(0, ATTACH, name, handle, true, null, null, source(), target("q"));
    }

    /** {@return credit for a link, with the session's window as it is told} */
    static byte[] flow(int nextIncomingId, int incomingWindow, int handle, int deliveryCount, int credit) {
        return amqp(0, FLOW, nextIncomingId, incomingWindow, 0, 2048, handle, deliveryCount, credit);
    }

    static byte[] settledTransfer(int handle, int deliveryId, byte[] payload) {
        byte[] tag = ByteBuffer.allocate(4).putInt(deliveryId).array();
        return frame(0, 0, described(TRANSFER, handle, deliveryId, tag, 0, true, false), payload);
    }

    static byte[] detach(int handle) {
        return amqp(0, DETACH, handle, true);
    }

    static byte[] end() {
        return amqp(0, END);
    }

    static byte[] close() {
        return amqp(0, CLOSE);
    }

    static Raw source() {
        return new Raw(described(0x28, "q"));
    }

    static Raw target(String address) {
        return new Raw(described(0x29, address));
    }

    // ---- SASL

    static byte[] saslMechanisms(String mechanism) {
        return frame(1, 0, described(0x40, Symbol.valueOf(mechanism)));
    }

    static byte[] saslInit(String mechanism) {
        return frame(1, 0, described(0x41, Symbol.valueOf(mechanism), new byte[0]));
    }

    static byte[] saslOutcome(Object... fields) {
        return frame(1, 0, described(0x44, fields));
    }

    // ---- the parts

    /** {@return an AMQP frame with one performative} */
    static byte[] amqp(int channel, int descriptor, Object... fields) {
        return frame(0, channel, described(descriptor, fields));
    }

    static byte[] frame(int type, int channel, byte[]... body) {
        byte[] bytes = join(body);
        return ByteBuffer.allocate(8 + bytes.length)
                .putInt(8 + bytes.length)
                .put((byte) 2)
                .put((byte) type)
                .putShort((short) channel)
                .put(bytes)
                .array();
    }

    /** {@return a described list: a performative, a source, …} */
    static byte[] described(int descriptor, Object... fields) {
        byte[][] encoded = new byte[fields.length][];
        for (int i = 0; i < fields.length; i++) {
            encoded[i] = encode(fields[i]);
        }
        byte[] items = join(encoded);
        return ByteBuffer.allocate(12 + items.length)
                .put((byte) 0)
                .put((byte) 0x53)
                .put((byte) descriptor)
                .put((byte) 0xd0)
                .putInt(4 + items.length)
                .putInt(fields.length)
                .put(items)
                .array();
    }

    private static byte[] encode(Object value) {
        if (value == null) {
            return bytes(0x40);
        } else if (value instanceof Raw raw) {
            return raw.bytes();
        } else if (value instanceof Boolean is) {
            return bytes(is ? 0x41 : 0x42);
        } else if (value instanceof Byte ubyte) {
            return bytes(0x50, ubyte);
        } else if (value instanceof Short ushort) {
            return ByteBuffer.allocate(3).put((byte) 0x60).putShort(ushort).array();
        } else if (value instanceof Integer uint) {
            return ByteBuffer.allocate(5).put((byte) 0x70).putInt(uint).array();
        } else if (value instanceof byte[] binary) {
            return variable(0xa0, binary);
        } else if (value instanceof Symbol symbol) {
            return variable(0xa3, symbol.toString().getBytes(StandardCharsets.US_ASCII));
        } else if (value instanceof String string) {
            return variable(0xa1, string.getBytes(StandardCharsets.UTF_8));
        }
        throw new IllegalArgumentException("no encoding for " + value.getClass());
    }

    private static byte[] variable(int code, byte[] value) {
        return join(bytes(code, value.length), value);
    }

    /** {@return these as bytes} */
    static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
