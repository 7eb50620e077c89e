package dev.proactor.conformance;

import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_READ;
import static dev.proactor.EventType.RAW_CONNECTION_CLOSED_WRITE;
import static dev.proactor.EventType.RAW_CONNECTION_DISCONNECTED;
import static dev.proactor.EventType.RAW_CONNECTION_DRAIN_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_NEED_READ_BUFFERS;
import static dev.proactor.EventType.RAW_CONNECTION_READ;
import static dev.proactor.EventType.RAW_CONNECTION_WRITTEN;
import static dev.proactor.testing.Conditions.assertCondition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.RawConnection;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Loopback;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What throws in the work of a raw connection ends that one, and the application is told. Here it is a buffer that was given, and then
 * changed by one who did not own it any more: where its bytes begin is lost.
 */
@Timeout(20)
class RawFaultTest {

    private static final EventType[] END = {
        RAW_CONNECTION_CLOSED_READ,
        RAW_CONNECTION_CLOSED_WRITE,
        RAW_CONNECTION_DRAIN_BUFFERS,
        RAW_CONNECTION_DISCONNECTED
    };

    /** Those that came back in the end. */
    private final List<ByteBuffer> back = new ArrayList<>();

    private final ByteBuffer buffer = ByteBuffer.allocate(1);
    private final ByteBuffer second = ByteBuffer.allocate(1);
    private final Driver driver = new Driver();
    private Listener listener;
    private RawConnection raw;
    private Socket peer;

    @BeforeEach
    void begin() throws IOException {
        driver.handler(event -> {
            switch (event.type()) {
                case LISTENER_ACCEPT -> raw = event.listener().acceptRaw();
                case RAW_CONNECTION_NEED_READ_BUFFERS -> event.rawConnection().giveReadBuffers(buffer);
                case RAW_CONNECTION_READ -> {
                    assertThat(event.rawConnection().takeReadBuffer()).isSameAs(buffer);
                    event.rawConnection().giveReadBuffers(second);
                    second.clear();
                }
                case RAW_CONNECTION_DRAIN_BUFFERS ->
                    back.add(event.rawConnection().takeReadBuffer());
                default -> {}
            }
        });
        listener = Handlers.listen(driver);
        peer = Loopback.connect(listener.localPort());
        driver.runTo(RAW_CONNECTION_NEED_READ_BUFFERS);
        driver.settle();
        driver.log.clear();
    }

    @AfterEach
    void close() throws IOException {
        peer.close();
        driver.close();
    }

    @Test
    void isToldAsItsEndAndGivesTheBuffersBack() throws IOException {
        buffer.clear();
        peer.getOutputStream().write('a');
        driver.runTo(RAW_CONNECTION_DISCONNECTED);

        assertThat(driver.log).containsExactly(END);
        assertIsOverWith(buffer);
    }

    /** The first buffer is full, so there may be more: it is read into the second one, for the same batch. */
    @Test
    void endsTheBatchInWhichItHappens() throws IOException {
        peer.getOutputStream().write(new byte[] {'a', 'b'});
        driver.runTo(RAW_CONNECTION_DISCONNECTED);

        assertThat(driver.log).startsWith(RAW_CONNECTION_READ).endsWith(END).hasSize(1 + END.length);
        assertIsOverWith(second);
    }

    @Test
    void eventsThatWereNotTakenComeAgain() throws Exception {
        buffer.clear();
        peer.getOutputStream().write('a');
        List<EventType> seen = new ArrayList<>();
        while (!seen.contains(RAW_CONNECTION_DISCONNECTED)) {
            try (EventBatch batch = driver.proactor.await(Duration.ofSeconds(10))) {
                assertThat(batch).as("after " + seen).isNotNull();
                assertThat(seen).hasSizeLessThan(100);
                Event event = batch.next(); // one a batch
                seen.add(event.type());
                if (event.type() == RAW_CONNECTION_DRAIN_BUFFERS) {
                    back.add(event.rawConnection().takeReadBuffer());
                }
            }
        }

        assertThat(seen).containsExactly(END);
        assertIsOverWith(buffer);
    }

    /** What it has got may be half of something. */
    @Test
    void thePeerSeesNoOrderlyEnd() throws IOException {
        raw.writeBuffers(ByteBuffer.wrap(new byte[] {'h', 'a', 'l', 'f'}));
        raw.wake();
        driver.runTo(RAW_CONNECTION_WRITTEN);
        assertThat(peer.getInputStream().readNBytes(4)).hasSize(4);
        buffer.clear();
        peer.getOutputStream().write('a');
        driver.runTo(RAW_CONNECTION_DISCONNECTED);
        driver.settle();

        peer.setSoTimeout(5000);
        assertThatThrownBy(() -> peer.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    private void assertIsOverWith(ByteBuffer given) throws IOException {
        assertCondition(raw.condition(), "amqp:internal-error", "InvalidMarkException");
        assertThat(back).containsExactly(given);
        assertThat(raw.remoteAddress()).isNull();
        listener.close();
        driver.runTo(PROACTOR_INACTIVE);
        assertThat(driver.log).endsWith(LISTENER_CLOSE, PROACTOR_INACTIVE);
        peer.setSoTimeout(5000);
        assertThatThrownBy(() -> peer.getInputStream().read()).hasMessageContaining("reset");
    }
}
