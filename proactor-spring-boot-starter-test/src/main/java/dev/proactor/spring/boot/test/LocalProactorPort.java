package dev.proactor.spring.boot.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test the port that a listener of its application context is bound to: in an {@code int} field of a test class, or as an
 * {@code int} parameter of its test and lifecycle methods and of its constructor (unless Spring resolves that constructor's parameters). For
 * {@link ProactorTest}, {@code @SpringBootTest} and any other test with a context.
 *
 * <p>The port is read before each test method: after a pause and a restart of the context it may be another one. A test that restarts
 * its context itself asks {@code ProactorListeners.get(name).localPort()}.
 *
 * <p>If there is no such listener, or it is not bound, the test fails, and names the listeners that there are.
 */
@Target({ElementType.FIELD, ElementType.PARAMETER})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@ExtendWith(LocalProactorPortParameterResolver.class)
public @interface LocalProactorPort {

    /** {@return the name of the listener, as in {@code proactor.listeners.<name>}; by default the only one that there is} */
    String value() default "";
}
