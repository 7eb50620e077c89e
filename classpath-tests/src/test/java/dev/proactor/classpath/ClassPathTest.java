package dev.proactor.classpath;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The starter in a JVM of its own, whose class path lacks what an application need not have. */
class ClassPathTest {

    /** What can be absent: the jars, and a class by which it is known. */
    enum Absent {
        ACTUATOR(
                "spring-boot-(starter-)?(actuator|health|micrometer-metrics|micrometer-observation|starter-micrometer-metrics).*",
                "org.springframework.boot.actuate.endpoint.annotation.Endpoint"),
        HEALTH(
                "spring-boot-health.*|spring-boot-(starter-)?actuator.*",
                "org.springframework.boot.health.contributor.Health"),
        MICROMETER(
                "micrometer-(core|jakarta9).*|spring-boot-(starter-)?(actuator|micrometer-metrics|health).*",
                "io.micrometer.core.instrument.MeterRegistry"),
        JACKSON("jackson-.*|spring-boot-(starter-)?jackson.*", "tools.jackson.databind.json.JsonMapper"),
        SECURITY(
                "spring-security-.*|spring-boot-(starter-)?security.*",
                "org.springframework.security.core.Authentication"),
        VALIDATION(
                "jakarta.validation-.*|hibernate-validator-.*|spring-boot-(starter-)?validation.*",
                "jakarta.validation.Validator"),
        REACTOR("reactor-core-.*|reactive-streams-.*", "reactor.core.publisher.Mono");

        final Pattern jars;
        final String className;

        Absent(String jars, String className) {
            this.jars = Pattern.compile(jars);
            this.className = className;
        }
    }

    @TempDir
    Path directory;

    private static List<String> classPath(Absent... absent) {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> entries = new ArrayList<>();
        for (String entry : all.split(Pattern.quote(File.pathSeparator))) {
            String jar = new File(entry).getName();
            boolean ofTests =
                    jar.equals("test-classes") || jar.matches("(junit|assertj|surefire|opentest4j|apiguardian).*");
            if (!ofTests
                    && Arrays.stream(absent)
                            .noneMatch(thing -> thing.jars.matcher(jar).matches())) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private static boolean has(List<String> classPath, Absent thing) throws IOException {
        URL[] urls = new URL[classPath.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = new File(classPath.get(i)).toURI().toURL();
        }
        try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            return loader.getResource(thing.className.replace('.', '/') + ".class") != null;
        }
    }

    /** {@return what the application printed} It must have ended by itself, and well. */
    private String run(List<String> classPath) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-cp",
                        String.join(File.pathSeparator, classPath),
                        Application.class.getName(),
                        "--spring.main.web-application-type=none",
                        "--proactor.listeners.ingress.port=0",
                        "--proactor.template.timeout=10s")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            String printed = Files.readString(output, StandardCharsets.UTF_8);
            assertThat(ended).as(printed).isTrue();
            assertThat(process.exitValue()).as(printed).isZero();
            return printed;
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void withEverything() throws Exception {
        List<String> classPath = classPath();
        for (Absent thing : Absent.values()) {
            assertThat(has(classPath, thing)).as("%s", thing).isTrue();
        }
        assertThat(run(classPath))
                .contains("word hello", "reading 21")
                .contains(
                        "ProactorAutoConfiguration",
                        "ProactorHealthAutoConfiguration",
                        "ProactorMetricsAutoConfiguration",
                        "ProactorObservationAutoConfiguration");
    }

    @ParameterizedTest
    @EnumSource
    void without(Absent thing) throws Exception {
        List<String> classPath = classPath(thing);
        assertThat(has(classPath, thing)).isFalse();
        String printed = run(classPath);
        assertThat(printed).contains("word hello");
        switch (thing) {
            case ACTUATOR -> assertThat(printed).doesNotContain("ProactorEndpointAuto", "ProactorHealthAuto");
            case HEALTH -> assertThat(printed).doesNotContain("ProactorHealthAuto");
            case MICROMETER -> assertThat(printed).doesNotContain("ProactorMetricsAuto");
            case JACKSON -> assertThat(printed).doesNotContain("reading 21").contains("no JSON: ");
            default -> assertThat(printed).contains("reading 21");
        }
    }

    /** The starter alone, and not even all of that: Boot, the core and the auto-configuration are left. */
    @Test
    void withNoneOfThem() throws Exception {
        List<String> classPath = classPath(Absent.values());
        for (Absent thing : Absent.values()) {
            assertThat(has(classPath, thing)).as("%s", thing).isFalse();
        }
        assertThat(run(classPath))
                .contains("word hello", "no JSON: ", "ProactorAutoConfiguration")
                .doesNotContain("ProactorHealthAuto", "ProactorMetricsAuto", "ProactorEndpointAuto");
    }
}
