package dev.proactor.testing;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A call on a thread of its own, whose end can be waited for. */
public final class Background<T> {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final FutureTask<T> call;
    private final Thread thread;

    private Background(Callable<T> call) {
        this.call = new FutureTask<>(call);
        this.thread = new Thread(this.call, "background");
        thread.setDaemon(true);
        thread.start();
    }

    public static <T> Background<T> call(Callable<T> call) {
        return new Background<>(call);
    }

    /** Runs something that has no result. */
    public static Background<Void> run(Body body) {
        return new Background<>(() -> {
            body.run();
            return null;
        });
    }

    /** What {@link #run} runs. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    /** Its result; what it threw is thrown here, wrapped. */
    public T result() {
        return result(LIMIT);
    }

    /** As {@link #result()}, for what may take that long. */
    public T result(Duration limit) {
        try {
            return call.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("the background call failed: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            AssertionError late = new AssertionError("the background call has not ended; it is at the stack below");
            late.setStackTrace(thread.getStackTrace());
            throw late;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** What it threw. */
    public Throwable failure() {
        try {
            result();
        } catch (AssertionError e) {
            if (e.getCause() != null) {
                return e.getCause();
            }
            throw e;
        }
        throw new AssertionError("the background call has not failed");
    }

    /** Whether it goes on for that long; for what should not happen, so keep it short. */
    public boolean stillRunsAfter(Duration time) {
        try {
            call.get(time.toMillis(), TimeUnit.MILLISECONDS);
            return false;
        } catch (ExecutionException e) {
            return false;
        } catch (TimeoutException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** The thread that runs it. */
    public long threadId() {
        return thread.getId();
    }

    public boolean isDone() {
        return call.isDone();
    }

    public void interrupt() {
        thread.interrupt();
    }

    /** Returns once the thread sleeps in the proactor's {@code await} or {@code standBy}, be it as a leader or parked. */
    public Background<T> whenItWaits() {
        await().pollInterval(Duration.ofMillis(1)).atMost(LIMIT).until(() -> isDone() || waits());
        return this;
    }

    private boolean waits() {
        StackTraceElement[] stack = thread.getStackTrace();
        if (stack.length == 0 || !stack[0].isNativeMethod()) {
            return false;
        }
        for (StackTraceElement frame : stack) {
            if (frame.getMethodName().matches("await|standBy")
                    && frame.getClassName().startsWith("dev.proactor.")) {
                return true;
            }
        }
        return false;
    }
}
