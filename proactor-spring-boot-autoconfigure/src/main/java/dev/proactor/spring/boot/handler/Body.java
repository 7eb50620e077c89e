package dev.proactor.spring.boot.handler;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An argument that is the message's body: as {@code String}, {@code byte[]}, {@code Object} (as AMQP has it), {@code Map}, or any other type that a
 * {@link ProactorMessageConverter} makes of it; with Jackson in the application, JSON. A body that can't be converted rejects
 * the message, with the reason.
 *
 * <p>It is our own annotation because Spring's {@code @Payload} belongs to spring-messaging, of which nothing else is needed.
 */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Body {}
