package dev.proactor.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.proactor.spring.boot.test.ProactorPeer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs what documents show in Python, where there is Proton's Python binding. */
@Timeout(120)
class PythonTest {

    private static final String HERE = "localhost:5672";

    /** Debian's packages are for its own Python, which may not be the first on the path. */
    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

    static List<Block> python() {
        return Block.in("python");
    }

    @ParameterizedTest
    @MethodSource("python")
    void itSendsTenReadings(Block block) throws Exception {
        assertThat(block.text()).contains(HERE, "range(10)");
        String python = PYTHONS.stream()
                .filter(it -> run(it, "import proton") == 0)
                .findFirst()
                .orElse(null);
        assumeTrue(python != null, "no python3-qpid-proton here");
        try (ProactorPeer gateway = ProactorPeer.listen()) {
            assertThat(run(python, block.text().replace(HERE, "localhost:" + gateway.port())))
                    .isZero();
            assertThat(gateway.sent("readings/outside-1")).hasSize(10);
        }
    }

    private static int run(String command, String program) {
        try {
            Process python = new ProcessBuilder(command, "-c", program)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                if (!python.waitFor(30, TimeUnit.SECONDS)) {
                    throw new AssertionError("it does not end");
                }
                return python.exitValue();
            } finally {
                python.destroyForcibly();
            }
        } catch (IOException noPython) {
            return -1;
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }
}
