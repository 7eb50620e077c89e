package dev.proactor.proof;

import dev.proactor.EventSource;
import dev.proactor.EventType;
import dev.proactor.Proactor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What a subject (a connection, a listener, a raw connection, or a proactor itself) has had, and what it may have next. It is told
 * of batches and events by whoever owns the batch, of calls by whoever makes them, and tells the ledger what must not be.
 */
final class Life {

    private static final int REMEMBERED = 16;
    private static final Set<EventType> ONCE = EnumSet.of(
            EventType.CONNECTION_INIT,
            EventType.CONNECTION_BOUND,
            EventType.TRANSPORT_ERROR,
            EventType.TRANSPORT_HEAD_CLOSED,
            EventType.TRANSPORT_TAIL_CLOSED,
            EventType.TRANSPORT_CLOSED,
            EventType.LISTENER_OPEN,
            EventType.LISTENER_CLOSE,
            EventType.RAW_CONNECTION_CONNECTED,
            EventType.RAW_CONNECTION_CLOSED_READ,
            EventType.RAW_CONNECTION_CLOSED_WRITE,
            EventType.RAW_CONNECTION_DRAIN_BUFFERS,
            EventType.RAW_CONNECTION_DISCONNECTED);
    private static final Set<EventType> LAST =
            EnumSet.of(EventType.TRANSPORT_CLOSED, EventType.LISTENER_CLOSE, EventType.RAW_CONNECTION_DISCONNECTED);

    private final Proactor proactor;
    private final EventSource kind;
    private final long sinceNanos = System.nanoTime();
    private final String name;
    private final Ledger ledger;

    private final AtomicReference<String> holder = new AtomicReference<>();
    private volatile boolean over;
    private volatile boolean released;
    private volatile boolean refused;

    /** WAKE or INTERRUPT events, and how many there must have been at least. */
    private final AtomicInteger answers = new AtomicInteger();

    private final AtomicInteger answersDue = new AtomicInteger();

    private final AtomicInteger tasksTaken = new AtomicInteger();
    private final AtomicInteger tasksRun = new AtomicInteger();
    private final AtomicLong inactives = new AtomicLong();

    // The owner of the batch; a violation of that rule is what is looked for, hence the lock.
    private final Object lock = new Object();
    private final Set<EventType> had = EnumSet.noneOf(EventType.class);
    private final Deque<String> lastSeen = new ArrayDeque<>();
    private int buffersOut;

    /** As many answers were due when the last batch was closed. Its owner's. */
    private volatile int answersDueInThisBatch;

    Life(Proactor proactor, EventSource kind, String name, Ledger ledger) {
        this.proactor = proactor;
        this.kind = kind;
        this.name = name;
        this.ledger = ledger;
    }

    // ---- batches

    void enter(String who) {
        if (!holder.compareAndSet(null, who)) {
            violated("two batches at once: " + holder.get() + " has one, " + who + " was given another");
        }
        if (released) {
            violated("a batch after it was released");
        } else if (over) {
            violated("a batch after its last event");
        }
    }

    void isHandedFrom(String one, String another) {
        if (!holder.compareAndSet(one, another)) {
            violated("two batches at once: " + one + " handed one over while " + holder.get() + " had one");
        }
    }

    /** Before the batch is closed: after it another may come at once. */
    void leave(String who) {
        answersDueInThisBatch = answersDue.get();
        if (!holder.compareAndSet(who, null)) {
            violated("two batches at once: " + who + " closes one while " + holder.get() + " has one");
        }
    }

    /** There is no more event: what was asked for before the last batch was closed must have come. */
    void isDrained() {
        if (!isOver() && answers.get() < answersDueInThisBatch && !ledger.isClosing()) {
            violated("a wake or interrupt from before the last batch's end is not answered at the end of this one: had "
                    + answers + ", must have had " + answersDueInThisBatch);
        }
    }

    void isEmpty() {
        // A task that ran in next() may have released it.
        if (!released && !ledger.isClosing()) {
            violated("a batch without an event");
        }
    }

    // ---- events

    /** {@return whether a task was refused by now, which means that the last event is all that may come} Ask before next(). */
    boolean isRefused() {
        return refused;
    }

