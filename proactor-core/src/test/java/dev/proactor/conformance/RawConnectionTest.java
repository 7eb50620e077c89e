package dev.proactor.conformance;

import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_READ;
import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_WRITE;
import static dev.proactor.EventType.RAW_CONNECTION_CONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_DISCONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_DRAIN_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_NEED_READ_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_NEED_WRITE_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_READ;
import static dev.proactor.EventType.RAW_CONNECTION_WAKE;
import static dev.proactor.EventType.RAW_CONNECTION_WRITTEN;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Conditions.assertCondition;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.RawConnection;
import dev.proactor.RawOptions;
import dev.proactor.testing.Background;
import dev.proactor.testing.Batches;
import dev.proactor.testing.Descriptors;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import dev.proactor.testing.Workers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of bytes that are not AMQP, at a peer that is a plain socket. */
@Timeout(30)
class RawConnectionTest {

    /** An application that keeps what it gets. */
    private static final class App implements Driver.Handler {
        final List<RawConnection> accepted = new ArrayList<>();
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        final List<ByteBuffer> readBack = new ArrayList<>();
        final List<ByteBuffer> writtenBack = new ArrayList<>();
        /** Read buffers that are given whenever they are asked for, each of this size. */
        int give = 128;

        boolean direct;
        Consumer<RawConnection> onConnected = raw -> {};
        Consumer<RawConnection> onWake = raw -> {};
        boolean takesWhenRead = true;

        @Override
        public void on(Event event) {
            switch (event.type()) {
                case LISTENER_ACCEPT -> accepted.add(event.listener().acceptRaw());
                case RAW_CONNECTION_CONNECTED -> onConnected.accept(event.rawConnection());
                case RAW_CONNECTION_NEED_READ_BUFFERS -> giveTo(event.rawConnection());
                case RAW_CONNECTION_READ -> {
                    if (takesWhenRead) {
                        take(event.rawConnection());
                    }
                }
                case RAW_CONNECTION_WRITTEN, RAW_CONNECTION_DRAIN_BUFFERS -> take(event.rawConnection());
                case RAW_CONNECTION_WAKE -> onWake.accept(event.rawConnection());
                default -> {}
            }
        }

        void giveTo(RawConnection raw) {
            if (give > 0) {
                raw.giveReadBuffers(direct ? ByteBuffer.allocateDirect(give) : ByteBuffer.allocate(give));
            }
        }

        private void take(RawConnection raw) {
            for (ByteBuffer buffer; (buffer = raw.takeReadBuffer()) != null; ) {
                byte[] bytes = new byte[buffer.remaining()];
                buffer.duplicate().get(bytes);
                received.writeBytes(bytes);
                readBack.add(buffer);
            }
            for (ByteBuffer buffer; (buffer = raw.takeWrittenBuffer()) != null; ) {
                writtenBack.add(buffer);
            }
        }

        String text() {
            return received.toString(US_ASCII);
        }
    }

    private final App app = new App();
    private final Driver driver = new Driver(app);
    private Listener listener;
    private Socket peer;
    private RawConnection raw;

    @AfterEach
    void end() throws IOException {
        driver.close();
        if (peer != null) {
            peer.close();
        }
    }

    /** A peer has connected, its raw connection has asked for what it needs, and is idle. */
    private void start() throws IOException {
        listener = Handlers.listen(driver);
        peer = Loopback.connect(listener.localPort());
        driver.runTo(RAW_CONNECTION_NEED_READ_BUFFERS);
        raw = app.accepted.get(0);
        assertIdle(driver.proactor);
        driver.takeLog();
    }

    private void startWithoutReadBuffer() throws IOException {
        app.give = 0;
        start();
    }

    /** Has something done in the handler of a wake. */
    private void inHandler(Consumer<RawConnection> action) {
        inHandler(raw, action);
    }

