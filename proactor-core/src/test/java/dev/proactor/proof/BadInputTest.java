package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.EventType;
import dev.proactor.ListenerOptions;
import dev.proactor.proof.BadInputs.Input;
import dev.proactor.proof.Pings.Trips;
import dev.proactor.proof.RawPeer.Frame;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.apache.qpid.proton.amqp.transport.Close;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that a thousand peers send rubbish to: each gets its answer, nothing of them stays, and others are served. */
@Timeout(120)
class BadInputTest {

    private static final int CONNECTIONS = 1000;
    private static final int SILENT = 20;
    private static final int ENOUGH_COMPLAINTS = 5;
    private static final Duration HANDSHAKE = Duration.ofMillis(1500);
    private static final long HEAP_GROWTH_BYTES = 10 * 1024 * 1024;

    private final Queue<String> errorsLogged = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
    private final Logger logger = Logger.getLogger("dev.proactor");
    private Thread.UncaughtExceptionHandler formerHandler;
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            if (entry.getLevel().intValue() >= Level.SEVERE.intValue()) {
                errorsLogged.add(entry.getMessage() + ": " + entry.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listenToFailures() {
        formerHandler = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> uncaught.add(failure));
        logger.addHandler(listener);
    }

    @AfterEach
    void stopListening() {
        logger.removeHandler(listener);
        Thread.setDefaultUncaughtExceptionHandler(formerHandler);
    }

    @Test
    void aThousandBadPeersGetAnAnswerAndLeaveNothingBehind() throws Exception {
        List<Input> inputs = BadInputs.atLeast(CONNECTIONS - SILENT);
        List<String> complaints = new ArrayList<>();
        Queue<String> goodPeerErrors = new ConcurrentLinkedQueue<>();
        try (Workers server = new Workers(2, Pings::server);
                Workers good = new Workers(1, event -> {
                    Pings.client(event);
                    if (event.type() == EventType.TRANSPORT_ERROR) {
                        goodPeerErrors.add(String.valueOf(event.transport().getCondition()));
                    }
                })) {
            int port = server.listen(ListenerOptions.on("127.0.0.1:0").handshakeTimeout(HANDSHAKE));
            ConnectionOptions toServer =
                    ConnectionOptions.to("127.0.0.1:" + port).build();
            assertServed(good, toServer);
            Trips during = Pings.start(good.proactor, toServer.toBuilder(), -1);
            await().until(() -> during.count() > 0 && server.proactor.counts().openBatches() == 0);
            awaitOnlyTheGoodPeer(server);
            long descriptors = Resources.settledDescriptors();
            // Many of each kind: classes are loaded and code is compiled before the base line of the heap is drawn.
            for (int i = 0; i < inputs.size(); i += 3) {
                complaint(inputs.get(i), port, complaints);
            }
            awaitDescriptors(descriptors);
            long heap = Resources.liveHeapBytes();

            List<RawPeer> silent = new ArrayList<>();
            for (int i = 0; i < SILENT; i++) {
                silent.add(RawPeer.connect(port));
            }
            int quarter = inputs.size() / 4;
            int tripsBefore = during.count();
            for (int i = 0; i < inputs.size(); i++) {
                complaint(inputs.get(i), port, complaints);
                if (i % quarter == quarter - 1) {
                    assertServed(good, toServer);
                    assertThat(during.count())
                            .as("trips of a good peer meanwhile")
                            .isGreaterThan(tripsBefore);
                    tripsBefore = during.count();
                }
            }
            for (RawPeer peer : silent) {
                judge(new Input("nothing at all", new byte[0], false), read(peer), complaints);
            }
            assertServed(good, toServer);

            assertThat(complaints).as("of %d inputs", inputs.size()).isEmpty();
            assertThat(server.failures()).isEmpty();
            assertThat(errorsLogged).isEmpty();
            assertThat(uncaught).isEmpty();
            assertThat(goodPeerErrors).isEmpty();
            awaitOnlyTheGoodPeer(server);
            awaitDescriptors(descriptors);
            long growth = Resources.heapGrowthBytes(heap, HEAP_GROWTH_BYTES);
            Stress.report(
                    "%d bad peers, %,d trips of a good one meanwhile; live heap %,d bytes more",
                    inputs.size() + SILENT, during.count(), growth);
            assertThat(growth).as("live heap, in bytes more").isLessThan(HEAP_GROWTH_BYTES);
        }
    }

    @Test
    void theSocketOfAPeerThatHasEndedItsOutputIsClosedAtOnce() throws Exception {
        // The best of some: one may be slow because the machine is. It would linger for a second each time.
        Duration shortest = untilItsSocketIsClosed();
        for (int i = 0; i < 4 && shortest.toMillis() >= 500; i++) {
            shortest = untilItsSocketIsClosed();
        }
        assertThat(shortest).isLessThan(Duration.ofMillis(500));
    }

    private static Duration untilItsSocketIsClosed() throws Exception {
        try (Driver server = new Driver(event -> {
            Handlers.mirror(event);
            if (event.type() == EventType.LISTENER_ACCEPT) {
                event.listener().close();
            }
        })) {
            try (RawPeer peer = RawPeer.connect(Handlers.listen(server).localPort())) {
                peer.write(Frames.AMQP, new byte[8]);
                peer.endOutput();
                server.runTo(EventType.TRANSPORT_CLOSED);
                long start = System.nanoTime();
                server.runTo(EventType.PROACTOR_INACTIVE);
                return Duration.ofNanos(System.nanoTime() - start);
            }
        }
    }

    private static void assertServed(Workers good, ConnectionOptions toServer) throws InterruptedException {
        Trips trips = Pings.start(good.proactor, toServer.toBuilder(), 3);
        assertThat(trips.awaitGoal(5)).as("a good peer is served").isTrue();
    }

    private static void awaitOnlyTheGoodPeer(Workers server) {
        await().untilAsserted(() -> assertThat(server.proactor.counts().connections())
                .allSatisfy(counts -> assertThat(counts.active()).isLessThanOrEqualTo(1)));
    }

    private static void awaitDescriptors(long count) {
        await().untilAsserted(() ->
                assertThat(Resources.descriptors()).as("descriptors").isLessThanOrEqualTo(count));
    }

    private static List<Object> answerTo(Input input, int port) throws IOException {
        try (RawPeer peer = RawPeer.connect(port)) {
            try {
                peer.write(input.bytes());
                if (input.ends()) {
                    peer.endOutput();
                }
            } catch (SocketException ourEndWasFaster) {
                // The answer is still there to be read.
            }
            return read(peer);
        }
    }

    /** {@return the headers and frames that came, up to the end of the stream} */
    private static List<Object> read(RawPeer peer) throws IOException {
        List<Object> answer = new ArrayList<>();
        byte[] header = peer.readHeader();
        answer.add(header);
        if (Arrays.equals(header, Frames.SASL)) {
            for (Frame frame = peer.readFrame(); frame != null; frame = peer.readFrame()) {
                answer.add(frame.performative());
                if (frame.type() == 1 && isOk(frame.performative())) {
                    answer.add(peer.readHeader());
                    break;
                }
            }
        }
        for (Frame frame : peer.readFrames()) {
            answer.add(frame.performative());
        }
        peer.close();
        return answer;
    }

    private static boolean isOk(Object performative) {
        return performative instanceof org.apache.qpid.proton.amqp.security.SaslOutcome outcome
                && outcome.getCode() == org.apache.qpid.proton.amqp.security.SaslCode.OK;
    }

    private static void complaint(Input input, int port, List<String> complaints) {
        if (complaints.size() >= ENOUGH_COMPLAINTS) {
            return; // each may have taken all the patience there is
        }
        try {
            judge(input, answerTo(input, port), complaints);
        } catch (IOException e) {
            complaints.add(input + ": " + e);
        }
    }

    private static void judge(Input input, List<Object> answer, List<String> complaints) {
        byte[] header = (byte[]) answer.get(0);
        Object last = answer.get(answer.size() - 1);
        if (!Arrays.equals(header, input.isSasl() ? Frames.SASL : Frames.AMQP)) {
            complaints.add(input + ": header " + Arrays.toString(header));
        } else if (input.isSasl() && answer.stream().noneMatch(BadInputTest::isOk)) {
            if (answer.stream().anyMatch(part -> part instanceof Close)) {
                complaints.add(input + ": AMQP without authentication: " + answer);
            }
        } else if (!(last instanceof Close close)) {
            complaints.add(input + ": no close but " + last);
        } else if (conditionOf(close) == null) {
            complaints.add(input + ": close without a condition");
        }
    }

    private static ErrorCondition conditionOf(Close close) {
        ErrorCondition error = close.getError();
        return error == null || error.getCondition() == null ? null : error;
    }
}
