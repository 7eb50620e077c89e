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
 * A link that was opened is over, whatever ended it, its connection's end too: exactly once for each {@link OnLinkOpened}. An
 * {@code ErrorCondition} argument is the reason, or {@code null} where it was closed in order.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(
        value = {
            EventType.LINK_REMOTE_CLOSE,
            EventType.LINK_REMOTE_DETACH,
            EventType.SESSION_REMOTE_CLOSE,
            EventType.CONNECTION_REMOTE_CLOSE,
            EventType.TRANSPORT_CLOSED
        },
        occasion = Occasion.LINK_CLOSED)
public @interface OnLinkClosed {

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
