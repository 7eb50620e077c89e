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
 * A connection that was opened is over, whatever ended it: exactly once for each {@link OnConnectionOpened}, after
 * {@link OnLinkClosed} of its links. An {@code ErrorCondition} argument is the reason, or {@code null} where it was closed in
 * order; a {@link dev.proactor.CloseReason} is given where its transport is over, else {@code null}.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(
        value = {EventType.CONNECTION_REMOTE_CLOSE, EventType.TRANSPORT_CLOSED},
        occasion = Occasion.CONNECTION_CLOSED)
public @interface OnConnectionClosed {

    /** {@return as {@link OnEvent#connections}} */
    @AliasFor(annotation = OnEvent.class)
    String[] connections() default {};

    /** {@return as {@link OnEvent#listeners}} */
    @AliasFor(annotation = OnEvent.class)
    String[] listeners() default {};
}
