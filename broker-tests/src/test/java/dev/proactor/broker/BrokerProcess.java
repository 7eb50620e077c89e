package dev.proactor.broker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A broker in a process of its own, which can be killed. */
final class BrokerProcess implements AutoCloseable {

    private static final String READY = "the broker is ready";
    private static final int SECONDS = 60;

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

    /** Starts it, and waits until it listens, but not for ever. */
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
        // By its handle, which leaves the output open: what it said is read to its end.
        CompletableFuture<Void> tooLate = CompletableFuture.runAsync(
                running.toHandle()::destroyForcibly,
                CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS, Runnable::run));
        BufferedReader output =
                new BufferedReader(new InputStreamReader(running.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder said = new StringBuilder();
        for (String line; (line = output.readLine()) != null; ) {
            said.append(line).append('\n');
            if (line.contains(READY) && tooLate.cancel(false)) {
                Thread drain = new Thread(() -> output.lines().forEach(ignored -> {}), "broker output");
                drain.setDaemon(true);
                drain.start();
                return;
            }
        }
        tooLate.cancel(false);
        running.destroyForcibly();
        throw new IOException("the broker did not start, or not in " + SECONDS + " s:\n" + said);
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

    /** The process: its directory and its port. It ends with its input, as when the test's process has ended. */
    public static void main(String[] arguments) {
        new Thread(BrokerProcess::endWithTheInput, "end").start();
        try {
            new Broker(Path.of(arguments[0]), Integer.parseInt(arguments[1]), "orders", "archive");
            System.out.println(READY);
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void endWithTheInput() {
        try {
            System.in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException ended) {
            // So ends it too.
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }
}
