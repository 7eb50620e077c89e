package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No document has a block that no test looks at; what is Java in it is a part of a source that the build compiles. */
class SourcesOfBlocksTest {

    /**
     * Languages, and who looks at them: java here, properties and yaml in {@link PropertiesTest}, sh in {@link CommandsTest}, xml in {@link PomTest},
     * python in {@link PythonTest}, json in the sample's {@code ActuatorDocumentTest}. What is neither is text: a picture.
     */
    private static final Set<String> TESTED =
            Set.of("java", "properties", "yaml", "sh", "xml", "python", "json", "text");

    private static final List<String> sources = new ArrayList<>();

    @BeforeAll
    static void readAllSources() throws IOException {
        for (String module : Repository.modules()) {
            for (String tree : List.of("src/main/java", "src/test/java")) {
                Path folder = Block.TOP.resolve(module).resolve(tree);
                if (Files.isDirectory(folder)) {
                    try (Stream<Path> files = Files.walk(folder)) {
                        for (Path file : files.filter(file -> file.toString().endsWith(".java"))
                                .toList()) {
                            String source = Files.readString(file);
                            sources.add(canonical(source));
                            // What a document shows as a class of its own may be nested there.
                            sources.add(canonical(source.replaceAll("\n    static class ", "\n    class ")));
                        }
                    }
                }
            }
        }
    }

    private static String canonical(String source) {
        return source.replaceAll("\\s+", "");
    }

    @Test
    void everyBlockIsInALanguageThatATestLooksAt() {
        assertThat(Block.all())
                .isNotEmpty()
                .allSatisfy(block -> assertThat(TESTED)
                        .as("what tests the block at %s?", block)
                        .contains(block.language()));
    }

    static List<Block> java() {
        return Block.in("java");
    }

    @ParameterizedTest
    @MethodSource("java")
    void javaIsAPartOfWhatIsCompiled(Block block) {
        String wanted = canonical(block.text());
        assertThat(sources.stream().anyMatch(source -> source.contains(wanted)))
                .as("in the sources of a module is what %s shows:%n%s", block, block.text())
                .isTrue();
    }
}
