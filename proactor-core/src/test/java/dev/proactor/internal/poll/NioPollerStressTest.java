package dev.proactor.internal.poll;

import static java.nio.channels.SelectionKey.OP_READ;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.EventBatch;
import dev.proactor.ProactorClosedException;
import dev.proactor.internal.poll.Poller.Registration;
import dev.proactor.internal.schedule.Deadlines;
import dev.proactor.internal.schedule.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Several threads over a few pipes, each with one byte in flight: the next is written when the last was read. If one wake-up
 * is lost between select, disarm, arm and release, its pipe stands still.
 */
class NioPollerStressTest {

    private static final int THREADS = 3;
    private static final int PIPES = 2;
    private static final long RUN_NANOS = SECONDS.toNanos(Long.getLong("proactor.stress.seconds", 1));

    private final NioPoller poller = new NioPoller();
    private final LeaderFollower loop = new LeaderFollower(poller, System::nanoTime);
    private final AtomicBoolean twoOwners = new AtomicBoolean();

    /** Reads one byte a run, arms and releases; the batch does nothing. */
    private final class Reader extends Task {
        private final Pipe pipe;
        private final Registration registration;
        private final Semaphore read = new Semaphore(0);
        private final ByteBuffer buffer = ByteBuffer.allocate(16);
        private final AtomicInteger running = new AtomicInteger();

        private Reader() throws IOException {
            pipe = Pipe.open();
            pipe.source().configureBlocking(false);
            registration = poller.register(pipe.source(), this, OP_READ);
        }

        @Override
        public void runIo(int reasons, long nowNanos) {
            throw new AssertionError("nobody stands by");
        }

        @Override
        public @Nullable EventBatch run(int reasons, long nowNanos) {
            if (running.getAndIncrement() != 0) {
                twoOwners.set(true);
            }
            int count;
            try {
                buffer.clear();
                count = pipe.source().read(buffer);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (count > 0) {
                read.release(count);
                // The writer is quick: the key is ready again while the task still runs.
                Thread.yield();
            }
            running.getAndDecrement();
            if (registration.arm(OP_READ)) {
                loop.interestChanged();
            }
            if (state.release()) {
                loop.enqueue(this);
            }
            return null;
        }

        @Override
        public void crashed(Throwable failure) {
            twoOwners.set(true);
        }
    }

    @Test
    @Timeout(value = 120)
    void noReadinessIsLostBetweenDisarmingAndReleasing() throws Exception {
        List<Reader> readers = new ArrayList<>();
        for (int i = 0; i < PIPES; i++) {
            readers.add(new Reader());
        }
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(new Thread(this::lead, "leads-" + i));
        }
        long end = System.nanoTime() + RUN_NANOS;
        AtomicInteger stuck = new AtomicInteger();
        for (Reader reader : readers) {
            threads.add(new Thread(() -> write(reader, end, stuck), "writes"));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads.subList(THREADS, threads.size())) {
            thread.join();
        }
        loop.close();
        for (Thread thread : threads) {
            thread.join();
        }
        for (Reader reader : readers) {
            reader.pipe.source().close();
            reader.pipe.sink().close();
        }
        poller.close();

        assertThat(stuck).as("pipes that stood still").hasValue(0);
        assertThat(twoOwners).isFalse();
    }

    private void lead() {
        try {
            while (loop.await(Deadlines.NONE) == null) {
                // It never returns a batch.
            }
        } catch (InterruptedException | ProactorClosedException end) {
            // The test is over.
        }
    }

    private static void write(Reader reader, long end, AtomicInteger stuck) {
        try {
            while (System.nanoTime() < end) {
                reader.pipe.sink().write(ByteBuffer.allocate(1));
                if (!reader.read.tryAcquire(10, SECONDS)) {
                    stuck.incrementAndGet();
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            stuck.incrementAndGet();
        }
    }
}
