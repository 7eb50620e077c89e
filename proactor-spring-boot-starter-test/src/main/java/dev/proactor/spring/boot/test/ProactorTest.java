package dev.proactor.spring.boot.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.PropertyMapping;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.core.annotation.AliasFor;
import org.springframework.core.env.Environment;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * A test of the part of an application that speaks AMQP: its {@code @ProactorHandler} beans, with the proactor, the template, connections and
 * listeners of the application's properties, and nothing else of it. Of the classes that are scanned those are taken that have
 * {@code @ProactorHandler}, or are one of
 *
 * <ul>
 *   <li>{@code ProactorMessageConverter}, {@code HandlerArgumentResolver}, {@code ProactorErrorHandler}
 *   <li>{@code ProactorCustomizer}, {@code ProactorConnectionCustomizer}, {@code ProactorListenerCustomizer},
 *       {@code ProactorConnectionDetails}
 *   <li>{@code Authenticator}, {@code CredentialsProvider}
 *   <li>Jackson's modules, and {@code @JacksonComponent} classes
 * </ul>
 *
 * <p>Other components are not: what handlers need of them comes by {@code @MockitoBean} or {@code @Import}. Beans of
 * {@code @Bean} methods in the application's own class are there as ever.
 *
 * <p>Listeners are bound to free ports of the loopback interface, whatever their properties say; {@link LocalProactorPort} gives the
 * port.
 *
 * <pre>{@code
 * @ProactorTest(properties = "proactor.listeners.ingress.port=5672")
 * class ReadingsTest {
 *     @MockitoBean ReadingStore store;
 *
 *     @Test
 *     void aReadingIsStored(@LocalProactorPort int port) {
 *         try (PeerClient device = ProactorPeer.connect("localhost", port)) {
 *             assertThat(device.send("readings/d1", "{\"value\": 1}")).is(like(accepted()));
 *         }
 *     }
 * }
 * }</pre>
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@BootstrapWith(ProactorTestContextBootstrapper.class)
@ExtendWith(SpringExtension.class)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(ProactorTypeExcludeFilter.class)
@AutoConfigureProactor
@ImportAutoConfiguration
public @interface ProactorTest {

    /** {@return properties for the {@link Environment} of the test, as {@code key=value}} */
    String[] properties() default {};

    /** {@return whether each listener is bound to {@code localhost} and a port that the system chooses} See {@link AutoConfigureProactor}. */
    @PropertyMapping(value = "proactor.test.random-ports", skip = PropertyMapping.Skip.ON_DEFAULT_VALUE)
    boolean randomPorts() default true;

    /** {@return whether the types that this documentation lists are taken} Without, only {@link #includeFilters} are. */
    boolean useDefaultFilters() default true;

    /** {@return what else is taken of the classes that are scanned} */
    Filter[] includeFilters() default {};

    /** {@return what is not taken, though it otherwise would be} */
    Filter[] excludeFilters() default {};

    /** {@return auto-configurations that the test is to do without} */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
