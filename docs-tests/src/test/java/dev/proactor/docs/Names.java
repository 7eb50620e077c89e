package dev.proactor.docs;

import dev.proactor.Proactor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names that the main sources have besides properties: of meters, observations, keys of logs. */
final class Names {

    private static final String sources = read();

    private Names() {}

    private static String read() {
        return Repository.modules().stream()
                .map(module -> Block.TOP.resolve(module).resolve("src/main/java"))
                .filter(Files::isDirectory)
                .flatMap(folder -> {
                    try (Stream<Path> files = Files.walk(folder)) {
                        return files.filter(Files::isRegularFile).toList().stream();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .map(file -> {
                    try {
                        return Files.readString(file);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .collect(Collectors.joining());
    }

    /** {@return whether it is a string of a main source, or a method of {@link Proactor}} */
    static boolean contains(String name) {
        return sources.contains("\"" + name + "\"")
                || Arrays.stream(Proactor.class.getMethods())
                        .anyMatch(method -> name.equals("proactor." + method.getName()));
    }
}
