package dev.proactor.spring.boot.internal.convert;

import dev.proactor.spring.boot.handler.MessageConversionException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Decimal128;
import org.apache.qpid.proton.amqp.Decimal32;
import org.apache.qpid.proton.amqp.Decimal64;
import org.apache.qpid.proton.amqp.DescribedType;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedByte;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.jspecify.annotations.Nullable;

/** The values of AMQP's type system (AMQP part 1) among Java's. */
final class AmqpValues {

    /** Deeper than any sane body, and shallow enough for the stack. */
    private static final int DEEPEST = 64;

    private AmqpValues() {}

    // ---- from AMQP

    /** {@return the bytes as text} Malformed UTF-8 is nobody's text. */
    static String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw new MessageConversionException("expected text, found bytes that are not UTF-8");
        }
    }

    static byte[] bytes(Binary binary) {
        int from = binary.getArrayOffset();
        return Arrays.copyOfRange(binary.getArray(), from, from + binary.getLength());
    }

    /** {@return the value as text, or {@code null} if it is no simple value} */
    static @Nullable String text(Object value) {
        if (value instanceof String text) {
            return text;
        } else if (value instanceof Date time) {
            return time.toInstant().toString();
        } else if (value instanceof Decimal32 || value instanceof Decimal64 || value instanceof Decimal128) {
            return null; // proton-j has only their bits
        } else if (value instanceof Number
                || value instanceof Boolean
                || value instanceof Character
                || value instanceof UUID
                || value instanceof Symbol) {
            return value.toString();
        }
        return null;
    }

    /** {@return the name of a type with its article} */
    static String a(Class<?> type) {
        String name = type.getSimpleName().isEmpty() ? "object" : type.getSimpleName();
        return ("AEIOUaeiou".indexOf(name.charAt(0)) < 0 ? "a " : "an ") + name;
    }

    /** {@return how a person calls such a value} */
    static String describe(Object value) {
        if (value instanceof String) {
            return "text";
        } else if (value instanceof Binary || value instanceof byte[]) {
            return "bytes";
        } else if (value instanceof Map) {
            return "a map";
        } else if (value instanceof List || value.getClass().isArray()) {
            return "a list";
        } else if (value instanceof Number) {
            return "a number";
        } else if (value instanceof Boolean) {
            return "a boolean";
        } else if (value instanceof UUID) {
            return "a UUID";
        } else if (value instanceof Symbol) {
            return "a symbol";
        } else if (value instanceof Date) {
            return "a timestamp";
        } else if (value instanceof Character) {
            return "a character";
        }
        return "a described value";
    }

    /** {@return the value in Java's own types, as a JSON library knows them} */
    static @Nullable Object plain(@Nullable Object value) {
        return plain(value, 0);
    }

    private static @Nullable Object plain(@Nullable Object value, int depth) {
        if (depth > DEEPEST) {
            throw new MessageConversionException("the body is nested deeper than " + DEEPEST);
        } else if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> copy = new LinkedHashMap<>();
            map.forEach((key, inner) -> copy.put(key(key), plain(inner, depth + 1)));
            return copy;
        } else if (value instanceof List<?> list) {
            List<@Nullable Object> copy = new ArrayList<>(list.size());
            list.forEach(inner -> copy.add(plain(inner, depth + 1)));
            return copy;
        } else if (value instanceof Object[] array) {
            return plain(Arrays.asList(array), depth);
        } else if (value instanceof DescribedType described) {
            return plain(described.getDescribed(), depth + 1);
        } else if (value instanceof Binary binary) {
            return bytes(binary);
        } else if (value instanceof Symbol) {
            return value.toString();
        } else if (value instanceof Number number) {
            Number exact = integer(number);
            return exact == null ? number : exact;
        }
        return value;
    }

    private static String key(@Nullable Object key) {
        String text = key == null ? null : text(key);
        if (text == null) {
            throw new MessageConversionException("expected a map with text as keys");
        }
        return text;
    }

    /** {@return a whole number as a {@code Long} or {@code BigInteger}, or {@code null} if it is none} */
    private static @Nullable Number integer(Number number) {
        if (number instanceof UnsignedLong unsigned) {
            return unsigned.bigIntegerValue();
        } else if (number instanceof Byte
                || number instanceof Short
                || number instanceof Integer
                || number instanceof Long
                || number instanceof UnsignedByte
                || number instanceof UnsignedShort
                || number instanceof UnsignedInteger) {
            return number.longValue();
        }
        return null;
    }

    /** {@return the number as another type of number, or {@code null} where that would lose something} */
    static @Nullable Number exactly(Number number, Class<?> wanted) {
        if (wanted == Number.class || wanted.isInstance(number)) {
            return number;
        }
        if (number instanceof Float real && wanted == Double.class) {
            return real.doubleValue();
        }
        Number whole = integer(number);
        if (whole == null) {
            return null;
        }
        BigInteger exact = whole instanceof BigInteger big ? big : BigInteger.valueOf(whole.longValue());
        try {
            if (wanted == Byte.class) {
                return exact.byteValueExact();
            } else if (wanted == Short.class) {
                return exact.shortValueExact();
            } else if (wanted == Integer.class) {
                return exact.intValueExact();
            } else if (wanted == Long.class) {
                return exact.longValueExact();
            } else if (wanted == BigInteger.class) {
                return exact;
            } else if (wanted == BigDecimal.class) {
                return new BigDecimal(exact);
            } else if (wanted == Double.class && exact.bitLength() <= 53) {
                return exact.doubleValue();
            } else if (wanted == Float.class && exact.bitLength() <= 24) {
                return exact.floatValue();
            }
        } catch (ArithmeticException tooLarge) {
            return null;
        }
        return null;
    }

    // ---- to AMQP

    /** {@return whether AMQP has a type for just such values} Collections are {@link #encodable looked into}. */
    static boolean isSimple(Object value) {
        return value instanceof String
                || value instanceof Boolean
                || value instanceof Character
                || value instanceof UUID
                || value instanceof Date
                || value instanceof Symbol
                || isNumber(value);
    }

    private static boolean isNumber(Object value) {
        return value instanceof Byte
                || value instanceof Short
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Float
                || value instanceof Double
                || value instanceof UnsignedByte
                || value instanceof UnsignedShort
                || value instanceof UnsignedInteger
                || value instanceof UnsignedLong
                || value instanceof Decimal32
                || value instanceof Decimal64
                || value instanceof Decimal128;
    }

    /**
     * {@return a copy that the codec can encode} What is changed meanwhile by its owner is sent as it was.
     *
     * @throws MessageConversionException if there is something in it for which AMQP has no type
     */
    static @Nullable Object encodable(@Nullable Object value) {
        return encodable(value, 0);
    }

    private static @Nullable Object encodable(@Nullable Object value, int depth) {
        if (depth > DEEPEST) {
            throw new MessageConversionException(
                    "a body is nested deeper than " + DEEPEST + ", or contains itself: it can't be sent");
        } else if (value == null || isSimple(value) || value instanceof Binary || value instanceof DescribedType) {
            return value;
        } else if (value instanceof byte[] bytes) {
            return new Binary(bytes.clone());
        } else if (value instanceof Map<?, ?> map) {
            Map<@Nullable Object, @Nullable Object> copy = new LinkedHashMap<>();
            map.forEach((key, inner) -> copy.put(encodable(key, depth + 1), encodable(inner, depth + 1)));
            return copy;
        } else if (value instanceof List<?> list) {
            List<@Nullable Object> copy = new ArrayList<>(list.size());
            list.forEach(inner -> copy.add(encodable(inner, depth + 1)));
            return copy;
        } else if (value.getClass().isArray()
                && value.getClass().getComponentType().isPrimitive()) {
            int length = Array.getLength(value);
            List<@Nullable Object> copy = new ArrayList<>(length);
            for (int i = 0; i < length; i++) {
                copy.add(Array.get(value, i));
            }
            return copy;
        }
        throw new MessageConversionException("AMQP has no type for "
                + a(value.getClass())
                + " within a Map or List: put text, a number, a Boolean, a UUID, a Date, a byte[], a Map or a List there,"
                + " or send an object that is converted as a whole");
    }
}
