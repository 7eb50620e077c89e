package dev.proactor.spring.boot.handler;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An argument that is one of the message's standard properties. One that is absent rejects the message, unless the parameter is {@code @Nullable} or an
 * {@code Optional}. It is converted by the application's conversion service where its type is another one.
 */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface MessageProperty {

    /** {@return its name as AMQP 3.2.4 has it, such as {@code message-id}, {@code subject}, {@code reply-to}, {@code content-type}} */
    String value();
}
