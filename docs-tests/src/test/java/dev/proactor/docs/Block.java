package dev.proactor.docs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

/**
 * A fenced block of a document.
 *
 * @param document where it is, from the top of the repository
 * @param line the number of its first fence's line
 * @param before the last line before it that is not empty
 * @param language what its fence says; empty if that says nothing
 * @param text what is between the fences
 */
record Block(Path document, int line, String before, String language, String text) {

    /** The top of the repository. */
    static final Path TOP = Path.of("..");

    private static final String FENCE = "```";

    /** {@return all documents: everything in Markdown but what builds and tools leave behind} */
    static List<Path> documents() {
        try (Stream<Path> files = Files.walk(TOP)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .map(TOP::relativize)
                    .filter(file -> Stream.of("target", "node_modules")
                            .noneMatch(folder ->
                                    file.startsWith(folder) || file.toString().contains("/" + folder + "/")))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the text of a document} */
    static String text(Path document) {
        try {
            return Files.readString(TOP.resolve(document));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the blocks of all documents} */
    static List<Block> all() {
        return documents().stream().flatMap(document -> of(document).stream()).toList();
    }

    /** {@return the blocks of all documents in one of some languages} */
    static List<Block> in(String... languages) {
        return all().stream()
                .filter(block -> List.of(languages).contains(block.language()))
                .toList();
    }

    /** {@return the blocks of a document} */
    static List<Block> of(Path document) {
        List<Block> blocks = new ArrayList<>();
        List<String> lines = text(document).lines().toList();
        int begin = -1;
        String before = "";
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (begin >= 0 && line.strip().equals(FENCE)) {
                String text = String.join("\n", lines.subList(begin + 1, i));
                String language = lines.get(begin).strip().substring(FENCE.length());
                blocks.add(new Block(document, begin + 1, before, language, text));
                begin = -1;
            } else if (begin < 0 && line.strip().startsWith(FENCE)) {
                begin = i;
            } else if (begin < 0 && !line.isBlank()) {
                before = line;
            }
        }
        if (begin >= 0) {
            throw new AssertionError(document + ":" + (begin + 1) + " begins a block that does not end");
        }
        return blocks;
    }

    /** {@return what it says as properties, as which YAML counts too} */
    Properties properties() {
        if (language.equals("yaml")) {
            YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
            yaml.setResources(new ByteArrayResource(text.getBytes(UTF_8)));
            Properties texts = new Properties(); // with numbers as texts too
            Objects.requireNonNull(yaml.getObject())
                    .forEach((name, value) -> texts.setProperty(name.toString(), value.toString()));
            return texts;
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    @Override
    public String toString() {
        return document + ":" + line;
    }
}
