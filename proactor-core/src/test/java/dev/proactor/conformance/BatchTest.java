package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_BOUND;
import static dev.proactor.EventType.CONNECTION_INIT;
import static dev.proactor.EventType.CONNECTION_LOCAL_OPEN;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.LISTENER_ACCEPT;
import static dev.proactor.EventType.LISTENER_CLOSE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.PROACTOR_INTERRUPT;
import static dev.proactor.EventType.PROACTOR_TIMEOUT;
import static dev.proactor.EventType.SESSION_INIT;
import static dev.proactor.EventType.SESSION_LOCAL_OPEN;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.nextType;
import static dev.proactor.testing.Batches.rest;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.HostResolver;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.testing.Background;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import dev.proactor.testing.Pair;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a batch is: its subject, its events, its end. */
@Timeout(30)
class BatchTest {

    /** Never finds anything, so that a connection has no events but its own first ones. */
    private static Proactor withoutLookups(CountDownLatch never) {
        HostResolver resolver = host -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return List.of();
        };
        return Proactor.builder().resolver(resolver).build();
    }

    @Test
    @Tag("C16")
    void noBatchComesForWhatMakesNoEvent() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            // Set and replaced, cancelled and revived: reasons to run, and no event.
            for (int i = 0; i < 100; i++) {
                pair.client.proactor.setTimeout(Duration.ofHours(1));
                assertThat(pair.client.proactor.poll()).isNull();
                pair.client.proactor.cancelTimeout();
                assertThat(pair.client.proactor.poll()).isNull();
            }
            // Credit that goes nowhere new: the peer's bytes come, and no event from them is for the proactor.
            pair.client.proactor.execute(connection, connection::open);
            assertThat(takeAll(pair.client.proactor)).containsExactly(CONNECTION_WAKE);
            assertIdle(pair.client.proactor);
            assertIdle(pair.server.proactor);
        }
    }

    @Test
    @Tag("C17")
    void aBatchMayBeClosedByAnotherThread() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE);
            pair.client.proactor.wake(connection);
            Background.run(() -> {
                        assertThat(rest(batch)).containsAnyOf(CONNECTION_WAKE).hasSizeLessThanOrEqualTo(1);
                        pair.client.proactor.wake(connection);
                        batch.close();
                    })
                    .result();
            takeAt(pair.client.proactor, CONNECTION_WAKE).close();
        }
    }

    @Test
    @Tag("C17")
    void aClosedBatchCannotBeUsed() {
        try (Proactor proactor = Proactor.create()) {
            proactor.interrupt();
            EventBatch batch = take(proactor);
            batch.close();
            assertThatIllegalStateException().isThrownBy(batch::close);
            assertThatIllegalStateException().isThrownBy(batch::next);
            assertThatIllegalStateException().isThrownBy(batch::detach);
            // The failed calls have done nothing to the next one.
            try (EventBatch next = take(proactor)) {
                assertThatIllegalStateException().isThrownBy(batch::close);
                assertThat(proactor.poll()).isNull();
                assertThat(rest(next)).containsExactly(PROACTOR_INTERRUPT);
            }
        }
    }

    @Test
    @Tag("C17")
    void ofTwoThreadsThatCloseABatchOneFails() {
        try (Proactor proactor = Proactor.create()) {
            for (int i = 0; i < 200; i++) {
                proactor.interrupt();
                EventBatch batch = take(proactor);
                rest(batch);
                AtomicInteger failed = new AtomicInteger();
                CountDownLatch both = new CountDownLatch(2);
                Background.Body close = () -> {
                    both.countDown();
                    both.await();
                    try {
                        batch.close();
                    } catch (IllegalStateException second) {
                        failed.incrementAndGet();
                    }
                };
                Background<Void> other = Background.run(close);
                Background.run(close).result();
                other.result();
                assertThat(failed).hasValue(1);
                assertThat(proactor.counts().openBatches()).isZero();
            }
        }
    }

    @Test
    @Tag("C18")
    void eventsThatWereNotTakenComeAgainInOrder() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        try (Proactor proactor = withoutLookups(never)) {
            proactor.connect(ConnectionOptions.to("somewhere:1").build());
            takeAt(proactor, CONNECTION_INIT).close();
            // Not one was taken here.
            take(proactor).close();
            takeAt(proactor, CONNECTION_LOCAL_OPEN).close();
            assertThat(takeAll(proactor)).containsExactly(CONNECTION_BOUND);
            assertIdle(proactor);
        } finally {
            never.countDown();
        }
    }

    @Test
    @Tag("C18")
    void eventsOfTheProactorThatWereNotTakenComeAgainInOrder() {
        try (Proactor proactor = Proactor.create()) {
            proactor.setTimeout(Duration.ZERO);
            proactor.interrupt();
            take(proactor).close();
            takeAt(proactor, PROACTOR_TIMEOUT).close();
            takeAt(proactor, PROACTOR_INTERRUPT).close();
            takeAt(proactor, PROACTOR_INACTIVE).close();
            assertIdle(proactor);
        }
    }

    @Test
    @Tag("C18")
    void eventsOfAListenerThatWereNotTakenComeAgainInOrder() throws Exception {
        try (Driver server = new Driver()) {
            Listener listener = listen(server);
            InetSocketAddress address = listener.localAddresses().get(0);
            try (SocketChannel one = SocketChannel.open(address);
                    SocketChannel two = SocketChannel.open(address)) {
                assertThat(List.of(one, two)).allMatch(SocketChannel::isConnected);
                take(server.proactor).close();
                for (int i = 0; i < 2; i++) {
                    try (EventBatch batch = takeAt(server.proactor, LISTENER_ACCEPT)) {
                        assertThat(batch.listener()).isSameAs(listener);
                        listener.reject();
                    }
                }
                assertIdle(server.proactor);
                listener.close();
                take(server.proactor).close();
                assertThat(takeAll(server.proactor)).containsExactly(LISTENER_CLOSE);
            }
        }
    }

    @Test
    @Tag("C18")
    void anEventWhoseHandlerThrewCountsAsHandledAndTheOthersComeAgain() {
        CountDownLatch never = new CountDownLatch(1);
        try (Proactor proactor = withoutLookups(never)) {
            Connection connection =
                    proactor.connect(ConnectionOptions.to("somewhere:1").build());
            assertThatThrownBy(() -> {
                        try (EventBatch batch = take(proactor)) {
                            batch.next();
                            throw new IllegalArgumentException("from a handler");
                        }
                    })
                    .hasMessage("from a handler");
            assertThat(takeAll(proactor)).containsExactly(CONNECTION_LOCAL_OPEN, CONNECTION_BOUND);
            assertThat(Proactor.of(connection)).isSameAs(proactor);
        } finally {
            never.countDown();
        }
    }

    @Test
    @Tag("C19")
    void aBatchOfAConnectionTellsItsConnectionOnly() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            try (EventBatch batch = take(pair.client.proactor)) {
                assertThat(batch.source()).isEqualTo(EventSource.CONNECTION);
                assertThat(batch.connection()).isSameAs(connection);
                assertThat(batch.listener()).isNull();
                assertThat(batch.proactor()).isSameAs(pair.client.proactor);
                Event event = batch.next();
                assertThat(event.type().source()).isEqualTo(EventSource.CONNECTION);
                assertThat(event.connection()).isSameAs(connection);
                assertThat(event.transport()).isSameAs(connection.getTransport());
                assertThat(event.proactor()).isSameAs(pair.client.proactor);
                assertThat(event.sender()).isNull();
                assertThat(event.receiver()).isNull();
                assertThatIllegalStateException().isThrownBy(event::listener);
                assertThatIllegalStateException().isThrownBy(event::session);
                assertThatIllegalStateException().isThrownBy(event::link);
                assertThatIllegalStateException().isThrownBy(event::delivery);
            }
        }
    }

    @Test
    @Tag("C19")
    void aBatchOfAListenerTellsItsListenerOnly() {
        try (Driver server = new Driver()) {
            Listener listener = listen(server);
            listener.close();
            try (EventBatch batch = take(server.proactor)) {
                assertThat(batch.source()).isEqualTo(EventSource.LISTENER);
                assertThat(batch.listener()).isSameAs(listener);
                assertThat(batch.connection()).isNull();
                assertThat(batch.proactor()).isSameAs(server.proactor);
                Event event = batch.next();
                assertThat(event.type().source()).isEqualTo(EventSource.LISTENER);
                assertThat(event.listener()).isSameAs(listener);
                assertThatIllegalStateException().isThrownBy(event::connection);
                assertThatIllegalStateException().isThrownBy(event::transport);
            }
        }
    }

    @Test
    @Tag("C19")
    void aBatchOfTheProactorTellsNeither() {
        try (Proactor proactor = Proactor.create()) {
            proactor.interrupt();
            try (EventBatch batch = take(proactor)) {
                assertThat(batch.source()).isEqualTo(EventSource.PROACTOR);
                assertThat(batch.connection()).isNull();
                assertThat(batch.listener()).isNull();
                assertThat(batch.proactor()).isSameAs(proactor);
                Event event = batch.next();
                assertThat(event.proactor()).isSameAs(proactor);
                assertThatIllegalStateException().isThrownBy(event::connection);
                assertThatIllegalStateException().isThrownBy(event::listener);
            }
        }
    }

    @Test
    @Tag("C20")
    void whatAHandlerDoesTakesEffectBeforeTheNextEventIsWorkedOut() {
        CountDownLatch never = new CountDownLatch(1);
        try (Proactor proactor = withoutLookups(never)) {
            proactor.connect(ConnectionOptions.to("somewhere:1").build());
            try (EventBatch batch = take(proactor)) {
                Event event = batch.next();
                assertThat(event.type()).isEqualTo(CONNECTION_INIT);
                event.connection().session().open();
                // The session's events come where they belong, and the transport is bound after the handler's work.
                assertThat(rest(batch))
                        .containsExactly(CONNECTION_LOCAL_OPEN, SESSION_INIT, SESSION_LOCAL_OPEN, CONNECTION_BOUND);
                assertThat(batch.next()).as("next after the end").isNull();
            }
        } finally {
            never.countDown();
        }
    }

    @Test
    @Tag("C20")
    void aBatchEndsWhereAHandlerReleasesItsConnection() {
        CountDownLatch never = new CountDownLatch(1);
        try (Proactor proactor = withoutLookups(never)) {
            Connection connection =
                    proactor.connect(ConnectionOptions.to("somewhere:1").build());
            try (EventBatch batch = takeAt(proactor, CONNECTION_INIT)) {
                proactor.release(connection);
                assertThat(batch.next()).isNull();
            }
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
        } finally {
            never.countDown();
        }
    }

    @Test
    @Tag("C23")
    void aWholeLifeShowsOnlyTypesThatBelongToItsSubjects() {
        assertThat(EventType.values())
                .extracting(EventType::name)
                .noneMatch(name -> name.startsWith("REACTOR") || name.startsWith("SELECTABLE"))
                .noneMatch(name -> name.endsWith("FINAL") || name.equals("TRANSPORT") || name.endsWith("UNBOUND"));
        // Proton-j's collector makes such events all the same: a whole life passes them by.
        try (Pair pair = new Pair(
                event -> {
                    if (event.type() == CONNECTION_INIT) {
                        event.connection().session().open();
                    } else if (event.type() == EventType.SESSION_REMOTE_OPEN) {
                        event.session().close();
                        event.connection().close();
                    }
                },
                event -> {})) {
            pair.client.proactor.connect(
                    ConnectionOptions.to(address(pair.listener)).build());
            pair.client.runTo(PROACTOR_INACTIVE, pair.server);
            pair.client.settle(pair.server);
            assertThat(pair.client.log)
                    .startsWith(
                            CONNECTION_INIT, CONNECTION_LOCAL_OPEN, SESSION_INIT, SESSION_LOCAL_OPEN, CONNECTION_BOUND)
                    .endsWith(EventType.TRANSPORT_CLOSED, PROACTOR_INACTIVE)
                    .containsOnlyOnce(EventType.TRANSPORT_CLOSED);
        }
    }

    @Test
    void aDetachedBatchBelongsToItsNewOwner() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            pair.client.proactor.wake(connection);
            EventBatch theirs;
            try (EventBatch batch = take(pair.client.proactor)) {
                theirs = batch.detach();
                assertThatIllegalStateException().isThrownBy(batch::next);
                assertThatIllegalStateException().isThrownBy(batch::detach);
            }
            // The try head's close did nothing: the connection is still owned.
            pair.client.proactor.wake(connection);
            assertThat(pair.client.proactor.poll()).isNull();
            assertThat(pair.client.proactor.counts().openBatches()).isEqualTo(1);
            Background.run(() -> {
                        assertThat(theirs.connection()).isSameAs(connection);
                        assertThat(theirs.source()).isEqualTo(EventSource.CONNECTION);
                        assertThat(nextType(theirs)).isEqualTo(CONNECTION_WAKE);
                        theirs.close();
                    })
                    .result();
            assertThatIllegalStateException().isThrownBy(theirs::close);
            takeAt(pair.client.proactor, CONNECTION_WAKE).close();
        }
    }

    @Test
    void detachingInTheMiddleKeepsTheEventsThatAreLeft() {
        CountDownLatch never = new CountDownLatch(1);
        try (Proactor proactor = withoutLookups(never)) {
            proactor.connect(ConnectionOptions.to("somewhere:1").build());
            EventBatch first = takeAt(proactor, CONNECTION_INIT);
            try (EventBatch second = first.detach()) {
                assertThat(rest(second)).containsExactly(CONNECTION_LOCAL_OPEN, CONNECTION_BOUND);
            }
            first.close();
            assertIdle(proactor);
        } finally {
            never.countDown();
        }
    }

    /** A part of an open that can't be encoded, and fails as no code of an application should. */
    private static final class Poison extends java.util.AbstractList<Object> {
        @Override
        public Object get(int index) {
            throw new AssertionError("on purpose");
        }

        @Override
        public int size() {
            throw new AssertionError("on purpose");
        }
    }

    @Test
    void anErrorWhileABatchEndsEndsItsConnectionAndNoOther() {
        try (Driver server = new Driver(Handlers::mirror);
                Driver client = new Driver(event -> {
                    if (event.type() == CONNECTION_INIT
                            && "poison".equals(event.connection().getContext())) {
                        event.connection().setProperties(Map.of(Symbol.valueOf("x"), new Poison()));
                    }
                })) {
            Listener listener = listen(server);
            client.proactor.connect(
                    ConnectionOptions.to(address(listener)).context("poison").build());
            client.runTo(PROACTOR_INACTIVE, server);
            client.takeLog();

            Connection next = client.proactor.connect(
                    ConnectionOptions.to(address(listener)).build());
            client.runUntil(() -> next.getRemoteState() == EndpointState.ACTIVE, "open", server);
        }
    }
}
