package dev.proactor.internal.poll;

import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import java.io.IOException;
import java.nio.channels.SelectableChannel;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A poller that finds what its script says, one step a poll. Where the script is at its end, a poll that would wait for a time
 * lets the clock go on by that time; one that would wait for ever waits for the next step, for a wake-up or for an interrupt,
 * as a selector does.
 */
class ScriptedPoller implements Poller {

    /** What one poll does. */
    @FunctionalInterface
    interface Step {
        void poll(long nanos, Ready ready) throws IOException;
    }

    private static final Step NOTHING = (nanos, ready) -> {};

    private final FakeClock clock;
    private final ArrayDeque<Step> script = new ArrayDeque<>();
    private final List<Long> polls = new CopyOnWriteArrayList<>();
    private final AtomicInteger wakeups = new AtomicInteger();
    private boolean woken;
    private volatile Thread sleeper;

    ScriptedPoller(FakeClock clock) {
        this.clock = clock;
    }

    /** The next poll does this. */
    synchronized ScriptedPoller then(Step step) {
        script.add(step);
        notifyAll();
        return this;
    }

    /** The next poll finds these ready. */
    ScriptedPoller thenFinds(Task... tasks) {
        return then((nanos, ready) -> {
            for (Task task : tasks) {
                if (task.state().schedule(TaskState.READ)) {
                    ready.ready(task);
                }
            }
        });
    }

    /** {@return how long each poll was to wait, in their order} */
    List<Long> polls() {
        return polls;
    }

    /** {@return how often it was woken} */
    int wakeups() {
        return wakeups.get();
    }

    /** {@return the thread that waits in a poll without end, or {@code null}} */
    Thread sleeper() {
        return sleeper;
    }

    @Override
    public void poll(long nanos, Ready ready) throws IOException {
        polls.add(nanos);
        Step step = nextStep(nanos);
        try {
            step.poll(nanos, ready);
        } finally {
            synchronized (this) {
                woken = false;
            }
        }
    }

    private synchronized Step nextStep(long nanos) {
        if (nanos == Long.MAX_VALUE) {
            sleeper = Thread.currentThread();
            try {
                while (script.isEmpty() && !woken) {
                    wait();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                sleeper = null;
            }
        } else if (script.isEmpty() && !woken) {
            clock.advance(Math.max(0, nanos));
        }
        return script.isEmpty() ? NOTHING : script.remove();
    }

    @Override
    public synchronized void wakeup() {
        wakeups.incrementAndGet();
        woken = true;
        notifyAll();
    }

    @Override
    public Registration register(SelectableChannel channel, Task task, int ops) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void awaitDeregistered(Task task) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
