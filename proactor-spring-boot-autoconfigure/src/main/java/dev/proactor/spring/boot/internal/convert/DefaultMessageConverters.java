package dev.proactor.spring.boot.internal.convert;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.proactor.spring.boot.handler.MessageConversionException;
import dev.proactor.spring.boot.handler.ProactorMessageConverter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.qpid.proton.amqp.Binary;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.UnsignedByte;
import org.apache.qpid.proton.amqp.UnsignedInteger;
import org.apache.qpid.proton.amqp.UnsignedLong;
import org.apache.qpid.proton.amqp.UnsignedShort;
import org.apache.qpid.proton.amqp.messaging.AmqpSequence;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Section;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/** The application's converters first, then the types that AMQP has itself, then JSON. */
public final class DefaultMessageConverters implements MessageConverters {

    private static final String JSON = "application/json";

    private static final Set<Class<?>> NUMBERS = Set.of(
            Number.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            BigInteger.class,
            BigDecimal.class,
            UnsignedByte.class,
            UnsignedShort.class,
            UnsignedInteger.class,
            UnsignedLong.class);

    private final List<ProactorMessageConverter> converters;
    private final @Nullable JsonConversion json;
    private final List<String> jsonMappers;

    /**
     * Makes the conversions of an application.
     *
     * @param userConverters the application's own, in their order
     * @param json JSON, or {@code null} if the application has no library for it
     */
    public DefaultMessageConverters(List<ProactorMessageConverter> userConverters, @Nullable JsonConversion json) {
        this(userConverters, json, List.of());
    }

    /**
     * Makes the conversions of an application.
     *
     * @param userConverters the application's own, in their order
     * @param json JSON, or {@code null} if the application has no library for it, or several beans of which none is primary
     * @param jsonMappers the names of these beans
     */
    public DefaultMessageConverters(
            List<ProactorMessageConverter> userConverters, @Nullable JsonConversion json, List<String> jsonMappers) {
        this.converters = List.copyOf(userConverters);
        this.json = json;
        this.jsonMappers = List.copyOf(jsonMappers);
    }

    @Override
    public String remedy() {
        return jsonMappers.size() < 2
                ? MessageConverters.super.remedy()
                : "Make one of the JsonMapper beans @Primary for JSON (there are several: "
                        + String.join(", ", jsonMappers) + ")";
    }

    // ---- reading

    @Override
    public @Nullable Reader reader(Type type) {
        for (ProactorMessageConverter converter : converters) {
            if (converter.canRead(type)) {
                return message -> converter.read(message, type);
            }
        }
        if (type instanceof Class<?> simple) {
            Reader reader = simple(ClassUtils.resolvePrimitiveIfNecessary(simple));
            if (reader != null) {
                return reader;
            }
        }
        if (isPlain(type, Map.class)) {
            boolean textKeys =
                    type instanceof ParameterizedType typed && typed.getActualTypeArguments()[0] == String.class;
            return message -> map(body(message), type, textKeys);
        } else if (isPlain(type, List.class)) {
            return message -> list(body(message), type);
        }
        JsonConversion library = json;
        return library == null ? null : message -> fromJson(library, body(message), type);
    }

    private @Nullable Reader simple(Class<?> type) {
        if (type == Object.class) {
            return DefaultMessageConverters::asItIs;
        } else if (type == Message.class) {
            return message -> message;
        } else if (type == String.class) {
            return message -> text(body(message));
        } else if (type == byte[].class) {
            return message -> bytes(body(message));
        } else if (NUMBERS.contains(type)) {
            return message -> number(body(message), type);
        } else if (type == Boolean.class) {
            return message -> exact(body(message), type, "a boolean");
        } else if (type == UUID.class) {
            return message -> exact(body(message), type, "a UUID");
        }
        return null;
    }

    /** {@return whether it is such a collection, of anything} */
    private static boolean isPlain(Type type, Class<?> collection) {
        if (!(type instanceof ParameterizedType typed)) {
            return type == collection;
        }
        if (typed.getRawType() != collection) {
            return false;
        }
        Type[] of = typed.getActualTypeArguments();
        boolean anyKey = of.length == 1 || isAnything(of[0]) || of[0] == String.class;
        return anyKey && isAnything(of[of.length - 1]);
    }

    private static boolean isAnything(Type type) {
        return type == Object.class
                || (type instanceof WildcardType wild
                        && wild.getLowerBounds().length == 0
                        && wild.getUpperBounds()[0] == Object.class);
    }

    /** The body of a message that must have one: text, a number, a map, …; bytes and data as {@code byte[]}. */
    private static Object body(Message message) {
        Object body = asItIs(message);
        if (body == null) {
            throw new MessageConversionException("the message has no body");
        }
        return body;
    }

