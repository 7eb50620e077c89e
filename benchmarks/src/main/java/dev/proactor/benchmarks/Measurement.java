package dev.proactor.benchmarks;

/** Watches the counters from the main thread, and says what they show. */
final class Measurement {

    private final Options options;
    private final Counters counters;
    private final Latencies latencies;

    Measurement(Options options, Counters counters, Latencies latencies) {
        this.options = options;
        this.counters = counters;
        this.latencies = latencies;
    }

    /** Measures a window of time, after the first message and the warm-up. */
    JsonLine window() throws InterruptedException {
        counters.awaitBeginning();
        snapshot(); // loads what it takes, outside the window
        sleep(options.warmupSeconds());
        Snapshot start = snapshot();
        latencies.recording(true);
        sleep(options.seconds());
        latencies.recording(false);
        return result(start, snapshot());
    }

    /** Measures from the first message until all connections are over. */
    JsonLine wholeRun() throws InterruptedException {
        snapshot();
        Snapshot start = snapshot();
        counters.awaitBeginning();
        while (counters.closedConnections() < options.conns()) {
            sleep(0.001);
        }
        return result(start, snapshot());
    }

    private JsonLine result(Snapshot start, Snapshot end) {
        double seconds = (end.nanos - start.nanos) / 1e9;
        double cpuSeconds = end.cpuSeconds - start.cpuSeconds;
        long messages = end.messages - start.messages;
        JsonLine line = new JsonLine()
                .add("role", options.echo() ? "echo" : options.role().label())
                .add("listen", options.listen() ? 1 : 0)
                .add("settle", options.preSettled() ? "pre" : "alo")
                .add("size", options.sizeBytes())
                .add("credit", options.credit())
                .add("conns", options.conns())
                .add("threads", options.threads())
                .add("secs", seconds, 3)
                .add("msgs", messages)
                .add("rate", messages / seconds, 0)
                .add("mb_s", messages * (double) options.sizeBytes() / seconds / 1e6, 1)
                .add("cpu_s", cpuSeconds, 3)
                .add("sys_s", end.systemSeconds - start.systemSeconds, 3)
                .add("cpu_s_per_M", messages == 0 ? 0 : cpuSeconds * 1e6 / messages, 3);
        latencies.addTo(line);
        return line.add("rss_kb", ProcessUse.residentKb());
    }

    private Snapshot snapshot() {
        // A connection that was made and is over is what connrate counts.
        long messages = options.role() == Role.CONNRATE ? counters.closedConnections() : counters.messages();
        return new Snapshot(System.nanoTime(), messages, ProcessUse.cpuSeconds(), ProcessUse.systemSeconds());
    }

    static void sleep(double seconds) throws InterruptedException {
        Thread.sleep((long) (seconds * 1000));
    }

    private record Snapshot(long nanos, long messages, double cpuSeconds, double systemSeconds) {}
}
