package dev.proactor.spring.boot.internal.convert;

import dev.proactor.spring.boot.handler.MessageConversionException;
import java.lang.reflect.Type;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by Jackson. The only class here that links to it.
 *
 * <p>What Jackson throws quotes the text that it could not read. That text is somebody's message, so it goes neither into our
 * message nor along as the cause; what stays is where it was and what was expected.
 */
public final class JacksonConversion implements JsonConversion {

    private static final int LONGEST_PATH = 120;

    private final JsonMapper mapper;

    /**
     * Makes a conversion.
     *
     * @param mapper reads and writes
     */
    public JacksonConversion(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public @Nullable Object read(byte[] json, Type type) {
        JavaType wanted = mapper.constructType(type);
        try {
            return mapper.readValue(json, wanted);
        } catch (JacksonException unfit) {
            throw unreadable(unfit, wanted);
        }
    }

    @Override
    public @Nullable Object convert(Object value, Type type) {
        JavaType wanted = mapper.constructType(type);
        try {
            return mapper.convertValue(value, wanted);
        } catch (JacksonException unfit) {
            throw unreadable(unfit, wanted);
        }
    }

    @Override
    public byte[] write(Object value) {
        try {
            return mapper.writeValueAsBytes(value);
        } catch (JacksonException unfit) {
            // Of a type that has no JSON form Jackson names types and fields only, which is what its author needs.
            Throwable cause = unfit instanceof InvalidDefinitionException ? unfit : null;
            throw new MessageConversionException(
                    AmqpValues.a(value.getClass()) + " can't be written as JSON" + at(unfit), cause);
        }
    }

    private static MessageConversionException unreadable(JacksonException unfit, JavaType wanted) {
        return new MessageConversionException(what(unfit, wanted) + at(unfit));
    }

    private static String what(JacksonException unfit, JavaType wanted) {
        String name = AmqpValues.a(wanted.getRawClass());
        if (unfit instanceof UnrecognizedPropertyException) {
            return "expected JSON of " + name + ": it has no such field";
        } else if (unfit instanceof InvalidDefinitionException) {
            return name + " can't be made from JSON: its class lacks what Jackson needs";
        } else if (unfit instanceof MismatchedInputException mismatch && mismatch.getTargetType() != null) {
            String inner = AmqpValues.a(mismatch.getTargetType());
            return "expected JSON of " + name + (inner.equals(name) ? "" : ", with " + inner);
        } else if (unfit instanceof StreamReadException) {
            return "expected JSON of " + name + ": it is malformed";
        }
        return "expected JSON of " + name;
    }

    private static String at(JacksonException unfit) {
        StringBuilder at = new StringBuilder();
        String path = path(unfit);
        if (!path.isEmpty()) {
            at.append(", at ").append(path);
        }
        TokenStreamLocation location = unfit.getLocation();
        if (location != null && location.getLineNr() > 0) {
            at.append(", line ").append(location.getLineNr());
            at.append(", column ").append(location.getColumnNr());
        }
        return at.toString();
    }

    /** The way to the field. Keys of maps are content, and left out. */
    private static String path(JacksonException unfit) {
        StringBuilder path = new StringBuilder();
        for (JacksonException.Reference step : unfit.getPath()) {
            String field = step.getPropertyName();
            if (field == null) {
                path.append('[').append(step.getIndex()).append(']');
                continue;
            }
            if (!path.isEmpty()) {
                path.append('.');
            }
            boolean ofMap = step.from() instanceof Map
                    || (step.from() instanceof Class<?> type && Map.class.isAssignableFrom(type));
            path.append(ofMap ? "*" : printable(field));
        }
        return path.length() <= LONGEST_PATH ? path.toString() : path.substring(0, LONGEST_PATH) + "…";
    }

    /** A field that there is not was named by the peer, who may name it anything. */
    private static String printable(String field) {
        StringBuilder clean = new StringBuilder(field.length());
        field.codePoints()
                .limit(LONGEST_PATH)
                .forEach(c -> clean.appendCodePoint(Character.isLetterOrDigit(c) || c == '_' || c == '-' ? c : '?'));
        return clean.toString();
    }
}
