package dev.proactor.spring.boot.internal.dispatch;

import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ListenerSpec;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.handler.ProactorErrorHandler;
import dev.proactor.spring.boot.internal.convert.MessageConverters;
import dev.proactor.spring.boot.internal.runtime.ConnectionsLifecycle;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorConnections;
import dev.proactor.spring.boot.internal.runtime.DefaultProactorListeners;
import dev.proactor.spring.boot.internal.runtime.IntakeLifecycle;
import dev.proactor.spring.boot.internal.runtime.ManagedListener;
import dev.proactor.spring.boot.internal.runtime.OwnPorts;
import dev.proactor.spring.boot.internal.runtime.Workers;
import dev.proactor.spring.boot.internal.send.DefaultProactorTemplate;
import dev.proactor.spring.boot.internal.send.DefaultSending;
import dev.proactor.spring.boot.internal.send.TemplateSettings;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.convert.ApplicationConversionService;

/**
 * The parts of an application put together by hand, on real sockets, with a listener "ingress" and a connection "device" that
 * leads to it.
 */
final class RunningApp implements AutoCloseable {

    final Proactor proactor = Proactor.builder().containerId("app").build();
    final InFlight inFlight = new InFlight();
    final LiveConnections live = new LiveConnections(proactor, inFlight);
    final ManagedListener ingress;
    final DefaultProactorConnections connections;
    final ConnectionsLifecycle connectionsLifecycle;
    final IntakeLifecycle intake;
    final DefaultSending sending;
    final ProactorTemplate template;
    final Redeliveries redeliveries;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    RunningApp(Object... handlers) {
        this(null, 1000, null, null, false, List.of(handlers));
    }

    static RunningApp on(Executor executor, Object... handlers) {
        return new RunningApp(null, 1000, executor, null, false, List.of(handlers));
    }

    static RunningApp observedBy(MessageObserver observer, Object... handlers) {
        return new RunningApp(null, 1000, null, observer, false, List.of(handlers));
    }

    static RunningApp with(@Nullable ProactorErrorHandler errors, int credit, Object... handlers) {
        return new RunningApp(errors, credit, null, null, false, List.of(handlers));
    }

    static RunningApp accepting(boolean allLinks, Object... handlers) {
        return new RunningApp(null, 1000, null, null, allLinks, List.of(handlers));
    }

    private RunningApp(
            @Nullable ProactorErrorHandler errors,
            int credit,
            @Nullable Executor executor,
            @Nullable MessageObserver observer,
            boolean allLinks,
            List<Object> handlers) {
        DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
        for (int i = 0; i < handlers.size(); i++) {
            beans.registerSingleton("handler" + i, handlers.get(i));
        }
        HandlerTable table = new HandlerTable();
        MessageConverters converters = new HandlerDetectorTest.OnlyStrings();
        new HandlerDetector(
                        beans,
                        table,
                        new SourceNames(List.of("device"), List.of("ingress"), text -> text),
                        List.of(),
                        converters,
                        ApplicationConversionService.getSharedInstance(),
                        null,
                        null)
                .afterSingletonsInstantiated();
        ingress = new ManagedListener(
                "ingress",
                proactor,
                ListenerOptions.on("localhost:0"),
                new ManagedListener.Settings(1000, allLinks, credit),
                Clock.systemUTC(),
                (name, port) -> {});
        connections = new DefaultProactorConnections(proactor, List.of(), timer, new OwnPorts(List.of()));
        DefaultProactorListeners listeners = new DefaultProactorListeners((name, spec, options) -> ingress);
        listeners.register("ingress", ListenerSpec.on("localhost", 0));
        sending = new DefaultSending(
                proactor,
                converters,
                connections,
                listeners,
                new TemplateSettings(Duration.ofSeconds(10), 1000, null),
                timer,
                null);
        template = new DefaultProactorTemplate(sending);
        redeliveries = new Redeliveries(proactor, timer);
        Dispatcher dispatcher = new Dispatcher(
                proactor, table, sending, inFlight, live, converters, redeliveries, observer, errors, null, true);
        connectionsLifecycle = new ConnectionsLifecycle(
                proactor,
                new Workers(proactor, dispatcher, 4, executor),
                connections,
                live,
                inFlight,
                sending,
                new UnfedHandlers(table, connections, listeners),
                () -> false,
                true,
                Duration.ofSeconds(5));
        intake =
                new IntakeLifecycle(listeners, connections, inFlight, live, redeliveries, true, Duration.ofSeconds(10));
        connectionsLifecycle.start();
        intake.start();
    }

    /** Makes the connection "device" to the listener. */
    NamedConnection connect(ConnectionSpec.ReceiverSpec... receivers) {
        ConnectionSpec spec = ConnectionSpec.to("amqp://localhost:" + ingress.localPort());
        for (ConnectionSpec.ReceiverSpec receiver : receivers) {
            spec = spec.withReceiver(receiver.address(), receiver);
        }
        return connections.register("device", spec);
    }

    @Override
    public void close() {
        intake.stop();
        connectionsLifecycle.stop();
        proactor.close();
        timer.shutdownNow();
    }
}
