package dev.proactor.conformance;

import static dev.proactor.testing.Conditions.LIMIT_EXCEEDED;
import static dev.proactor.testing.Conditions.assertCondition;
import static dev.proactor.testing.Frames.uint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Frames.Frame;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import dev.proactor.testing.Workers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Open;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both threads of an application are in handlers that block, and a third one stands by. */
@Timeout(60)
class StandByTest {

    private static final Duration TIMEOUT = Duration.ofMillis(700);
    private static final Duration LIMIT = Duration.ofSeconds(20);
    /** More than the system buffers for a peer that does not read. */
    private static final int LARGE = 8 * 1024 * 1024;

    private static final String BLOCKS = "blocks";

    private final CountDownLatch blocked = new CountDownLatch(2);
    private final CountDownLatch release = new CountDownLatch(1);
    private final Queue<Connection> opened = new ConcurrentLinkedQueue<>();
    private final Queue<EventType> handled = new ConcurrentLinkedQueue<>();
    private final Queue<EventType> others = new ConcurrentLinkedQueue<>();
    private final Queue<ErrorCondition> errors = new ConcurrentLinkedQueue<>();
    private Workers workers;
    private Background<Void> standBy;
    private volatile long standByThread;
    private Listener blocking;
    private Listener listener;
    private Listener patient;

    @BeforeEach
    void start() {
        workers = new Workers(Proactor.create(), 2, this::handle);
        standBy = Background.run(() -> {
            standByThread = Thread.currentThread().getId();
            workers.proactor.standBy();
        });
        standBy.whenItWaits();
        blocking = workers.proactor.listen(
                ListenerOptions.on("127.0.0.1:0").context(BLOCKS).build());
        listener = workers.proactor.listen(
                ListenerOptions.on("127.0.0.1:0").idleTimeout(TIMEOUT).build());
        patient = workers.proactor.listen(ListenerOptions.on("127.0.0.1:0")
                .idleTimeout(Duration.ZERO)
                .maxOutputBytes(2 * LARGE)
                .build());
        await().atMost(LIMIT)
                .until(() -> blocking.localPort() > 0 && listener.localPort() > 0 && patient.localPort() > 0);
    }

    @AfterEach
    void end() {
        release.countDown();
        workers.close();
        standBy.result();
    }

    private void handle(Event event) throws InterruptedException {
        Handlers.mirror(event);
        if (event.type().source() != EventSource.CONNECTION) {
            others.add(event.type());
            return;
        }
        if (event.connection().getContext() == BLOCKS) {
            switch (event.type()) {
                case CONNECTION_REMOTE_OPEN -> opened.add(event.connection());
                case CONNECTION_WAKE -> {
                    blocked.countDown();
                    release.await();
                }
                default -> {}
            }
            return;
        }
        handled.add(event.type());
        if (event.type() == EventType.TRANSPORT_ERROR) {
            errors.add(event.transport().getCondition());
        } else if (event.type() == EventType.LINK_FLOW) {
            Sender sender = event.sender();
            if (sender.current() == null) {
                sender.delivery(new byte[] {1});
                sender.send(new byte[LARGE], 0, LARGE);
                sender.advance();
            }
        }
    }

    /** Two connections whose handlers keep both threads from now on. */
    private void block() {
        RawPeer.connect(blocking.localPort()).open();
        RawPeer.connect(blocking.localPort()).open();
        await().atMost(LIMIT).until(() -> opened.size() == 2);
        opened.forEach(workers.proactor::wake);
        // Not by the batches that are open: one may be of a handler that ends in a moment.
        await().atMost(LIMIT).until(() -> blocked.getCount() == 0);
        assertBothBlocked();
    }

    private static Open impatient() {
        Open open = Frames.open();
        open.setIdleTimeOut(uint((int) TIMEOUT.toMillis()));
        return open;
    }

    private RawPeer peer() {
        RawPeer peer = RawPeer.connect(listener.localPort()).open(impatient());
        talkUntil(peer, () -> peer.has(Open.class));
        return peer;
    }

