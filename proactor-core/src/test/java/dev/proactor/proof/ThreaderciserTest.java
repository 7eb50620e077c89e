package dev.proactor.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever threads do, as long as it is legal, what {@link dev.proactor.Proactor} promises is kept. How long, with how many threads
 * and what seeds is for {@code -Dthreaderciser.seconds}, {@code .threads} and {@code .seed} (one or more, with commas).
 */
class ThreaderciserTest {

    private static final long HEAP_GROWTH_BYTES = 10 * 1024 * 1024;
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final int seconds = Integer.getInteger("threaderciser.seconds", Stress.isOn() ? 60 : 18);
    private final int threads = Integer.getInteger("threaderciser.threads", 8);
    private final List<Long> seeds = Stream.of(
                    System.getProperty("threaderciser.seed", "1,2").split(","))
            .map(String::trim)
            .map(Long::valueOf)
            .toList();

    @Test
    void whateverThreadsDoTheGuaranteesHold() {
        // Classes are loaded, code is compiled, and pools are filled before the base lines are drawn.
        exercise(-1, WARM_UP, new TreeMap<>());
        long descriptors = Resources.descriptors();
        TreeSet<String> threadsBefore = threadNames();
        long heap = Resources.liveHeapBytes();

        Map<String, Long> counts = new TreeMap<>();
        Duration each = Duration.ofSeconds(seconds).dividedBy(seeds.size());
        seeds.forEach(seed -> exercise(seed, each, counts));

        StringBuilder lines = new StringBuilder();
        counts.forEach((action, count) -> lines.append(String.format("%n%,12d %s", count, action)));
        Stress.report("threaderciser: seeds %s, %d s in all, %d threads%s", seeds, seconds, threads, lines);
        await().pollInSameThread()
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(Resources.descriptors())
                        .as("descriptors at the end, seeds %s", seeds)
                        .isLessThanOrEqualTo(descriptors));
        await().pollInSameThread().atMost(LIMIT).untilAsserted(() -> {
            TreeSet<String> more = threadNames();
            more.removeAll(threadsBefore);
            assertThat(more)
                    .as("threads that were not there before, seeds %s", seeds)
                    .isEmpty();
        });
        assertThat(Resources.heapGrowthBytes(heap, HEAP_GROWTH_BYTES))
                .as("growth of the live heap in bytes, seeds %s", seeds)
                .isLessThan(HEAP_GROWTH_BYTES);
        assertThat(counts).containsKeys("TRANSPORT_CLOSED", "LISTENER_CLOSE", "RAW_CONNECTION_DISCONNECTED");
    }

    private void exercise(long seed, Duration time, Map<String, Long> counts) {
        Ledger ledger = new Ledger(seed);
        Thread.UncaughtExceptionHandler former = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> ledger.failed(thread.getName(), failure));
        Logger logger = Logger.getLogger("dev.proactor");
        Handler listener = errorsTo(ledger);
        logger.addHandler(listener);
        try {
            new Threaderciser(ledger, threads).run(time);
        } finally {
            logger.removeHandler(listener);
            Thread.setDefaultUncaughtExceptionHandler(former);
        }
        ledger.counts().forEach((action, count) -> counts.merge(action, count, Long::sum));
        assertThat(ledger.violations())
                .as(
                        "what must not be; run it again with -Dthreaderciser.seed=%d -Dthreaderciser.threads=%d",
                        seed, threads)
                .isEmpty();
    }

    /** An internal error of the core ends a connection and is logged. */
    private static Handler errorsTo(Ledger ledger) {
        return new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getLevel().intValue() >= Level.SEVERE.intValue()) {
                    Throwable thrown = entry.getThrown();
                    String message = entry.getMessage() + " " + new ArrayList<>(List.of(parameters(entry)));
                    if (thrown == null) {
                        ledger.violated("logged: " + message);
                    } else {
                        ledger.failed("logged: " + message, thrown);
                    }
                }
            }

            private Object[] parameters(LogRecord entry) {
                return entry.getParameters() == null ? new Object[0] : entry.getParameters();
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
    }

    private static TreeSet<String> threadNames() {
        TreeSet<String> names = new TreeSet<>();
        Thread.getAllStackTraces().keySet().forEach(thread -> names.add(thread.getName()));
        return names;
    }
}
