package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.testing.Batches.nextType;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.address;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventBatch;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Pair;
import dev.proactor.testing.Workers;
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.engine.Connection;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The end of a proactor. */
@Timeout(30)
class CloseTest {

    private static void assertClosed(ThrowingCallable call) {
        assertThatExceptionOfType(ProactorClosedException.class).isThrownBy(call);
    }

    @Test
    @Tag("C24")
    void threadsThatWaitAreToldThatTheProactorIsClosed() {
        Proactor proactor = Proactor.create();
        List<Background<EventBatch>> waiting = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            waiting.add(Background.call(proactor::await).whenItWaits());
            waiting.add(
                    Background.call(() -> proactor.await(Duration.ofHours(1))).whenItWaits());
        }
        proactor.close();
        assertThat(waiting).allMatch(thread -> thread.failure() instanceof ProactorClosedException);
    }

    @Test
    @Tag("C24")
    void aClosedProactorRefusesWhatItIsAskedFor() {
        try (Driver server = new Driver()) {
            Listener listener = Handlers.listen(server);
            Proactor proactor = server.proactor;
            proactor.interrupt();
            proactor.close();
            assertClosed(proactor::await);
            assertClosed(() -> proactor.await(Duration.ofSeconds(1)));
            assertClosed(() -> proactor.await(Duration.ZERO));
            assertClosed(proactor::poll);
            assertClosed(
                    () -> proactor.connect(ConnectionOptions.to("127.0.0.1:1").build()));
            assertClosed(() -> proactor.listen(ListenerOptions.on("127.0.0.1:0").build()));
            assertClosed(listener::accept);
            assertClosed(() -> listener.accept(listener.options()));
            assertThat(listener.localPort()).isEqualTo(-1);
            assertThat(listener.localAddresses()).isEmpty();
        }
    }

    @Test
    @Tag("C24")
    void aClosedProactorTakesASecondCloseAndCallsOfAnyThreadWithoutHarm() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.client.proactor;
            proactor.close();
            proactor.close();
            proactor.interrupt();
            proactor.setTimeout(Duration.ZERO);
            proactor.cancelTimeout();
            proactor.disconnect(null);
            proactor.wake(connection);
            assertThat(proactor.localAddress(connection)).isNull();
            assertThat(proactor.remoteAddress(connection)).isNull();
            assertThat(Proactor.of(connection)).isNull();
            assertThatExceptionOfType(ConnectionEndedException.class)
                    .isThrownBy(() -> proactor.execute(connection, () -> {}));
            assertClosed(proactor::poll);
        }
    }

    @Test
    @Tag("C24")
    void thePeersSeeTheirConnectionsAborted() {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.client.close();
            pair.server.runTo(TRANSPORT_CLOSED);
            assertThat(pair.server.lastCondition.getDescription()).contains("aborted");
            assertThat(pair.client.log).isEmpty();
        }
    }

    @Test
    @Tag("C24")
    void theListenersPortIsFreeAgain() throws Exception {
        try (Driver first = new Driver();
                Driver second = new Driver()) {
            Listener listener = Handlers.listen(first);
            String address = address(listener);
            first.close();
            Listener again = Handlers.listen(second, ListenerOptions.on(address).build());
            assertThat(again.condition()).isNull();
        }
    }

    @Test
    @Tag("C24")
    @EnabledOnOs(OS.LINUX)
    void allDescriptorsAreGivenBack() throws Exception {
        // Once for what the JVM opens and keeps.
        openEverythingAndClose();
        int before = descriptors();
        for (int i = 0; i < 3; i++) {
            openEverythingAndClose();
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> descriptors() <= before);
    }

    private static void openEverythingAndClose() throws Exception {
        try (Pair pair = new Pair()) {
            pair.connect();
            pair.connect();
            InetSocketAddress address = pair.listener.localAddresses().get(0);
            pair.client.proactor.adopt(
                    SocketChannel.open(address),
                    ConnectionOptions.to("adopted:1").build());
            // Not handled by the server at all, so one waits with the system.
            pair.client.proactor.connect(
                    ConnectionOptions.to(address(pair.listener)).build());
            pair.client.settle();
            // One more is taken and waits for the application.
            try (EventBatch batch = takeAt(pair.server.proactor, LISTENER_ACCEPT)) {
                assertThat(batch.listener().waiting()).isPositive();
            }
            // Two that have never been run, and batches that are open.
            pair.client.proactor.connect(
                    ConnectionOptions.to(address(pair.listener)).build());
            pair.client.proactor.listen(ListenerOptions.on("127.0.0.1:0").build());
            pair.server.proactor.wake(pair.lastAccepted());
            assertThat(take(pair.server.proactor).next()).isNotNull();
            assertThat(take(pair.server.proactor).next()).isNotNull();
        }
    }

    private static int descriptors() {
        String[] names = new File("/proc/self/fd").list();
        assertThat(names).isNotNull();
        return names.length;
    }

    @Test
    @Tag("C24")
    void anOpenBatchMayStillBeClosedByItsOwner() throws Exception {
        try (Pair pair = new Pair();
                SocketChannel peer =
                        SocketChannel.open(pair.listener.localAddresses().get(0))) {
            assertThat(peer.isConnected()).isTrue();
            pair.server.runTo(LISTENER_ACCEPT);
            pair.connect();
            Proactor proactor = pair.server.proactor;
            try (SocketChannel another =
                    SocketChannel.open(pair.listener.localAddresses().get(0))) {
                assertThat(another.isConnected()).isTrue();
                proactor.wake(pair.lastAccepted());
                proactor.interrupt();
                List<EventBatch> open = List.of(take(proactor), take(proactor), take(proactor));
                assertThat(open)
                        .extracting(batch -> nextType(batch))
                        .containsExactlyInAnyOrder(CONNECTION_WAKE, PROACTOR_INTERRUPT, LISTENER_ACCEPT);
                // It does not wait for them.
                Background.run(proactor::close).result();
                for (EventBatch batch : open) {
                    batch.close();
                    assertThatIllegalStateException().isThrownBy(batch::close);
                }
                assertThat(proactor.counts().openBatches()).isZero();
                assertClosed(proactor::poll);
            }
        }
    }

    @Test
    @Tag("C24")
    void aHandlerMayCloseTheProactor() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
                pair.client.proactor.close();
                // What the handler does with its connection meanwhile is for nothing, and no error.
                batch.connection().close();
                pair.client.proactor.flush(connection);
            }
            pair.server.runTo(TRANSPORT_CLOSED);
        }
    }

    @Test
    @Tag("C24")
    void aCloseDropsTheTasksThatHaveNotRun() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            AtomicInteger ran = new AtomicInteger();
            pair.client.proactor.execute(connection, ran::incrementAndGet);
            pair.client.proactor.close();
            assertClosed(pair.client.proactor::poll);
            assertThat(ran).hasValue(0);
        }
    }

    @Test
    @Tag("C24")
    void aReleasedConnectionCanBeLookedAtAndFreedAfterTheClose() {
        Connection released;
        Connection alive;
        try (Pair pair = new Pair()) {
            released = pair.connect();
            pair.client.proactor.wake(released);
            try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
                pair.client.proactor.release(batch.connection());
            }
            alive = pair.connect();
        }
        assertThat(released.getContainer()).isNotNull();
        released.free();
        alive.free();
    }

    @Test
    @Tag("C24")
    void aCloseInTheMiddleOfWorkEndsEveryThreadInOrder() throws Exception {
        for (int round = 0; round < 20; round++) {
            CountDownLatch busy = new CountDownLatch(200);
            try (Pair pair = new Pair()) {
                pair.connect();
                pair.connect();
                // Its close fails for any other way out than ProactorClosedException.
                try (Workers workers = new Workers(pair.server.proactor, 3, event -> {
                    if (event.type() == CONNECTION_WAKE) {
                        event.proactor().wake(event.connection());
                        busy.countDown();
                    }
                })) {
                    pair.accepted.forEach(workers.proactor::wake);
                    assertThat(busy.await(10, TimeUnit.SECONDS)).isTrue();
                    Background<Void> other = Background.run(workers.proactor::close);
                    workers.proactor.close();
                    other.result();
                }
            }
        }
    }
}
