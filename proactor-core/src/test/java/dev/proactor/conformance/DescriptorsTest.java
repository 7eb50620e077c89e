package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Loopback;
import dev.proactor.testing.ServerProcess;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A server that runs out of descriptors. */
@Timeout(30)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no ulimit")
class DescriptorsTest {

    private static void closeOnOpen(Event event) {
        if (event.type() == CONNECTION_REMOTE_OPEN) {
            event.connection().close();
        }
    }

    @Test
    @Tag("C61")
    void aListenerOutOfDescriptorsStaysAndServesLaterPeersOnceThereAreSomeAgain() throws IOException {
        int limit = 256;
        List<Socket> peers = new ArrayList<>();
        try (ServerProcess server = new ServerProcess(limit);
                Driver client = new Driver(DescriptorsTest::closeOnOpen)) {
            // Once through, so that the server has all classes of a connection's life, and of the answers.
            connectAndClose(client, server.port());
            assertThat(server.processorMillis()).isPositive();

            for (int i = 0; i < limit; i++) {
                peers.add(Loopback.connect(server.port()));
            }
            // A peer counts as accepted when the handler accepts it: by the next try that fails it has accepted all.
            await().until(() -> server.failed() > 0 && server.waiting() == 0);
            int tries = server.failed();
            await().until(() -> server.failed() > tries);
            int failed = server.failed();
            int accepted = server.accepted();
            assertThat(accepted).isLessThan(limit);

            // It tries again now and then, and does not spin.
            long start = System.nanoTime();
            int processor = server.processorMillis();
            await().pollInterval(Duration.ofMillis(500)).until(() -> server.failed() >= failed + 18);
            int used = server.processorMillis() - processor;
            long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertThat(used).as("of %d ms", passed).isLessThan((int) passed / 20);
            assertThat(passed).isGreaterThan(1000);
            assertThat(server.accepted()).isEqualTo(accepted);
            assertThat(server.closed()).isZero();
            assertThat(server.log())
                    .containsOnlyOnce("could not accept a peer")
                    .contains("listener dynamic on 127.0.0.1:0")
                    .doesNotContain("again\n");

            for (Socket peer : peers) {
                peer.close();
            }
            connectAndClose(client, server.port());
            assertThat(server.accepted()).isGreaterThan(accepted);
            assertThat(server.closed()).isZero();
            assertThat(server.log())
                    .containsOnlyOnce("could not accept a peer")
                    .containsOnlyOnce("accepts peers again");
        } finally {
            for (Socket peer : peers) {
                peer.close();
            }
        }
    }

    private static void connectAndClose(Driver client, int port) {
        client.takeLog();
        client.proactor.connect(ConnectionOptions.to("127.0.0.1:" + port).build());
        client.runTo(PROACTOR_INACTIVE);
        assertThat(client.log).contains(CONNECTION_REMOTE_OPEN).doesNotContain(TRANSPORT_ERROR);
    }
}
