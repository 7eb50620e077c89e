package dev.proactor.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.AnnotatedElement;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Holds {@code docs/conformance.md} to what is tested. The table is made from {@code conformance-rows.tsv} (row, situation, and
 * where there is more to say: a state and its reason) and from the tags of the test methods.
 *
 * <p>States: {@code later} and {@code not offered} excuse a row that no test carries; {@code partly} says what of a tested row is
 * still open, {@code deviation} where a tested row differs from C.
 */
class ConformanceTableTest {

    private static final int ROWS = 142;
    private static final String RESOURCE = "/conformance-rows.tsv";
    private static final Path TABLE = Path.of(System.getProperty("basedir", "."), "..", "docs", "conformance.md");
    private static final String WRITE = "conformance.write";
    private static final String COMMAND = "mvn -pl proactor-core test -Dtest=ConformanceTableTest -D" + WRITE + "=true";

    private static final String HEAD = """
            # Conformance

            What the tests, headers and code of Proton C's proactor say a proactor must do, and what of it is tested here. A row is
            tested where a test that drives it from outside, by the public API and over sockets, carries its number as a tag:
            `mvn -pl proactor-core test -Dgroups=C63`. Names are without C's `PN_` prefix; `await`, `poll` and a batch's `close`
            are C's `wait`, `get` and `done`.

            Made by `ConformanceTableTest` from the tags and from `conformance-rows.tsv`; don't edit it, run
            `%s`.
            """.formatted(COMMAND);

    private record Row(int number, String situation, String state, String reason) {

        static Row of(String line) {
            String[] parts = line.split("\t", -1);
            assertThat(parts.length).as("columns of: " + line).isIn(2, 4);
            boolean explained = parts.length == 4;
            if (explained) {
                assertThat(parts[2]).as("state of: " + line).isIn("later", "partly", "deviation", "not offered");
                assertThat(parts[3]).as("reason of: " + line).isNotBlank();
            }
            return new Row(rowOf(parts[0]), parts[1], explained ? parts[2] : "", explained ? parts[3] : "");
        }

        String stateWith(Set<String> tests) {
            String tested = tests.isEmpty() ? "" : "tested";
            String more = switch (state) {
                case "" -> tests.isEmpty() ? "not tested" : "";
                case "later" -> tests.isEmpty() ? "not yet: " + reason : "";
                case "partly" -> "not yet: " + reason;
                default -> state + ": " + reason;
            };
            return Stream.of(tested, more).filter(part -> !part.isEmpty()).collect(joining("; "));
        }
    }

    private static int rowOf(String tag) {
        assertThat(tag).matches("C[1-9]\\d*");
        return Integer.parseInt(tag.substring(1));
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = ConformanceTableTest.class.getResourceAsStream(RESOURCE)) {
            return new String(in.readAllBytes(), UTF_8).lines().toList();
        }
    }

    private static List<Row> rows() throws IOException {
        return lines().stream()
                .filter(line -> !line.startsWith("#"))
                .map(Row::of)
                .toList();
    }

    /** The classes that carry each row; tests of internal packages don't drive it from outside. */
    private static Map<Integer, Set<String>> tests() throws IOException {
        Map<Integer, Set<String>> tests = new TreeMap<>();
        for (Class<?> type : testClasses()) {
            Stream.concat(Stream.of(type), Stream.of(type.getDeclaredMethods()))
                    .flatMap(ConformanceTableTest::tags)
                    .filter(tag -> tag.matches("C\\d.*"))
                    .forEach(tag -> tests.computeIfAbsent(rowOf(tag), row -> new TreeSet<>())
                            .add(outermost(type)));
        }
        return tests;
    }

    private static List<Class<?>> testClasses() throws IOException {
        Path root = Path.of(URI.create(ConformanceTableTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString()));
        List<Class<?>> classes = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.map(root::relativize)::iterator) {
                String name = file.toString().replace(File.separatorChar, '.');
                if (name.startsWith("dev.proactor.")
                        && !name.startsWith("dev.proactor.internal.")
                        && name.endsWith(".class")) {
                    classes.add(load(name.substring(0, name.length() - ".class".length())));
                }
            }
        }
        return classes;
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, ConformanceTableTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static Stream<String> tags(AnnotatedElement annotated) {
        return AnnotationSupport.findRepeatableAnnotations(annotated, Tag.class).stream()
                .map(Tag::value);
    }

    private static String outermost(Class<?> type) {
        Class<?> outer = type.getEnclosingClass();
        return outer == null ? type.getSimpleName() : outermost(outer);
    }

    private static String table() throws IOException {
        Map<Integer, Set<String>> tests = tests();
        StringBuilder table = new StringBuilder(HEAD);
        for (String line : lines()) {
            if (line.startsWith("# ")) {
                table.append("\n## ").append(line.substring(2));
                table.append("\n\n| row | situation | tests | state |\n| --- | --- | --- | --- |\n");
            } else {
                Row row = Row.of(line);
                Set<String> classes = tests.getOrDefault(row.number(), Set.of());
                table.append("| C%d | %s | %s | %s |\n"
                        .formatted(row.number(), row.situation(), String.join(", ", classes), row.stateWith(classes)));
            }
        }
        return table.toString();
    }

    @Test
    void theTableHasEveryRowOnceAndInOrder() throws IOException {
        assertThat(rows())
                .extracting(Row::number)
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, ROWS).boxed().toList());
    }

    @Test
    void everyTagIsARow() throws IOException {
        assertThat(tests().keySet()).allMatch(row -> row >= 1 && row <= ROWS);
    }

    @Test
    void everyRowHasATestOrAReason() throws IOException {
        Map<Integer, Set<String>> tests = tests();
        assertThat(rows().stream()
                        .filter(row ->
                                !row.state().equals("later") && !row.state().equals("not offered"))
                        .filter(row -> !tests.containsKey(row.number()))
                        .map(row -> "C" + row.number() + " " + row.situation()))
                .as("rows without a tagged test and without a reason in " + RESOURCE)
                .isEmpty();
    }

    @Test
    void theCheckedInTableIsTheGeneratedOne() throws IOException {
        String table = table();
        if (Boolean.getBoolean(WRITE)) {
            Files.writeString(TABLE, table);
        }
        assertThat(Files.exists(TABLE) ? Files.readString(TABLE) : "")
                .as("docs/conformance.md is not up to date; regenerate it with " + COMMAND)
                .isEqualTo(table);
    }
}
