package dev.proactor.benchmarks;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** Samples of the time that something took, up to a number. {@link #add} is thread-safe. */
final class Latencies {

    private final int[] nanos;
    private final AtomicInteger next = new AtomicInteger();
    private volatile boolean recording;

    Latencies(int capacity) {
        this.nanos = new int[capacity];
    }

    void recording(boolean on) {
        recording = on;
    }

    void add(long elapsedNanos) {
        if (recording) {
            int at = next.getAndIncrement();
            if (at >= 0 && at < nanos.length) {
                nanos[at] = (int) Math.min(elapsedNanos, Integer.MAX_VALUE);
            }
        }
    }

    /** Adds the percentiles to a line. Only when nothing is being recorded. */
    void addTo(JsonLine line) {
        int samples = Math.min(next.get(), nanos.length);
        if (samples == 0) {
            return;
        }
        int[] sorted = Arrays.copyOf(nanos, samples);
        Arrays.sort(sorted);
        line.add("samples", samples)
                .add("p50_us", micros(sorted, 0.5), 1)
                .add("p90_us", micros(sorted, 0.9), 1)
                .add("p99_us", micros(sorted, 0.99), 1)
                .add("p999_us", micros(sorted, 0.999), 1)
                .add("max_us", sorted[samples - 1] / 1e3, 1);
    }

    private static double micros(int[] sorted, double fraction) {
        return sorted[(int) (sorted.length * fraction)] / 1e3;
    }
}
