package dev.proactor.spring.boot.handler;

import dev.proactor.EventType;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;
import org.springframework.core.annotation.AliasFor;

/**
 * A sender may send: there is credit, and room for output. Where it or its class names addresses, it also claims them: a peer that
 * wants to receive from it is let in. How many messages may be sent says {@code Proactor.sendable(sender)}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(value = EventType.LINK_FLOW, occasion = Occasion.SENDABLE)
public @interface OnSendable {

    /** {@return as {@link OnEvent#connections}} */
    @AliasFor(annotation = OnEvent.class)
    String[] connections() default {};

    /** {@return as {@link OnEvent#listeners}} */
    @AliasFor(annotation = OnEvent.class)
    String[] listeners() default {};

    /** {@return as {@link OnEvent#addresses}} */
    @AliasFor(annotation = OnEvent.class)
    String[] addresses() default {};
}
