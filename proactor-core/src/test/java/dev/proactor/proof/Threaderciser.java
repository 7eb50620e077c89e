package dev.proactor.proof;

import dev.proactor.EventBatch;
import dev.proactor.ProactorClosedException;
import dev.proactor.testing.Background;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;

/**
 * Threads that do what they like, as far as it is legal, on two proactors that connect to themselves and to each other; in rounds.
 * At the end of a round nobody begins anything more; then every wake must be answered and every task have run, and after a
 * disconnect everything must be over and given back. The last round ends by close in the midst of it.
 *
 * <p>Half of the threads wait for batches as workers do, half make calls and take a batch now and then; one more stands by.
 */
final class Threaderciser {

    private static final int PROACTORS = 2;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long ROUND_MILLIS = 200;
    private static final int FOR_EVER = 2;
    private static final int MOST_PAUSE_NANOS = 300_000;
    private static final Duration BRIEFLY = Duration.ofMillis(3);

    /** A thread, and whether it is in the midst of something. */
    private final class Hand {
        final Thread thread;
        final Random random;

        /** Odd while it does something. */
        final AtomicLong steps = new AtomicLong();

        Hand(String name, int number, boolean waits) {
            random = new Random(ledger.seed * 1000 + number);
            thread = new Thread(() -> work(this, number, waits), name + number);
            thread.setDaemon(true);
        }

        void does(Runnable step) {
            steps.incrementAndGet();
            try {
                step.run();
            } finally {
                steps.incrementAndGet();
            }
        }
    }

    private final Ledger ledger;
    private final Random random;
    private final List<Site> sites = new ArrayList<>();
    private final List<Hand> hands = new ArrayList<>();
    private final RandomCalls calls;
    private final RandomHandler handler;
    private volatile boolean stopping;

    Threaderciser(Ledger ledger, int threads) {
        this.ledger = ledger;
        this.random = new Random(ledger.seed);
        for (int i = 0; i < PROACTORS; i++) {
            sites.add(new Site(ledger));
        }
        RandomEndpoints endpoints = new RandomEndpoints(ledger);
        this.calls = new RandomCalls(ledger, sites, endpoints);
        this.handler = new RandomHandler(ledger, calls, endpoints);
        for (int i = 0; i < threads; i++) {
            // Every proactor has a thread that waits for its batches, be there no more.
            boolean waits = i < PROACTORS || i % 2 == 0;
            hands.add(new Hand(waits ? "worker-" : "caller-", i, waits));
        }
    }

    // ---- the threads

    private void work(Hand hand, int number, boolean waits) {
        Site home = sites.get(number % sites.size());
        while (!stopping) {
            try {
                if (waits && ledger.isQuiet()) {
                    // Without end: who looks again by himself would not notice that nobody told him.
                    takeOne(hand, home, FOR_EVER);
                } else if (waits && hand.random.nextInt(4) > 0) {
                    takeOne(hand, home, hand.random.nextInt(FOR_EVER + 1));
                } else {
                    act(hand);
                }
            } catch (InterruptedException onPurpose) {
                ledger.did("interrupted in await");
            } catch (ProactorClosedException closed) {
                if (!ledger.isClosing()) {
                    ledger.failed("waiting for a batch", closed);
                }
                return;
            } catch (RuntimeException | Error failure) {
                ledger.failed("waiting for a batch", failure);
            }
        }
    }

    /** The wait is no step: what is asked for now is given out when the round is long over, perhaps. */
    private void takeOne(Hand hand, Site site, int way) throws InterruptedException {
        long asked = System.nanoTime();
        EventBatch batch = switch (way) {
            case 0 -> site.proactor.poll();
            case 1 -> site.proactor.await(BRIEFLY);
            default -> site.proactor.await();
        };
        if (batch != null) {
            hand.does(() -> handler.take(site, batch, asked, hand.random));
        }
    }

    private void act(Hand hand) throws InterruptedException {
        hand.does(() -> {
            while (handler.takeHandedOver(hand.random)) {}
        });
        if (ledger.isQuiet()) {
            LockSupport.parkNanos(MOST_PAUSE_NANOS);
            return;
        }
        if (hand.random.nextInt(5) == 0) {
            takeOne(hand, sites.get(hand.random.nextInt(sites.size())), hand.random.nextInt(FOR_EVER));
            return;
        }
        hand.does(() -> {
            if (!ledger.isQuiet()) {
                calls.once(hand.random);
                if (hand.random.nextInt(3) == 0) {
                    // Or the callers would leave the others no processor.
                    LockSupport.parkNanos(hand.random.nextInt(MOST_PAUSE_NANOS));
                }
                if (hand.random.nextInt(500) == 0) {
                    hands.get(hand.random.nextInt(hands.size())).thread.interrupt();
                }
            }
        });
    }

