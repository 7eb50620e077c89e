package dev.proactor.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.web.client.RestClient;

/** The gateway, processed ahead of time, as a process of its own. */
@Timeout(240)
class AotTest {

    private static final Pattern HTTP = Pattern.compile("Tomcat started on port (\\d+) ");

    @TempDir
    Path directory;

    private String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private String classPath(Path... first) {
        return Stream.concat(Stream.of(first).map(Path::toString), Stream.of(System.getProperty("java.class.path")))
                .collect(java.util.stream.Collectors.joining(File.pathSeparator));
    }

    private void process(Path sources, Path resources, Path classes) throws Exception {
        Path log = directory.resolve("aot.log");
        Process processing = new ProcessBuilder(
                        java(),
                        "-cp",
                        classPath(),
                        SpringApplicationAotProcessor.class.getName(),
                        SampleApplication.class.getName(),
                        sources.toString(),
                        resources.toString(),
                        classes.toString(),
                        "dev.proactor",
                        "sample-app")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(processing.waitFor(150, TimeUnit.SECONDS))
                    .as(Files.readString(log))
                    .isTrue();
        } finally {
            processing.destroyForcibly();
        }
        assertThat(processing.exitValue()).as(Files.readString(log)).isZero();
    }

    private void compile(Path sources, Path classes) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp", classPath(classes)));
        try (Stream<Path> files = Files.walk(sources)) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(file -> arguments.add(file.toString()));
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
    }

    @Test
    void theGatewayRunsInAotMode() throws Exception {
        Path sources = Files.createDirectories(directory.resolve("sources"));
        Path resources = Files.createDirectories(directory.resolve("resources"));
        Path classes = Files.createDirectories(directory.resolve("classes"));
        process(sources, resources, classes);
        compile(sources, classes);

        Path log = directory.resolve("gateway.log");
        Process gateway = new ProcessBuilder(
                        java(),
                        "-Dspring.aot.enabled=true",
                        "-cp",
                        classPath(classes, resources),
                        SampleApplication.class.getName(),
                        "--server.port=0",
                        "--proactor.listeners.ingress.port=0",
                        "--gateway.simulated-devices=1",
                        "--gateway.simulated-interval=50ms",
                        "--spring.datasource.url=jdbc:h2:mem:aot")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(Files.readString(log)).containsPattern(HTTP));
            assertThat(log).content().contains("Starting AOT-processed");
            Matcher started = HTTP.matcher(Files.readString(log));
            assertThat(started.find()).isTrue();
            RestClient rest = Http.at(Integer.parseInt(started.group(1)));
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(rest.get()
                                    .uri("/api/readings/count?device=sim-1")
                                    .retrieve()
                                    .body(Long.class))
                            .isPositive());
            gateway.destroy();
            assertThat(gateway.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            gateway.destroyForcibly();
        }
    }
}
