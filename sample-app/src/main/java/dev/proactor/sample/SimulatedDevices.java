package dev.proactor.sample;

import dev.proactor.spring.boot.connection.ConnectionSpec;
import dev.proactor.spring.boot.connection.ConnectionSpec.ReceiverSpec;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.handler.Body;
import dev.proactor.spring.boot.handler.OnMessage;
import dev.proactor.spring.boot.handler.ProactorHandler;
import dev.proactor.spring.boot.template.ProactorTemplate;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.messaging.Source;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.engine.Link;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.EventListener;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;

/**
 * Devices to try the gateway with: each has a connection of its own to the gateway's port, sends a reading now and then, and takes
 * commands. It rejects the command {@code self-destruct}.
 */
@ProactorHandler(connections = "sim-*")
class SimulatedDevices implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(SimulatedDevices.class);

    private final ProactorConnections connections;
    private final ProactorListeners listeners;
    private final ProactorTemplate template;
    private final GatewayProperties properties;
    private final SimpleAsyncTaskScheduler scheduler = new SimpleAsyncTaskScheduler();
    private final ConcurrentMap<String, Double> values = new ConcurrentHashMap<>();
    private volatile boolean running;

    SimulatedDevices(
            ProactorConnections connections,
            ProactorListeners listeners,
            ProactorTemplate template,
            GatewayProperties properties) {
        this.connections = connections;
        this.listeners = listeners;
        this.template = template;
        this.properties = properties;
        this.scheduler.setThreadNamePrefix("simulation-");
        this.scheduler.setDaemon(true);
    }

    @EventListener(ApplicationReadyEvent.class)
    void connect() {
        String gateway = "amqp://localhost:" + listeners.get("ingress").localPort();
        for (int i = 1; i <= properties.simulatedDevices(); i++) {
            String device = "sim-" + i;
            connections.register(
                    device,
                    ConnectionSpec.to(gateway)
                            .withRequired(false)
                            .withReceiver("commands", new ReceiverSpec("commands/" + device, 10)));
            scheduler.scheduleAtFixedRate(() -> send(device), properties.simulatedInterval());
        }
    }

    private void send(String device) {
        if (!running) {
            return;
        }
        double value = values.merge(
                device,
                20.0,
                (last, first) -> last + ThreadLocalRandom.current().nextGaussian() / 4);
        template.on(device)
                .send("readings/" + device, new Reading(Math.round(value * 100) / 100.0, "C", null))
                .whenComplete((outcome, failure) -> {
                    if (failure != null && running) {
                        log.warn("{} could not send a reading: {}", device, failure.getMessage());
                    }
                });
    }

    @OnMessage(addresses = "commands/*")
    DeliveryState command(@Body String command, Link link) {
        log.info("{} is told: {}", ((Source) link.getSource()).getAddress(), command);
        if (!command.equals("self-destruct")) {
            return Accepted.getInstance();
        }
        Rejected rejected = new Rejected();
        rejected.setError(new ErrorCondition(Symbol.valueOf("amqp:not-allowed"), "I would rather not"));
        return rejected;
    }

    // ---- stops sending before anything else stops

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        scheduler.close();
    }

    @Override
    public boolean isRunning() {
        return running;
    }
}
