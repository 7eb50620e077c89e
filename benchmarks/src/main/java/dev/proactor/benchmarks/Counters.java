package dev.proactor.benchmarks;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** What the handlers count and the main thread reads. Thread-safe. */
final class Counters {

    private final Queue<PeerConnection> connections = new ConcurrentLinkedQueue<>();
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong closed = new AtomicLong();
    private final CountDownLatch listening = new CountDownLatch(1);
    private final CountDownLatch begun = new CountDownLatch(1);
    private volatile boolean stopping;

    /** {@return the state of a new connection, whose messages are counted here} */
    PeerConnection newConnection() {
        PeerConnection connection = new PeerConnection();
        connections.add(connection);
        return connection;
    }

    /** A message went the whole way. {@return the number of messages of its connection} */
    long message(PeerConnection connection) {
        long count = connection.countMessage();
        if (count == 1) {
            begun.countDown();
        }
        return count;
    }

    /** The listener is bound. */
    void listening() {
        listening.countDown();
    }

    /** Waits for {@link #listening()}. */
    void awaitListening() throws InterruptedException {
        listening.await();
    }

    /** The peer's {@code open} has come. */
    void opened() {
        opened.incrementAndGet();
    }

    /** A connection is over. */
    void closed() {
        closed.incrementAndGet();
        begun.countDown();
    }

    /** {@return how many messages went the whole way} */
    long messages() {
        return connections.stream().mapToLong(PeerConnection::messages).sum();
    }

    /** {@return how many connections were opened by the peer} */
    long openedConnections() {
        return opened.get();
    }

    /** {@return how many connections are over} */
    long closedConnections() {
        return closed.get();
    }

    /** Waits for the first message, or the end of the first connection. */
    void awaitBeginning() throws InterruptedException {
        begun.await();
    }

    /** Asks the handlers to stop sending and to close. */
    void stop() {
        stopping = true;
    }

    /** {@return whether they should} */
    boolean stopping() {
        return stopping;
    }
}
