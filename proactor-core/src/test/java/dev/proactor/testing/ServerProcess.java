package dev.proactor.testing;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.ProactorCounts.ListenerCounts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server in a process of its own, with a limit of its own on descriptors, which answers questions line by line. It accepts
 * whoever comes and gives nobody up.
 */
public final class ServerProcess implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final long LISTEN_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Process process;
    private final Path log;
    private final BufferedReader answers;
    private final int port;

    /** Starts a server that can have no more than so many descriptors, its own files included. */
    public ServerProcess(int descriptors) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        log = Files.createTempFile("server", ".log");
        process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -n " + descriptors + " && exec \"$0\" -cp \"$1\" \"$2\"",
                        java,
                        System.getProperty("java.class.path"),
                        ServerProcess.class.getName())
                .redirectError(log.toFile())
                .start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        try {
            port = ask("port");
        } catch (Throwable failure) {
            process.destroyForcibly();
            throw failure;
        }
    }

    public int port() {
        return port;
    }

    /** Sockets that were accepted. */
    public int accepted() throws IOException {
        return ask("accepted");
    }

    /** Sockets that the handler has still to accept. */
    public int waiting() throws IOException {
        return ask("waiting");
    }

    /** Attempts to accept that failed. */
    public int failed() throws IOException {
        return ask("failed");
    }

    /** LISTENER_CLOSE events. */
    public int closed() throws IOException {
        return ask("closed");
    }

    /** Processor time that the thread of the loop used, in milliseconds. The compiler's and the collector's are no matter. */
    public int processorMillis() throws IOException {
        return ask("processor");
    }

    /** What it has written to its log. */
    public String log() throws IOException {
        return Files.readString(log);
    }

    private int ask(String question) throws IOException {
        process.getOutputStream().write((question + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        String answer = Background.call(answers::readLine).result(LIMIT);
        if (answer == null) {
            throw new IOException("the server's process is gone: " + log());
        }
        return Integer.parseInt(answer);
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        Files.delete(log);
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** The process. */
    public static void main(String[] args) throws IOException {
        AtomicInteger closed = new AtomicInteger();
        try (Proactor proactor = Proactor.create()) {
            Listener listener = proactor.listen(ListenerOptions.on("127.0.0.1:0")
                    .handshakeTimeout(Duration.ZERO)
                    .idleTimeout(Duration.ZERO)
                    .build());
            Thread loop = new Thread(() -> loop(proactor, closed));
            loop.setDaemon(true);
            loop.start();
            BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String question = questions.readLine(); question != null; question = questions.readLine()) {
                System.out.println(answer(question, proactor, listener, closed, loop.getId()));
            }
        }
    }

    private static long answer(String question, Proactor proactor, Listener listener, AtomicInteger closed, long loop) {
        ListenerCounts counts = proactor.counts().listeners().iterator().next();
        return switch (question) {
            case "port" -> {
                long start = System.nanoTime();
                while (listener.localPort() < 0) {
                    if (System.nanoTime() - start > LISTEN_NANOS) {
                        System.err.println("no port in time: " + listener.condition());
                        System.exit(1);
                    }
                    Thread.onSpinWait();
                }
                yield listener.localPort();
            }
            case "accepted" -> counts.accepted();
            case "waiting" -> listener.waiting();
            case "failed" -> counts.failed();
            case "closed" -> closed.get();
            case "processor" ->
                TimeUnit.NANOSECONDS.toMillis(
                        ManagementFactory.getThreadMXBean().getThreadCpuTime(loop));
            default -> throw new IllegalArgumentException(question);
        };
    }

    private static void loop(Proactor proactor, AtomicInteger closed) {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event = batch.next(); event != null; event = batch.next()) {
                        if (event.type() == EventType.LISTENER_CLOSE) {
                            closed.incrementAndGet();
                        }
                        Handlers.mirror(event);
                    }
                }
            }
        } catch (InterruptedException | ProactorClosedException end) {
            Thread.currentThread().interrupt();
        }
    }
}