    private void inHandler(RawConnection connection, Consumer<RawConnection> action) {
        app.onWake = connectionWoken -> {
            app.onWake = other -> {};
            action.accept(connectionWoken);
        };
        connection.wake();
        driver.runTo(RAW_CONNECTION_WAKE);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private void reset() throws IOException {
        peer.setSoLinger(true, 0);
        peer.close();
    }

    private void runToDisconnected() {
        driver.runUntil(() -> driver.log.contains(RAW_CONNECTION_DISCONNECTED), "DISCONNECTED");
    }

    private long count(EventType type) {
        return driver.log.stream().filter(type::equals).count();
    }

    /** It ended, each half was told of once, nothing follows, and nothing is left. */
    private void assertOver() {
        listener.close();
        driver.runUntil(() -> driver.log.contains(PROACTOR_INACTIVE), "INACTIVE");
        assertThat(driver.log.stream().filter(type -> type.source() == EventSource.RAW_CONNECTION))
                .containsOnlyOnce(RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_CLOSED_WRITE, RAW_CONNECTION_DISCONNECTED)
                .endsWith(RAW_CONNECTION_DISCONNECTED);
        assertThat(raw.isReadClosed()).isTrue();
        assertThat(raw.isWriteClosed()).isTrue();
        assertThat(raw.localAddress()).isNull();
    }

    private void assertBroken() {
        assertCondition(raw.condition(), "proton:io", " - disconnected 127.0.0.1:" + peer.getLocalPort());
        assertThat(raw.condition().getDescription()).doesNotStartWith(" ");
    }

    // ---- C128

    @Test
    @Tag("C128")
    void bothEndsBeginWithConnectedAndAskForBuffersOnce() {
        app.give = 0;
        listener = Handlers.listen(driver);
        App far = new App();
        far.give = 0;
        try (Driver client = new Driver(far)) {
            RawConnection connection = client.proactor.connectRaw(
                    RawOptions.to(Handlers.address(listener)).context("mine").build());
            client.runTo(RAW_CONNECTION_NEED_READ_BUFFERS, driver);
            client.settle(driver);
            assertThat(client.log)
                    .containsExactly(
                            RAW_CONNECTION_CONNECTED,
                            RAW_CONNECTION_NEED_WRITE_BUFFERS,
                            RAW_CONNECTION_NEED_READ_BUFFERS);
            assertThat(driver.log)
                    .endsWith(
                            RAW_CONNECTION_CONNECTED,
                            RAW_CONNECTION_NEED_WRITE_BUFFERS,
                            RAW_CONNECTION_NEED_READ_BUFFERS);
            RawConnection accepted = app.accepted.get(0);
            assertThat(connection.remoteAddress().getPort()).isEqualTo(listener.localPort());
            assertThat(connection.localAddress()).isEqualTo(accepted.remoteAddress());
            assertThat(connection.context()).isEqualTo("mine");
            assertThat(accepted.context()).isNull();
        }
    }

    @Test
    @Tag("C128")
    void whatIsGivenInTheHandlerOfConnectedIsNotAskedFor() throws IOException {
        app.onConnected = connection -> {
            connection.giveReadBuffers(ByteBuffer.allocate(10));
            connection.writeBuffers(bytes("hello"));
        };
        listener = Handlers.listen(driver);
        peer = Loopback.connect(listener.localPort());
        driver.runTo(RAW_CONNECTION_NEED_WRITE_BUFFERS);
        driver.settle();
        assertThat(driver.log)
                .endsWith(RAW_CONNECTION_CONNECTED, RAW_CONNECTION_WRITTEN, RAW_CONNECTION_NEED_WRITE_BUFFERS)
                .doesNotContain(RAW_CONNECTION_NEED_READ_BUFFERS);
        assertThat(peer.getInputStream().readNBytes(5)).asString(US_ASCII).isEqualTo("hello");
    }

    @Test
    @Tag("C128")
    void batchesAndEventsOfARawConnectionNameIt() throws IOException {
        listener = Handlers.listen(driver);
        peer = Loopback.connect(listener.localPort());
        driver.runUntil(() -> !app.accepted.isEmpty(), "accept");
        try (EventBatch batch = Batches.take(driver.proactor)) {
            assertThat(batch.source()).isEqualTo(EventSource.RAW_CONNECTION);
            assertThat(batch.rawConnection()).isSameAs(app.accepted.get(0));
            assertThat(batch.connection()).isNull();
            assertThat(batch.listener()).isNull();
            Event event = batch.next();
            assertThat(event.type().source()).isEqualTo(EventSource.RAW_CONNECTION);
            assertThat(event.rawConnection()).isSameAs(batch.rawConnection());
            assertThatIllegalStateException().isThrownBy(event::connection).withMessageContaining("no connection");
            assertThatIllegalStateException().isThrownBy(event::listener);
            assertThatIllegalStateException().isThrownBy(event::transport);
        }
        driver.proactor.interrupt();
        try (EventBatch batch = Batches.takeAt(driver.proactor, RAW_CONNECTION_NEED_WRITE_BUFFERS)) {
            assertThat(Batches.rest(batch)).containsExactly(RAW_CONNECTION_NEED_READ_BUFFERS);
        }
        try (EventBatch batch = Batches.take(driver.proactor)) {
            assertThat(batch.rawConnection()).isNull();
            assertThatIllegalStateException()
                    .isThrownBy(() -> batch.next().rawConnection())
                    .withMessageContaining("no raw connection");
        }
        assertThat(driver.proactor.counts().events(EventSource.RAW_CONNECTION)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Tag("C128")
    void bytesGoBothWaysHoweverTheyAreCut(boolean direct) throws IOException {
        app.give = 1000;
        app.direct = direct;
        start();
        byte[] sent = new byte[300_000];
        for (int i = 0; i < sent.length; i++) {
            sent[i] = (byte) (i * 31 + i / 251);
        }
        Background<Void> sending = Background.run(() -> {
            peer.getOutputStream().write(sent);
            peer.shutdownOutput();
        });
        driver.runTo(RAW_CONNECTION_CLOSED_READ);
        sending.result();
        assertThat(app.received.toByteArray()).isEqualTo(sent);

        // As it came, in many buffers, more than it takes at once.
        List<ByteBuffer> out = new ArrayList<>();
        for (int at = 0; at < sent.length; at += 7000) {
            int count = Math.min(7000, sent.length - at);
            ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(count) : ByteBuffer.allocate(count);
            out.add(buffer.put(sent, at, count).flip());
        }
        List<ByteBuffer> all = List.copyOf(out);
        Background<byte[]> receiving =
                Background.call(() -> peer.getInputStream().readAllBytes());
        long start = System.nanoTime();
        while (!out.isEmpty()) {
            assertThat(System.nanoTime() - start)
                    .as("%d buffers left", out.size())
                    .isLessThan(TimeUnit.SECONDS.toNanos(20));
            inHandler(connection -> {
                int taken = connection.writeBuffers(out.toArray(new ByteBuffer[0]));
                out.subList(0, taken).clear();
                if (out.isEmpty()) {
                    connection.closeWrite();
                }
            });
        }
        runToDisconnected();
        assertThat(receiving.result()).isEqualTo(sent);
        assertThat(app.writtenBack).hasSameSizeAs(all);
        for (int i = 0; i < all.size(); i++) {
            assertThat(app.writtenBack.get(i)).isSameAs(all.get(i));
            assertThat(app.writtenBack.get(i).hasRemaining()).isFalse();
        }
        assertOver();
    }

    @Test
    @Tag("C128")
    void acceptWithNobodyWaitingIsDisconnectedAtOnce() {
        listener = Handlers.listen(driver);
        driver.takeLog();
        raw = listener.acceptRaw("late");
        assertThat(raw.context()).isEqualTo("late");
        driver.runTo(RAW_CONNECTION_DISCONNECTED);
        assertThat(driver.log).containsExactly(RAW_CONNECTION_DISCONNECTED);
        assertCondition(raw.condition(), "proton:io", "no peer is waiting - accept");
    }

    @Test
    @Tag("C128")
    void acceptedConnectionsHaveTheListenersContextAndOutliveIt() throws IOException {
        listener = Handlers.listen(
                driver, ListenerOptions.on("127.0.0.1:0").context("shared").build());
        peer = Loopback.connect(listener.localPort());
        driver.runTo(RAW_CONNECTION_NEED_READ_BUFFERS);
        raw = app.accepted.get(0);
        assertThat(raw.context()).isEqualTo("shared");
        raw.setContext("its own");
        assertThat(raw.context()).isEqualTo("its own");
        listener.close();
        driver.runTo(EventType.LISTENER_CLOSE);
        peer.getOutputStream().write(1);
        driver.runTo(RAW_CONNECTION_READ);
        assertThat(driver.log).doesNotContain(PROACTOR_INACTIVE);
    }

    // ---- C129, C130

    @Test
    @Tag("C129")
    void aWakeWakesOnceAndTheConnectionIsIdleAgain() throws IOException {
        start();
        raw.wake();
        driver.runTo(RAW_CONNECTION_WAKE);
        assertIdle(driver.proactor);
        raw.wake();
        raw.wake();
        raw.wake();
        driver.settle();
        assertThat(driver.log).containsExactly(RAW_CONNECTION_WAKE, RAW_CONNECTION_WAKE);
        assertThat(driver.proactor.counts().wakeups()).isEqualTo(2);
    }

    @Test
    @Tag("C129")
    void aWakeAfterDisconnectedIsNothing() throws IOException {
        start();
        reset();
        runToDisconnected();
        raw.wake();
        driver.settle();
        raw.wake();
        assertOver();
    }

    @Test
    @Tag("C129")
    void aWakeFromTheHandlerOfDisconnectedIsNothing() throws IOException {
        start();
        driver.handler(event -> {
            if (event.type() == RAW_CONNECTION_DISCONNECTED) {
                event.rawConnection().wake();
            }
        });
        reset();
        runToDisconnected();
        driver.settle();
        assertOver();
    }

    @Test
    @Tag("C130")
    void closingInWakeDisconnectsEachSideThatCloses() {
        listener = Handlers.listen(driver);
        RawConnection client = driver.proactor.connectRaw(
                RawOptions.to(Handlers.address(listener)).build());
        driver.runUntil(() -> count(RAW_CONNECTION_NEED_READ_BUFFERS) == 2, "two that are connected");
        inHandler(client, RawConnection::close);
        runToDisconnected();
        driver.settle();
        assertThat(count(RAW_CONNECTION_DISCONNECTED)).isEqualTo(1);
        inHandler(app.accepted.get(0), RawConnection::close);
        driver.runUntil(() -> count(RAW_CONNECTION_DISCONNECTED) == 2, "the other DISCONNECTED");
        assertThat(client.condition()).isNull();
        assertThat(app.accepted.get(0).condition()).isNull();
        listener.close();
        driver.runTo(PROACTOR_INACTIVE);
    }

    @Test
    @Tag("C130")
    void closingBeforeItIsConnectedGivesUp() throws IOException {
        try (Loopback.FullServer server = new Loopback.FullServer()) {
            RawConnection connection = driver.proactor.connectRaw(
                    RawOptions.to("127.0.0.1:" + server.port()).build());
            driver.settle();
            assertThat(driver.log).isEmpty();
            inHandler(connection, woken -> {
                woken.giveReadBuffers(ByteBuffer.allocate(1));
                woken.close();
            });
            driver.runTo(PROACTOR_INACTIVE);
            assertThat(driver.log)
                    .containsExactly(
                            RAW_CONNECTION_WAKE,
                            RAW_CONNECTION_DRAIN_BUFFERS,
                            RAW_CONNECTION_DISCONNECTED,
                            PROACTOR_INACTIVE);
            assertThat(connection.condition()).isNull();
        }
    }

    // ---- the peer ends: C131 to C136

    @Test
    @Tag("C131")
    void thePeerClosesInOrder() throws IOException {
        start();
        peer.close();
        driver.runTo(RAW_CONNECTION_CLOSED_READ);
        driver.settle();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_DISCONNECTED);
        inHandler(RawConnection::close);
        runToDisconnected();
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @Test
    @Tag("C132")
    void thePeerResets() throws IOException {
        start();
        reset();
        runToDisconnected();
        assertThat(driver.log).containsSubsequence(RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_DISCONNECTED);
        assertBroken();
        assertOver();
    }

    @Test
    @Tag("C133")
    void aResetIsSeenWithoutAReadBuffer() throws IOException {
        startWithoutReadBuffer();
        reset();
        runToDisconnected();
        assertThat(driver.log).containsSubsequence(RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_DISCONNECTED);
        assertBroken();
        assertOver();
    }

    @Test
    @Tag("C133")
    void aResetIsSeenWithoutAReadBufferAndWithUnreadBytes() throws IOException {
        startWithoutReadBuffer();
        peer.getOutputStream().write(new byte[10]);
        driver.settle();
        assertThat(driver.log).isEmpty();
        reset();
        runToDisconnected();
        assertBroken();
        assertOver();
    }

    @Test
    @Tag("C134")
    void theEndOfInputAndThenAReset() throws IOException {
        start();
        peer.shutdownOutput();
        driver.runTo(RAW_CONNECTION_CLOSED_READ);
        driver.settle();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_DISCONNECTED);
        assertThat(raw.isReadClosed()).isTrue();
        assertThat(raw.isWriteClosed()).isFalse();
        reset();
        runToDisconnected();
        assertBroken();
        assertOver();
    }

    @Test
    @Tag("C135")
    void withoutAReadBufferTheEndOfInputIsNotSeenUntilThereIsOne() throws IOException {
        startWithoutReadBuffer();
        peer.close();
        driver.settle();
        assertIdle(driver.proactor);
        assertThat(driver.log).isEmpty();
        inHandler(connection -> connection.giveReadBuffers(ByteBuffer.allocate(10)));
        driver.runUntil(() -> driver.log.contains(RAW_CONNECTION_CLOSED_READ), "CLOSED_READ");
        assertThat(app.text()).isEmpty();
        assertThat(app.readBack).hasSize(1);
        inHandler(RawConnection::close);
        runToDisconnected();
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @Test
    @Tag("C135")
    void withoutAReadBufferTheEndOfInputIsNotSeenButAResetIs() throws IOException {
        startWithoutReadBuffer();
        peer.shutdownOutput();
        driver.settle();
        assertThat(driver.log).isEmpty();
        reset();
        runToDisconnected();
        assertThat(driver.log).containsSubsequence(RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_DISCONNECTED);
        assertBroken();
        assertOver();
    }

    @Test
    @Tag("C136")
    void aWriteToAPeerThatHasClosedBreaksTheConnection() throws IOException {
        startWithoutReadBuffer();
        inHandler(connection -> connection.writeBuffers(bytes("foo")));
        driver.runUntil(() -> driver.log.contains(RAW_CONNECTION_WRITTEN), "WRITTEN");
        assertThat(peer.getInputStream().readNBytes(3)).asString(US_ASCII).isEqualTo("foo");
        peer.close();
        inHandler(connection -> connection.writeBuffers(bytes("bar")));
        runToDisconnected();
        assertBroken();
        assertOver();
    }

    @Test
    @Tag("C136")
    void writesThatFailGiveTheirBuffersBackAsFarAsTheyGot() throws IOException {
        start();
        ByteBuffer large = ByteBuffer.allocate(16 * 1024 * 1024);
        inHandler(connection -> connection.writeBuffers(large, bytes("after it")));
        driver.settle();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_WRITTEN, RAW_CONNECTION_NEED_WRITE_BUFFERS);
        reset();
        runToDisconnected();
        assertBroken();
        assertThat(app.writtenBack).hasSize(2);
        assertThat(app.writtenBack.get(0)).isSameAs(large);
        assertThat(large.position()).isPositive();
        assertThat(large.hasRemaining()).isTrue();
        assertThat(app.writtenBack.get(1).remaining()).isEqualTo(8);
        assertOver();
    }

    // ---- this end closes: C137 to C140

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C137")
    void itIsDisconnectedWithoutThePeersHelp(boolean withReadBuffer) throws IOException {
        app.give = withReadBuffer ? 128 : 0;
        start();
        inHandler(RawConnection::close);
        runToDisconnected();
        assertThat(app.readBack).hasSize(withReadBuffer ? 1 : 0);
        assertThat(raw.condition()).isNull();
        assertOver();
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    @Tag("C138")
    void whatWaitsIsWrittenBeforeTheEnd() throws IOException {
        startWithoutReadBuffer();
        inHandler(connection -> {
            connection.writeBuffers(bytes("fu"), bytes("bar"));
            connection.close();
        });
        runToDisconnected();
        assertThat(driver.log)
                .containsSubsequence(RAW_CONNECTION_WRITTEN, RAW_CONNECTION_CLOSED_WRITE, RAW_CONNECTION_DISCONNECTED);
        assertThat(peer.getInputStream().readAllBytes()).asString(US_ASCII).isEqualTo("fubar");
        assertOver();
    }

    @Test
    @Tag("C138")
    void moreThanTheSystemTakesIsWrittenBeforeTheEnd() throws IOException {
        start();
        // What the peer has sent and nobody reads must not destroy it.
        peer.getOutputStream().write(new byte[1000]);
        int size = 8 * 1024 * 1024;
        inHandler(connection -> {
            connection.writeBuffers(ByteBuffer.allocate(size));
            connection.closeWrite();
            connection.close();
        });
        driver.settle();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_DISCONNECTED, RAW_CONNECTION_CLOSED_WRITE);
        Background<Integer> reading =
                Background.call(() -> peer.getInputStream().readAllBytes().length);
        runToDisconnected();
        driver.settle();
        assertThat(reading.result()).isEqualTo(size);
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C139")
    void oneThatClosesItsOutputGoesOnReading(boolean withReadBuffer) throws IOException {
        app.give = withReadBuffer ? 128 : 0;
        start();
        inHandler(RawConnection::closeWrite);
        driver.runUntil(() -> driver.log.contains(RAW_CONNECTION_CLOSED_WRITE), "CLOSED_WRITE");
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
        if (withReadBuffer) {
            peer.getOutputStream().write("more".getBytes(US_ASCII));
            driver.runUntil(() -> app.text().equals("more"), "what the peer sends");
        }
        driver.settle();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_DISCONNECTED);
        inHandler(connection -> {
            assertThat(connection.writeBuffers(bytes("too late"))).isZero();
            connection.close();
        });
        runToDisconnected();
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @Test
    @Tag("C140")
    void thisEndClosesItsHalfAndThenThePeer() throws IOException {
        start();
        inHandler(RawConnection::closeWrite);
        driver.settle();
        assertThat(driver.log).contains(RAW_CONNECTION_CLOSED_WRITE).doesNotContain(RAW_CONNECTION_CLOSED_READ);
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
        peer.shutdownOutput();
        runToDisconnected();
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @Test
    @Tag("C140")
    void thePeerClosesItsHalfAndThenThisEnd() throws IOException {
        start();
        peer.shutdownOutput();
        driver.settle();
        assertThat(driver.log).contains(RAW_CONNECTION_CLOSED_READ).doesNotContain(RAW_CONNECTION_CLOSED_WRITE);
        inHandler(RawConnection::closeWrite);
        runToDisconnected();
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @Test
    @Tag("C140")
    void closingTheInputLeavesTheOutput() throws IOException {
        start();
        inHandler(RawConnection::closeRead);
        driver.runUntil(() -> driver.log.contains(RAW_CONNECTION_CLOSED_READ), "CLOSED_READ");
        assertThat(app.readBack).hasSize(1);
        peer.getOutputStream().write(new byte[10]);
        inHandler(connection -> connection.writeBuffers(bytes("still here")));
        driver.settle();
        assertThat(app.text()).isEmpty();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_DISCONNECTED);
        inHandler(RawConnection::closeWrite);
        runToDisconnected();
        driver.settle();
        assertThat(peer.getInputStream().readAllBytes()).asString(US_ASCII).isEqualTo("still here");
        assertOver();
    }

    // ---- C141

    @Test
    @Tag("C141")
    void aRefusedConnectionIsDisconnectedAndNoMore() throws IOException {
        try (Socket refusing = Loopback.refusingPort()) {
            RawConnection connection = driver.proactor.connectRaw(
                    RawOptions.to("127.0.0.1:" + refusing.getLocalPort()).build());
            driver.runTo(PROACTOR_INACTIVE);
            driver.settle();
            assertThat(driver.log).containsExactly(RAW_CONNECTION_DISCONNECTED, PROACTOR_INACTIVE);
            assertCondition(
                    connection.condition(), "proton:io", "refused - connect 127.0.0.1:" + refusing.getLocalPort());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nosuch.example.invalid:7", "localhost:nosuchport"})
    @Tag("C141")
    void anAddressThatIsNoneIsNamed(String address) {
        Proactor proactor = Proactor.builder()
                .resolver(host -> {
                    throw new UnknownHostException(host);
                })
                .build();
        try (Driver client = new Driver(proactor, event -> {})) {
            RawConnection connection =
                    client.proactor.connectRaw(RawOptions.to(address).build());
            client.runTo(PROACTOR_INACTIVE);
            assertThat(client.log).containsExactly(RAW_CONNECTION_DISCONNECTED, PROACTOR_INACTIVE);
            assertCondition(connection.condition(), "proton:io", " - connect " + address);
            assertThat(connection.condition().getDescription()).contains("nosuch");
        }
    }

    @Test
    @Tag("C141")
    void aConnectThatTakesTooLongIsGivenUp() throws IOException {
        try (Loopback.FullServer server = new Loopback.FullServer()) {
            RawConnection connection = driver.proactor.connectRaw(RawOptions.to("127.0.0.1:" + server.port())
                    .connectTimeout(Duration.ofMillis(50))
                    .build());
            driver.runTo(PROACTOR_INACTIVE);
            assertThat(driver.log).containsExactly(RAW_CONNECTION_DISCONNECTED, PROACTOR_INACTIVE);
            assertCondition(connection.condition(), "proton:io", "timed out - connect");
        }
    }

    // ---- C142 and the proactor

    @Test
    @Tag("C142")
    void buffersThatAreStillHeldComeBackInOrderAndThenItIsDisconnected() throws IOException {
        app.give = 0;
        ByteBuffer[] given = {ByteBuffer.allocate(2), ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
        app.onConnected = connection -> connection.giveReadBuffers(given);
        listener = Handlers.listen(driver);
        peer = Loopback.connect(listener.localPort());
        driver.runTo(RAW_CONNECTION_CONNECTED);
        raw = app.accepted.get(0);
        app.takesWhenRead = false;
        peer.getOutputStream().write("abc".getBytes(US_ASCII));
        driver.runTo(RAW_CONNECTION_READ);
        driver.settle();
        assertThat(count(RAW_CONNECTION_READ)).isEqualTo(1);
        reset();
        runToDisconnected();
        assertThat(driver.log)
                .containsSubsequence(
                        RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_DRAIN_BUFFERS, RAW_CONNECTION_DISCONNECTED)
                .containsOnlyOnce(RAW_CONNECTION_DRAIN_BUFFERS);
        assertThat(app.text()).isEqualTo("abc");
        assertThat(app.readBack).hasSize(3);
        for (int i = 0; i < 3; i++) {
            assertThat(app.readBack.get(i)).isSameAs(given[i]);
        }
        assertOver();
    }

    @Test
    @Tag("C142")
    void thereIsOneReadEventHoweverOftenItReads() throws IOException {
        app.give = 0;
        app.onConnected = connection -> connection.giveReadBuffers(ByteBuffer.allocate(2), ByteBuffer.allocate(2));
        listener = Handlers.listen(driver);
        peer = Loopback.connect(listener.localPort());
        driver.runTo(RAW_CONNECTION_CONNECTED);
        raw = app.accepted.get(0);
        try (EventBatch other = holdWhilePeerSends("ab", "cd")) {
            assertThat(Batches.rest(other)).containsOnlyOnce(RAW_CONNECTION_READ);
        }
        driver.settle();
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_READ);
    }

    /** A batch of the connection that was opened after both texts had come. */
    private EventBatch holdWhilePeerSends(String first, String second) throws IOException {
        peer.getOutputStream().write(first.getBytes(US_ASCII));
        peer.getOutputStream().write(second.getBytes(US_ASCII));
        raw.wake();
        return Batches.take(driver.proactor);
    }

    @Test
    @Tag("C142")
    void theProactorDisconnectsRawConnectionsToo() throws IOException {
        start();
        inHandler(connection -> connection.writeBuffers(ByteBuffer.allocate(16 * 1024 * 1024)));
        driver.proactor.disconnect(new ErrorCondition(Symbol.valueOf("test:over"), "enough"));
        driver.runTo(PROACTOR_INACTIVE);
        assertThat(driver.log).contains(RAW_CONNECTION_DRAIN_BUFFERS);
        assertCondition(raw.condition(), "test:over", "enough");
        assertThatExceptionOfType(SocketException.class)
                .as("what the peer has is not the whole")
                .isThrownBy(() -> peer.getInputStream().readAllBytes());
        assertOver();
    }

    @Test
    @Tag("C142")
    void aDisconnectWithoutAConditionLeavesNone() throws IOException {
        start();
        driver.proactor.disconnect(null);
        driver.runTo(PROACTOR_INACTIVE);
        assertThat(raw.condition()).isNull();
        assertOver();
    }

    @Test
    @Tag("C142")
    void theProactorsCloseEndsRawConnectionsWithoutAWord() throws IOException {
        long before = Descriptors.open();
        start();
        driver.proactor.connectRaw(RawOptions.to(Handlers.address(listener)).build());
        driver.settle();
        raw.wake();
        try (EventBatch open = Batches.takeAt(driver.proactor, RAW_CONNECTION_WAKE)) {
            driver.close();
            raw.writeBuffers(bytes("into the void"));
            assertThat(open.next()).isNull();
        }
        assertThat(endOrReset(peer)).isTrue();
        raw.wake();
        peer.close();
        assertThatExceptionOfType(ProactorClosedException.class)
                .isThrownBy(() ->
                        driver.proactor.connectRaw(RawOptions.to("localhost:1").build()));
        assertThat(Descriptors.open()).isLessThanOrEqualTo(before);
    }

    private static boolean endOrReset(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    @Test
    @Tag("C138")
    void whileHandlersBlockWhatWaitsIsWrittenByWhoStandsBy() throws Exception {
        int size = 8 * 1024 * 1024;
        CountDownLatch blocked = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Queue<EventType> ended = new ConcurrentLinkedQueue<>();
        try (Workers workers = new Workers(Proactor.create(), 1, event -> {
            switch (event.type()) {
                case LISTENER_ACCEPT -> event.listener().acceptRaw();
                case RAW_CONNECTION_CONNECTED -> event.rawConnection().writeBuffers(ByteBuffer.allocate(size));
                case RAW_CONNECTION_NEED_READ_BUFFERS -> event.proactor().interrupt();
                case RAW_CONNECTION_CLOSED_READ, RAW_CONNECTION_WRITTEN -> ended.add(event.type());
                case PROACTOR_INTERRUPT -> {
                    blocked.countDown();
                    release.await();
                }
                default -> {}
            }
        })) {
            Background<Void> standBy = Background.run(workers.proactor::standBy);
            listener = workers.proactor.listen(ListenerOptions.on("127.0.0.1:0").build());
            await().until(() -> listener.localPort() > 0);
            peer = Loopback.connect(listener.localPort());
            assertThat(blocked.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(peer.getInputStream().readNBytes(size)).hasSize(size);
            assertThat(ended).as("events wait for a handler").isEmpty();
            release.countDown();
            await().until(() -> ended.contains(EventType.RAW_CONNECTION_WRITTEN));
            workers.proactor.close();
            standBy.result();
        } finally {
            release.countDown();
        }
    }

    @Test
    void anIdleConnectionCostsNoTime() throws IOException {
        // Half closed, with no read buffer, and unread bytes and an end of stream waiting: nothing may spin.
        try (ServerSocket server = Loopback.silentServer()) {
            app.give = 0;
            raw = driver.proactor.connectRaw(
                    RawOptions.to("127.0.0.1:" + server.getLocalPort()).build());
            driver.runTo(RAW_CONNECTION_NEED_READ_BUFFERS);
            peer = server.accept();
            peer.getOutputStream().write(5);
            peer.shutdownOutput();
            Background<EventBatch> waiting =
                    Background.call(driver.proactor::await).whenItWaits();
            long cpu = ManagementFactory.getThreadMXBean().getThreadCpuTime(waiting.threadId());
            assertThat(waiting.stillRunsAfter(Duration.ofMillis(700))).isTrue();
            long used = ManagementFactory.getThreadMXBean().getThreadCpuTime(waiting.threadId()) - cpu;
            assertThat(Duration.ofNanos(used)).isLessThan(Duration.ofMillis(200));
            driver.proactor.interrupt();
            waiting.result().close();
        }
    }
}
