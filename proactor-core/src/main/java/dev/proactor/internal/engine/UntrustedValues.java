package dev.proactor.internal.engine;

import java.util.Arrays;
import org.apache.qpid.proton.codec.ReadableBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the keys of maps, and at how many values there are, in an encoding (AMQP 1.2, 1.6.23) before it is decoded. A hash map takes
 * long for keys that have the same hash and no order among them, and whoever chooses the keys can choose such: lists of strings, say, of which one megabyte keeps a
 * processor busy for minutes. Keys of one simple type are in order, and there may be any number of them; what is not may be there a few times.
 */
final class UntrustedValues {

    /** How many keys a map may have that are not in order with its first one. */
    private static final int MOST_OTHERS = 256;

    /** As deep as proton-j goes, or deeper. */
    private static final int MOST_LEVELS = 200;

    /**
     * How many values there may be. Each of them becomes an object, and the least of them is one byte long: of a message of one megabyte
     * so much would be made that a few of them fill a heap. The elements of arrays whose type has a width become a few times larger at most.
     */
    private static final int MOST_VALUES = 100_000;

    /** A performative of so few bytes is not worth a look. */
    private static final int SMALL = 256;

    private static final int DESCRIBED = 0x00;
    private static final int SMALL_ULONG = 0x53;
    private static final int LIST8 = 0xc0;
    private static final int LIST32 = 0xd0;
    private static final int MAP8 = 0xc1;
    private static final int MAP32 = 0xd1;

    private static final byte NEVER = -1;
    private static final byte UNORDERED = 0;

    /** By format code: what kind of key it is. Two of the same kind have an order, unless it is {@link #UNORDERED}. */
    private static final byte[] KINDS = kinds();

    private final ReadableBuffer buffer;
    private int levels;
    private long values;

    private UntrustedValues(ReadableBuffer buffer) {
        this.buffer = buffer;
    }

    private static byte[] kinds() {
        byte[] kinds = new byte[256];
        Arrays.fill(kinds, NEVER);
        kind(kinds, UNORDERED, 0xa0, 0xb0, 0x74, 0x84, 0x94); // binary, decimals
        int[][] ordered = {
            {0x40},
            {0x41, 0x42, 0x56},
            {0x50},
            {0x51},
            {0x60},
            {0x61},
            {0x43, 0x52, 0x70},
            {0x54, 0x71},
            {0x44, 0x53, 0x80},
            {0x55, 0x81},
            {0x72},
            {0x82},
            {0x73},
            {0x83},
            {0x98},
            {0xa1, 0xb1},
            {0xa3, 0xb3}
        };
        for (int i = 0; i < ordered.length; i++) {
            kind(kinds, (byte) (i + 1), ordered[i]);
        }
        return kinds;
    }

    private static void kind(byte[] kinds, byte kind, int... codes) {
        for (int code : codes) {
            kinds[code] = kind;
        }
    }

