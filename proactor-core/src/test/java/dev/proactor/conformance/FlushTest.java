package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.DELIVERY;
import static dev.proactor.EventType.LINK_REMOTE_OPEN;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.nextType;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.address;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Pair;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Sender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When output is sent: by flush, at the end of a batch; and whose turn it is after that. */
@Timeout(30)
class FlushTest {

    private final List<String> received = new ArrayList<>();

    private int tag;

    private final Pair pair = new Pair(event -> {}, this::receive);

    private void receive(Event event) {
        if (event.type() == LINK_REMOTE_OPEN) {
            event.receiver().flow(10_000);
        } else if (event.type() == DELIVERY && !event.delivery().isPartial()) {
            byte[] bytes = new byte[event.delivery().pending()];
            event.receiver().recv(bytes, 0, bytes.length);
            received.add(new String(bytes, US_ASCII));
            event.delivery().settle();
        }
    }

    private void send(Sender sender, String text) {
        sender.delivery(String.valueOf(tag++).getBytes(US_ASCII));
        byte[] bytes = text.getBytes(US_ASCII);
        assertThat(sender.send(bytes, 0, bytes.length)).isEqualTo(bytes.length);
        sender.current().settle();
        sender.advance();
    }

    @AfterEach
    void closePair() {
        pair.close();
    }

