package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.Proactor;
import dev.proactor.proof.RawPeer.Frame;
import java.io.EOFException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.transport.Attach;
import org.apache.qpid.proton.amqp.transport.Begin;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.amqp.transport.Transfer;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A peer that gives credit without end and does not read: what is held for it is bounded, and nothing is lost. */
@Timeout(120)
class OutputBoundTest {

    private static final int MESSAGES = Stress.isOn() ? 1_000_000 : 100_000;
    private static final int CREDIT = 2_000_000;
    private static final int SMALL = 100;

    /** Some hundred of them, fewer than there is credit for, are more than a connection may hold. */
    private static final int LARGE = 12_000;

    private static final long HEAP_GROWTH_BYTES = 8 * 1024 * 1024;

    /** Whom an application asks whether it may send. */
    enum Asks {
        SENDABLE {
            @Override
            boolean maySend(Proactor proactor, Sender sender) {
                return proactor.sendable(sender) > 0;
            }
        },
        CREDIT_ONLY {
            @Override
            boolean maySend(Proactor proactor, Sender sender) {
                return sender.getCredit() > 0;
            }
        },
        NOBODY {
            @Override
            boolean maySend(Proactor proactor, Sender sender) {
                return true;
            }
        };

        abstract boolean maySend(Proactor proactor, Sender sender);
    }

    /** An application that sends numbered messages, as many at once as it may. */
    private static final class Application {
        final CompletableFuture<ErrorCondition> ended = new CompletableFuture<>();
        final CountDownLatch gone = new CountDownLatch(1);
        volatile Connection connection;
        volatile Sender sender;
        volatile int sent;

        private final Asks asks;
        private final int payloadBytes;

        Application(Asks asks, int payloadBytes) {
            this.asks = asks;
            this.payloadBytes = payloadBytes;
        }

        void on(Event event) {
            switch (event.type()) {
                case CONNECTION_INIT -> {
                    connection = event.connection();
                    sender = Pings.openSender(connection);
                }
                case LINK_FLOW -> send(event.proactor());
                case TRANSPORT_ERROR -> ended.complete(event.transport().getCondition());
                case TRANSPORT_CLOSED -> {
                    sender = null; // it holds what was not sent
                    connection = null;
                }
                case PROACTOR_INACTIVE -> gone.countDown();
                default -> {}
            }
        }

        private void send(Proactor proactor) {
            int messages = messages(payloadBytes);
            byte[] payload = new byte[payloadBytes];
            int next = sent;
            while (next < messages && asks.maySend(proactor, sender)) {
                ByteBuffer.wrap(payload).putInt(next);
                sender.delivery(ByteBuffer.allocate(4).putInt(next).array());
                int taken = sender.send(payload, 0, payload.length);
                assertThat(taken).isEqualTo(payload.length);
                sender.current().settle();
                next++;
            }
            sent = next;
        }
    }

    /** The application, and the peer that has read everything but what the application sends from now on. */
    private static final class Pair implements AutoCloseable {
        final Application application;
        final Workers client;
        final RawPeer peer;
        private int handle;
        private int firstId;
        private int received;

