package dev.proactor.internal.task;

import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_WRITE;
import static dev.proactor.EventType.RAW_CONNECTION_CONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_DISCONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_WAKE;
import static dev.proactor.testing.Conditions.assertCondition;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.DurationListener;
import dev.proactor.ProactorProvider;
import dev.proactor.RawConnection;
import dev.proactor.RawOptions;
import dev.proactor.internal.poll.NioPoller;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What takes long, with a clock that can be put forward. */
@Timeout(30)
class RawSocketTest {

    /** More than the system buffers for a peer that does not read, also after {@link #SOME}. */
    private static final int LARGE = 48 * 1024 * 1024;

    private static final int SOME = 8 * 1024 * 1024;

    private final AtomicLong forwardNanos = new AtomicLong();
    private final Driver driver = new Driver(
            new DefaultProactor(
                    new ProactorProvider.Settings(
                            "test", host -> List.of(InetAddress.getLoopbackAddress()), DurationListener.NONE),
                    new NioPoller(),
                    () -> System.nanoTime() + forwardNanos.get()),
            event -> {});
    private ServerSocket server;
    private Socket peer;
    private RawConnection raw;

    @BeforeEach
    void connect() throws IOException {
        server = Loopback.silentServer();
        raw = driver.proactor.connectRaw(
                RawOptions.to("127.0.0.1:" + server.getLocalPort()).build());
        driver.runTo(RAW_CONNECTION_CONNECTED);
        peer = server.accept();
        peer.setSoTimeout(10_000);
        driver.settle();
        driver.takeLog();
    }

    @AfterEach
    void end() throws IOException {
        driver.close();
        peer.close();
        server.close();
    }

    private void inHandler(Consumer<RawConnection> action) {
        driver.handler(event -> {
            if (event.type() == RAW_CONNECTION_WAKE) {
                action.accept(event.rawConnection());
            }
        });
        raw.wake();
        driver.runTo(RAW_CONNECTION_WAKE);
        driver.settle();
    }

    private void forward(Duration time) {
        forwardNanos.addAndGet(time.toNanos());
        driver.settle();
    }

    @Test
    void afterTheCloseAPeerThatTakesNothingGetsNoMore() {
        inHandler(connection -> {
            connection.writeBuffers(ByteBuffer.allocate(LARGE));
            connection.close();
        });
        forward(Duration.ofSeconds(8));
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_DISCONNECTED);
        // Each sign of life gives it time.
        Background<byte[]> reading = Background.call(() -> peer.getInputStream().readNBytes(SOME));
        driver.runUntil(reading::isDone, "some of it");
        driver.settle();
        forward(Duration.ofSeconds(8));
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_DISCONNECTED);
        // The system may still take a little now and then for a while.
        driver.runUntil(
                () -> {
                    forwardNanos.addAndGet(Duration.ofSeconds(1).toNanos());
                    return driver.log.contains(RAW_CONNECTION_DISCONNECTED);
                },
                "DISCONNECTED");
        assertCondition(raw.condition(), "proton:io", "timed out - write 127.0.0.1:" + server.getLocalPort());
        driver.runUntil(() -> driver.log.contains(PROACTOR_INACTIVE), "INACTIVE");
    }

    @Test
    void aHalfThatIsClosedMayTakeItsTime() {
        inHandler(connection -> {
            connection.writeBuffers(ByteBuffer.allocate(LARGE));
            connection.closeWrite();
        });
        forward(Duration.ofHours(1));
        assertThat(driver.log).doesNotContain(RAW_CONNECTION_CLOSED_WRITE, RAW_CONNECTION_DISCONNECTED);
    }

    @Test
    void aPeerThatGoesOnSendingAfterTheCloseIsHeardOutForOneSecond() throws IOException {
        inHandler(RawConnection::close);
        assertThat(driver.log).contains(RAW_CONNECTION_DISCONNECTED).doesNotContain(PROACTOR_INACTIVE);
        peer.getOutputStream().write(new byte[1000]);
        driver.settle();
        assertThat(peer.getInputStream().read()).isEqualTo(-1);
        forward(Duration.ofSeconds(1));
        assertThat(driver.log).contains(PROACTOR_INACTIVE);
    }

    @Test
    void whoFloodsAfterTheCloseIsCutOff() throws IOException {
        inHandler(RawConnection::close);
        forwardNanos.addAndGet(-Duration.ofHours(1).toNanos());
        byte[] flood = new byte[64 * 1024];
        for (int i = 0; i < 8 && !driver.log.contains(PROACTOR_INACTIVE); i++) {
            peer.getOutputStream().write(flood);
            driver.settle();
        }
        assertThat(driver.log).contains(PROACTOR_INACTIVE);
    }
}
