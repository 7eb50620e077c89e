package dev.proactor.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import java.beans.BeanInfo;
import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.io.InputStream;
import java.lang.reflect.ParameterizedType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor offers: each property of the classes, with type, description and the default that the class really has. */
class MetadataTest {

    private static final Map<String, JsonNode> metadata = new TreeMap<>();
    private static final Map<String, JsonNode> hints = new TreeMap<>();

    @BeforeAll
    static void read() throws Exception {
        try (InputStream in = MetadataTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonNode all = JsonMapper.shared().readTree(in);
            all.get("properties")
                    .forEach(property -> metadata.put(property.get("name").asString(), property));
            all.get("hints").forEach(hint -> hints.put(hint.get("name").asString(), hint));
        }
    }

    private static String kebab(String name) {
        return name.replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
    }

    private static void check(String prefix, Object bean, List<String> seen) throws Exception {
        BeanInfo info = Introspector.getBeanInfo(bean.getClass(), Object.class);
        for (PropertyDescriptor property : info.getPropertyDescriptors()) {
            String name = prefix + kebab(property.getName());
            Object value = property.getReadMethod().invoke(bean);
            Class<?> type = property.getPropertyType();
            if (Map.class.isAssignableFrom(type)) {
                Class<?> child =
                        (Class<?>) ((ParameterizedType) property.getReadMethod().getGenericReturnType())
                                .getActualTypeArguments()[1];
                check(name + ".*.", child.getDeclaredConstructor().newInstance(), seen);
            } else if (type.getName().startsWith("dev.proactor") && !type.isEnum()) {
                check(name + ".", value, seen);
            } else {
                seen.add(name);
                check(name, value);
            }
        }
    }

    private static void check(String name, Object value) {
        JsonNode entry = metadata.get(name);
        assertThat(entry).as(name).isNotNull();
        assertThat(entry.hasNonNull("type")).as("type of " + name).isTrue();
        assertThat(entry.hasNonNull("description")).as("description of " + name).isTrue();
        if (value != null && !(value instanceof List)) {
            assertThat(entry.hasNonNull("defaultValue"))
                    .as("default of " + name)
                    .isTrue();
            assertThat(canonical(entry.get("defaultValue").asString()))
                    .as("default of " + name)
                    .isEqualTo(canonical(value));
        }
    }

    private static String canonical(Object value) {
        if (value instanceof Duration duration) {
            return duration.toMillis() + "ms";
        }
        if (value instanceof DataSize size) {
            return size.toBytes() + "B";
        }
        String text = value.toString().toLowerCase(java.util.Locale.ROOT);
        if (text.matches("-?\\d+(\\.\\d+)?")) {
            return Double.toString(Double.parseDouble(text));
        }
        if (text.matches("\\d+s")) {
            return Duration.ofSeconds(Long.parseLong(text.replace("s", ""))).toMillis() + "ms";
        }
        return text.matches("\\d+[km]b")
                ? DataSize.parse(text.toUpperCase(java.util.Locale.ROOT)).toBytes() + "B"
                : text;
    }

    @Test
    void everyPropertyIsDescribed() throws Exception {
        List<String> seen = new ArrayList<>();
        check("proactor.", new ProactorProperties(), seen);
        assertThat(seen).hasSizeGreaterThan(35).contains("proactor.listeners.*.sasl.allow-anonymous");
    }

    @Test
    void nothingIsDescribedThatIsNotThere() throws Exception {
        List<String> seen = new ArrayList<>();
        check("proactor.", new ProactorProperties(), seen);
        assertThat(metadata.keySet())
                .filteredOn(name -> name.contains("*"))
                .allSatisfy(name -> assertThat(seen).contains(name));
    }

    @Test
    void hintsAreForPropertiesThatAreThereAndNameClassesThatAreThere() throws Exception {
        assertThat(hints)
                .containsKeys(
                        "proactor.keep-alive",
                        "proactor.executor",
                        "proactor.connections.*.sasl.mechanisms",
                        "proactor.listeners.*.sasl.mechanisms",
                        "proactor.listeners.*.sasl.authentication-manager");
        assertThat(metadata.keySet()).containsAll(hints.keySet());
        for (JsonNode hint : hints.values()) {
            if (hint.has("providers") && hint.get("providers").get(0).has("parameters")) {
                Class.forName(hint.get("providers")
                        .get(0)
                        .get("parameters")
                        .get("target")
                        .asString());
            }
        }
    }
}
