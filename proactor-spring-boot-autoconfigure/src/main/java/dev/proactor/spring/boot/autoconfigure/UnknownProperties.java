package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.internal.dispatch.SourceNames;
import java.beans.PropertyDescriptor;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;

/**
 * Finds properties that are spelt wrong: of a connection, of a listener, of the template. {@code proactor.} itself may hold properties
 * of the application's own, as of tests. Environment variables and system properties are left out, as Spring Boot does.
 */
final class UnknownProperties {

    private UnknownProperties() {}

    /**
     * Fails if there is a property that the type does not have.
     *
     * @param environment of the application
     * @param prefix what their names begin with
     * @param type what they are properties of
     * @throws MisconfigurationException with their names, and those that may be meant
     */
    static void refuse(Environment environment, String prefix, Bindable<?> type) {
        try {
            Binder.get(environment)
                    .bind(
                            prefix,
                            type,
                            new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter()));
        } catch (BindException unbound) {
            if (unbound.getCause() instanceof UnboundConfigurationPropertiesException unknown) {
                // Without a cause: it has the values.
                throw unknown(unknown, ConfigurationPropertyName.of(prefix), type.getType());
            }
            throw unbound;
        }
    }

    private static MisconfigurationException unknown(
            UnboundConfigurationPropertiesException unknown, ConfigurationPropertyName prefix, ResolvableType type) {
        String names = unknown.getUnboundProperties().stream()
                .map(property -> "\n\n    " + describe(property))
                .collect(Collectors.joining());
        String meant = unknown.getUnboundProperties().stream()
                .map(property -> nearest(property.getName(), prefix.getNumberOfElements(), type))
                .filter(nearest -> nearest != null)
                .map(nearest -> "Did you mean " + nearest + "? ")
                .collect(Collectors.joining());
        return new MisconfigurationException(
                "There are no such properties:" + names + "\n\nTheir values are not shown, for one may be a secret",
                meant + "Correct the names, or take the properties away.");
    }

    private static String describe(ConfigurationProperty property) {
        return property.getName() + (property.getOrigin() == null ? "" : " (at " + property.getOrigin() + ")");
    }

    /** {@return the name with the nearest known element in place of the first that is not known, or {@code null}} */
    private static @Nullable ConfigurationPropertyName nearest(
            ConfigurationPropertyName name, int known, ResolvableType type) {
        ResolvableType at = type;
        for (int i = known; i < name.getNumberOfElements(); i++) {
            if (Map.class.isAssignableFrom(at.toClass())) {
                at = at.asMap().getGeneric(1);
                continue;
            }
            Map<String, ResolvableType> properties = properties(at);
            ResolvableType next = properties.get(name.getElement(i, Form.DASHED));
            if (next == null) {
                String nearest = SourceNames.nearest(name.getElement(i, Form.DASHED), properties.keySet());
                return nearest == null ? null : name.chop(i).append(nearest);
            }
            at = next;
        }
        return null;
    }

    private static Map<String, ResolvableType> properties(ResolvableType type) {
        Map<String, ResolvableType> properties = new TreeMap<>();
        for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(type.toClass())) {
            if (property.getReadMethod() != null && !property.getName().equals("class")) {
                properties.put(
                        DataObjectPropertyName.toDashedForm(property.getName()),
                        ResolvableType.forMethodReturnType(property.getReadMethod()));
            }
        }
        return properties;
    }
}