    /** Something in it must not be decoded. */
    private static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unfit(String what) {
            super(what, null, false, false);
        }
    }

    /**
     * {@return what is wrong with the sections of a message, or {@code null}} Its position is where it was before.
     *
     * @param message the encoded message
     */
    static @Nullable String faultOfMessage(ReadableBuffer message) {
        return fault(message, Integer.MAX_VALUE);
    }

    /** {@return what is wrong with the performative that a frame's body begins with, or {@code null}} */
    static @Nullable String faultOfPerformative(ReadableBuffer body) {
        return isSmall(body) ? null : fault(body, 1);
    }

    /** Without a walk: nearly all are, and most of them are of transfers. */
    private static boolean isSmall(ReadableBuffer body) {
        int at = body.position();
        if (body.remaining() <= SMALL) {
            return true;
        }
        if (body.get(at) != DESCRIBED || body.get(at + 1) != SMALL_ULONG) {
            return false;
        }
        int list = body.get(at + 3) & 0xff;
        return list == LIST8
                || (list == LIST32 && body.get(at + 4) == 0 && body.get(at + 5) == 0 && body.get(at + 6) == 0);
    }

    private static @Nullable String fault(ReadableBuffer buffer, int most) {
        int start = buffer.position();
        try {
            UntrustedValues walk = new UntrustedValues(buffer);
            for (int i = 0; i < most && buffer.hasRemaining(); i++) {
                walk.value();
            }
            return null;
        } catch (Unfit unfit) {
            return unfit.getMessage();
        } finally {
            buffer.position(start);
        }
    }

    // ---- the walk

    private void value() {
        count(1);
        int code = unsignedByte();
        if (code == DESCRIBED) {
            enter();
            value();
            value();
            levels--;
        } else {
            content(code);
        }
    }

    private void content(int code) {
        switch (code >> 4) {
            case 0x4 -> {}
            case 0x5 -> skip(1);
            case 0x6 -> skip(2);
            case 0x7 -> skip(4);
            case 0x8 -> skip(8);
            case 0x9 -> skip(16);
            case 0xa -> skip(unsignedByte());
            case 0xb -> skip(size());
            case 0xc -> compound(code == MAP8, unsignedByte(), unsignedByte());
            case 0xd -> compound(code == MAP32, size(), size());
            case 0xe -> array(unsignedByte(), unsignedByte());
            case 0xf -> array(size(), size());
            default -> throw new Unfit("there is no type with the code 0x" + Integer.toHexString(code));
        }
    }

    private void compound(boolean map, int size, int count) {
        enter();
        if (map) {
            entries(count);
        } else {
            for (int i = 0; i < count; i++) {
                value();
            }
        }
        levels--;
    }

    private void entries(int count) {
        int first = NEVER;
        int others = 0;
        for (int i = 0; i + 1 < count; i += 2) {
            int kind = KINDS[buffer.hasRemaining() ? buffer.get(buffer.position()) & 0xff : 0];
            if (kind == NEVER) {
                throw new Unfit("a key of a map is a list, a map, an array or a described value");
            }
            if (first == NEVER) {
                first = kind;
            }
            if ((kind != first || kind == UNORDERED) && ++others > MOST_OTHERS) {
                throw new Unfit("more than " + MOST_OTHERS + " keys of a map have no order");
            }
            value();
            value();
        }
    }

    private void array(int size, int count) {
        enter();
        int code = unsignedByte();
        while (code == DESCRIBED) {
            value();
            code = unsignedByte();
        }
        int width = width(code);
        if (width <= 0) {
            count(count);
        }
        if (width >= 0) {
            skip((long) width * count);
        } else {
            for (int i = 0; i < count; i++) {
                content(code);
            }
        }
        levels--;
    }

    /** {@return how many bytes each value of a type has; -1 where each says so itself} */
    private static int width(int code) {
        return switch (code >> 4) {
            case 0x4 -> 0;
            case 0x5 -> 1;
            case 0x6 -> 2;
            case 0x7 -> 4;
            case 0x8 -> 8;
            case 0x9 -> 16;
            default -> -1;
        };
    }

    private void count(int more) {
        values += more;
        if (values > MOST_VALUES) {
            throw new Unfit("it has more than " + MOST_VALUES + " values");
        }
    }

    private void enter() {
        if (++levels > MOST_LEVELS) {
            throw new Unfit("it is nested deeper than " + MOST_LEVELS + " levels");
        }
    }

    private int unsignedByte() {
        if (!buffer.hasRemaining()) {
            throw new Unfit("it ends too early");
        }
        return buffer.get() & 0xff;
    }

    private int size() {
        if (buffer.remaining() < Integer.BYTES) {
            throw new Unfit("it ends too early");
        }
        int size = buffer.getInt();
        if (size < 0) {
            throw new Unfit("it ends too early");
        }
        return size;
    }

    private void skip(long bytes) {
        if (bytes > buffer.remaining()) {
            throw new Unfit("it ends too early");
        }
        buffer.position(buffer.position() + (int) bytes);
    }
}
