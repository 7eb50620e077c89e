package dev.proactor.spring.boot.handler;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.core.annotation.AliasFor;
import org.springframework.stereotype.Component;

/**
 * A bean whose {@link OnEvent} methods (and those of its aliases: {@link OnMessage}, {@link OnConnectionOpened}, …) are
 * called for events of AMQP connections and listeners.
 *
 * <pre>{@code
 * @ProactorHandler(listeners = "ingress", addresses = "readings/*")
 * class Readings {
 *     @OnMessage
 *     void reading(@Body String json, Link link) { … }       // accepted when it returns
 *
 *     @OnLinkClosed
 *     void gone(Link link, @Nullable ErrorCondition why) { … }
 * }
 * }</pre>
 *
 * <p><b>Which events.</b> A method is called for the events that pass the filters of its class and its own; both must let
 * them pass. Without {@link #connections} and {@link #listeners} those of every connection, made by us or accepted. Names and
 * addresses may hold {@code ${…}} placeholders. A name that no property configures fails the start; a name with {@code *} is
 * a pattern, and may match connections that are registered later.
 *
 * <p><b>Threads.</b> Of one connection one method at a time is called, on any thread of the proactor; what belongs to that
 * connection may be touched with no lock. Methods of different connections run side by side, in the same bean: its own
 * fields need the usual care. A method may block: it holds up its own connection and one of {@code proactor.threads}.
 *
 * <p><b>Failures.</b> See {@link OnMessage} for messages. Any other method that throws ends its connection with
 * {@code amqp:internal-error}; a {@link ProactorErrorHandler} bean may decide otherwise.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Component
public @interface ProactorHandler {

    /** {@return the bean's name; empty for the one that follows from its class} */
    @AliasFor(annotation = Component.class, attribute = "value")
    String name() default "";

    /**
     * {@return names of connections that we make, as in {@code proactor.connections.<name>}, or patterns with {@code *}}
     * Where this is set and {@link #listeners} is not, accepted connections are left out.
     */
    String[] connections() default {};

    /**
     * {@return names of listeners, as in {@code proactor.listeners.<name>}, or patterns with {@code *}} Their accepted
     * connections are meant, and for listener events they themselves. Where this is set and {@link #connections} is not,
     * connections that we make are left out.
     */
    String[] listeners() default {};

    /**
     * {@return addresses of links} The address of a link is that of the end which is the queue or topic: the target's where
     * the sender attached it, the source's where the receiver did. {@code *} stands for one or more characters other than {@code /},
     * which may be a part of a segment, {@code **} for any characters, also none: {@code readings/*}, {@code readings/d*}, {@code **}.
     * Events that are not about a link are not filtered by it.
     */
    String[] addresses() default {};
}
