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
import org.junit.jupiter.params.provider.EnumSource;

/** A peer that gives credit without end and does not read: what is held for it is bounded, and nothing is lost. */
@Timeout(120)
class OutputBoundTest {

    private static final int MESSAGES = Stress.isOn() ? 1_000_000 : 100_000;
    private static final int CREDIT = 2_000_000;
    private static final int PAYLOAD_BYTES = 100;
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
        private final int messages;

        Application(Asks asks, int messages) {
            this.asks = asks;
            this.messages = messages;
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
            byte[] payload = new byte[PAYLOAD_BYTES];
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

        Pair(Asks asks, int messages) throws IOException {
            application = new Application(asks, messages);
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

        /** Reads up to a number of messages, each of which must be the next. */
        void receive(int upTo) throws IOException {
            while (received < upTo) {
                Frame frame = peer.readFrame();
                if (frame == null) {
                    throw new EOFException("after " + received + " messages");
                }
                if (frame.performative() instanceof Transfer) {
                    assertThat(frame.payload()).hasSize(PAYLOAD_BYTES);
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

    @ParameterizedTest
    @EnumSource(names = {"SENDABLE", "CREDIT_ONLY"})
    void sendsStopWhileThePeerDoesNotReadAndGoOnWithoutLossWhenItDoes(Asks asks) throws Exception {
        double unstalled = 0;
        double afterStall = 0;
        for (int round = 0; round < 3; round++) { // the best of each: the first one is the compiler's
            unstalled = Math.max(unstalled, runWithoutStall(asks));
            afterStall = Math.max(afterStall, runWithStall(asks));
        }
        // A quarter, for the two are measured one after the other on a machine that has other things to do; an engine
        // that
        // walks its whole queue for each piece of it falls behind by a factor of a hundred.
        Stress.report("%s: %,.0f messages a second without a stall, %,.0f after one", asks, unstalled, afterStall);
        assertThat(afterStall).as("messages a second after a stall").isGreaterThan(unstalled / 4);
    }

    private static double runWithoutStall(Asks asks) throws Exception {
        try (Pair pair = new Pair(asks, MESSAGES).open()) {
            pair.giveCredit();
            return receiveAll(pair);
        }
    }

    private static double runWithStall(Asks asks) throws Exception {
        try (Pair pair = new Pair(asks, MESSAGES).open()) {
            Application application = pair.application;
            long before = Resources.liveHeapBytes();
            pair.giveCredit();
            int stalledAt = awaitStall(application);
            long growth = Resources.liveHeapBytes() - before;
            Stress.report("%s: stall after %,d of %,d messages, live heap %,d more", asks, stalledAt, MESSAGES, growth);
            assertThat(stalledAt).as("messages sent at the stall").isLessThan(MESSAGES);
            assertThat(growth).as("live heap at the stall, in bytes more").isLessThan(HEAP_GROWTH_BYTES);
            CompletableFuture<Integer> sendable = new CompletableFuture<>();
            Proactor proactor = pair.client.proactor;
            proactor.execute(application.connection, () -> sendable.complete(proactor.sendable(application.sender)));
            assertThat(sendable.get(5, TimeUnit.SECONDS))
                    .as("sendable at the stall")
                    .isZero();
            double rate = receiveAll(pair);
            assertThat(application.sent).isEqualTo(MESSAGES);
            assertThat(application.ended).isNotDone();
            return rate;
        }
    }

    /** {@return how many messages came a second} */
    private static double receiveAll(Pair pair) throws IOException {
        long start = System.nanoTime();
        pair.receive(MESSAGES);
        return MESSAGES / ((System.nanoTime() - start) / 1e9);
    }

    /** {@return how many messages were sent when no more of them were for a while} */
    private static int awaitStall(Application application) {
        int[] last = {-1};
        await().pollInSameThread().pollInterval(Duration.ofMillis(200)).until(() -> {
            int before = last[0];
            last[0] = application.sent;
            return last[0] > 0 && last[0] == before;
        });
        return last[0];
    }

    @Test
    void whoSendsWithoutAskingLosesTheConnectionAndIsToldWhichLimitWasPassed() throws Exception {
        try (Pair pair = new Pair(Asks.NOBODY, MESSAGES).open()) {
            long before = Resources.liveHeapBytes();
            pair.giveCredit();
            ErrorCondition condition = pair.application.ended.get(30, TimeUnit.SECONDS);
            assertThat((Object) condition.getCondition()).hasToString("amqp:resource-limit-exceeded");
            assertThat(condition.getDescription()).contains("maxOutputBytes");
            // What does arrive has no gap.
            try {
                pair.receive(MESSAGES);
            } catch (EOFException end) {
                assertThat(pair.received).isLessThan(MESSAGES);
            }
            assertThat(pair.application.gone.await(10, TimeUnit.SECONDS)).isTrue();
            long growth = Resources.liveHeapBytes() - before;
            assertThat(growth).as("live heap when the connection is over").isLessThan(HEAP_GROWTH_BYTES);
        }
    }
}
