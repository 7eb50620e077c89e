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
 * A link was attached by the peer, or the peer answered ours: once for each that no method for {@code LINK_INIT} or
 * {@code LINK_REMOTE_OPEN} has refused before. Where it or its class names addresses, the method also claims that address: a peer may
 * attach a link there, where without a claim it is refused. Our {@code attach} follows after the last method has returned. To refuse the
 * link, set a condition, open and close it.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(value = EventType.LINK_REMOTE_OPEN, occasion = Occasion.LINK_OPENED)
public @interface OnLinkOpened {

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
