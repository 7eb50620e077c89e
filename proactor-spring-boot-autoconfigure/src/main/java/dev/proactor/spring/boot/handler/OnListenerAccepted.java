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
 * A peer has connected to a listener. Unless a method accepts or rejects it, it is accepted after the last one has returned, or rejected where the
 * listener has as many connections as {@code max-connections} allows.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(EventType.LISTENER_ACCEPT)
public @interface OnListenerAccepted {

    /** {@return as {@link OnEvent#listeners}} */
    @AliasFor(annotation = OnEvent.class)
    String[] listeners() default {};
}