    @Test
    @Tag("C80")
    void flushSendsBeforeTheBatchEnds() {
        Connection connection = pair.connect();
        Sender sender = pair.openSender(connection);
        pair.client.proactor.wake(connection);
        try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
            send(sender, "one");
            pair.client.proactor.flush(connection);
            pair.server.runUntil(() -> received.size() == 1, "the first message");
            send(sender, "two");
            pair.client.proactor.flush(connection);
            pair.client.proactor.flush(connection);
            pair.server.runUntil(() -> received.size() == 2, "the second message");
            assertThat(rest(batch)).as("events made by flush").isEmpty();
        }
        assertThat(received).containsExactly("one", "two");
        assertIdle(pair.client.proactor);
    }

    @Test
    @Tag("C80")
    void flushWithNothingToSendDoesNothing() {
        Connection connection = pair.connect();
        pair.client.proactor.wake(connection);
        try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
            pair.client.proactor.flush(connection);
            assertThat(batch.next()).isNull();
            pair.client.proactor.flush(connection);
        }
        assertIdle(pair.client.proactor);
        assertIdle(pair.server.proactor);
    }

    @Test
    @Tag("C80")
    void flushLeavesTheEventThatIsHandledAsItIs() {
        try (Pair other = new Pair(event -> {}, event -> {
            if (event.type() == DELIVERY) {
                event.proactor().flush(event.connection());
                assertThat(event.delivery().isSettled()).isFalse();
            }
            receive(event);
        })) {
            Connection connection = other.connect();
            Sender sender = other.openSender(connection);
            other.client.proactor.wake(connection);
            try (EventBatch batch = takeAt(other.client.proactor, CONNECTION_WAKE)) {
                assertThat(batch.connection()).isSameAs(connection);
                send(sender, "one");
            }
            other.server.runUntil(() -> received.size() == 1, "the message");
        }
        assertThat(received).containsExactly("one");
    }

    @Test
    @Tag("C80")
    void flushNeverWaitsForThePeer() {
        Connection connection = pair.connect();
        Sender sender = pair.openSender(connection);
        String kilobytes = "x".repeat(8 * 1024);
        pair.client.proactor.wake(connection);
        int sent = 0;
        try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
            // The server is not run: at some time the network takes no more, and there is an end of what may be sent.
            while (pair.client.proactor.sendable(sender) > 0 && sent < 9000) {
                send(sender, sent + kilobytes);
                pair.client.proactor.flush(connection);
                sent++;
            }
            assertThat(batch.connection()).isSameAs(connection);
        }
        assertThat(sent).isLessThan(9000);
        int all = sent;
        pair.server.runUntil(() -> received.size() == all, "all messages", pair.client);
        for (int i = 0; i < all; i++) {
            assertThat(received.get(i))
                    .startsWith(i + "x")
                    .hasSize(kilobytes.length() + String.valueOf(i).length());
        }
    }

    @Test
    @Tag("C80")
    void flushOfAConnectionThatIsNotConnectedOrOfNoProactorDoesNothing() {
        Proactor proactor = pair.client.proactor;
        proactor.flush(Connection.Factory.create());
        proactor.connect(ConnectionOptions.to(address(pair.listener)).build());
        try (EventBatch batch = takeAt(proactor, CONNECTION_INIT)) {
            proactor.flush(batch.connection());
            assertThat(rest(batch)).containsExactly(EventType.CONNECTION_LOCAL_OPEN, EventType.CONNECTION_BOUND);
            proactor.flush(batch.connection());
        }
        pair.client.runTo(EventType.CONNECTION_REMOTE_OPEN, pair.server);
    }

    @Test
    @Tag("C81")
    void whatHandlersWroteIsSentAtTheEndOfTheBatchInOrder() {
        Connection connection = pair.connect();
        Sender sender = pair.openSender(connection);
        pair.client.proactor.wake(connection);
        try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
            send(sender, "one");
            pair.client.proactor.wake(connection);
            assertThat(nextType(batch)).isIn(CONNECTION_WAKE, null);
            send(sender, "two");
            assertThat(batch.next()).isNull();
            // After the last event: only the close is left to send it.
            send(sender, "three");
        }
        // The client is not run any more.
        pair.server.runUntil(() -> received.size() == 3, "all messages");
        assertThat(received).containsExactly("one", "two", "three");
    }

    @Test
    @Tag("C81")
    void whatHandlersWroteIsSentWhereEventsAreLeftInTheBatchToo() {
        Connection connection = pair.connect();
        Sender sender = pair.openSender(connection);
        pair.client.proactor.execute(
                connection, () -> sender.getSession().getConnection().session().open());
        EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE);
        send(sender, "one");
        Background.run(batch::close).result();
        pair.server.runUntil(() -> received.size() == 1, "the message");
        try (EventBatch left = take(pair.client.proactor)) {
            assertThat(rest(left)).startsWith(EventType.SESSION_INIT, EventType.SESSION_LOCAL_OPEN);
        }
    }

    @Test
    @Tag("C81")
    void outputThatTheNetworkDidNotTakeFollowsWithoutAnEvent() {
        Connection connection = pair.connect();
        Sender sender = pair.openSender(connection);
        String much = "x".repeat(400_000);
        // Until some of it stays here.
        int sent = 0;
        while (sent == 0 || pair.client.proactor.sendable(sender) > 0) {
            pair.client.proactor.wake(connection);
            try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
                send(sender, much);
                sent++;
            }
            assertThat(sent).isLessThan(1000);
        }
        int all = sent;
        pair.client.takeLog();
        pair.server.runUntil(() -> received.size() == all, "all messages", pair.client);
        assertThat(received).allMatch(much::equals);
        pair.client.settle();
        // There is room again, and nothing else to tell.
        assertThat(pair.client.takeLog()).containsOnly(EventType.LINK_FLOW);
    }

    @Test
    @Tag("C82")
    void aConnectionWithEndlessInputIsToppedUpAtMostOnceAndGoesBehindTheOthers() {
        Connection noisy = pair.connect();
        Connection noisyAtServer = pair.lastAccepted();
        Sender sender = pair.openSender(noisy);
        pair.connect();
        Connection other = pair.lastAccepted();
        Runnable feed = () -> {
            pair.client.proactor.execute(noisy, () -> send(sender, "more"));
            // The batch's close has written it: it waits in the server's socket.
            takeAt(pair.client.proactor, CONNECTION_WAKE).close();
        };
        feed.run();
        Proactor proactor = pair.server.proactor;
        try (EventBatch batch = take(proactor)) {
            assertThat(batch.connection()).isSameAs(noisyAtServer);
            proactor.wake(other);
            int events = 0;
            for (Event event = batch.next(); event != null && events < 1000; event = batch.next()) {
                assertThat(event.type()).isEqualTo(DELIVERY);
                receive(event);
                events++;
                feed.run();
            }
            assertThat(events).isBetween(1, 2);
        }
        try (EventBatch batch = take(proactor)) {
            assertThat(batch.connection()).as("who is next").isSameAs(other);
            assertThat(rest(batch)).containsExactly(CONNECTION_WAKE);
        }
        pair.server.settle(pair.client);
        assertThat(received).hasSizeGreaterThan(1).containsOnly("more");
    }
}
