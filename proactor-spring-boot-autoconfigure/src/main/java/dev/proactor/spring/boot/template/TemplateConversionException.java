package dev.proactor.spring.boot.template;

import dev.proactor.spring.boot.handler.MessageConversionException;
import org.jspecify.annotations.Nullable;

/**
 * What a template is to send can't be made a message, or an answer that it has received is not what was asked for. Thrown by a handler
 * method it says nothing of the message that this was given, which is not rejected for it.
 */
public class TemplateConversionException extends MessageConversionException {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what is wrong
     * @param cause why, or {@code null}
     */
    public TemplateConversionException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
