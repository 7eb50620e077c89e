package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.proof.Pings.Trips;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A handler that blocks costs its own connection and one thread; the others go on as long as one thread is free. */
@Timeout(30)
class HandOverTest {

    private static final int ROUNDS = 200;
    /** Far from the 5 s after which a round is given up, and more than a thread waits for a processor. */
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    /** Handlers wait here for one another: all but the last are blocked until the last has started. */
    private final CyclicBarrier allStarted = new CyclicBarrier(3);

    private final Object roundLock = new Object();
    private int rounds;
    private boolean late;

    private void startTogether() throws InterruptedException, BrokenBarrierException {
        try {
            if (allStarted.await(5, TimeUnit.SECONDS) == 0) {
                endRound(false);
            }
        } catch (TimeoutException e) {
            endRound(true);
        }
    }

    private void endRound(boolean tooLate) {
        synchronized (roundLock) {
            rounds++;
            late |= tooLate;
            roundLock.notifyAll();
        }
    }

    /** Waits until the round is over. */
    private void awaitRound(int number) throws InterruptedException {
        synchronized (roundLock) {
            while (rounds < number && !late) {
                roundLock.wait();
            }
            assertThat(late)
                    .as("in round %d a connection waited while a thread was free", number)
                    .isFalse();
        }
    }

    @Test
    void threeConnectionsReadyAtOnceAreHandledAtOnceByThreeThreads() throws Exception {
        try (Workers server = new Workers(3, this::serveTogether)) {
            int port = server.listen();
            List<RawPeer> peers = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    peers.add(RawPeer.sender(port, "peer-" + i));
                }
                long longest = 0;
                for (int round = 1; round <= ROUNDS; round++) {
                    await().pollInSameThread()
                            .pollInterval(Duration.ofNanos(20_000))
                            .until(server::areIdle);
                    byte[] transfer = Frames.settledTransfer(0, round - 1, new byte[1]);
                    long start = System.nanoTime();
                    for (RawPeer peer : peers) {
                        peer.write(transfer);
                    }
                    awaitRound(round);
                    longest = Math.max(longest, System.nanoTime() - start);
                }
                Stress.report("longest hand-over of %d: %,d us", ROUNDS, longest / 1000);
                assertThat(Duration.ofNanos(longest))
                        .as("from ready to the third handler")
                        .isLessThan(AT_ONCE);
            } finally {
                for (RawPeer peer : peers) {
                    peer.close();
                }
            }
        }
    }

    private void serveTogether(Event event) throws InterruptedException, BrokenBarrierException {
        Pings.server(event);
        if (event.type() == EventType.DELIVERY) {
            startTogether();
        }
    }

    @Test
    void threeConnectionsWokenByAHandlerThatThenBlocksAreHandledByTheThreeThreadsLeft() throws Exception {
        Map<String, Connection> byContainer = new ConcurrentHashMap<>();
        CountDownLatch opened = new CountDownLatch(4);
        CyclicBarrier alsoTheWaker = new CyclicBarrier(4);
        try (Workers server = new Workers(4, event -> {
                    Pings.server(event);
                    switch (event.type()) {
                        case CONNECTION_REMOTE_OPEN -> {
                            byContainer.put(event.connection().getRemoteContainer(), event.connection());
                            opened.countDown();
                        }
                        case CONNECTION_WAKE -> {
                            if (event.connection().getRemoteContainer().equals("waker")) {
                                byContainer.forEach((name, connection) -> {
                                    if (!name.equals("waker")) {
                                        event.proactor().wake(connection);
                                    }
                                });
                            }
                            try {
                                if (alsoTheWaker.await(5, TimeUnit.SECONDS) == 0) {
                                    endRound(false);
                                }
                            } catch (TimeoutException e) {
                                endRound(true);
                            }
                        }
                        default -> {}
                    }
                });
                Workers client = new Workers(1, Pings::client)) {
            String address = "127.0.0.1:" + server.listen();
            for (String name : List.of("waker", "a", "b", "c")) {
                Pings.start(client.proactor, ConnectionOptions.to(address).containerId(name), -1);
            }
            assertThat(opened.await(5, TimeUnit.SECONDS)).isTrue();
            long longest = 0;
            for (int round = 1; round <= ROUNDS; round++) {
                long start = System.nanoTime();
                server.proactor.wake(byContainer.get("waker"));
                awaitRound(round);
                longest = Math.max(longest, System.nanoTime() - start);
            }
            assertThat(Duration.ofNanos(longest)).isLessThan(AT_ONCE);
        }
    }

    @Test
    void threeConnectionsGoOnWhileTheHandlerOfAFourthIsHeld() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (Workers server = new Workers(4, event -> {
                    if (event.type() == EventType.DELIVERY
                            && event.connection().getRemoteContainer().equals("held")) {
                        held.countDown();
                        release.await();
                    }
                    Pings.server(event);
                });
                Workers client = new Workers(1, Pings::client)) {
            ConnectionOptions to =
                    ConnectionOptions.to("127.0.0.1:" + server.listen()).build();
            Trips heldTrips = Pings.start(client.proactor, to.toBuilder().containerId("held"), 1);
            assertThat(held.await(5, TimeUnit.SECONDS)).isTrue();
            long start = System.nanoTime();
            List<Trips> others = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                others.add(Pings.start(client.proactor, to.toBuilder().containerId("other-" + i), 1000));
            }
            for (Trips trips : others) {
                assertThat(trips.awaitGoal(10))
                        .as("%d of 1,000 trips", trips.count())
                        .isTrue();
            }
            assertThat(heldTrips.count()).isZero();
            release.countDown();
            assertThat(heldTrips.awaitGoal(5)).as("the held connection goes on").isTrue();
            // Not nothing: on a busy machine a thread in a handler may itself wait for a processor.
            Duration all = Duration.ofNanos(System.nanoTime() - start);
            assertThat(server.proactor.counts().starvation()).isLessThan(all.dividedBy(2));
        }
    }
}
