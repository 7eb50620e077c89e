package dev.proactor.spring.boot.handler;

import dev.proactor.EventType;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * A method of a {@link ProactorHandler} that is called for events of the given types. The one primitive: all other
 * annotations here are made of it, and yours may be too.
 *
 * <pre>{@code
 * @OnEvent({EventType.LINK_FLOW, EventType.CONNECTION_WAKE})
 * void raw(Event event) { … }
 * }</pre>
 *
 * <p><b>Arguments</b>, in any order, are found by their types when the application starts; one that the events can't give
 * fails the start: {@link dev.proactor.Event}, {@link dev.proactor.Listener}, {@link dev.proactor.Proactor},
 * {@link dev.proactor.CloseReason}; of proton-j
 * {@code Connection}, {@code Session}, {@code Link}, {@code Sender}, {@code Receiver}, {@code Delivery}, {@code Transport},
 * {@code Message}, {@code ErrorCondition} (of the peer or the transport; null where there is none), {@code DeliveryState} (the
 * peer's); with an annotation {@link Body}, {@link Address}, {@link ApplicationProperty}, {@link MessageAnnotation}, {@link MessageProperty};
 * and what a {@link HandlerArgumentResolver} bean knows. A method that asks for a {@code Sender} is called for senders only,
 * one that asks for a {@code Receiver} for receivers only, and it claims only such links.
 *
 * <p>The method returns {@code void}, but for {@link OnMessage}. All methods that match are called, in the order of their
 * {@code @Order}; after the last one come the default answers (opens and closes are mirrored), where no method gave one.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface OnEvent {

    /** {@return the types of event} */
    EventType[] value();

    /** {@return on which of these events} */
    Occasion occasion() default Occasion.EACH_EVENT;

    /** {@return connections, as {@link ProactorHandler#connections}; what the class says must hold too} */
    String[] connections() default {};

    /** {@return listeners, as {@link ProactorHandler#listeners}; what the class says must hold too} */
    String[] listeners() default {};

    /** {@return addresses of links, as {@link ProactorHandler#addresses}; what the class says must hold too} */
    String[] addresses() default {};
}
