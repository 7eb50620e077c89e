package dev.proactor.conformance;

import static dev.proactor.EventType.DELIVERY;
import static dev.proactor.EventType.LINK_REMOTE_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.testing.Handlers.address;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.LastingConnection;
import dev.proactor.LastingSender;
import dev.proactor.Listener;
import dev.proactor.ListenerOptions;
import dev.proactor.ReconnectOptions;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Receiver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sender that outlives connections. */
@Timeout(20)
class LastingSenderTest {

    private static final ReconnectOptions SOON = ReconnectOptions.builder()
            .initialDelay(Duration.ofMillis(1))
            .maxDelay(Duration.ofMillis(5))
            .build();

    private final LastingSender sender = new LastingSender("readings", "queue", 5);
    private final Driver client = new Driver(sender::handle);
    private final List<String> arrived = new ArrayList<>();
    private final List<Receiver> receivers = new ArrayList<>();
    private final Driver server = new Driver(this::onServer);
    private boolean settles = true;

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private void onServer(Event event) {
        Handlers.mirror(event);
        if (event.type() == dev.proactor.EventType.LINK_REMOTE_OPEN) {
            receivers.add(event.receiver());
        }
        if (event.type() == DELIVERY) {
            Delivery delivery = event.delivery();
            byte[] bytes = new byte[delivery.available()];
            event.receiver().recv(bytes, 0, bytes.length);
            event.receiver().advance();
            arrived.add(new String(bytes, UTF_8));
            if (settles) {
                delivery.disposition(Accepted.getInstance());
                delivery.settle();
            }
        }
    }

    private CompletableFuture<DeliveryState> send(String message) {
        return sender.send(message.getBytes(UTF_8)).toCompletableFuture();
    }

    private LastingConnection keep(Listener listener) {
        return client.proactor.keepConnected(
                ConnectionOptions.to(address(listener)).build(), SOON);
    }

    @Test
    void whatIsSentBeforeThereIsAConnectionWaitsForIt() {
        CompletableFuture<DeliveryState> first = send("one");
        CompletableFuture<DeliveryState> second = send("two");
        assertThat(sender.pending()).isEqualTo(2);
        keep(Handlers.listen(server));
        client.runUntil(() -> first.isDone() && second.isDone(), "outcomes", server);
        assertThat(arrived).containsExactly("one", "two");
        assertThat(first.join()).isInstanceOf(Accepted.class);
        assertThat(sender.pending()).isZero();

        CompletableFuture<DeliveryState> third = send("three");
        client.runUntil(third::isDone, "outcome", server);
        assertThat(arrived).endsWith("three");
    }

    @Test
    void whatWasNotSettledIsSentAgainInItsOrderOnTheNextConnection() {
        Listener listener = Handlers.listen(server);
        String where = address(listener);
        keep(listener);
        CompletableFuture<DeliveryState> settled = send("settled");
        client.runUntil(settled::isDone, "outcome", server);
        settles = false;
        List<CompletableFuture<DeliveryState>> others = List.of(send("a"), send("b"), send("c"));
        client.runUntil(() -> arrived.size() == 4, "messages", server);

        server.proactor.disconnect(null);
        server.runTo(PROACTOR_INACTIVE, client);
        settles = true;
        others = new ArrayList<>(others);
        others.add(send("d"));
        Handlers.listen(server, ListenerOptions.on(where).build());
        List<CompletableFuture<DeliveryState>> all = others;
        client.runUntil(() -> all.stream().allMatch(CompletableFuture::isDone), "outcomes", server);
        assertThat(arrived).containsExactly("settled", "a", "b", "c", "a", "b", "c", "d");
        assertThat(all).allSatisfy(outcome -> assertThat(outcome.join()).isInstanceOf(Accepted.class));
    }

    @Test
    void aLinkThatThePeerClosesIsAttachedAgainByTheNextSend() {
        keep(Handlers.listen(server));
        CompletableFuture<DeliveryState> first = send("one");
        client.runUntil(first::isDone, "outcome", server);
        Receiver receiver = receivers.get(0);
        server.proactor.execute(receiver.getSession().getConnection(), receiver::close);
        client.runTo(LINK_REMOTE_CLOSE, server);
        client.settle(server);
        assertThat(receivers).hasSize(1);

        CompletableFuture<DeliveryState> second = send("two");
        client.runUntil(second::isDone, "outcome", server);
        assertThat(receivers).hasSize(2);
        assertThat(arrived).containsExactly("one", "two");
    }

    @Test
    void itIsBoundedAndFailsWhatIsPendingWhenItIsClosed() {
        List<CompletableFuture<DeliveryState>> pending = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            pending.add(send("message " + i));
        }
        assertThatThrownBy(() -> send("one too many"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("readings has 5 messages pending");
        sender.close();
        assertThat(pending).allSatisfy(outcome -> assertThat(outcome).isCompletedExceptionally());
        assertThatThrownBy(() -> pending.get(0).join()).hasCauseInstanceOf(ConnectionEndedException.class);
        assertThatThrownBy(() -> send("too late")).hasMessageContaining("is closed");
    }
}
