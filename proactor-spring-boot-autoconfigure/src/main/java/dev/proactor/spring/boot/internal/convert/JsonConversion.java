package dev.proactor.spring.boot.internal.convert;

import dev.proactor.spring.boot.handler.MessageConversionException;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** JSON, by whatever library the application has. Thread-safe. */
public interface JsonConversion {

    /**
     * {@return the object that a JSON text stands for}
     *
     * @param json the text, in an encoding that JSON allows
     * @param type the type that is wanted
     * @throws MessageConversionException if it is not such an object; the message may go to the peer
     */
    @Nullable Object read(byte[] json, Type type);

    /**
     * {@return the object that plain values stand for}
     *
     * @param value maps with text as keys, lists, text, numbers and the like
     * @param type the type that is wanted
     * @throws MessageConversionException if it is not such an object; the message may go to the peer
     */
    @Nullable Object convert(Object value, Type type);

    /**
     * {@return an object as JSON, in UTF-8}
     *
     * @param value the object
     * @throws MessageConversionException if it can't be written
     */
    byte[] write(Object value);
}
