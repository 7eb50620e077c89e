package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.Proactor;
import dev.proactor.spring.boot.connection.NamedConnection;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import dev.proactor.spring.boot.internal.dispatch.UnfedHandlers;
import dev.proactor.spring.boot.internal.send.DefaultSending;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the threads and the connections that we make, before the web server and the intake; stops them after both, so that a
 * web request in flight still has its connection.
 */
public final class ConnectionsLifecycle implements SmartLifecycle {

    /** Below the phase in which the web server stops, which is 2048 below the default. */
    public static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 3072;

    private static final Log log = LogFactory.getLog("dev.proactor");

    private final Proactor proactor;
    private final Workers workers;
    private final ProactorConnections connections;
    private final LiveConnections live;
    private final InFlight inFlight;
    private final DefaultSending sending;
    private final UnfedHandlers unfed;
    private final BooleanSupplier keepsAlive;
    private final boolean autoStartup;
    private final Duration patience;
    private final KeepAlive keepAlive = new KeepAlive();
    private volatile boolean running;
    private boolean startedBefore;

    /**
     * Makes a lifecycle.
     *
     * @param proactor the proactor
     * @param workers its threads
     * @param connections the connections that we make
     * @param live all connections that there are
     * @param inFlight knows how many messages were released
     * @param sending what sends
     * @param unfed handlers to be warned of, at the first start
     * @param keepsAlive whether the application is to live on for its listeners and receivers
     * @param autoStartup whether it starts with the application
     * @param patience how long a stop may take
     */
    public ConnectionsLifecycle(
            Proactor proactor,
            Workers workers,
            ProactorConnections connections,
            LiveConnections live,
            InFlight inFlight,
            DefaultSending sending,
            UnfedHandlers unfed,
            BooleanSupplier keepsAlive,
            boolean autoStartup,
            Duration patience) {
        this.proactor = proactor;
        this.workers = workers;
        this.connections = connections;
        this.live = live;
        this.inFlight = inFlight;
        this.sending = sending;
        this.unfed = unfed;
        this.keepsAlive = keepsAlive;
        this.autoStartup = autoStartup;
        this.patience = patience;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    @Override
    public boolean isAutoStartup() {
        return autoStartup;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public void start() {
        if (running) {
            return;
        }
        running = true;
        if (!startedBefore) {
            startedBefore = true;
            unfed.warn();
        }
        if (keepsAlive.getAsBoolean()) {
            keepAlive.hold();
        }
        sending.open();
        workers.start();
        if (connections instanceof DefaultProactorConnections ours) {
            ours.start();
        } else {
            connections.all().stream().filter(one -> one.spec().autoConnect()).forEach(NamedConnection::start);
        }
    }

    @Override
    public void stop(Runnable callback) {
        Stopping.inBackground("proactor-stop-connections", this::stop, callback);
    }

    @Override
    public void stop() {
        if (!running) {
            return;
        }
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            sending.awaitPending(patience.dividedBy(2)); // a web request may wait for an outcome
            sending.close();
            if (connections instanceof DefaultProactorConnections ours) {
                ours.stop();
            } else {
                connections.all().forEach(NamedConnection::stop);
            }
            int open = live.size();
            live.closeAll();
            if (!live.awaitNone(left(deadline))) {
                log.warn(live.size() + " connections whose peers did not answer our close within " + patience.toMillis()
                        + " ms are cut");
                proactor.disconnect(null);
                live.awaitNone(Duration.ofMillis(500));
            }
            log.info("Closed " + open + " AMQP connections; " + inFlight.released()
                    + " messages that came after the intake had stopped were released");
            workers.stop(Duration.ofMillis(500));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            keepAlive.letGo();
            running = false;
        }
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }
}
