package dev.proactor.spring.boot.internal.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.proactor.spring.boot.handler.HandlerContext;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.internal.dispatch.DispatcherTest.Device;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Modified;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.Link;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stages of unusual make, and stages that complete when it is too late. */
class StagesTest {

    /** A stage that has none of these methods. */
    private static CompletionStage<?> without(CompletionStage<?> stage, List<String> methods) {
        return (CompletionStage<?>) Proxy.newProxyInstance(
                StagesTest.class.getClassLoader(), new Class<?>[] {CompletionStage.class}, (proxy, method, args) -> {
                    if (methods.contains(method.getName())) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    try {
                        return method.invoke(stage, args);
                    } catch (InvocationTargetException thrown) {
                        throw thrown.getCause();
                    }
                });
    }

    @ProactorHandler(listeners = "ingress", addresses = "readings/*")
    static class Promising {
        final List<CompletableFuture<Void>> promised = new CopyOnWriteArrayList<>();
        final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
        private final List<String> without;

        Promising(String... without) {
            this.without = List.of(without);
        }

        @OnMessage
        CompletionStage<?> reading(Delivery delivery) {
            CompletableFuture<Void> promise = new CompletableFuture<>();
            deliveries.add(delivery);
            promised.add(promise);
            return without.isEmpty() ? promise : without(promise, without);
        }
    }

    @Test
    void aStageThatIsNoFutureSettlesItsMessageAllTheSame() {
        Promising handler = new Promising("toCompletableFuture");
        Device device = new Device("readings/d1", "a", "b");
        try (RunningApp app = new RunningApp(handler, device)) {
            app.connect();
            await().until(() -> handler.promised.size() == 2);
            handler.promised.get(0).complete(null);
            handler.promised.get(1).completeExceptionally(new IllegalStateException("as asked"));
            await().until(() -> device.outcomes.size() == 2);
            assertThat(device.outcomes.get(0)).isInstanceOf(Accepted.class);
            assertThat(device.outcomes.get(1)).isInstanceOf(Modified.class);
            assertThat(app.inFlight.running()).isZero();
        }
    }

    @Test
    void aStageThatCantBeWatchedCountsAsAFailure() {
        Promising handler = new Promising("toCompletableFuture", "whenComplete");
        Device device = new Device("readings/d1", "a", "b");
        try (RunningApp app = new RunningApp(handler, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 2);
            assertThat(device.outcomes).allMatch(Modified.class::isInstance);
            assertThat(app.inFlight.running()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"link", "session", "connection"})
    void aStageThatCompletesWhenItsLinkIsGoneLeavesNothingInFlight(String what) {
        Promising handler = new Promising();
        Device device = new Device("readings/d1", "a", "b");
        try (RunningApp app = new RunningApp(handler, device)) {
            app.connect();
            await().until(() -> handler.promised.size() == 2);
            Link link = handler.deliveries.get(0).getLink();
            app.proactor.execute(link.getSession().getConnection(), () -> {
                switch (what) {
                    case "link" -> link.close();
                    case "session" -> link.getSession().close();
                    default -> link.getSession().getConnection().close();
                }
            });
            await().until(() -> device.linkEnds.size() == 1);
            handler.promised.forEach(promise -> promise.complete(null));
            await().until(() -> app.inFlight.running() == 0);
            if (!what.equals("connection")) {
                // The connection lives, and its sequence goes on.
                CompletableFuture<Void> task = new CompletableFuture<>();
                app.proactor.execute(link.getSession().getConnection(), () -> task.complete(null));
                task.orTimeout(30, TimeUnit.SECONDS).join();
            }
        }
    }

    /** Counts what begins and ends, or throws. */
    private record Counting(AtomicInteger begun, AtomicInteger ended, boolean throwing)
            implements MessageObserver, MessageObserver.Observed {

        Counting(boolean throwing) {
            this(new AtomicInteger(), new AtomicInteger(), throwing);
        }

        @Override
        public Observed begin(HandlerContext context, String handler, boolean accepted) {
            begun.incrementAndGet();
            return this;
        }

        @Override
        public @Nullable Object call(Callable<@Nullable Object> handler) throws Exception {
            return handler.call();
        }

        @Override
        public void handled(@Nullable Throwable failure) {
            ended.incrementAndGet();
            if (throwing) {
                throw new IllegalStateException("as asked");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"link", "connection"})
    void anObserverIsToldOfTheEndOfEachMessageWhoseConnectionIsGoneToo(String what) {
        Counting observer = new Counting(false);
        Promising handler = new Promising();
        Device device = new Device("readings/d1", "a", "b");
        try (RunningApp app = RunningApp.observedBy(observer, handler, device)) {
            app.connect();
            await().until(() -> handler.promised.size() == 2);
            Link link = handler.deliveries.get(0).getLink();
            if (what.equals("link")) {
                app.proactor.execute(link.getSession().getConnection(), link::close);
            } else {
                app.connections.remove("device");
                await().until(() -> app.live.size() == 0);
            }
            handler.promised.get(0).complete(null);
            handler.promised.get(1).completeExceptionally(new IllegalStateException("as asked"));
            // With its link a message is in flight no more, also before its stage has led back to the observer.
            await().until(() -> app.inFlight.running() == 0 && observer.ended.get() == 2);
            assertThat(observer.begun).hasValue(2);
        }
    }

    @Test
    void anObserverThatThrowsKeepsNoMessageFromBeingSettled() {
        DispatcherTest.Readings readings = new DispatcherTest.Readings();
        Device device = new Device("readings/d1", "a", "b", "c");
        try (RunningApp app = RunningApp.observedBy(new Counting(true), readings, device)) {
            app.connect();
            await().until(() -> device.outcomes.size() == 3);
            assertThat(device.outcomes).allMatch(Accepted.class::isInstance);
            assertThat(app.inFlight.running()).isZero();
        }
    }
}
