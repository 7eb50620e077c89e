package dev.proactor.spring.boot.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What the documents show compiles, and its properties are taken. */
class DocumentsTest {

    private static final Path DOCS = Path.of("../docs");
    private static final Path SNIPPETS = Path.of("src/test/java/dev/proactor/spring/boot/docs");

    private static List<String> blocks(String document, String language) throws Exception {
        List<String> blocks = new ArrayList<>();
        Matcher matcher = Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(DOCS.resolve(document)));
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        return blocks;
    }

    private static String canonical(String source) {
        return source.replaceAll("\\s+", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"handlers.md", "sending.md", "connections.md"})
    void theJavaInADocumentIsCompiledHere(String document) throws Exception {
        StringBuilder compiled = new StringBuilder();
        for (String source : List.of("HandlerSnippets.java", "SendingSnippets.java", "ConnectionSnippets.java")) {
            // They are nested here, and need not be.
            compiled.append(Files.readString(SNIPPETS.resolve(source)).replace(" static class", " class"));
        }
        List<String> blocks = blocks(document, "java");
        assertThat(blocks).isNotEmpty();
        for (String block : blocks) {
            assertThat(canonical(compiled.toString()).contains(canonical(block)))
                    .as("in %s: %s", document, block)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"handlers.md", "sending.md", "connections.md"})
    void thePropertiesInADocumentAreTaken(String document) throws Exception {
        List<String> blocks = blocks(document, "properties");
        assertThat(blocks).isNotEmpty();
        for (String block : blocks) {
            Properties properties = new Properties();
            properties.load(new StringReader(block));
            List<String> values = new ArrayList<>(List.of("proactor.auto-startup=false"));
            properties.forEach((key, value) -> values.add(key + "=" + value));
            new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                    .withPropertyValues(values.toArray(String[]::new))
                    .withBean(
                            "workers",
                            java.util.concurrent.ForkJoinPool.class,
                            java.util.concurrent.ForkJoinPool::commonPool)
                    .run(context -> assertThat(context).hasNotFailed());
        }
    }
}
