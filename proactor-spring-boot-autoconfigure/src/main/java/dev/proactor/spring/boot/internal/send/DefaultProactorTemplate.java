package dev.proactor.spring.boot.internal.send;

import dev.proactor.spring.boot.template.ConnectionOperations;
import dev.proactor.spring.boot.template.ProactorOperations;
import dev.proactor.spring.boot.template.ProactorTemplate;
import dev.proactor.spring.boot.template.ProactorTransaction;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.message.Message;
import org.jspecify.annotations.Nullable;

/** The template: what it is asked for, {@link DefaultSending} does. It has no state of its own: a copy, as a spy is, is as good. */
public final class DefaultProactorTemplate implements ProactorTemplate {

    private final DefaultSending sending;

    /**
     * Makes a template.
     *
     * @param sending sends
     */
    public DefaultProactorTemplate(DefaultSending sending) {
        this.sending = sending;
    }

    @Override
    public ConnectionOperations on(String connection) {
        return sending.on(connection);
    }

    @Override
    public ProactorOperations onListener(String listener) {
        return sending.onListener(listener);
    }

    @Override
    public CompletionStage<DeliveryState> send(String address, Object body) {
        return sending.onDefault().send(address, body);
    }

    @Override
    public CompletionStage<DeliveryState> send(String address, Object body, Duration timeout) {
        return sending.onDefault().send(address, body, timeout);
    }

    @Override
    public DeliveryState sendAndWait(String address, Object body) {
        return sending.onDefault().sendAndWait(address, body);
    }

    @Override
    public DeliveryState sendAndWait(String address, Object body, Duration timeout) {
        return sending.onDefault().sendAndWait(address, body, timeout);
    }

    @Override
    public CompletionStage<List<DeliveryState>> sendAll(String address, Collection<?> bodies) {
        return sending.onDefault().sendAll(address, bodies);
    }

    @Override
    public CompletionStage<Message> request(String address, Object body) {
        return sending.onDefault().request(address, body);
    }

    @Override
    public CompletionStage<Message> request(String address, Object body, Duration timeout) {
        return sending.onDefault().request(address, body, timeout);
    }

    @Override
    public <T> CompletionStage<T> request(String address, Object body, Class<T> type) {
        return sending.onDefault().request(address, body, type);
    }

    @Override
    public <T> CompletionStage<T> request(String address, Object body, Class<T> type, Duration timeout) {
        return sending.onDefault().request(address, body, type, timeout);
    }

    @Override
    public <T> T requestAndWait(String address, Object body, Class<T> type, Duration timeout) {
        return sending.onDefault().requestAndWait(address, body, type, timeout);
    }

    @Override
    public <T> T requestAndWait(String address, Object body, Class<T> type) {
        return sending.onDefault().requestAndWait(address, body, type);
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> inTransaction(
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work) {
        return sending.onDefault().inTransaction(work);
    }

    @Override
    public <T extends @Nullable Object> CompletionStage<T> inTransaction(
            Function<? super ProactorTransaction, ? extends CompletionStage<T>> work, Duration timeout) {
        return sending.onDefault().inTransaction(work, timeout);
    }

    @Override
    public <T extends @Nullable Object> T inTransactionAndWait(
            Function<? super ProactorTransaction, ? extends T> work) {
        return sending.onDefault().inTransactionAndWait(work);
    }
}
