package dev.proactor.spring.boot.handler;

import java.lang.reflect.Type;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/**
 * Turns messages into objects and objects into messages: for {@link Body} arguments, and for what a template sends. Every bean of this type
 * is asked, in order, before the conversions that are there anyway. Thread-safe.
 */
public interface ProactorMessageConverter {

    /**
     * {@return whether this converter makes such objects of a body} Asked once for a parameter, when the application starts.
     *
     * @param type the type of a {@link Body} parameter
     */
    boolean canRead(Type type);

    /**
     * Makes an object of a message's body.
     *
     * @param message the message
     * @param type a type for which {@link #canRead} said yes
     * @return the object
     * @throws MessageConversionException if the body is not such an object; its message is sent to the peer as the reason
     */
    @Nullable Object read(Message message, Type type);

    /**
     * Makes a message of an object.
     *
     * @param body the object
     * @return the message, or {@code null} if this converter does not know such objects
     * @throws MessageConversionException if it does, and this one can't be sent
     */
    @Nullable Message write(Object body);
}
