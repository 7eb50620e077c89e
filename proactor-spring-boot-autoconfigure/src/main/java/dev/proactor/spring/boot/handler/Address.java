package dev.proactor.spring.boot.handler;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A {@code String} argument that is the address of the link, as {@link ProactorHandler#addresses} sees it. For events of links and
 * deliveries.
 *
 * <pre>{@code
 * @OnMessage(addresses = "readings/*")
 * void reading(@Body Reading reading, @Address String address) { … }
 * }</pre>
 */
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface Address {}
