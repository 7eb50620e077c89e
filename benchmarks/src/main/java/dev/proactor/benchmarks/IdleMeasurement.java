package dev.proactor.benchmarks;

/** Measures what idle connections cost in memory: with them, less the base line without, divided by their number. */
final class IdleMeasurement {

    private static final long PATIENCE_NANOS = 120_000_000_000L;
    private static final double SETTLING_SECONDS = 2;

    private final Options options;
    private final Counters counters;
    private final Memory baseLine;

    /** Takes the base line. */
    IdleMeasurement(Options options, Counters counters) {
        this.options = options;
        this.counters = counters;
        this.baseLine = Memory.now();
    }

    /** Waits until all connections are open, and measures. */
    JsonLine allOpen() throws InterruptedException {
        long start = System.nanoTime();
        while (counters.openedConnections() < options.conns() && System.nanoTime() - start < PATIENCE_NANOS) {
            Measurement.sleep(0.01);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Measurement.sleep(SETTLING_SECONDS);
        long open = counters.openedConnections();
        if (open < options.conns() || counters.closedConnections() > 0) {
            throw new IllegalStateException("only " + open + " of " + options.conns() + " connections were opened, and "
                    + counters.closedConnections() + " ended");
        }
        Memory memory = Memory.now();
        return new JsonLine()
                .add("role", "idle")
                .add("listen", options.listen() ? 1 : 0)
                .add("opened", open)
                .add("setup_s", seconds, 2)
                .add("base_heap_kb", baseLine.heapKb)
                .add("heap_kb", memory.heapKb)
                .add("heap_kb_per_conn", (memory.heapKb - baseLine.heapKb) / (double) open, 2)
                .add("base_rss_kb", baseLine.residentKb)
                .add("rss_kb", memory.residentKb)
                .add("rss_kb_per_conn", (memory.residentKb - baseLine.residentKb) / (double) open, 2)
                .add("direct_kb", memory.directKb);
    }

    /** The heap is what lives after a full collection; the process is measured after that. */
    private record Memory(long heapKb, long residentKb, long directKb) {
        static Memory now() {
            long heapKb = ProcessUse.liveHeapKb();
            return new Memory(heapKb, ProcessUse.residentKb(), ProcessUse.directBuffersKb());
        }
    }
}
