package dev.proactor.spring.boot.test.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/testing.md shows is what {@link TestingSnippetsTest} runs. */
class DocumentsTest {

    private static final Path DOCUMENT = Path.of("../docs/testing.md");
    private static final Path SNIPPETS =
            Path.of("src/test/java/dev/proactor/spring/boot/test/docs/TestingSnippetsTest.java");
    private static final Path PROPERTIES = Path.of("src/test/resources/gateway.properties");

    private static List<String> blocks(String language) throws Exception {
        List<String> blocks = new ArrayList<>();
        Matcher matcher =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(DOCUMENT));
        while (matcher.find()) {
            blocks.add(matcher.group(1));
        }
        assertThat(blocks).isNotEmpty();
        return blocks;
    }

    private static String canonical(String source) {
        return source.replaceAll("\\s+", "");
    }

    @Test
    void itsJavaIsRunHere() throws Exception {
        String run = canonical(Files.readString(SNIPPETS));
        for (String block : blocks("java")) {
            assertThat(run.contains(canonical(block))).as(block).isTrue();
        }
    }

    @Test
    void itsPropertiesAreThoseOfTheApplication() throws Exception {
        Properties ours = properties(Files.readString(PROPERTIES));
        for (String block : blocks("properties")) {
            assertThat(ours).containsAllEntriesOf(properties(block));
        }
    }

    private static Properties properties(String text) throws Exception {
        Properties properties = new Properties();
        properties.load(new StringReader(text));
        return properties;
    }
}
