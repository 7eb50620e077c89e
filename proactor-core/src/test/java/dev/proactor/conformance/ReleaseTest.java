package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Batches.assertIdle;
import static dev.proactor.testing.Batches.take;
import static dev.proactor.testing.Batches.takeAll;
import static dev.proactor.testing.Batches.takeAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionEndedException;
import dev.proactor.EventBatch;
import dev.proactor.Proactor;
import dev.proactor.testing.Pair;
import java.util.ArrayList;
import java.util.List;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Transport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Letting go of a connection. */
@Timeout(30)
class ReleaseTest {

    /** Releases in the handler of a wake. */
    private static void release(Pair pair, Connection connection) {
        pair.client.proactor.wake(connection);
        try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
            pair.client.proactor.release(connection);
            assertThat(batch.next()).isNull();
        }
    }

    @Test
    @Tag("C70")
    void aReleasedConnectionHasNoMoreEventsAndItsPeerSeesItAborted() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            release(pair, connection);
            pair.server.runTo(TRANSPORT_CLOSED);
            assertThat(pair.server.log).containsSubsequence(TRANSPORT_ERROR, TRANSPORT_CLOSED);
            assertThat(pair.server.lastCondition.getCondition().toString()).isEqualTo("amqp:connection:framing-error");
            assertThat(pair.server.lastCondition.getDescription()).contains("connection aborted");
            pair.client.settle(pair.server);
            assertThat(pair.client.log).containsExactly(PROACTOR_INACTIVE);
        }
    }

    @Test
    @Tag("C70")
    void aReleasedConnectionStaysAsItIsWithItsSessionsAndLinks() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Sender sender = pair.openSender(connection);
            Transport transport = connection.getTransport();
            release(pair, connection);
            pair.client.settle(pair.server);

            assertThat(connection.getLocalState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(connection.getRemoteState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(sender.getSession().getConnection()).isSameAs(connection);
            assertThat(sender.getSession().getLocalState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(sender.getSession().getRemoteState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(sender.getName()).isEqualTo("a link");
            assertThat(sender.getRemoteState()).isEqualTo(EndpointState.ACTIVE);
            assertThat(sender.getCredit()).isEqualTo(10);
            assertThat(connection.getTransport()).as("transport").isNull();
            assertThat(transport.isClosed()).isTrue();
        }
    }

    @Test
    @Tag("C70")
    void onlyTheOwnerMayRelease() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.client.proactor;
            assertThatIllegalStateException()
                    .isThrownBy(() -> proactor.release(connection))
                    .withMessageContaining("proactor.execute");
            assertThat(Proactor.of(connection)).isSameAs(proactor);
            pair.openSender(connection); // it goes on
        }
    }

    @Test
    @Tag("C70")
    void theProactorKnowsAReleasedConnectionNoMore() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.client.proactor;
            Sender sender = pair.openSender(connection);
            proactor.wake(connection);
            try (EventBatch batch = takeAt(proactor, CONNECTION_WAKE)) {
                assertThat(proactor.sendable(sender)).isEqualTo(10);
                proactor.release(connection);
                assertThat(Proactor.of(connection)).isNull();
                assertThat(proactor.sendable(sender)).isZero();
                assertThat(proactor.closeReason(connection)).isEqualTo(CloseReason.RELEASED);
                proactor.flush(connection);
                proactor.wake(connection);
                proactor.release(connection);
                assertThatExceptionOfType(ConnectionEndedException.class)
                        .isThrownBy(() -> proactor.execute(connection, () -> {}));
                assertThat(batch.next()).isNull();
            }
            assertThat(proactor.localAddress(connection)).isNull();
            assertThat(proactor.remoteAddress(connection)).isNull();
            proactor.wake(connection);
            proactor.flush(connection);
            proactor.release(connection);
            assertThat(takeAll(proactor)).containsExactly(PROACTOR_INACTIVE);
            assertIdle(proactor);
        }
    }

    @Test
    void tasksThatWereTakenRunBeforeTheRelease() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.client.proactor;
            List<Object> seen = new ArrayList<>();
            proactor.wake(connection);
            try (EventBatch batch = takeAt(proactor, CONNECTION_WAKE)) {
                proactor.execute(connection, () -> seen.add(Proactor.of(connection)));
                proactor.release(connection);
                seen.add("released");
                assertThat(batch.next()).isNull();
            }
            assertThat(seen).containsExactly(proactor, "released");
        }
    }

    @Test
    void tasksThatWereTakenRunBeforeTheReleaseByOneOfThem() {
        try (Pair pair = new Pair()) {
            Connection connection = pair.connect();
            Proactor proactor = pair.client.proactor;
            List<Object> seen = new ArrayList<>();
            proactor.execute(connection, () -> {
                proactor.release(connection);
                seen.add("released");
            });
            proactor.execute(connection, () -> seen.add(Proactor.of(connection)));
            try (EventBatch batch = take(proactor)) {
                assertThat(batch.next()).as("event after the release").isNull();
            }
            assertThat(seen).containsExactly(proactor, "released");
        }
    }

    @Test
    @Tag("C71")
    void aReleasedConnectionMayBeFreedAtOnceOrAfterTheProactor() {
        Connection later;
        try (Pair pair = new Pair()) {
            Connection stays = pair.connect();
            Connection atOnce = pair.connect();
            pair.client.proactor.wake(atOnce);
            try (EventBatch batch = takeAt(pair.client.proactor, CONNECTION_WAKE)) {
                pair.client.proactor.release(atOnce);
                atOnce.free();
                assertThat(batch.next()).isNull();
            }
            pair.server.runTo(TRANSPORT_CLOSED);
            later = pair.connect();
            release(pair, later);
            pair.server.runTo(TRANSPORT_CLOSED);
            pair.settle();
            // The one that was not released is unharmed.
            pair.client.proactor.wake(stays);
            assertThat(takeAll(pair.client.proactor)).containsExactly(CONNECTION_WAKE);
        }
        later.free();
    }

    @Test
    @Tag("C71")
    void afterAReleaseANewConnectionCanBeMade() {
        try (Pair pair = new Pair()) {
            for (int i = 0; i < 3; i++) {
                Connection connection = pair.connect();
                assertThat(Proactor.of(connection)).isSameAs(pair.client.proactor);
                release(pair, connection);
                pair.server.runTo(TRANSPORT_CLOSED);
                pair.client.runTo(PROACTOR_INACTIVE);
            }
        }
    }

    @Test
    @Tag("C70")
    void anAcceptedConnectionCanBeReleasedToo() {
        try (Pair pair = new Pair()) {
            pair.connect();
            Connection connection = pair.lastAccepted();
            pair.server.proactor.wake(connection);
            try (EventBatch batch = takeAt(pair.server.proactor, CONNECTION_WAKE)) {
                pair.server.proactor.release(connection);
                assertThat(batch.next()).isNull();
            }
            pair.client.runTo(TRANSPORT_CLOSED);
            assertThat(pair.client.lastCondition.getDescription()).contains("connection aborted");
            assertIdle(pair.server.proactor);
        }
    }

    @Test
    @Tag("C72")
    void releasingAConnectionOfNoProactorDoesNothing() {
        try (Proactor proactor = Proactor.create()) {
            Connection stranger = Connection.Factory.create();
            stranger.open();
            proactor.release(stranger);
            assertThat(stranger.getLocalState()).isEqualTo(EndpointState.ACTIVE);
            assertIdle(proactor);
        }
    }
}