    private void standBy() {
        try {
            sites.get(0).proactor.standBy();
            if (!ledger.isClosing()) {
                ledger.violated("standBy returned though the proactor is open");
            }
        } catch (InterruptedException | RuntimeException | Error failure) {
            ledger.failed("standing by", failure);
        }
    }

    // ---- the rounds

    /** Goes on for that long, or until something is wrong. */
    void run(Duration time) {
        try {
            runRounds(time);
        } finally {
            stopping = true;
        }
    }

    private void runRounds(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        Thread standBy = new Thread(this::standBy, "stands-by");
        standBy.setDaemon(true);
        standBy.start();
        int round = 0;
        long descriptors = 0;
        while (System.nanoTime() < end && !ledger.isViolated()) {
            ledger.beginRound(++round);
            if (round == 1) {
                hands.forEach(hand -> hand.thread.start());
            }
            calls.begin();
            letThemWork();
            if (System.nanoTime() < end && endRound()) {
                long now = Resources.descriptors();
                if (round == 1) {
                    descriptors = now;
                } else if (now > descriptors) {
                    ledger.violated("descriptors: " + descriptors + " after the first round, " + now + " now");
                }
            }
        }
        close(standBy);
        ledger.did("seed");
        ledger.didTimes("round", round);
    }

    private void letThemWork() {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ROUND_MILLIS + random.nextInt(1000));
        while (System.nanoTime() < until && !ledger.isViolated() && !calls.isRoundFull()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** {@return whether all has come to its end as it should} */
    private boolean endRound() {
        ledger.endsRound();
        awaitEndOfSteps();
        waitFor("an answer", this::owed);
        for (Site site : sites) {
            waitFor("a time-out", () -> site.timeOuts.isOwed() ? "PROACTOR_TIMEOUT of " + site.life : null);
        }
        for (Site site : sites) {
            long before = site.life.inactives();
            site.proactor.disconnect(
                    random.nextBoolean() ? null : new ErrorCondition(Symbol.valueOf("test:end"), "of the round"));
            waitFor(
                    "the end",
                    () -> site.life.inactives() > before
                            ? null
                            : "PROACTOR_INACTIVE of " + site.life + ", and these live: " + living());
            waitFor("the end", () -> site.proactor.counts().openBatches() == 0 ? null : "the end of a batch");
        }
        if (!ledger.isViolated()) {
            ledger.mortals().forEach(Life::isFinal);
        }
        sites.forEach(Site::forget);
        return !ledger.isViolated();
    }

    /** What was begun before the end of the round was told, is done now. */
    private void awaitEndOfSteps() {
        for (Hand hand : hands) {
            long step = hand.steps.get();
            if (step % 2 != 0) {
                waitFor(
                        "a thread",
                        () -> hand.steps.get() != step || !hand.thread.isAlive()
                                ? null
                                : "the end of what " + hand.thread.getName() + " does");
            }
        }
    }

    private String owed() {
        for (Life life : ledger.all()) {
            String owed = life.owed();
            if (owed != null) {
                return life + ": " + owed;
            }
        }
        return null;
    }

    private List<Life> living() {
        return ledger.mortals().stream().filter(life -> !life.isOver()).limit(5).toList();
    }

    /** {@return whether it came in time} It tells what is missing, or {@code null}. */
    private boolean waitFor(String what, Supplier<String> missing) {
        long end = System.nanoTime() + LIMIT_NANOS;
        for (String still = missing.get(); still != null; still = missing.get()) {
            if (ledger.isViolated()) {
                return false;
            }
            if (System.nanoTime() > end) {
                ledger.violated("waited in vain for " + what + ": " + still + "\n" + stacks());
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return true;
    }

    private String stacks() {
        StringBuilder all = new StringBuilder("threads:");
        for (Hand hand : hands) {
            all.append("\n ").append(hand.thread.getName()).append(' ').append(hand.thread.getState());
            for (StackTraceElement frame : hand.thread.getStackTrace()) {
                all.append("\n    at ").append(frame);
            }
        }
        return all.toString();
    }

    private void close(Thread standBy) {
        ledger.closes();
        for (Site site : sites) {
            Background.run(site::close).result();
        }
        stopping = true;
        waitFor("end of threads", () -> {
            for (Hand hand : hands) {
                if (hand.thread.isAlive()) {
                    return hand.thread.getName();
                }
            }
            return standBy.isAlive() ? standBy.getName() : null;
        });
        // Batches that nobody came for are closed by their owner, as far as that goes.
        while (handler.takeHandedOver(random)) {}
    }
}
