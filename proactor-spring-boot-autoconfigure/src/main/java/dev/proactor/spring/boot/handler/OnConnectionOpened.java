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
 * A connection was opened by the peer, once for each. On a connection that we accepted our own {@code open} follows after the
 * last method has returned. To refuse it, set a condition, open and close:
 * {@code connection.setCondition(…); connection.open(); connection.close()}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(value = EventType.CONNECTION_REMOTE_OPEN, occasion = Occasion.CONNECTION_OPENED)
public @interface OnConnectionOpened {

    /** {@return as {@link OnEvent#connections}} */
    @AliasFor(annotation = OnEvent.class)
    String[] connections() default {};

    /** {@return as {@link OnEvent#listeners}} */
    @AliasFor(annotation = OnEvent.class)
    String[] listeners() default {};
}
