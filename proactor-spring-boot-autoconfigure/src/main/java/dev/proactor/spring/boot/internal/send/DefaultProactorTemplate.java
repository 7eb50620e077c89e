package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.*;
import org.apache.qpid.proton.amqp.transport.*;
import org.apache.qpid.proton.engine.*;
import org.jspecify.annotations.Nullable;

public class DefaultProactorTemplate implements ProactorTemplate, Sending {
    public DefaultProactorTemplate(
            Object a, Object b, Object c, Object d, java.time.Duration t, int m, @Nullable String n, Object e) {}

    public int pending() {
        return 0;
    }

    public ProactorOperations on(String c) {
        return this;
    }

    public ProactorOperations onListener(String c) {
        return this;
    }

    public java.util.concurrent.CompletionStage<DeliveryState> send(String a, Object b) {
        throw new UnsupportedOperationException();
    }

    public java.util.concurrent.CompletionStage<DeliveryState> send(String a, Object b, java.time.Duration d) {
        throw new UnsupportedOperationException();
    }

    public DeliveryState sendAndWait(String a, Object b) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void connectionBegins(String name, Connection connection) {}

    @Override
    public void senderOpened(@Nullable String listener, Sender sender, String address) {}

    @Override
    public void flow(Sender sender) {}

    @Override
    public void settled(Delivery delivery) {}

    @Override
    public void senderClosed(Sender sender, @Nullable ErrorCondition condition) {}

    @Override
    public void connectionOver(Connection connection) {}
}
