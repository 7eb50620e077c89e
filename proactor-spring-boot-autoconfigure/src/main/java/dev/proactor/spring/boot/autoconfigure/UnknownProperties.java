package dev.proactor.spring.boot.autoconfigure;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.env.Environment;

/**
 * Finds properties of a connection or listener that are spelt wrong. Only below the two maps: {@code proactor.} itself may hold properties
 * of the application's own, as of tests. Environment variables and system properties are left out, as Spring Boot does.
 */
final class UnknownProperties {

    private UnknownProperties() {}

    /**
     * Fails, in a way that Spring Boot explains with the name and where it stands, if there is a property that the type does not have.
     *
     * @param environment of the application
     * @param map the name of the map
     * @param type of the map's values
     */
    static void refuse(Environment environment, String map, Class<?> type) {
        Binder.get(environment)
                .bind(
                        map,
                        Bindable.mapOf(String.class, type),
                        new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()));
    }
}
