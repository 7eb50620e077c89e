package dev.proactor.spring.boot.docs;

import dev.proactor.Event;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.handler.Address;
import dev.proactor.spring.boot.handler.ApplicationProperty;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.MessageProperty;
import dev.proactor.spring.boot.handler.OnConnectionClosed;
import dev.proactor.spring.boot.handler.OnConnectionOpened;
import dev.proactor.spring.boot.handler.OnError;
import dev.proactor.spring.boot.handler.OnEvent;
import dev.proactor.spring.boot.handler.OnLinkClosed;
import dev.proactor.spring.boot.handler.OnLinkOpened;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.handler.ProactorErrorHandler.Verdict;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.handler.Settlement;
import jakarta.validation.Valid;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Released;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Sender;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;

/** What docs/handlers.md shows. */
@SuppressWarnings("unused")
class HandlerSnippets {

    record Reading(double value) {}

    record Question(String text) {}

    record Answer(String text) {}

    interface Store {
        void add(String device, Reading reading);

        boolean isFull();
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Readings {

        private final Store store;

        Readings(Store store) {
            this.store = store;
        }

        @OnMessage
        void reading(@Valid @Body Reading reading, @Address String address) {
            store.add(address, reading);
        }

        @OnLinkClosed
        void gone(@Address String address, @Nullable ErrorCondition why) {
            System.out.println(address + " sends no more" + (why == null ? "" : ": " + why));
        }
    }

    @ProactorHandler(connections = "orders", addresses = "orders")
    static class Orders {

        @OnMessage
        DeliveryState order(@Body String order, @ApplicationProperty("tenant") @Nullable String tenant) {
            return tenant == null ? new Rejected() : Accepted.getInstance();
        }
    }

    @ProactorHandler(listeners = "ingress", addresses = "slow")
    static class Slow {

        private final Executor executor;

        Slow(Executor executor) {
            this.executor = executor;
        }

        @OnMessage
        CompletionStage<Void> work(@Body byte[] image) {
            return CompletableFuture.runAsync(() -> resize(image), executor);
        }

        private static void resize(byte[] image) {}
    }

    @ProactorHandler(listeners = "ingress", addresses = "questions")
    static class Oracle {

        @OnMessage
        Answer answer(@Body Question question, @MessageProperty("subject") @Nullable String subject) {
            return new Answer("42");
        }
    }

    @ProactorHandler(connections = "orders", addresses = "batches")
    static class Batches {

        private final Proactor proactor;

        Batches(Proactor proactor) {
            this.proactor = proactor;
        }

        @OnMessage(settlement = Settlement.MANUAL)
        void line(@Body String line, Delivery delivery, Connection connection) {
            write(
                    line,
                    () -> proactor.execute(connection, () -> {
                        delivery.disposition(Accepted.getInstance());
                        delivery.settle();
                    }));
        }

        private static void write(String line, Runnable whenWritten) {}
    }

    @ProactorHandler(listeners = "ingress", addresses = "files/*")
    static class Files {

        @OnMessage
        void file(@Body byte[] content, @Address String name) throws IOException {
            java.nio.file.Files.write(java.nio.file.Path.of(name), content);
        }

        @OnError
        DeliveryState failed(IOException diskFull) {
            return Released.getInstance();
        }
    }

    @Bean
    ProactorErrorHandler errorHandler() {
        return (failure, context) -> failure instanceof SecurityException ? Verdict.closeConnection() : Verdict.usual();
    }

    @ProactorHandler(listeners = "ingress", addresses = "commands/*")
    static class Commands {

        @OnLinkOpened
        void attached(Sender sender, @Address String address) {
            System.out.println(address + " is there");
        }
    }

    @ProactorHandler
    static class Log {

        @OnConnectionOpened
        void opened(Connection connection) {
            System.out.println(connection.getRemoteContainer() + " is there");
        }

        @OnConnectionClosed
        void closed(Connection connection, @Nullable ErrorCondition why) {
            System.out.println(connection.getRemoteContainer() + " is gone");
        }

        @OnEvent({EventType.LINK_FLOW, EventType.CONNECTION_WAKE})
        void raw(Event event) {
            System.out.println(event.type());
        }
    }
}
