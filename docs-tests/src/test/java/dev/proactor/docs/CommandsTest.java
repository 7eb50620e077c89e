package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Commands that documents show name modules, profiles, tests, settings, programs and options that are there. */
class CommandsTest {

    private static final Set<String> GOALS =
            Set.of("install", "package", "spotless:apply", "spring-boot:run", "test", "verify");

    static List<Block> sh() {
        return Block.in("sh");
    }

    @ParameterizedTest
    @MethodSource("sh")
    void theyNameWhatIsThere(Block block) throws IOException {
        String joined = block.text().replaceAll("\\\\\n\\s*", "");
        for (String line : joined.lines().toList()) {
            String command =
                    line.replaceAll("(^|\\s)#.*", "").replaceAll("&$", "").strip();
            if (!command.isEmpty()) {
                check(block, Arrays.asList(command.split("\\s+")));
            }
        }
    }

    private static void check(Block block, List<String> words) throws IOException {
        String all = block + ": " + String.join(" ", words);
        switch (words.get(0)) {
            case "mvn" -> maven(all, words.subList(1, words.size()));
            case "java" -> example(all, words);
            case "curl" ->
                assertThat(block.document()) // whose test runs them
                        .as(all)
                        .isIn(Path.of("docs/getting-started.md"), Path.of("docs/actuator.md"));
            default ->
                assertThat(Files.isExecutable(Block.TOP.resolve(words.get(0))))
                        .as(all)
                        .isTrue();
        }
    }

    private static void maven(String all, List<String> words) throws IOException {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("-pl")) {
                i++;
                assertThat(Repository.modules()).as(all).contains(words.get(i).split(","));
            } else if (word.startsWith("-P")) {
                assertThat(Repository.profiles()).as(all).contains(word.substring(2));
            } else if (word.startsWith("-Dtest=")) {
                test(all, word.substring("-Dtest=".length()).replace("'", ""));
            } else if (word.startsWith("-D")
                    && !List.of("-DskipTests", "-Dmaven.test.skip=true").contains(word)) {
                setting(all, word.substring(2).replaceAll("=.*", ""));
            } else if (!word.startsWith("-")) {
                assertThat(GOALS).as(all).contains(word);
            } else {
                assertThat(word).as(all).isIn("-q", "-am", "-DskipTests", "-Dmaven.test.skip=true");
            }
        }
    }

    private static void test(String all, String test) throws IOException {
        String[] parts = test.split("#");
        List<Path> sources = sources(parts[0] + ".java");
        assertThat(sources).as(all).isNotEmpty();
        if (parts.length > 1) {
            assertThat(Files.readString(sources.get(0))).as(all).contains("void " + parts[1] + "(");
        }
    }

    private static void setting(String all, String name) throws IOException {
        String quoted = Pattern.quote(name);
        Pattern use = Pattern.compile("\"" + quoted + "\"|<" + quoted + ">|\\$\\{" + quoted + "}|\"" + quoted + "\\.");
        boolean used =
                use.matcher(Files.readString(Block.TOP.resolve("pom.xml"))).find();
        for (String module : Repository.modules()) {
            used |= use.matcher(Files.readString(Block.TOP.resolve(module).resolve("pom.xml")))
                    .find();
        }
        for (Path source : sources(".java")) {
            used |= use.matcher(Files.readString(source)).find();
        }
        assertThat(used).as("%s: who reads %s?", all, name).isTrue();
    }

    /** A program of a module that has several, and its options. */
    private static void example(String all, List<String> words) throws IOException {
        String module = words.get(2).replaceAll("/.*", "");
        assertThat(words.subList(1, 3)).as(all).containsExactly("-jar", module + "/target/" + module + ".jar");
        assertThat(Repository.modules()).as(all).contains(module);
        assertThat(Files.readString(Block.TOP.resolve(module + "/pom.xml")))
                .as(all)
                .contains("<finalName>" + module + "</finalName>");
        StringBuilder programs = new StringBuilder();
        for (Path source : sources(".java")) {
            if (source.toString().contains(module + "/src/main")) {
                programs.append(Files.readString(source));
            }
        }
        for (String word : words.subList(3, words.size())) {
            if (word.equals("--help")) {
                assertThat(programs.toString()).as(all).containsPattern("mixinStandardHelpOptions = true|\"--help\"");
            } else if (word.startsWith("--")) {
                assertThat(programs).as(all).contains("\"" + word + "\"");
            } else if (words.indexOf(word) == 3) {
                assertThat(programs).as(all).contains("\"" + word + "\"");
            }
        }
    }

    /** {@return the sources of all modules whose names end so} */
    private static List<Path> sources(String end) throws IOException {
        try (Stream<Path> modules = Repository.modules().stream().map(Block.TOP::resolve)) {
            return modules.map(module -> module.resolve("src"))
                    .filter(Files::isDirectory)
                    .flatMap(folder -> {
                        try (Stream<Path> files = Files.walk(folder)) {
                            return files.filter(file -> file.toString().endsWith(end)).toList().stream();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }
}
