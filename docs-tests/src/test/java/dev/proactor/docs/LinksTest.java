package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Links between documents lead somewhere, and every document of the folder is reached from the README. */
class LinksTest {

    private static final Pattern LINK = Pattern.compile("\\[[^]]*]\\(([^)\\s]*)\\)");

    static List<Path> documents() {
        return Block.documents();
    }

    private static List<String> links(Path document) {
        return LINK.matcher(Block.text(document))
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.matches("[a-z]+:.*"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("documents")
    void itsLinksLeadSomewhere(Path document) {
        for (String link : links(document)) {
            String file = link.replaceAll("#.*", "");
            Path target =
                    file.isEmpty() ? document : document.resolveSibling(file).normalize();
            assertThat(Files.exists(Block.TOP.resolve(target)))
                    .as("%s links to %s", document, link)
                    .isTrue();
            if (link.contains("#")) {
                assertThat(anchors(target)).as("%s links to %s", document, link).contains(link.replaceAll(".*#", ""));
            }
        }
    }

    /** The anchors that GitHub makes of headings. */
    private static Set<String> anchors(Path document) {
        Matcher heading = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE).matcher(Block.text(document));
        return heading.results()
                .map(found -> found.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    @Test
    void theReadmeLeadsToEveryDocument() {
        List<String> links = links(Path.of("README.md"));
        assertThat(Block.documents())
                .filteredOn(document -> document.startsWith("docs") && document.getNameCount() == 2)
                .isNotEmpty()
                .allSatisfy(document -> assertThat(links).contains(document.toString()));
    }
}
