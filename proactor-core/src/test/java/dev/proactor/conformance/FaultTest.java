package dev.proactor.conformance;

import static dev.proactor.EventType.CONNECTION_REMOTE_OPEN;
import static dev.proactor.EventType.CONNECTION_WAKE;
import static dev.proactor.EventType.PROACTOR_INACTIVE;
import static dev.proactor.EventType.TRANSPORT_CLOSED;
import static dev.proactor.EventType.TRANSPORT_ERROR;
import static dev.proactor.testing.Handlers.address;
import static dev.proactor.testing.Handlers.listen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.CloseReason;
import dev.proactor.ConnectionEndedException;
import dev.proactor.ConnectionOptions;
import dev.proactor.ConnectionRole;
import dev.proactor.LastingConnection;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.ProactorCounts.ConnectionCounts;
import dev.proactor.ReconnectOptions;
import dev.proactor.security.ClientTls;
import dev.proactor.testing.Driver;
import dev.proactor.testing.Handlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import org.apache.qpid.proton.engine.Connection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was never meant to be thrown ends the connection in whose work it was thrown, and the application is told. */
@Timeout(20)
class FaultTest {

    private final Driver server = new Driver(Handlers::mirror);
    private final Driver client = new Driver();
    private Listener listener;

    @BeforeEach
    void begin() {
        listener = listen(server);
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private static ConnectionOptions.Builder failing(Listener listener, Error error) {
        return ConnectionOptions.to(address(listener)).name("faulty").tls(ClientTls.engines((host, port) -> {
            throw error;
        }));
    }

    @Test
    void isToldAsAnErrorAndAnEnd() {
        Connection connection = client.proactor.connect(
                failing(listener, new NoClassDefFoundError("provider")).build());
        AtomicInteger tasks = new AtomicInteger();
        client.proactor.execute(connection, tasks::incrementAndGet);
        client.handler(event -> {
            if (event.type() == TRANSPORT_ERROR) {
                assertThat(client.proactor.closeReason(connection)).isEqualTo(CloseReason.TRANSPORT_ERROR);
                event.connection().close();
                client.proactor.flush(event.connection());
            } else if (event.type() == TRANSPORT_CLOSED) {
                client.proactor.release(event.connection());
            }
        });
        client.runTo(PROACTOR_INACTIVE, server);

        assertThat(client.log).endsWith(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
        assertThat(client.log).containsOnlyOnce(TRANSPORT_ERROR, TRANSPORT_CLOSED);
        assertThatObject(client.lastCondition.getCondition()).hasToString("amqp:internal-error");
        assertThat(client.lastCondition.getDescription()).contains("NoClassDefFoundError: provider");
        assertThat(tasks).hasValue(1);
        assertThatThrownBy(() -> client.proactor.execute(connection, () -> {}))
                .isInstanceOf(ConnectionEndedException.class);
        ConnectionCounts counts = client.proactor.counts().connections().stream()
                .filter(one -> one.role() == ConnectionRole.CLIENT && one.name().equals("faulty"))
                .findFirst()
                .orElseThrow();
        assertThat(counts.closed(CloseReason.TRANSPORT_ERROR)).isOne();
        assertThat(counts.active()).isZero();
    }

    @Test
    void isToldWhateverIsThrown() {
        Error speechless = new AssertionError() {
            @Override
            public String toString() {
                throw new IllegalStateException("no words");
            }
        };
        client.proactor.connect(failing(listener, speechless).build());
        client.runTo(PROACTOR_INACTIVE, server);
        assertThat(client.log).endsWith(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);

        client.proactor.connect(ConnectionOptions.to(address(listener))
                .tls(ClientTls.engines((host, port) -> FaultTest.<SSLEngine, RuntimeException>sneak(
                        new GeneralSecurityException("checked, and not declared"))))
                .build());
        client.log.clear();
        client.runTo(PROACTOR_INACTIVE, server);
        assertThat(client.log).endsWith(TRANSPORT_ERROR, TRANSPORT_CLOSED, PROACTOR_INACTIVE);
    }

    /** As languages without checked exceptions do. */
    @SuppressWarnings("unchecked")
    private static <R, T extends Throwable> R sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    @Test
    void endsOnlyItsOwnConnection() {
        Connection other =
                client.proactor.connect(ConnectionOptions.to(address(listener)).build());
        client.runTo(CONNECTION_REMOTE_OPEN, server);
        client.proactor.connect(failing(listener, new AssertionError("a fault")).build());
        client.runTo(TRANSPORT_CLOSED, server);
        client.proactor.execute(other, () -> {});
        client.runTo(CONNECTION_WAKE, server);
    }

    @Test
    void eventsThatWereNotTakenComeAgain() throws Exception {
        client.proactor.connect(failing(listener, new AssertionError("a fault")).build());
        StringBuilder seen = new StringBuilder();
        while (!seen.toString().contains("TRANSPORT_CLOSED")) {
            try (var batch = client.proactor.await(Duration.ofSeconds(10))) {
                seen.append(batch.next().type()).append(' '); // one event a batch
                assertThat(seen).hasSizeLessThan(1000);
            }
        }
        assertThat(seen).endsWith("TRANSPORT_ERROR TRANSPORT_CLOSED ");
        client.runTo(PROACTOR_INACTIVE);
    }

    @Test
    void aLastingConnectionTriesAgain() {
        AtomicInteger calls = new AtomicInteger();
        Listener tls = listen(server);
        LastingConnection lasting = client.proactor.keepConnected(
                ConnectionOptions.to(address(tls))
                        .tls(ClientTls.engines((host, port) -> {
                            if (calls.incrementAndGet() < 3) {
                                throw new NoClassDefFoundError("provider");
                            }
                            throw new IllegalStateException("enough");
                        }))
                        .build(),
                ReconnectOptions.builder()
                        .initialDelay(Duration.ofMillis(1))
                        .maxDelay(Duration.ofMillis(2))
                        .maxAttempts(4)
                        .build());
        client.runUntil(() -> lasting.state() == LastingConnection.State.FAILED, "end of attempts", server);
        assertThat(calls).hasValue(4);
    }

    /** The thread is the application's: it gets what the system can't go on after, and the connection's end comes all the same. */
    @Test
    void anErrorOfTheVirtualMachineIsThrownToWhoAwaitsToo() throws Exception {
        try (Proactor proactor = Proactor.create()) {
            proactor.connect(failing(listener, new StackOverflowError("deep")).build());
            boolean thrown = false;
            boolean closed = false;
            long start = System.nanoTime();
            while (!closed) {
                assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
                try (var batch = proactor.await()) {
                    for (var event = batch.next(); event != null; event = batch.next()) {
                        closed |= event.type() == TRANSPORT_CLOSED;
                    }
                } catch (StackOverflowError expected) {
                    thrown = true;
                }
                server.step();
            }
            assertThat(thrown).isTrue();
        }
    }
}
