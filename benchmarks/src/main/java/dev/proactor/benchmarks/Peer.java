package dev.proactor.benchmarks;

import dev.proactor.ConnectionOptions;
import dev.proactor.Event;
import dev.proactor.EventBatch;
import dev.proactor.ListenerOptions;
import dev.proactor.Proactor;
import dev.proactor.ProactorClosedException;
import dev.proactor.security.ClientSasl;
import dev.proactor.security.ClientTls;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import org.apache.qpid.proton.engine.Connection;
import org.jspecify.annotations.Nullable;

/** A stand-alone AMQP peer for measurements, the twin of the C one: see {@link Options#HELP}. */
public final class Peer {

    private static final int BACKLOG = 4096;
    private static final int HANDSHAKES = 200;
    private static final int TLS_HANDSHAKES = 20;
    private static final int BURSTS = 50;
    private static final int SPARE_CONNECTIONS = 100;
    private static final double AFTER_LISTENER_SECONDS = 5;
    private static final int DEFAULT_MOST = 10_000;
    private static final int SAMPLES = 4_000_000;

    private final Options options;
    private final PrintStream out;
    private final PrintStream err;
    private final Counters counters = new Counters();
    private final Latencies latencies;
    private final @Nullable ClientTls tls;

    private Peer(Options options, PrintStream out, PrintStream err) {
        this.options = options;
        this.out = out;
        this.err = err;
        this.tls = options.listen() || options.tls().isEmpty() ? null : BenchmarkTls.client(options.tls());
        this.latencies = new Latencies(options.role() == Role.PING ? SAMPLES : 0);
    }

