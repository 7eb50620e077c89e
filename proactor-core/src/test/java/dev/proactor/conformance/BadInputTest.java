package dev.proactor.conformance;

import static dev.proactor.testing.Conditions.assertFramingError;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.security.ClientSasl;
import dev.proactor.testing.Descriptors;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Frames;
import dev.proactor.testing.Frames.Frame;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.RawPeer;
import java.lang.management.ManagementFactory;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Open;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Input that is no stream of AMQP frames. */
class BadInputTest {

    private static final int MEBIBYTE = 1024 * 1024;

    private final Driver server = new Driver(Handlers::mirror);
    private final Listener listener = Handlers.listen(server);

    @AfterEach
    void noExceptionLeavesTheCoreAtTheEnd() {
        server.settle();
        server.close();
    }

    private RawPeer connect() {
        return RawPeer.connect(listener.localPort());
    }

    private RawPeer connectAndOpen() {
        RawPeer peer = connect().open();
        peer.await(Open.class, server);
        return peer;
    }

    private static List<Class<?>> performatives(RawPeer peer) {
        List<Class<?>> classes = new ArrayList<>();
        for (Frame frame : peer.frames) {
            classes.add(frame.body().getClass());
        }
        return classes;
    }

    @Test
    @Tag("C89")
    void aServerNamesAStreamThatEndsBeforeItsFirstByte() {
        try (RawPeer peer = connect()) {
            peer.finish();
            server.runTo(EventType.TRANSPORT_CLOSED);
            assertFramingError(server.lastCondition, "End of input stream before protocol detection");
            peer.awaitEnd(server);
        }
    }

    @Test
    @Tag("C89")
    void aClientNamesAStreamThatEndsBeforeItsFirstByte() throws Exception {
        try (Driver client = new Driver();
                ServerSocketChannel port = RawPeer.listen()) {
            client.proactor.connect(ConnectionOptions.to(RawPeer.address(port))
                    .sasl(ClientSasl.none())
                    .build());
            try (RawPeer peer = RawPeer.accept(port, client)) {
                peer.finish();
                client.runTo(EventType.PROACTOR_INACTIVE);
                assertFramingError(
                        client.lastCondition,
                        "Expected AMQP protocol header: no protocol header found (connection aborted)");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "474554202f20485454502f312e31, Unknown protocol detected", // an HTTP request
        "4142434445464748, Unknown protocol detected",
        "78, Unknown protocol detected",
        "414d515000000901, Incompatible AMQP connection detected", // AMQP 0-9-1
        "414d515007010000, Incompatible AMQP connection detected"
    })
    @Tag("C90")
    void aServerAnswersAWrongHeaderWithItsOwnAndACloseFrame(String header, String description) {
        try (RawPeer peer = connect().send(HexFormat.of().parseHex(header))) {
            ErrorCondition told = peer.awaitEnd(server);
            assertFramingError(told, description);
            assertThat(peer.headers).containsExactly(Frames.AMQP_HEADER);
            assertThat(performatives(peer)).containsExactly(Open.class, Close.class);
            assertThat(peer.broken()).isFalse();
            server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
            assertFramingError(server.lastCondition, description);
        }
    }

    @Test
    @Tag("C90")
    void aClientAnswersAWrongHeaderWithACloseFrame() throws Exception {
        try (Driver client = new Driver();
                ServerSocketChannel port = RawPeer.listen()) {
            client.proactor.connect(ConnectionOptions.to(RawPeer.address(port))
                    .sasl(ClientSasl.none())
                    .build());
            try (RawPeer peer = RawPeer.accept(port, client)) {
                peer.send("SSH-2.0-x".getBytes(US_ASCII));
                ErrorCondition told = peer.awaitEnd(client);
                assertFramingError(told, "Expected AMQP protocol header got: ");
                assertThat(told.getDescription()).contains("SSH-2.0");
                assertThat(peer.headers).containsExactly(Frames.AMQP_HEADER);
                assertThat(performatives(peer)).containsExactly(Open.class, Close.class);
                client.runUntil(() -> client.log.contains(EventType.TRANSPORT_CLOSED), "end");
                assertFramingError(client.lastCondition, "Expected AMQP protocol header got: ");
            }
        }
    }

    @Test
    @Tag("C91")
    void anEndBetweenFramesWithoutACloseIsAnsweredWithACloseFrame() {
        try (RawPeer peer = connectAndOpen()) {
            peer.finish();
            assertFramingError(peer.awaitEnd(server), "connection aborted");
            assertThat(peer.broken()).isFalse();
            server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
            assertFramingError(server.lastCondition, "connection aborted");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 7, 8, 20})
    @Tag("C92")
    void anEndInTheMiddleOfAFrameClosesTheConnection(int bytes) {
        try (RawPeer peer = connectAndOpen()) {
            peer.send(Arrays.copyOf(Frames.frame(0, Frames.begin()), bytes)).finish();
            assertFramingError(peer.awaitEnd(server), "connection aborted");
            server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
            assertFramingError(server.lastCondition, "connection aborted");
        }
    }

    @Test
    @Tag("C92")
    void endsInTheMiddleOfFramesCostNoDescriptors() {
        endInTheMiddle(1);
        long before = Descriptors.open();
        endInTheMiddle(20);
        server.runUntil(() -> Descriptors.open() <= before, "descriptors back");
    }

    private void endInTheMiddle(int connections) {
        for (int i = 0; i < connections; i++) {
            try (RawPeer peer = connectAndOpen()) {
                peer.send(Frames.frameHeader(100, 2)).finish();
                peer.awaitEnd(server);
            }
        }
        server.settle();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 2",
        "7, 2", // shorter than a frame's own header
        "8, 0",
        "8, 1",
        "100, 1", // the data begin in the header
        "12, 4", // the data begin after the end
        "16385, 2",
        "2147483647, 2", // larger than we take
        "-1, 2",
        "-2147483648, 2", // 4 and 2 GB
    })
    @Tag("C93")
    void aMalformedFrameEndsTheConnection(int size, int dataOffset) {
        try (RawPeer peer = connectAndOpen()) {
            peer.send(Frames.frameHeader(size, dataOffset)).send(new byte[Math.min(Math.max(size - 8, 0), 100)]);
            assertFramingError(peer.awaitEnd(server), "malformed frame");
            assertThat(peer.broken()).isFalse();
            server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
            assertFramingError(server.lastCondition, "malformed frame");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16 * MEBIBYTE, Integer.MAX_VALUE, -1})
    @Tag("C93")
    void noMemoryIsTakenForTheSizeThatAFrameClaims(int size) {
        Listener wide = Handlers.listen(
                server,
                ListenerOptions.on("127.0.0.1:0").maxFrameBytes(16 * MEBIBYTE).build());
        try (RawPeer peer = RawPeer.connect(wide.localPort()).open()) {
            peer.await(Open.class, server);
            long before = allocatedBytes();
            peer.send(Frames.frameHeader(size, 2)).send(new byte[1000]);
            server.settle();
            peer.finish();
            peer.awaitEnd(server);
            assertThat(allocatedBytes() - before).isLessThan(4 * MEBIBYTE);
        }
    }

