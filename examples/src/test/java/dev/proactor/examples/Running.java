package dev.proactor.examples;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A program of ours in a process of its own, as a user starts it. */
final class Running implements AutoCloseable {

    private static final int SECONDS = 30;
    private static final int LINES = 10_000;

    private final Process process;
    private final List<String> output = new ArrayList<>();
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final Thread reader;

    Running(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                Examples.class.getName()));
        command.addAll(List.of(args));
        process = new ProcessBuilder(command).redirectErrorStream(true).start();
        reader = new Thread(this::read, "output of " + args[0]);
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            // To its end, so that it can go on, but one that never ends must not fill the memory.
            int count = 0;
            for (String line; (line = in.readLine()) != null; ) {
                if (++count <= LINES) {
                    keep(line);
                } else if (count == LINES + 1) {
                    keep("more than " + LINES + " lines");
                }
            }
        } catch (IOException ended) {
            lines.add("output ended: " + ended.getMessage());
        }
    }

    private void keep(String line) {
        synchronized (output) {
            output.add(line);
        }
        lines.add(line);
    }

    /** {@return the address in its first line} */
    String address() throws InterruptedException {
        String line = lines.poll(SECONDS, TimeUnit.SECONDS);
        if (line == null || !line.startsWith("listening on ")) {
            throw new AssertionError("it should listen, but said: " + line + " " + output());
        }
        return line.substring("listening on ".length());
    }

    int exit() throws InterruptedException {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("it runs still, and said: " + output());
        }
        reader.join();
        return process.exitValue();
    }

    List<String> output() {
        synchronized (output) {
            return List.copyOf(output);
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        try {
            process.waitFor(SECONDS, TimeUnit.SECONDS);
        } finally {
            process.destroyForcibly();
        }
    }
}
