package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.proactor.EventType;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.TransactionsNotSupportedException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.engine.Link;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A listener of ours offers its peers no transactions. */
@Timeout(30)
class NoTransactionsHereTest {

    /** Claims every address, that of a link without one too. */
    @ProactorHandler(listeners = "ingress", addresses = "**")
    static class Everything {
        final List<String> seen = new CopyOnWriteArrayList<>();
        final List<String> targets = new CopyOnWriteArrayList<>();

        @OnEvent(EventType.LINK_REMOTE_OPEN)
        void attached(Link link) {
            targets.add(String.valueOf(link.getRemoteTarget()));
        }

        @OnMessage
        void any(@Body String body) {
            seen.add(body);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPeersLinkToACoordinatorIsRefused(boolean autoAcceptLinks) {
        Everything everything = new Everything();
        try (RunningApp app = RunningApp.accepting(autoAcceptLinks, everything)) {
            app.connect();
            assertThatThrownBy(() -> app.template.inTransactionAndWait(transaction -> transaction.send("q", "a")))
                    .isInstanceOf(TransactionsNotSupportedException.class)
                    .hasMessageContaining("amqp:not-implemented")
                    .hasMessageContaining("transactions are not offered here");
            assertThat(everything.seen).isEmpty();
            assertThat(app.template.sendAndWait("q", "b"))
                    .as("the connection goes on")
                    .isInstanceOf(Accepted.class);
            assertThat(everything.seen).hasSize(1);
            assertThat(everything.targets)
                    .as("links that a handler was told of")
                    .hasSize(1);
        }
    }
}