    /** The core works on the thread of the test. */
    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    @Test
    @Tag("C93")
    void aLyingSizeInTheHandshakeEndsTheConnection() {
        try (RawPeer peer = connect().send(Frames.SASL_HEADER)) {
            server.runUntil(() -> peer.read().hasHeader(Frames.SASL_HEADER), "SASL header");
            peer.send(Frames.frameHeader(Integer.MAX_VALUE, 2));
            peer.awaitEnd(server);
            server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
            assertFramingError(server.lastCondition, "malformed frame");
        }
    }

    @Test
    @Tag("C94")
    void dataRightAfterCloseAreAFramingError() {
        byte[] close = Frames.frame(0, new Close());
        byte[] begin = Frames.frame(0, Frames.begin());
        byte[] both = Arrays.copyOf(close, close.length + begin.length);
        System.arraycopy(begin, 0, both, close.length, begin.length);
        try (RawPeer peer = connectAndOpen()) {
            peer.send(both);
            assertDataAfterClose(peer);
        }
    }

    @Test
    @Tag("C94")
    void dataAfterCloseAreAFramingErrorWhileTheApplicationTakesItsTimeToClose() {
        server.handler(event -> {
            if (event.type() != EventType.CONNECTION_REMOTE_CLOSE) {
                Handlers.mirror(event);
            }
        });
        try (RawPeer peer = connectAndOpen()) {
            peer.send(0, new Close());
            server.runTo(EventType.CONNECTION_REMOTE_CLOSE);
            server.settle();
            peer.send(0, Frames.begin());
            assertDataAfterClose(peer);
        }
    }

    private void assertDataAfterClose(RawPeer peer) {
        server.runUntil(() -> server.log.contains(EventType.TRANSPORT_CLOSED), "end");
        assertFramingError(server.lastCondition, "data after close");
        assertThat(server.log).doesNotContain(EventType.SESSION_REMOTE_OPEN);
        assertFramingError(peer.awaitEnd(server), "data after close");
    }

    @Test
    @Tag("C93")
    void otherConnectionsGoOnBeingServed() {
        try (RawPeer other = connectAndOpen()) {
            for (int size : new int[] {0, Integer.MAX_VALUE, -1}) {
                try (RawPeer peer = connectAndOpen()) {
                    peer.send(Frames.frameHeader(size, 2));
                    peer.awaitEnd(server);
                }
            }
            other.send(0, Frames.begin());
            assertThat(other.await(Begin.class, server).getRemoteChannel().intValue())
                    .isZero();
        }
    }
}