    /** Waits, with signs of life. */
    private static void talkUntil(RawPeer peer, BooleanSupplier condition) {
        until(() -> {
            peer.send(Frames.EMPTY_FRAME);
            return condition.getAsBoolean();
        });
    }

    private static void until(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(2_000_000);
            assertThat(System.nanoTime() - start).isLessThan(LIMIT.toNanos());
        }
    }

    private static BooleanSupplier over(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        return () -> System.nanoTime() - end >= 0;
    }

    private long standByCpuNanos() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(standByThread);
    }

    private void assertBothBlocked() {
        assertThat(workers.proactor.counts().openBatches()).isEqualTo(2);
    }

    // ---- heartbeats

    @Test
    void heartbeatsAreSentAndReadWhileAllThreadsBlock() {
        RawPeer peer = peer();
        block();
        long before = peer.heartbeats();

        talkUntil(peer, over(TIMEOUT.multipliedBy(4)));

        assertThat(peer.heartbeats() - before).isGreaterThanOrEqualTo(5);
        assertThat(peer.ended()).isFalse();
        assertThat(errors).isEmpty();
        assertBothBlocked();
        assertThat(workers.proactor.counts().starvation()).isLessThan(TIMEOUT);
        peer.send(0, Frames.begin());
        talkUntil(peer, over(TIMEOUT));
        assertThat(handled).doesNotContain(EventType.SESSION_REMOTE_OPEN);
        release.countDown();
        talkUntil(peer, () -> peer.has(Begin.class));
        assertThat(errors).isEmpty();
    }

    @Test
    void heartbeatsAreSentThoughEventsWaitForAHandler() {
        RawPeer peer = peer();
        block();
        long before = peer.heartbeats();
        peer.send(0, Frames.begin());
        until(() -> workers.proactor.counts().pendingBatches() == 1 && peer.heartbeats() > before);

        talkUntil(peer, over(TIMEOUT.multipliedBy(4)));

        assertThat(peer.heartbeats() - before).isGreaterThanOrEqualTo(5);
        assertThat(peer.has(Begin.class)).isFalse();
        assertBothBlocked();
        assertThat(workers.proactor.counts().pendingBatches()).isEqualTo(1);
        release.countDown();
        talkUntil(peer, () -> peer.has(Begin.class));
        talkUntil(peer, over(TIMEOUT.multipliedBy(2)));
        assertThat(peer.ended()).isFalse();
        assertThat(errors).isEmpty();
    }

    // ---- silence

    @Test
    void aSilentPeerExpiresWhileAllThreadsBlock() {
        RawPeer peer = peer();
        block();

        until(() -> peer.has(Close.class));

        assertBothBlocked();
        assertThat(errors).isEmpty();
        release.countDown();
        await().atMost(LIMIT).until(() -> !errors.isEmpty());
        assertCondition(errors.peek(), LIMIT_EXCEEDED, "local-idle-timeout expired");
    }

    @Test
    void withEventsThatWaitForAHandlerAPeersSilenceIsJudgedOnlyWhenThereIsAThread() {
        RawPeer peer = peer();
        block();
        peer.send(0, Frames.begin());
        Duration time = TIMEOUT.multipliedBy(4);
        long cpuBefore = standByCpuNanos();

        until(over(time));

        assertThat(standByCpuNanos() - cpuBefore)
                .as("its work, with the time-out long over")
                .isLessThan(time.toNanos() / 10);
        assertThat(peer.has(Close.class)).isFalse();
        assertBothBlocked();
        release.countDown();
        until(() -> peer.has(Close.class));
        await().atMost(LIMIT).until(() -> !errors.isEmpty());
        assertThat(handled).contains(EventType.SESSION_REMOTE_OPEN);
        assertCondition(errors.peek(), LIMIT_EXCEEDED, "local-idle-timeout expired");
    }

    // ---- output

    /** A peer to whom more is to be written than the network takes, as it does not read. */
    private RawPeer stuckPeer() {
        RawPeer peer = RawPeer.connect(patient.localPort(), 256 * 1024).open();
        peer.send(0, Frames.begin()).send(0, Frames.attachReceiver("in", 0)).send(0, Frames.credit(0, 1));
        until(() -> handled.contains(EventType.LINK_FLOW));
        return peer;
    }

    private static boolean hasLastTransfer(RawPeer peer) {
        peer.read();
        return peer.frames.stream()
                .map(Frame::body)
                .anyMatch(body -> body instanceof Transfer transfer && !transfer.getMore());
    }

    @Test
    void whatWaitsToBeWrittenIsWrittenWhileAllThreadsBlock() {
        RawPeer peer = stuckPeer();
        block();
        until(() -> hasLastTransfer(peer));

        assertBothBlocked();
        assertThat(peer.frames.stream()
                        .mapToLong(frame -> frame.payload().length)
                        .sum())
                .isEqualTo(LARGE);
    }

    @Test
    void whatWaitsToBeWrittenIsWrittenThoughEventsWaitForAHandler() {
        RawPeer peer = stuckPeer();
        block();
        peer.send(1, Frames.begin());
        await().atMost(LIMIT).until(() -> workers.proactor.counts().pendingBatches() == 1);

        until(() -> hasLastTransfer(peer));

        assertBothBlocked();
        assertThat(workers.proactor.counts().pendingBatches()).isEqualTo(1);
    }

    // ---- connects

    @Test
    void aConnectGoesOnAsFarAsItNeedsNoHandler() throws IOException {
        block();
        try (ServerSocketChannel server = RawPeer.listen()) {
            server.configureBlocking(false);
            workers.proactor.connect(
                    ConnectionOptions.to(RawPeer.address(server)).build());
            SocketChannel[] accepted = new SocketChannel[1];
            await().atMost(LIMIT).until(() -> {
                accepted[0] = server.accept();
                return accepted[0] != null;
            });
            accepted[0].close();
        }
        assertBothBlocked();
        assertThat(handled).isEmpty();
    }

    @Test
    void peersAndTimeOutsWaitForAHandlerAndAreHandledOnceAThreadIsFree() {
        block();
        others.clear();
        RawPeer peer = RawPeer.connect(listener.localPort()).open(impatient());
        workers.proactor.setTimeout(Duration.ofMillis(1));
        await().atMost(LIMIT).until(() -> workers.proactor.counts().pendingBatches() == 2);
        assertThat(others).isEmpty();
        assertBothBlocked();

        release.countDown();

        talkUntil(peer, () -> peer.has(Open.class));
        await().atMost(LIMIT).until(() -> others.contains(EventType.PROACTOR_TIMEOUT));
        assertThat(others).contains(EventType.LISTENER_ACCEPT);
    }

    // ---- its end

    @Test
    void itReturnsWhenTheProactorIsClosed() throws Exception {
        block();
        workers.proactor.close();
        standBy.result();

        workers.proactor.standBy();
    }

    @Test
    void itReturnsWhenTheProactorIsClosedWhileItSleeps() {
        assertThat(standBy.stillRunsAfter(Duration.ofMillis(100))).isTrue();
        workers.proactor.close();
        standBy.result();
    }

    @Test
    void onlyOneThreadMayStandBy() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(workers.proactor::standBy)
                .withMessageContaining("stands by");
    }

    @Test
    void anInterruptEndsItAndAnotherThreadMayStandBy() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(proactor::standBy);
            CountDownLatch interrupted = new CountDownLatch(1);
            Thread first = new Thread(() -> {
                try {
                    proactor.standBy();
                } catch (InterruptedException end) {
                    interrupted.countDown();
                }
            });
            first.start();
            await().atMost(LIMIT)
                    .until(() -> first.getState() == Thread.State.RUNNABLE
                            || first.getState() == Thread.State.WAITING
                            || first.getState() == Thread.State.TIMED_WAITING);
            first.interrupt();
            interrupted.await();
            first.join();

            Background<Void> second = Background.run(proactor::standBy);
            assertThat(second.stillRunsAfter(Duration.ofMillis(100))).isTrue();
            proactor.interrupt();
            try (EventBatch batch = proactor.await()) {
                assertThat(batch.next().type()).isEqualTo(EventType.PROACTOR_INTERRUPT);
            }
            proactor.close();
            second.result();
        }
    }
}
