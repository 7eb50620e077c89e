package dev.proactor.internal.schedule;

import dev.proactor.EventBatch;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A task that does as it is told and notes what it was run for. Touched by one thread at a time, as any task. */
public class TestTask extends Task {

    /** What the task does when it is run. */
    @FunctionalInterface
    public interface Work {
        @Nullable EventBatch run(int reasons, long nowNanos);
    }

    /** What the task does when its input and output is run. */
    @FunctionalInterface
    public interface IoWork {
        void run(int reasons, long nowNanos);
    }

    private final String name;
    private final List<Integer> reasons = new ArrayList<>();
    private final List<Integer> ioReasons = new ArrayList<>();
    private final List<Throwable> crashes = new ArrayList<>();
    private Work work = (why, now) -> {
        state.release();
        return null;
    };

    private IoWork ioWork = (why, now) -> state.release();

    /** Makes a task that lets go at once, without an event. */
    public TestTask(String name) {
        this.name = name;
    }

    /** Does this when its input and output is run. Without it, it lets go at once. */
    public TestTask doesIo(IoWork newWork) {
        ioWork = newWork;
        return this;
    }

    /** Does this when it is run. */
    public TestTask does(Work newWork) {
        work = newWork;
        return this;
    }

    /** {@return the reasons of each run} */
    public List<Integer> reasons() {
        return reasons;
    }

    /** {@return the reasons of each run of input and output} */
    public List<Integer> ioReasons() {
        return ioReasons;
    }

    /** {@return what it was told that it threw} */
    public List<Throwable> crashes() {
        return crashes;
    }

    @Override
    public @Nullable EventBatch run(int why, long nowNanos) {
        reasons.add(why);
        return work.run(why, nowNanos);
    }

    @Override
    public void runIo(int why, long nowNanos) {
        ioReasons.add(why);
        ioWork.run(why, nowNanos);
    }

    @Override
    public void crashed(Throwable failure) {
        crashes.add(failure);
        state.finish();
    }

    @Override
    public String toString() {
        return name;
    }
}