        Pair(Asks asks, int payloadBytes) throws IOException {
            application = new Application(asks, payloadBytes);
            client = new Workers(1, application::on);
            try (ServerSocket listening = RawPeer.listen()) {
                client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + listening.getLocalPort())
                        .idleTimeout(Duration.ZERO)
                        .build());
                peer = RawPeer.accept(listening);
            }
        }

        Pair open() throws IOException {
            peer.answerOpening("peer");
            firstId = peer.readTo(Begin.class).getNextOutgoingId().intValue();
            peer.write(Frames.beginAnswer(0, Integer.MAX_VALUE));
            Attach attach = peer.readTo(Attach.class);
            handle = attach.getHandle().intValue();
            peer.write(Frames.attachReceiver(attach.getName(), handle));
            return this;
        }

        void giveCredit() throws IOException {
            peer.write(Frames.flow(firstId, Integer.MAX_VALUE, handle, 0, CREDIT));
        }

        /** Reads all messages, each of which must be the next. */
        void receiveAll() throws IOException {
            while (received < messages(application.payloadBytes)) {
                Frame frame = peer.readFrame();
                if (frame == null) {
                    throw new EOFException("after " + received + " messages");
                }
                if (frame.performative() instanceof Transfer) {
                    assertThat(frame.payload()).hasSize(application.payloadBytes);
                    int number = ByteBuffer.wrap(frame.payload()).getInt();
                    if (number != received) {
                        throw new AssertionError("message " + number + " came where " + received + " was due");
                    }
                    received++;
                }
            }
        }

        @Override
        public void close() throws Exception {
            peer.close();
            client.close();
        }
    }

    /** {@return how many are sent, so that all sizes take their time} */
    private static int messages(int payloadBytes) {
        return payloadBytes == SMALL ? MESSAGES : MESSAGES / 40;
    }

    @ParameterizedTest
    @CsvSource({"SENDABLE, " + SMALL, "CREDIT_ONLY, " + SMALL, "SENDABLE, " + LARGE, "CREDIT_ONLY, " + LARGE})
    void sendsStopWhileThePeerDoesNotReadAndGoOnWithoutLossWhenItDoes(Asks asks, int payloadBytes) throws Exception {
        double unstalled = 0;
        double afterStall = 0;
        for (int round = 0; round < 3; round++) { // the best of each: the first one is the compiler's
            unstalled = Math.max(unstalled, runWithoutStall(asks, payloadBytes));
            afterStall = Math.max(afterStall, runWithStall(asks, payloadBytes));
        }
        Stress.report(
                "%s, %,d bytes: %,.0f messages a second without a stall, %,.0f after one",
                asks, payloadBytes, unstalled, afterStall);
        // A quarter, for the two are measured one after the other on a machine that may have other things to do; an
        // engine that walks its whole queue for each piece of it falls behind by a factor of a hundred.
        assertThat(afterStall).as("messages a second after a stall").isGreaterThan(unstalled / 4);
    }

    private static double runWithoutStall(Asks asks, int payloadBytes) throws Exception {
        try (Pair pair = new Pair(asks, payloadBytes).open()) {
            pair.giveCredit();
            return rateOf(pair);
        }
    }

    private static double runWithStall(Asks asks, int payloadBytes) throws Exception {
        try (Pair pair = new Pair(asks, payloadBytes).open()) {
            Application application = pair.application;
            int messages = messages(payloadBytes);
            long before = Resources.liveHeapBytes();
            pair.giveCredit();
            int stalledAt = awaitStall(pair);
            long growth = Resources.heapGrowthBytes(before, HEAP_GROWTH_BYTES);
            Stress.report("stall after %,d of %,d messages, live heap %,d bytes more", stalledAt, messages, growth);
            assertThat(stalledAt).as("messages sent at the stall").isLessThan(messages);
            assertThat(growth).as("live heap at the stall, in bytes more").isLessThan(HEAP_GROWTH_BYTES);
            double rate = rateOf(pair);
            assertThat(application.sent).isEqualTo(messages);
            assertThat(application.ended).isNotDone();
            return rate;
        }
    }

    /** {@return how many messages came a second} */
    private static double rateOf(Pair pair) throws IOException {
        long start = System.nanoTime();
        pair.receiveAll();
        return messages(pair.application.payloadBytes) / ((System.nanoTime() - start) / 1e9);
    }

    /** {@return how many messages were sent when no more of them were for a while, and nothing is sendable} */
    private static int awaitStall(Pair pair) {
        int[] last = {-1};
        await().pollInSameThread().pollInterval(Duration.ofMillis(200)).until(() -> {
            int before = last[0];
            last[0] = pair.application.sent;
            // The thread that sends may just have had no processor for that while.
            return last[0] > 0 && last[0] == before && sendable(pair) == 0;
        });
        return last[0];
    }

    private static int sendable(Pair pair) throws Exception {
        CompletableFuture<Integer> sendable = new CompletableFuture<>();
        Proactor proactor = pair.client.proactor;
        Application application = pair.application;
        proactor.execute(application.connection, () -> sendable.complete(proactor.sendable(application.sender)));
        return sendable.get(5, TimeUnit.SECONDS);
    }

    @Test
    void whoSendsWithoutAskingLosesTheConnectionAndIsToldWhichLimitWasPassed() throws Exception {
        try (Pair pair = new Pair(Asks.NOBODY, SMALL).open()) {
            long before = Resources.liveHeapBytes();
            pair.giveCredit();
            ErrorCondition condition = pair.application.ended.get(30, TimeUnit.SECONDS);
            assertThat((Object) condition.getCondition()).hasToString("amqp:resource-limit-exceeded");
            assertThat(condition.getDescription()).contains("maxOutputBytes");
            // What does arrive has no gap.
            try {
                pair.receiveAll();
            } catch (EOFException end) {
                assertThat(pair.received).isLessThan(MESSAGES);
            }
            assertThat(pair.application.gone.await(10, TimeUnit.SECONDS)).isTrue();
            long growth = Resources.heapGrowthBytes(before, HEAP_GROWTH_BYTES);
            assertThat(growth).as("live heap when the connection is over").isLessThan(HEAP_GROWTH_BYTES);
        }
    }
}
