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
 * A complete message has arrived. Of all methods whose filters let a link pass, the one with the most specific address is
 * called, for each message once: an exact address before a pattern, then the longer part before the first wildcard, then fewer
 * wildcards. Two that are equal fail the start. Such a method also <b>claims</b> the addresses of its filter: a peer that wants to send
 * to one is let in and given credit, others are refused with {@code amqp:not-found}.
 *
 * <p>What the method returns settles the delivery:
 * <ul>
 *   <li>{@code void}: it is accepted;
 *   <li>{@code DeliveryState}: that is its outcome; {@code null} accepts;
 *   <li>any other value: it is accepted, and the value is sent as a reply to its {@code reply-to}, over the same connection, with its
 *       correlation id (or its message id, where it has none). {@code null} is no reply. Without a {@code reply-to} the reply is dropped,
 *       which is logged once. On a listener the peer must receive from that address, on the same connection; a {@code dynamic} source is
 *       given one. Until the reply has its outcome the sender is given no new credit for the message; one whose reply finds no room among
 *       {@code proactor.template.max-pending} of its peer is not accepted;
 *   <li>{@code CompletionStage}, or Reactor's {@code Mono}, of one of these: settled when it completes, in the connection's sequence; until
 *       then the sender is given no new credit for it.
 * </ul>
 *
 * <p>A method that throws gives {@code modified} with {@code delivery-failed}: the message counts as tried and not as handled. A
 * body that can't be converted to what the method wants is {@code rejected} with the reason. A {@link ProactorErrorHandler}
 * bean may decide otherwise.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
@OnEvent(value = EventType.DELIVERY, occasion = Occasion.MESSAGE)
public @interface OnMessage {

    /** {@return who settles the delivery} */
    Settlement settlement() default Settlement.AUTO;

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