    private static @Nullable Object asItIs(Message message) {
        Section body = message.getBody();
        if (body instanceof AmqpValue value) {
            Object inner = value.getValue();
            return inner instanceof Binary binary ? AmqpValues.bytes(binary) : inner;
        } else if (body instanceof Data data) {
            return data.getValue() == null ? new byte[0] : AmqpValues.bytes(data.getValue());
        } else if (body instanceof AmqpSequence sequence) {
            return sequence.getValue() == null ? List.of() : sequence.getValue();
        }
        return null;
    }

    private static String text(Object body) {
        String text = body instanceof byte[] bytes ? AmqpValues.utf8(bytes) : AmqpValues.text(body);
        if (text == null) {
            throw unfit("text", body);
        }
        return text;
    }

    private static byte[] bytes(Object body) {
        if (body instanceof byte[] bytes) {
            return bytes;
        } else if (body instanceof String text) {
            return text.getBytes(UTF_8);
        }
        throw unfit("bytes", body);
    }

    private @Nullable Object number(Object body, Class<?> type) {
        Object number = body instanceof Number found ? AmqpValues.exactly(found, type) : null;
        if (number != null) {
            return number;
        }
        if (body instanceof Number) {
            throw new MessageConversionException(
                    "expected a number that fits into " + AmqpValues.a(type) + ", found another one");
        }
        return exact(body, type, "a number");
    }

    /** A value of just that type; data may be JSON, which knows such values too. */
    private @Nullable Object exact(Object body, Class<?> type, String expected) {
        if (type.isInstance(body)) {
            return body;
        } else if (body instanceof byte[] bytes && json != null) {
            return present(json.read(bytes, type), expected);
        }
        throw unfit(expected, body);
    }

    private Object map(Object body, Type type, boolean textKeys) {
        if (body instanceof Map<?, ?> map) {
            return textKeys ? withTextKeys(map) : map;
        } else if (json != null && (body instanceof byte[] || body instanceof String)) {
            return present(fromJson(json, body, type), "a map");
        }
        throw unfit("a map", body);
    }

    private static Map<String, @Nullable Object> withTextKeys(Map<?, ?> map) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            if (!(key instanceof String || key instanceof Symbol)) {
                throw new MessageConversionException("expected a map with text as keys");
            }
            copy.put(key.toString(), value);
        });
        return copy;
    }

    private Object list(Object body, Type type) {
        if (body instanceof List) {
            return body;
        } else if (json != null && (body instanceof byte[] || body instanceof String)) {
            return present(fromJson(json, body, type), "a list");
        }
        throw unfit("a list", body);
    }

    private static @Nullable Object fromJson(JsonConversion json, Object body, Type type) {
        if (body instanceof byte[] bytes) {
            return json.read(bytes, type);
        } else if (body instanceof String text) {
            return json.read(text.getBytes(UTF_8), type);
        } else if (body instanceof Map || body instanceof List) {
            Object plain = AmqpValues.plain(body);
            return plain == null ? null : json.convert(plain, type);
        } else if (type instanceof Class<?> wanted && wanted.isInstance(body)) {
            return body; // a Date, a Symbol, an UnsignedInteger: who asks for AMQP's own types gets them
        }
        throw unfit("JSON or a map", body);
    }

    private static Object present(@Nullable Object value, String expected) {
        if (value == null) {
            throw new MessageConversionException("expected " + expected + ", found null");
        }
        return value;
    }

    private static MessageConversionException unfit(String expected, Object found) {
        return new MessageConversionException("expected " + expected + ", found " + AmqpValues.describe(found));
    }

    // ---- writing

    @Override
    public Message write(Object body) {
        if (body instanceof Message message) {
            return message;
        }
        for (ProactorMessageConverter converter : converters) {
            Message message = converter.write(body);
            if (message != null) {
                return message;
            }
        }
        Message message = Message.Factory.create();
        message.setDurable(true); // or a broker that has accepted it may lose it by a restart (AMQP 3.2.1)
        if (body instanceof Section section) {
            message.setBody(section);
        } else if (body instanceof byte[] bytes) {
            message.setBody(new Data(new Binary(bytes)));
        } else if (body instanceof Binary binary) {
            message.setBody(new Data(binary));
        } else if (AmqpValues.isSimple(body) || body instanceof Map || body instanceof List) {
            message.setBody(new AmqpValue(AmqpValues.encodable(body)));
        } else if (json != null) {
            message.setBody(new Data(new Binary(json.write(body))));
            message.setContentType(JSON);
        } else {
            throw new MessageConversionException(
                    "nothing makes a message of a "
                            + body.getClass().getName()
                            + ": " + StringUtils.uncapitalize(remedy())
                            + ", or define a ProactorMessageConverter bean that writes this type; String, byte[], Map, List, numbers, Boolean and UUID are always possible");
        }
        return message;
    }
}
