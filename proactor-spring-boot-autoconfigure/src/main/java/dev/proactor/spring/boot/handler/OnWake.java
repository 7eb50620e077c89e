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
 * A connection was woken by {@code Proactor.wake}, or has just run tasks of {@code Proactor.execute}: the starter uses these
 * too, so a method must not count on being the only cause.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(EventType.CONNECTION_WAKE)
public @interface OnWake {

    /** {@return as {@link OnEvent#connections}} */
    @AliasFor(annotation = OnEvent.class)
    String[] connections() default {};

    /** {@return as {@link OnEvent#listeners}} */
    @AliasFor(annotation = OnEvent.class)
    String[] listeners() default {};
}
