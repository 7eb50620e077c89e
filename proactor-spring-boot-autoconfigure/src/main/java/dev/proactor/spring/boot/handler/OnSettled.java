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
 * The peer gave a message that we sent its outcome, or settled it: once for each. {@code delivery.getRemoteState()} is the outcome, or
 * {@code null} if it settled without one. The delivery is settled after the last method has returned.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(value = EventType.DELIVERY, occasion = Occasion.SETTLED)
public @interface OnSettled {

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
