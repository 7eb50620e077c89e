package dev.proactor.spring.boot.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.context.PropertyMapping;

/**
 * Brings the auto-configuration of a proactor into a test, with JSON, validation, SSL bundles and a task executor where the application has
 * them, and binds its listeners to free ports of the loopback interface. {@link ProactorTest} has it. On a class with
 * {@code @SpringBootTest} it is for the ports; what the application configures anyway stays.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureProactor {

    /**
     * {@return whether each listener of {@code proactor.listeners} is bound to {@code localhost} and a port that the system chooses, whatever its
     * properties say} Then tests can run side by side. {@code proactor.test.random-ports=false} turns it off too.
     */
    @PropertyMapping(value = "proactor.test.random-ports", skip = PropertyMapping.Skip.ON_DEFAULT_VALUE)
    boolean randomPorts() default true;
}
