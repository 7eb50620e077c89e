package dev.proactor.proof;

import dev.proactor.EventBatch;
import dev.proactor.EventSource;
import dev.proactor.Listener;
import dev.proactor.Proactor;
import dev.proactor.RawConnection;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.apache.qpid.proton.engine.Connection;

/** What there is in one run of one seed: the lives of all subjects, how often each action was done, and what must not have been. */
final class Ledger {

    private static final int ENOUGH = 10;

    final long seed;

    private final Map<Object, Life> lives = new ConcurrentHashMap<>();
    private final Map<Proactor, Life> proactors = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final AtomicInteger numbers = new AtomicInteger();
    private final AtomicInteger alive = new AtomicInteger();
    private volatile int round;
    private volatile boolean quiet;
    private volatile boolean closing;

    Ledger(long seed) {
        this.seed = seed;
    }

    // ---- lives

    /** A subject is known from its maker's call or from its first batch, whichever comes first. */
    Life of(Proactor proactor, Connection connection) {
        return lives.computeIfAbsent(connection, made -> begin(proactor, EventSource.CONNECTION, "connection"));
    }

    Life of(Proactor proactor, Listener listener) {
        return lives.computeIfAbsent(listener, made -> begin(proactor, EventSource.LISTENER, "listener"));
    }

    Life of(Proactor proactor, RawConnection raw) {
        return lives.computeIfAbsent(raw, made -> begin(proactor, EventSource.RAW_CONNECTION, "raw connection"));
    }

    Life of(Proactor proactor) {
        return proactors.computeIfAbsent(proactor, made -> begin(proactor, EventSource.PROACTOR, "proactor"));
    }

    Life of(EventBatch batch) {
        return switch (batch.source()) {
            case CONNECTION -> of(batch.proactor(), batch.connection());
            case LISTENER -> of(batch.proactor(), batch.listener());
            case RAW_CONNECTION -> of(batch.proactor(), batch.rawConnection());
            case PROACTOR -> of(batch.proactor());
        };
    }

    private Life begin(Proactor proactor, EventSource kind, String name) {
        if (kind != EventSource.PROACTOR) {
            alive.incrementAndGet();
        }
        return new Life(proactor, kind, name + " #" + numbers.incrementAndGet() + " of round " + round, this);
    }

    void ended() {
        alive.decrementAndGet();
    }

    /** {@return how many subjects have not ended} */
    int alive() {
        return alive.get();
    }

    /** {@return how many subjects there are, with those of this round that have ended} */
    int size() {
        return lives.size();
    }

    Collection<Life> all() {
        List<Life> all = new ArrayList<>(lives.values());
        all.addAll(proactors.values());
        return all;
    }

    /** Those that come to an end. */
    Collection<Life> mortals() {
        return List.copyOf(lives.values());
    }

    /**
     * There was PROACTOR_INACTIVE: nothing can have lived all the time since its batch was asked for.
     *
     * @param askedNanos when await or poll was called
     */
    void isInactive(Proactor proactor, long askedNanos) {
        for (Life life : lives.values()) {
            if (life.livesSince(proactor, askedNanos)) {
                life.violated("PROACTOR_INACTIVE while it lives");
            }
        }
    }

    void beginRound(int number) {
        round = number;
        lives.clear();
        quiet = false;
    }

    /** Nobody begins anything from here on. */
    void endsRound() {
        quiet = true;
    }

    boolean isQuiet() {
        return quiet;
    }

    // ---- the proactors are being closed: events may be missing from here on

    void closes() {
        closing = true;
    }

    boolean isClosing() {
        return closing;
    }

    // ---- counts

    void did(String action) {
        didTimes(action, 1);
    }

    void didTimes(String action, long times) {
        counts.computeIfAbsent(action, name -> new LongAdder()).add(times);
    }

    Map<String, Long> counts() {
        Map<String, Long> sums = new TreeMap<>();
        counts.forEach((action, count) -> sums.put(action, count.sum()));
        return sums;
    }

    // ---- violations

    void violated(String what) {
        if (violations.size() < ENOUGH) {
            violations.add("seed " + seed + ", round " + round + ", "
                    + Thread.currentThread().getName() + ": " + what);
        }
    }

    void failed(String doing, Throwable failure) {
        StringWriter stack = new StringWriter();
        failure.printStackTrace(new PrintWriter(stack, true));
        violated(doing + " threw " + stack);
    }

    boolean isViolated() {
        return !violations.isEmpty();
    }

    List<String> violations() {
        return List.copyOf(violations);
    }
}