    void sees(EventType type, boolean wasRefused) {
        remember(type.name());
        if (released) {
            violated(type + " after it was released");
        } else if (over) {
            violated(type + " after its last event");
        }
        if (type.source() != kind) {
            violated(type + " for a " + kind);
        }
        boolean first;
        boolean again;
        synchronized (lock) {
            first = had.isEmpty();
            again = !had.add(type);
        }
        if (again && ONCE.contains(type)) {
            violated(type + " twice");
        }
        if (kind == EventSource.CONNECTION && first != (type == EventType.CONNECTION_INIT)) {
            violated(first ? type + " before CONNECTION_INIT" : "CONNECTION_INIT is not the first event");
        }
        if (wasRefused && type != EventType.TRANSPORT_CLOSED) {
            violated(type + " though a task was refused before, as if it were over");
        }
        switch (type) {
            case LISTENER_ACCEPT -> mustHaveHad(EventType.LISTENER_OPEN, type);
            case RAW_CONNECTION_READ,
                    RAW_CONNECTION_WRITTEN,
                    RAW_CONNECTION_NEED_READ_BUFFERS,
                    RAW_CONNECTION_NEED_WRITE_BUFFERS,
                    RAW_CONNECTION_CLOSED_READ,
                    RAW_CONNECTION_CLOSED_WRITE -> mustHaveHad(EventType.RAW_CONNECTION_CONNECTED, type);
            case CONNECTION_WAKE, RAW_CONNECTION_WAKE, PROACTOR_INTERRUPT -> answers.incrementAndGet();
            case PROACTOR_INACTIVE -> inactives.incrementAndGet();
            default -> {}
        }
        if (LAST.contains(type)) {
            over = true;
            ledger.ended();
        }
    }

    private void mustHaveHad(EventType before, EventType type) {
        boolean wasThere;
        synchronized (lock) {
            wasThere = had.contains(before);
        }
        if (!wasThere) {
            violated(type + " before " + before);
        }
    }

    // ---- calls

    /** Makes a call that one WAKE (of a proactor: INTERRUPT) at least must follow. */
    void asks(Runnable call) {
        int before = answers.get();
        call.run();
        answersDue.accumulateAndGet(before + 1, Math::max);
    }

    void taskTaken() {
        tasksTaken.incrementAndGet();
    }

    void taskRuns() {
        tasksRun.incrementAndGet();
        remember("task");
        String thread = Thread.currentThread().getName();
        if (!thread.equals(holder.get()) && !ledger.isClosing()) {
            violated("a task runs on " + thread + ", but the batch belongs to " + holder.get());
        }
    }

    void taskRefused() {
        refused = true;
    }

    void isReleased() {
        // Once: a task that release() runs may release too.
        if (!released) {
            remember("released");
            released = true;
            ledger.ended();
        }
    }

    void buffersLent(int count) {
        synchronized (lock) {
            buffersOut += count;
        }
    }

    void bufferBack() {
        buffersLent(-1);
    }

    // ---- the balance

    boolean isOver() {
        return over || released;
    }

    boolean livesSince(Proactor whose, long nanos) {
        return proactor == whose && sinceNanos - nanos < 0 && !isOver();
    }

    long inactives() {
        return inactives.get();
    }

    /** {@return what is still to come though nobody makes calls any more, or {@code null}} */
    String owed() {
        // Tasks run at the latest with the last event; of wakes it need not have had the last ones.
        int tasks = tasksTaken.get() - tasksRun.get();
        if (tasks != 0) {
            return "tasks taken " + tasksTaken + ", tasks run " + tasksRun;
        }
        if (!isOver() && answers.get() < answersDue.get()) {
            return "an answer to a wake or interrupt: had " + answers + ", must have had " + answersDue;
        }
        return null;
    }

    /** At the end of a round: it must be over, and everything back. */
    void isFinal() {
        if (!isOver()) {
            violated("has not ended");
        }
        String owed = owed();
        if (owed != null) {
            violated("ended, and still owes " + owed);
        }
        if (holder.get() != null) {
            violated("ended, and " + holder.get() + " holds a batch");
        }
        int out;
        synchronized (lock) {
            out = buffersOut;
        }
        if (out != 0) {
            violated("ended, and lent buffers that did not come back: " + out);
        }
    }

    void violated(String what) {
        ledger.violated(this + ": " + what);
    }

    private void remember(String what) {
        synchronized (lock) {
            if (lastSeen.size() == REMEMBERED) {
                lastSeen.removeFirst();
            }
            lastSeen.addLast(what);
        }
    }

    @Override
    public String toString() {
        synchronized (lock) {
            return name + " (last had " + lastSeen + ", batch held by " + holder.get() + ")";
        }
    }
}
