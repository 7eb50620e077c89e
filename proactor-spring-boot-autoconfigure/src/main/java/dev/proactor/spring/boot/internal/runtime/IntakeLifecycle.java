package dev.proactor.spring.boot.internal.runtime;

import dev.proactor.spring.boot.connection.ListenerBindException;
import dev.proactor.spring.boot.connection.NamedListener;
import dev.proactor.spring.boot.connection.ProactorConnections;
import dev.proactor.spring.boot.connection.ProactorListeners;
import dev.proactor.spring.boot.internal.dispatch.InFlight;
import dev.proactor.spring.boot.internal.dispatch.InFlight.Farewell;
import dev.proactor.spring.boot.internal.dispatch.LiveConnections;
import dev.proactor.spring.boot.internal.dispatch.Redeliveries;
import java.time.Duration;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Takes what comes in: binds the listeners and gives receivers credit, when everything else has started. It is the first to stop: it
 * gives no more credit, closes the ports, waits for the messages that handlers have, and releases those that still arrive.
 */
public final class IntakeLifecycle implements SmartLifecycle {

    private static final Log log = LogFactory.getLog("dev.proactor");

    private final ProactorListeners listeners;
    private final ProactorConnections connections;
    private final InFlight inFlight;
    private final LiveConnections live;
    private final Redeliveries redeliveries;
    private final boolean autoStartup;
    private final Duration patience;
    private volatile boolean running;
    private boolean startedBefore;

    /**
     * Makes a lifecycle.
     *
     * @param listeners the listeners
     * @param connections connections that we make, some of them to these listeners
     * @param inFlight the messages that handlers have
     * @param live all connections that there are
     * @param redeliveries settlements that are put off
     * @param autoStartup whether it starts with the application
     * @param patience how long a stop may wait for handlers
     */
    public IntakeLifecycle(
            ProactorListeners listeners,
            ProactorConnections connections,
            InFlight inFlight,
            LiveConnections live,
            Redeliveries redeliveries,
            boolean autoStartup,
            Duration patience) {
        this.listeners = listeners;
        this.connections = connections;
        this.inFlight = inFlight;
        this.live = live;
        this.redeliveries = redeliveries;
        this.autoStartup = autoStartup;
        this.patience = patience;
    }

    @Override
    public int getPhase() {
        return SmartLifecycle.DEFAULT_PHASE;
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
        redeliveries.start();
        inFlight.start();
        live.giveCredit();
        if (listeners instanceof DefaultProactorListeners ours) {
            ours.start();
        }
        for (NamedListener listener : listeners.all()) {
            start(listener);
        }
        startedBefore = true;
        if (connections instanceof DefaultProactorConnections ours) {
            ours.listenersBound();
        }
    }

    private void start(NamedListener listener) {
        try {
            listener.start();
        } catch (ListenerBindException failure) {
            if (!startedBefore) {
                stopListeners();
                running = false;
                throw failure; // the application must not start as if it listened
            }
            log.error(failure.getMessage() + ". The rest goes on; health says DOWN until it is started again");
        } catch (IllegalStateException failure) {
            if (listeners.all().contains(listener)) {
                throw failure;
            }
            // It was removed meanwhile.
        }
    }

    private void stopListeners() {
        if (listeners instanceof DefaultProactorListeners ours) {
            ours.stop();
        } else {
            listeners.all().forEach(NamedListener::stop);
        }
    }

    @Override
    public void stop(Runnable callback) {
        Stopping.inBackground("proactor-stop-intake", this::stop, callback);
    }

    @Override
    public void stop() {
        if (!running) {
            return;
        }
        try {
            // First of all: where all threads are in handlers, a listener's close takes as long as those.
            inFlight.stop();
            redeliveries.hurry();
            stopListeners();
            Farewell farewell = inFlight.awaitHandlers(patience);
            String told = "Stopped taking messages: " + farewell.finished() + " in flight were finished and settled, "
                    + farewell.released() + " that came later were released so far, in " + farewell.waitedMillis()
                    + " ms";
            if (farewell.unfinished() == 0) {
                log.info(told);
            } else {
                log.warn(told + "; handlers still have " + farewell.unfinished() + " (" + farewell.whose()
                        + "), whose senders get no outcome unless they end soon (proactor.shutdown.grace-period)");
            }
            awaitListeners();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            running = false;
        }
    }

    /** Until their handlers were told; where that takes too long for one, it does for all. */
    private void awaitListeners() throws InterruptedException {
        for (NamedListener listener : listeners.all()) {
            if (listener instanceof ManagedListener ours && !ours.awaitClosed()) {
                return;
            }
        }
    }
}
