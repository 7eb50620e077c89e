package dev.proactor.conformance;

import static dev.proactor.testing.Conditions.LIMIT_EXCEEDED;
import static dev.proactor.testing.Conditions.assertCondition;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every thread is in a handler for longer than the idle time-out. */
class BusyThreadsTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final List<RawPeer> talking = new ArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
    private final Queue<ErrorCondition> errors = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> thrown = new ConcurrentLinkedQueue<>();

    private void loop(Proactor proactor) {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event = batch.next(); event != null; event = batch.next()) {
                        handle(event);
                    }
                }
            }
        } catch (ProactorClosedException e) {
            // The test is over.
        } catch (Throwable e) {
            thrown.add(e);
        }
    }

    private void handle(Event event) throws InterruptedException {
        Handlers.mirror(event);
        switch (event.type()) {
            case CONNECTION_REMOTE_OPEN -> opened.add(event.connection());
            case CONNECTION_WAKE -> release.await();
            case TRANSPORT_ERROR -> errors.add(event.transport().getCondition());
            default -> {}
        }
    }

    @Test
    @Tag("C107")
    void bytesThatWaitedWhileAllThreadsWereBusyAreSignsOfLife() throws Exception {
        Proactor proactor = Proactor.create();
        List<Thread> threads =
                List.of(new Thread(() -> loop(proactor), "loop-1"), new Thread(() -> loop(proactor), "loop-2"));
        threads.forEach(Thread::start);
        try (proactor) {
            Listener listener = proactor.listen(
                    ListenerOptions.on("127.0.0.1:0").idleTimeout(TIMEOUT).build());
            talkUntil(() -> listener.localPort() > 0);
            // The connections of the first two keep both threads busy; the third only talks, the last is silent.
            for (int i = 0; i < 3; i++) {
                talking.add(open(listener));
            }
            RawPeer silent = open(listener);
            opened.stream().limit(2).forEach(proactor::wake);
            talkUntil(() -> proactor.counts().openBatches() == 2);
            long start = System.nanoTime();
            talkUntil(() -> System.nanoTime() - start > 3 * TIMEOUT.toNanos());
            assertThat(proactor.counts().openBatches()).isEqualTo(2);
            release.countDown();

            for (RawPeer peer : talking) {
                peer.send(0, Frames.begin());
                talkUntil(() -> peer.has(Begin.class) || peer.ended());
                assertThat(peer.has(Begin.class)).isTrue();
            }
            talkUntil(silent::ended);
            assertThat(silent.has(Close.class)).isTrue();
            // Judged before the peers go: what their going means to the server is another matter.
            assertThat(errors).hasSize(1);
            talking.forEach(RawPeer::close);
            silent.close();
        }
        for (Thread thread : threads) {
            thread.join(5000);
            assertThat(thread.isAlive()).isFalse();
        }
        assertThat(thrown).isEmpty();
        assertCondition(errors.peek(), LIMIT_EXCEEDED, "local-idle-timeout expired");
    }

    /** Each is opened before the next one connects, so that they come in this order. */
    private RawPeer open(Listener listener) {
        int before = opened.size();
        RawPeer peer = RawPeer.connect(listener.localPort()).open();
        talkUntil(() -> opened.size() > before && peer.has(Open.class));
        return peer;
    }

    /** Waits, with signs of life on the connections that should live. */
    private void talkUntil(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            talking.forEach(peer -> peer.send(Frames.EMPTY_FRAME));
            LockSupport.parkNanos(TIMEOUT.toNanos() / 30);
            assertThat(System.nanoTime() - start).isLessThan(LIMIT.toNanos());
        }
    }
}
