package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.security.Authenticator;
import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Properties that documents name are there, spelt right, and their values are taken. */
class PropertiesTest {

    /** The types of all properties on the class path, by their names. */
    private static final Map<String, String> known = new HashMap<>();

    @BeforeAll
    static void readTheMetadataOfAll() throws Exception {
        for (URL metadata : Collections.list(
                PropertiesTest.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream in = metadata.openStream()) {
                for (JsonNode property : JsonMapper.shared().readTree(in).get("properties")) {
                    known.put(
                            property.get("name").asString(),
                            property.has("type") ? property.get("type").asString() : "");
                }
            }
        }
        assertThat(known).containsKeys("proactor.threads", "management.endpoint.health.show-details");
    }

    /** {@return whether there is such a property; {@code *} in it stands for any one part of a name} */
    private static boolean isKnown(String name) {
        if (known.containsKey(name)) {
            return true;
        }
        for (Map.Entry<String, String> entry : known.entrySet()) {
            String ours = entry.getKey();
            boolean mapOfOthers = entry.getValue().startsWith("java.util.Map") && !ours.startsWith("proactor.");
            if (mapOfOthers && name.startsWith(ours + ".")) {
                return true;
            }
            if (ours.contains("*") && name.matches(ours.replace(".", "\\.").replace("*", "[^.]+"))) {
                return true;
            }
        }
        return false;
    }

    static List<Block> properties() {
        return Block.in("properties", "yaml");
    }

    @ParameterizedTest
    @MethodSource("properties")
    void thereAreSuchProperties(Block block) {
        for (String name : block.properties().stringPropertyNames()) {
            String itself = name.replaceAll("\\[\\d+]$", "");
            boolean theReadersOwn = Block.text(block.document()).contains("${" + name + "}");
            assertThat(isKnown(itself) || theReadersOwn)
                    .as("%s has a property that is not there: %s", block, name)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("properties")
    void theirValuesAreTaken(Block block, @TempDir Path folder) throws Exception {
        List<String> values = new ArrayList<>(List.of("proactor.auto-startup=false"));
        block.properties().forEach((name, value) -> values.add(name + "=" + value));
        Matcher fromOutside = Pattern.compile("\\$\\{([A-Z_]+)}").matcher(block.text());
        while (fromOutside.find()) {
            values.add(fromOutside.group(1) + "=secret");
        }
        if (block.text().contains("spring.ssl.bundle")) {
            Certificate certificate = Certificate.in(folder);
            values.replaceAll(value -> value.replaceAll("classpath:\\w+\\.crt", "file:" + certificate.certificate())
                    .replace("classpath:gateway.key", "file:" + certificate.privateKey()));
        }
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class, ProactorAutoConfiguration.class))
                .withPropertyValues(values.toArray(String[]::new))
                .withBean("workers", Executor.class, () -> Runnable::run)
                .withBean(Authenticator.class, () -> (user, password) -> CompletableFuture.completedFuture(false))
                .run(context -> assertThat(context)
                        .as("with the properties of %s", block)
                        .hasNotFailed());
    }

    /** Names in running text: {@code proactor.listeners.<name>.port}. */
    private static final Pattern INLINE = Pattern.compile("`(proactor\\.[a-z][a-z.<>*-]*[a-z>*])(?:=[^`]*)?`");

    static List<Path> documents() {
        return Block.documents();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void namesInItsTextAreThere(Path document) throws Exception {
        Set<String> unknown = new TreeSet<>();
        String withoutBlocks = Pattern.compile("^```.*?^```", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(Block.text(document))
                .replaceAll("");
        Matcher name = INLINE.matcher(withoutBlocks);
        while (name.find()) {
            String shown = name.group(1).replaceAll("<[a-z]+>", "*");
            if (!isKnown(shown) && !isKnownPart(shown) && !Names.contains(shown)) {
                unknown.add(shown);
            }
        }
        assertThat(unknown).as("neither properties nor meters, in " + document).isEmpty();
    }

    /** {@return whether it stands for several: {@code proactor.listeners.<name>.*}, or {@code proactor.connections.<name>}} */
    private static boolean isKnownPart(String shown) {
        String prefix = shown.replaceAll("\\.\\*$", "") + ".";
        return known.keySet().stream().anyMatch(name -> name.startsWith(prefix) || name.startsWith(shown + "."));
    }
}
