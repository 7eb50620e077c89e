package dev.proactor.benchmarks;

import java.io.PrintStream;

/** Measures what idle connections cost in memory: with them, less the base line without, divided by their number. */
final class IdleMeasurement {

    private static final long PATIENCE_NANOS = 300_000_000_000L;
    private static final double SETTLING_SECONDS = 2;
    private static final double PROGRESS_SECONDS = 10;

    private final Options options;
    private final Counters counters;
    private final PrintStream err;
    private final Memory baseLine;
    private final JsonLine line = new JsonLine();

    /** Takes the base line. {@code err} hears of the progress. */
    IdleMeasurement(Options options, Counters counters, PrintStream err) throws InterruptedException {
        this.options = options;
        this.counters = counters;
        this.err = err;
        this.baseLine = Memory.now(options.releaseSeconds());
    }

    /** Waits until all connections are open, and measures. */
    void allOpen() throws InterruptedException {
        long start = System.nanoTime();
        while (counters.openedConnections() < options.conns()
                && counters.closedConnections() == 0
                && System.nanoTime() - start < PATIENCE_NANOS) {
            Measurement.sleep(0.01);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Measurement.sleep(SETTLING_SECONDS);
        long open = counters.openedConnections();
        if (open < options.conns() || counters.closedConnections() > 0) {
            throw new IllegalStateException("only " + open + " of " + options.conns() + " connections were opened, and "
                    + counters.closedConnections() + " ended");
        }
        line.add("role", "idle")
                .add("listen", options.listen() ? 1 : 0)
                .add("opened", open)
                .add("setup_s", seconds, 2)
                .add("base_heap_kb", baseLine.heapKb)
                .add("base_rss_kb", baseLine.residentKb);
        measure("");
    }

    /** Lets time pass. */
    void hold(double seconds) throws InterruptedException {
        long start = System.nanoTime();
        for (double left = seconds; left > 0; left = seconds - (System.nanoTime() - start) / 1e9) {
            Measurement.sleep(Math.min(left, PROGRESS_SECONDS));
            progress(String.format("held for %.0f of %.0f s", (System.nanoTime() - start) / 1e9, seconds));
        }
    }

    /** Measures after that. */
    void held() throws InterruptedException {
        line.add("held_alive", alive());
        measure("held_");
    }

    /** A new client was served. */
    void served(double millis) {
        line.add("new_client_ms", millis, 1);
    }

    /** Waits until every connection had its burst, and then until all is quiet. */
    void awaitBurst() throws InterruptedException {
        long start = System.nanoTime();
        while (counters.messages() < options.conns() && System.nanoTime() - start < PATIENCE_NANOS) {
            Measurement.sleep(0.1);
        }
        progress("had " + counters.messages() + " messages");
        Measurement.sleep(options.quietSeconds());
    }

    /** Measures after that. */
    void burst() throws InterruptedException {
        line.add("burst_messages", counters.messages()).add("burst_alive", alive());
        measure("burst_");
    }

    /** {@return what was measured} */
    JsonLine result() {
        return line;
    }

    /** {@return how many connections are open} */
    long alive() {
        return counters.openedConnections() - counters.closedConnections();
    }

    private void progress(String what) {
        err.println((options.listen() ? "server: " : "client: ") + what + ", " + alive() + " connections alive");
    }

    private void measure(String prefix) throws InterruptedException {
        Memory memory = Memory.now(options.releaseSeconds());
        double connections = options.conns();
        line.add(prefix + "heap_kb", memory.heapKb)
                .add(prefix + "heap_kb_per_conn", (memory.heapKb - baseLine.heapKb) / connections, 2)
                .add(prefix + "rss_kb", memory.residentKb)
                .add(prefix + "rss_kb_per_conn", (memory.residentKb - baseLine.residentKb) / connections, 2)
                .add(
                        prefix + "rss_before_gc_kb_per_conn",
                        (memory.residentBeforeKb - baseLine.residentBeforeKb) / connections,
                        2)
                .add(prefix + "direct_kb", memory.directKb);
    }

    /**
     * The heap is what lives after a full collection; the process is measured before it, and after it when the collector has
     * had the time to give memory back, which it does in the background.
     */
    private record Memory(long residentBeforeKb, long heapKb, long residentKb, long directKb) {
        static Memory now(double releaseSeconds) throws InterruptedException {
            long residentBeforeKb = ProcessUse.residentKb();
            long heapKb = ProcessUse.liveHeapKb();
            Measurement.sleep(releaseSeconds);
            return new Memory(residentBeforeKb, heapKb, ProcessUse.residentKb(), ProcessUse.directBuffersKb());
        }
    }
}