    /**
     * Runs a peer and prints its result.
     *
     * @param args see {@link Options#HELP}
     */
    public static void main(String[] args) throws InterruptedException {
        if (args.length == 0 || Arrays.asList(args).contains("--help")) {
            System.out.print(Options.HELP);
            return;
        }
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
            return;
        }
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        run(options, System.out, System.err);
    }

    /** Runs a peer, and prints its result as soon as it has it; {@code err} hears when a listener is ready. */
    static void run(Options options, PrintStream out, PrintStream err) throws InterruptedException {
        new Peer(options, out, err).run();
    }

    private void run() throws InterruptedException {
        try (Proactor proactor =
                Proactor.builder().containerId("peer-" + options.role().label()).build()) {
            PeerHandler handler = newHandler();
            for (int i = 0; i < options.threads(); i++) {
                Thread loop = new Thread(() -> loop(proactor, handler), "loop-" + i);
                loop.setDaemon(true);
                loop.start();
            }
            if (options.role() == Role.IDLE) {
                idle(proactor, (IdleHandler) handler);
            } else {
                busy(proactor);
            }
        }
    }

    private PeerHandler newHandler() {
        return switch (options.role()) {
            case REACT -> options.echo() ? new EchoHandler(options, counters) : new StreamHandler(options, counters);
            case SEND, RECV -> new StreamHandler(options, counters);
            case PING -> new PingHandler(options, counters, latencies);
            case CONNRATE -> new ConnectRateHandler(options, counters, connectionOptions());
            case IDLE -> new IdleHandler(options, counters);
        };
    }

    private static void loop(Proactor proactor, PeerHandler handler) {
        try {
            while (true) {
                try (EventBatch batch = proactor.await()) {
                    for (Event event; (event = batch.next()) != null; ) {
                        handler.handle(event);
                    }
                }
            }
        } catch (ProactorClosedException | InterruptedException e) {
            // The run is over.
        }
    }

    private void busy(Proactor proactor) throws InterruptedException {
        Measurement measurement = new Measurement(options, counters, latencies);
        if (options.listen()) {
            listen(proactor);
            err.println("listening");
            out.println(measurement.window());
            Measurement.sleep(0.8); // the peer's window ends later than ours
            return;
        }
        connect(proactor, options.role() == Role.CONNRATE ? options.inflight() : options.conns());
        if (options.count() > 0) {
            out.println(measurement.wholeRun());
            return;
        }
        out.println(measurement.window());
        Measurement.sleep(0.3);
        counters.stop();
        Measurement.sleep(0.2);
    }

    private void idle(Proactor proactor, IdleHandler handler) throws InterruptedException {
        IdleMeasurement measurement;
        if (options.listen()) {
            listen(proactor);
            measurement = new IdleMeasurement(options, counters, err);
            err.println("listening");
        } else {
            measurement = new IdleMeasurement(options, counters, err);
            connectInTurn(proactor, options.conns());
        }
        measurement.allOpen();
        if (options.holdSeconds() > 0) {
            // The listener is done with measuring when the new client comes.
            measurement.hold(options.holdSeconds() + (options.listen() ? 0 : AFTER_LISTENER_SECONDS));
            measurement.held();
            if (!options.listen()) {
                measurement.served(probe(proactor, handler));
            }
        }
        if (options.burstBytes() > 0) {
            if (!options.listen()) {
                burstInTurn(proactor, handler);
            }
            measurement.awaitBurst();
            measurement.burst();
        }
        out.println(measurement.result());
        counters.stop();
        Measurement.sleep(options.seconds());
    }

    /** Has a new client send a message. {@return how long it took, from the connect until it was accepted, in milliseconds} */
    private double probe(Proactor proactor, IdleHandler handler) throws InterruptedException {
        handler.probeNext();
        long closed = counters.closedConnections();
        long start = System.nanoTime();
        connect(proactor, 1);
        while (counters.closedConnections() == closed) {
            Measurement.sleep(0.001);
        }
        if (handler.probedNanos() == 0) {
            throw new IllegalStateException("the new client was not served");
        }
        return (handler.probedNanos() - start) / 1e6;
    }

    /** As {@link #connectInTurn}: few bursts under way at once, since the other end holds each until it is complete. */
    private void burstInTurn(Proactor proactor, IdleHandler handler) throws InterruptedException {
        long begun = 0;
        for (Connection idle = handler.nextIdle(); idle != null; idle = handler.nextIdle()) {
            while (begun - counters.messages() >= BURSTS && counters.closedConnections() <= 1) {
                Measurement.sleep(0.001);
            }
            Connection connection = idle;
            proactor.execute(connection, () -> handler.burst(connection));
            begun++;
        }
    }

    private void listen(Proactor proactor) throws InterruptedException {
        ListenerOptions.Builder on = ListenerOptions.on(options.address())
                .backlog(BACKLOG)
                .maxConnections(Math.max(DEFAULT_MOST, options.conns() + SPARE_CONNECTIONS))
                .idleTimeout(idleTimeout());
        if (!options.tls().isEmpty()) {
            on.tls(BenchmarkTls.server(options.tls()));
        }
        if (options.windowBytes() > 0) {
            on.sessionWindowBytes(options.windowBytes());
        }
        proactor.listen(on.build());
        counters.awaitListening();
    }

    private void connect(Proactor proactor, int connections) {
        ConnectionOptions to = connectionOptions();
        for (int i = 0; i < connections; i++) {
            proactor.connect(to);
        }
    }

    /** Connects with few handshakes under way at once: all at once, on a busy machine some would time out. */
    private void connectInTurn(Proactor proactor, int connections) throws InterruptedException {
        for (int i = 0; i < connections; i++) {
            while (i - counters.openedConnections() >= (tls == null ? HANDSHAKES : TLS_HANDSHAKES)
                    && counters.closedConnections() == 0) {
                Measurement.sleep(0.001);
            }
            connect(proactor, 1);
        }
    }

    private Duration idleTimeout() {
        return Duration.ofMillis((long) (options.idleSeconds() * 1000));
    }

    private ConnectionOptions connectionOptions() {
        ConnectionOptions.Builder to = ConnectionOptions.to(options.address())
                .sasl(options.sasl() ? ClientSasl.anonymous() : ClientSasl.none())
                .idleTimeout(idleTimeout());
        if (tls != null) {
            to.tls(tls);
        }
        if (options.windowBytes() > 0) {
            to.sessionWindowBytes(options.windowBytes());
        }
        return to.build();
    }
}
