package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens when every thread is in a handler for longer than peers may be silent. */
@Timeout(30)
class StarvationTest {

    private static final Duration IDLE = Duration.ofMillis(1500);
    private static final int PEERS = 6;

    @Test
    @Tag("C107")
    void noConnectionWithBytesWaitingExpiresBecauseAllThreadsWereBusyForLongerThanItsIdleTimeout() throws Exception {
        Queue<Connection> opened = new ConcurrentLinkedQueue<>();
        Queue<String> expired = new ConcurrentLinkedQueue<>();
        Queue<String> clientErrors = new ConcurrentLinkedQueue<>();
        CountDownLatch blocked = new CountDownLatch(2);
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger wakesAfter = new AtomicInteger();
        try (Workers server = new Workers(2, event -> {
                    Pings.server(event);
                    switch (event.type()) {
                        case CONNECTION_REMOTE_OPEN -> opened.add(event.connection());
                        case CONNECTION_WAKE -> {
                            if (release.getCount() == 0) {
                                wakesAfter.incrementAndGet();
                            } else {
                                blocked.countDown();
                                release.await();
                            }
                        }
                        case TRANSPORT_ERROR -> {
                            // At the end of the test the client goes first: that is another reason.
                            if (event.proactor().closeReason(event.connection()) == CloseReason.IDLE_TIMEOUT) {
                                expired.add(event.connection().getRemoteContainer());
                            }
                        }
                        default -> {}
                    }
                });
                Workers client = new Workers(1, event -> {
                    if (event.type() == EventType.TRANSPORT_ERROR) {
                        clientErrors.add(String.valueOf(event.transport().getCondition()));
                    }
                })) {
            int port = server.listen(ListenerOptions.on("127.0.0.1:0").idleTimeout(IDLE));
            IntStream.range(0, PEERS)
                    .forEach(i -> client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + port)
                            .containerId("beats-" + i)
                            .idleTimeout(Duration.ZERO)
                            .build()));
            await().until(() -> opened.size() == PEERS);

            List<Connection> firstTwo = opened.stream().limit(2).toList();
            firstTwo.forEach(server.proactor::wake);
            assertThat(blocked.await(5, TimeUnit.SECONDS)).isTrue();
            try (RawPeer silent = RawPeer.connect(port)) {
                // It waits in the backlog, then to be silent: the test that silence still counts.
                silent.write(Frames.AMQP, Frames.open("silent"));
                await().pollDelay(IDLE.multipliedBy(2)).until(() -> true);
                release.countDown();

                await().until(() -> opened.size() == PEERS + 1);
                opened.stream().limit(PEERS).forEach(server.proactor::wake);
                await().untilAsserted(() -> assertThat(wakesAfter).hasValue(PEERS));
                await().untilAsserted(() -> assertThat(expired).containsExactly("silent"));
                assertThat(clientErrors).isEmpty();
            }
        }
    }

    @Test
    void theTimeForWhichWorkWaitedWhileAllThreadsWereBusyIsStarvation() throws Exception {
        Queue<Connection> opened = new ConcurrentLinkedQueue<>();
        Semaphore blocked = new Semaphore(0);
        Semaphore mayGoOn = new Semaphore(0);
        Semaphore served = new Semaphore(0);
        try (Workers server = new Workers(2, event -> {
                    Pings.server(event);
                    switch (event.type()) {
                        case CONNECTION_REMOTE_OPEN -> opened.add(event.connection());
                        case CONNECTION_WAKE -> {
                            blocked.release();
                            mayGoOn.acquire();
                        }
                        case SESSION_REMOTE_OPEN -> served.release();
                        default -> {}
                    }
                });
                Workers client = new Workers(1, event -> {})) {
            String address = "127.0.0.1:" + server.listen();
            Connection third = null;
            for (int i = 1; i <= 3; i++) {
                int connections = i;
                third = client.proactor.connect(ConnectionOptions.to(address).build());
                await().until(() -> opened.size() == connections);
            }
            // A thread that loses the processor while it looks for work does not know how long that waited, and on a
            // busy
            // machine others starve a little by themselves: of some rounds one is measured.
            boolean measured = false;
            String all = "";
            for (int round = 0; !measured && round < 10; round++) {
                Duration before = server.proactor.counts().starvation();
                long start = System.nanoTime();
                opened.stream().limit(2).forEach(server.proactor::wake);
                assertThat(blocked.tryAcquire(2, 5, TimeUnit.SECONDS)).isTrue();
                long allBusy = System.nanoTime();
                Connection waiting = third;
                client.proactor.execute(third, () -> waiting.session().open());
                await().pollDelay(Duration.ofMillis(500)).until(() -> true);
                long released = System.nanoTime();
                mayGoOn.release(2);
                assertThat(served.tryAcquire(5, TimeUnit.SECONDS)).isTrue();

                Duration starved = server.proactor.counts().starvation().minus(before);
                Duration least = Duration.ofNanos(released - allBusy).minusMillis(100);
                Duration most = Duration.ofNanos(released - start).plusMillis(200);
                measured = starved.compareTo(least) >= 0 && starved.compareTo(most) <= 0;
                all += starved + " of " + least + " to " + most + "; ";
            }
            assertThat(measured).as("how long work waited: " + all).isTrue();
        }
    }

    @Test
    void workThatWaitsForNobodyIsNoStarvation() throws Exception {
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (Workers server = new Workers(2, event -> {
                    Pings.server(event);
                    if (event.type() == EventType.CONNECTION_REMOTE_OPEN
                            && event.connection().getRemoteContainer().equals("held")) {
                        blocked.countDown();
                        release.await();
                    }
                });
                Workers client = new Workers(1, Pings::client)) {
            String address = "127.0.0.1:" + server.listen();
            Pings.start(client.proactor, ConnectionOptions.to(address).containerId("held"), 1);
            assertThat(blocked.await(5, TimeUnit.SECONDS)).isTrue();
            long start = System.nanoTime();
            var trips = Pings.start(client.proactor, ConnectionOptions.to(address), 200);
            assertThat(trips.awaitGoal(10)).isTrue();
            await().pollDelay(Duration.ofMillis(300)).until(() -> true);
            release.countDown();
            // Not nothing: on a busy machine a thread in a handler may itself wait for a processor.
            Duration all = Duration.ofNanos(System.nanoTime() - start);
            assertThat(server.proactor.counts().starvation()).isLessThan(all.dividedBy(2));
        }
    }
}
