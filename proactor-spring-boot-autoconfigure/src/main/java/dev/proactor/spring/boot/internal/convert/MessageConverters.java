package dev.proactor.spring.boot.internal.convert;

import dev.proactor.spring.boot.handler.MessageConversionException;
import java.lang.reflect.Type;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** All conversions of an application: its own converters, the simple types, JSON. Thread-safe. */
public interface MessageConverters {

    /** Makes objects of one type. */
    @FunctionalInterface
    interface Reader {
        /**
         * {@return the object made of a message's body}
         *
         * @param message the message
         * @throws MessageConversionException if it is not such an object
         */
        @Nullable Object read(Message message);
    }

    /**
     * {@return what makes objects of a type of message bodies, or {@code null} if nothing does}
     *
     * @param type the type of a {@code @Body} parameter
     */
    @Nullable Reader reader(Type type);

    /** {@return what makes an application without JSON have it, to be followed by a comma or a full stop} */
    default String remedy() {
        return "Add Jackson (spring-boot-starter-jackson) for JSON";
    }

    /**
     * {@return a message}
     *
     * @param body a whole message, or the body of one
     * @throws MessageConversionException if it can't be made
     */
    Message write(Object body);
}
