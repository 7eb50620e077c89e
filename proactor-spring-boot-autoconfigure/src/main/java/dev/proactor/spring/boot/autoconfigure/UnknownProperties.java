package dev.proactor.spring.boot.autoconfigure;

import dev.proactor.spring.boot.internal.dispatch.SourceNames;
import java.beans.PropertyDescriptor;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.commons.logging.Log;
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
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;

/**
 * Finds properties that are spelt wrong. Those of a connection, of a listener, of the template fail the start. {@code proactor.} itself
 * may hold properties of the application's own, as of tests: there, those that look like one of ours are warned of. Environment
 * variables and system properties are left out, as Spring Boot does.
 */
final class UnknownProperties {

    private static final ConfigurationPropertyName OURS = ConfigurationPropertyName.of("proactor");

    /** Of these each unknown property is refused. */
    private static final Set<String> REFUSED = Set.of("connections", "listeners", "template");

    private UnknownProperties() {}

    /**
     * Warns of properties below {@code proactor.} that there are not, and whose names are near to those that there are.
     *
     * @param environment of the application
     * @param log where to
     */
    static void warn(Environment environment, Log log) {
        UnboundElementsSourceFilter filter = new UnboundElementsSourceFilter();
        Set<ConfigurationPropertyName> told = new HashSet<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (filter.apply(source) && source instanceof IterableConfigurationPropertySource properties) {
                properties.stream()
                        .filter(name -> OURS.isAncestorOf(name) && !REFUSED.contains(name.getElement(1, Form.UNIFORM)))
                        .forEach(name -> {
                            ConfigurationPropertyName meant =
                                    nearest(name, 1, ResolvableType.forClass(ProactorProperties.class));
                            if (meant != null && told.add(name.chop(meant.getNumberOfElements()))) {
                                ConfigurationProperty property = properties.getConfigurationProperty(name);
                                log.warn("There is no property " + (property == null ? name : describe(property))
                                        + ", and it has no effect. Did you mean " + meant
                                        + "? If it is the application's own, let its name differ more");
                            }
                        });
            }
        }
    }

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
            ResolvableType next = find(properties, name.getElement(i, Form.UNIFORM));
            if (next == null) {
                String nearest = SourceNames.nearest(name.getElement(i, Form.DASHED), properties.keySet());
                return nearest == null ? null : name.chop(i).append(nearest);
            }
            at = next;
        }
        return null;
    }

    /** However it is written: a name in camel case has no dashes. */
    private static @Nullable ResolvableType find(Map<String, ResolvableType> properties, String uniform) {
        return properties.entrySet().stream()
                .filter(property -> property.getKey().replace("-", "").equals(uniform))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private static Map<String, ResolvableType> properties(ResolvableType type) {
        Map<String, ResolvableType> properties = new TreeMap<>();
        if (type.toClass() == ProactorProperties.class) {
            properties.put("start-command", ResolvableType.forClass(String.class)); // the failure analyzer's
        }
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
