package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.docs.Repository.Dependency;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;

/** What documents show of poms names what is there. */
class PomTest {

    static List<Block> xml() {
        return Block.in("xml");
    }

    /** The sample has others too, as Boot's parent names their versions. */
    @ParameterizedTest
    @MethodSource("xml")
    void dependenciesAreModulesInTheirVersionOrThoseOfTheSample(Block block) {
        List<Dependency> sample = Repository.dependencies("sample-app");
        List<Dependency> shown = Repository.dependencies(Repository.parse(block.text()));
        assertThat(shown).isNotEmpty().allSatisfy(dependency -> {
            if (dependency.group().equals("dev.proactor")) {
                assertThat(Repository.modules()).contains(dependency.artifact());
                assertThat(dependency.version()).isEqualTo(Repository.version());
            } else {
                assertThat(sample).contains(dependency);
            }
        });
    }

    @Test
    void theProjectOfGettingStartedHasTheDependenciesWithWhichItIsTestedHere() {
        List<Block> projects = xml().stream()
                .filter(block -> block.text().contains("<project"))
                .toList();
        assertThat(projects).hasSize(1);
        Element project = Repository.parse(projects.get(0).text());

        assertThat(Repository.texts(project, "artifactId")).startsWith("spring-boot-starter-parent");
        assertThat(Repository.texts(project, "version")).startsWith(Repository.property("spring-boot.version"));
        assertThat(Repository.property("maven.compiler.release"))
                .isEqualTo(Repository.texts(project, "java.version").get(0));
        List<Dependency> shown = Repository.dependencies(project);
        assertThat(shown).hasSize(4);
        assertThat(Repository.dependencies("docs-tests"))
                .containsAll(shown.stream().map(Dependency::withoutVersion).toList());
    }
}
