package dev.proactor.sample;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** Stands between AMQP clients and a server on this machine, and counts what goes either way. */
final class CountingRelay implements AutoCloseable {

    /** What went one way. Counted by the thread that passes it on; any thread may read. */
    static final class Way {

        final AtomicLong bytes = new AtomicLong();
        final AtomicLong frames = new AtomicLong();

        // A protocol header, or the beginning of a frame, has eight bytes.
        private final ByteBuffer begin = ByteBuffer.allocate(8);
        private long rest;

        private void pass(ByteBuffer chunk) {
            bytes.addAndGet(chunk.remaining());
            while (chunk.hasRemaining()) {
                if (rest > 0) {
                    int skipped = (int) Math.min(rest, chunk.remaining());
                    chunk.position(chunk.position() + skipped);
                    rest -= skipped;
                } else {
                    begin.put(chunk.get());
                    if (!begin.hasRemaining()) {
                        begun();
                    }
                }
            }
        }

        private void begun() {
            if (!new String(begin.array(), 0, 4, US_ASCII).equals("AMQP")) {
                rest = begin.getInt(0) - 8L;
                if (begin.get(5) == 0) { // 1 is a frame of SASL
                    frames.incrementAndGet();
                }
            }
            begin.clear();
        }
    }

    /** One connection. */
    record Line(Way toServer, Way toClient) {}

    /** In the order in which they were made. */
    final List<Line> lines = new CopyOnWriteArrayList<>();

    private final ServerSocket socket;
    private final CompletableFuture<Integer> server = new CompletableFuture<>();

    CountingRelay() {
        try {
            socket = new ServerSocket(0, 50, InetAddress.getByName("localhost"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run("relay", this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Where connections lead. Those that are made before wait. */
    void leadTo(int port) {
        server.complete(port);
    }

    /** {@return what all connections together have carried} */
    long sum(Function<Line, AtomicLong> what) {
        return lines.stream().map(what).mapToLong(AtomicLong::get).sum();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = socket.accept();
            Socket there = new Socket("localhost", server.join());
            Line line = new Line(new Way(), new Way());
            lines.add(line);
            run("relay-to-server", () -> pass(client, there, line.toServer));
            run("relay-to-client", () -> pass(there, client, line.toClient));
        }
    }

    private static void pass(Socket from, Socket to, Way way) throws IOException {
        byte[] buffer = new byte[8192];
        for (int length; (length = from.getInputStream().read(buffer)) > 0; ) {
            way.pass(ByteBuffer.wrap(buffer, 0, length));
            to.getOutputStream().write(buffer, 0, length);
        }
        to.shutdownOutput();
    }

    @FunctionalInterface
    private interface Task {
        void run() throws IOException;
    }

    private static void run(String name, Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException closed) {
                        // So ends what it passes on.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
