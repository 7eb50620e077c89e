package dev.proactor.spring.boot.internal.dispatch;

import static java.util.concurrent.CompletableFuture.supplyAsync;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.OnSendable;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.SendTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handlers that wait for what is to come over the connection whose event they handle. */
@Timeout(30)
class WaitingHandlersTest {

    private static final Executor NEW_THREAD = task -> new Thread(task).start();

    @ProactorHandler(listeners = "ingress")
    static class Queues {
        @OnMessage(addresses = "in")
        void taken() {}

        @OnSendable(addresses = "commands")
        void claims(Sender sender) {}
    }

    @ProactorHandler(connections = "device", addresses = "commands")
    static class Commands {
        @OnMessage
        void command() {}
    }

    /** Does something in a handler, and tells what it threw. */
    abstract static class Doing {
        final CompletableFuture<@Nullable Throwable> thrown = new CompletableFuture<>();
        final CompletableFuture<Supplier<?>> task = new CompletableFuture<>();

        void act() throws Exception {
            Supplier<?> doing = task.get(10, TimeUnit.SECONDS);
            thrown.complete(catchThrowable(doing::get));
        }
    }

    @ProactorHandler(connections = "device")
    static class OfClient extends Doing {
        @OnConnectionOpened
        void opened() throws Exception {
            act();
        }
    }

    @ProactorHandler(connections = "device", addresses = "commands")
    static class OfLink extends Doing {
        @OnLinkOpened
        void opened() throws Exception {
            act();
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "ask")
    static class OfServer extends Doing {
        @OnMessage
        void asked() throws Exception {
            act();
        }
    }

    private static void assertRefused(@Nullable Throwable thrown, String where) {
        assertThat(thrown)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "a handler can't wait for what is to come over the connection whose event it handles, here "
                                + where);
    }

    @Test
    void areToldAtOnce() throws Exception {
        OfClient client = new OfClient();
        try (RunningApp app = new RunningApp(new Queues(), client)) {
            app.connect();
            client.task.complete(() -> app.template.on("device").sendAndWait("in", "x"));
            assertRefused(client.thrown.get(5, TimeUnit.SECONDS), "connection 'device'");
        }
        OfClient asking = new OfClient();
        try (RunningApp app = new RunningApp(new Queues(), asking)) {
            app.connect();
            asking.task.complete(() -> app.template.on("device").requestAndWait("in", "x", String.class));
            assertRefused(asking.thrown.get(5, TimeUnit.SECONDS), "connection 'device'");
        }
        OfClient transacting = new OfClient();
        try (RunningApp app = new RunningApp(new Queues(), transacting)) {
            app.connect();
            transacting.task.complete(() -> app.template.on("device").inTransactionAndWait(transaction -> "done"));
            assertRefused(transacting.thrown.get(5, TimeUnit.SECONDS), "connection 'device'");
        }
    }

    @Test
    void areToldAtOnceAtAListenerToo() throws Exception {
        OfServer server = new OfServer();
        try (RunningApp app = new RunningApp(new Queues(), new Commands(), server)) {
            var device = app.connect(new ReceiverSpec("commands", 10));
            await().until(() -> device.status().missingLinks().isEmpty());
            server.task.complete(() -> app.template.onListener("ingress").sendAndWait("commands", "x"));
            var unused = app.template.on("device").send("ask", "x");
            assertRefused(server.thrown.get(5, TimeUnit.SECONDS), "listener 'ingress'");
        }
    }

    @Test
    void areToldOfByTheTimeOutWhereTheyWaitForAStage() throws Exception {
        OfLink client = new OfLink();
        try (RunningApp app = new RunningApp(new Queues(), new Commands(), client)) {
            app.connect(new ReceiverSpec("commands", 10));
            client.task.complete(() -> supplyAsync(
                            () -> app.template.on("device").send("in", "x", Duration.ofMillis(200)), NEW_THREAD)
                    .thenCompose(sent -> sent)
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join());
            assertThat(client.thrown.get(5, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(SendTimeoutException.class)
                    .hasMessageContaining("A handler of this connection has not returned");
        }
    }
}
