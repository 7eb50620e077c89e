package dev.proactor.spring.boot.handler;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.aot.hint.annotation.Reflective;

/**
 * Decides what follows when a method of the same {@link ProactorHandler} throws. Of several the one with the nearest type of exception is
 * asked; where none fits, a {@link ProactorErrorHandler} bean is, and then the usual answer is given.
 *
 * <pre>{@code
 * @OnError
 * DeliveryState failed(DataAccessException e, @Address String address) {
 *     return Released.getInstance();      // another instance may have a database
 * }
 * }</pre>
 *
 * <p>Arguments are the exception, and what is known of the event: {@link HandlerContext}, {@code Event}, {@code Proactor},
 * {@code Connection}, {@code Link}, {@code Delivery}, {@code Message}, {@link Address}; {@code null} where there is none. It is called in the
 * connection's sequence.
 *
 * <p>What it returns:
 * <ul>
 *   <li>{@code void}, or {@code null}: the usual answer follows, as {@link OnMessage} and {@link ProactorHandler} say;
 *   <li>{@code DeliveryState}: the message's outcome; on other occasions the event counts as handled;
 *   <li>{@link ProactorErrorHandler.Verdict}: that.
 * </ul>
 *
 * <p>What is decided here is not logged by the starter. If the method throws too, both exceptions are, and the usual answer follows.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface OnError {

    /** {@return the exceptions it is for; by default that of its parameter, and without one all} */
    Class<? extends Throwable>[] value() default {};
}
