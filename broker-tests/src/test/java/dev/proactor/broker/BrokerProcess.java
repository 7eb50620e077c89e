package dev.proactor.broker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A broker in a process of its own, which can be killed. */
final class BrokerProcess implements AutoCloseable {

    private static final String READY = "the broker is ready";

    private final Path directory;
    private final int port;
    private Process running;

    BrokerProcess(Path directory) throws IOException {
        this.directory = directory;
        this.port = Broker.freePort();
        start();
    }

    int port() {
        return port;
    }

    /** Starts it, and waits until it listens. */
    void start() throws IOException {
        running = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-Dio.netty.noUnsafe=false",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BrokerProcess.class.getName(),
                        directory.toString(),
                        String.valueOf(port))
                .redirectErrorStream(true)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line; (line = output.readLine()) != null; ) {
            said.append(line).append('\n');
            if (line.contains(READY)) {
                Thread drain = new Thread(() -> output.lines().forEach(ignored -> {}), "broker output");
                drain.setDaemon(true);
                drain.start();
                return;
            }
        }
        throw new IOException("the broker did not start:\n" + said);
    }

    /** Kills it; it has no time for anything. */
    void kill() throws InterruptedException {
        running.destroyForcibly();
        if (!running.waitFor(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the broker lives on");
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    /** The process: its directory and its port. */
    public static void main(String[] arguments) throws Exception {
        new Broker(Path.of(arguments[0]), Integer.parseInt(arguments[1]), "orders", "archive");
        System.out.println(READY);
        Thread.currentThread().join();
    }
}
