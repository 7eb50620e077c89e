package dev.proactor.spring.boot.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.autoconfigure.ProactorAutoConfiguration;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorListeners;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A listener that has as many connections as it may have, on real sockets. */
@ExtendWith(OutputCaptureExtension.class)
class MaxConnectionsTest {

    private static Socket peer(NamedListener listener) throws IOException {
        Socket peer = new Socket("localhost", listener.localPort());
        peer.setSoTimeout(30_000);
        return peer;
    }

    private static void awaitConnections(NamedListener listener, int count) {
        await().until(() -> listener.status().connections() == count);
    }

    private static void assertTurnedAway(Socket peer) throws IOException {
        try {
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        } catch (SocketException reset) {
            // Another way to be told.
        }
    }

    @Test
    void thoseBeyondItAreTurnedAwayWithAWarningUntilOneHasGone(CapturedOutput log) {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ProactorAutoConfiguration.class))
                .withPropertyValues(
                        "proactor.listeners.ingress.port=0",
                        "proactor.listeners.ingress.backlog=1",
                        "proactor.listeners.ingress.handshake-timeout=0",
                        "proactor.listeners.ingress.max-connections=2")
                .run(context -> {
                    NamedListener listener =
                            context.getBean(ProactorListeners.class).get("ingress");
                    try (Socket first = peer(listener)) {
                        awaitConnections(listener, 1);
                        try (Socket second = peer(listener)) {
                            awaitConnections(listener, 2);
                            for (int i = 0; i < 5; i++) {
                                try (Socket third = peer(listener)) {
                                    assertTurnedAway(third);
                                }
                            }
                            assertThat(listener.status().connections()).isEqualTo(2);
                        }
                        awaitConnections(listener, 1);
                        try (Socket next = peer(listener)) {
                            awaitConnections(listener, 2);
                            next.setSoTimeout(1);
                            assertThatExceptionOfType(SocketTimeoutException.class)
                                    .isThrownBy(() -> next.getInputStream().read());
                        }
                        assertThat(first.isConnected()).isTrue();
                    }
                    assertThat(log)
                            .contains("Listener 'ingress' has 2 connections, as many as"
                                    + " its max-connections allows: further peers are turned away");
                });
    }
}
