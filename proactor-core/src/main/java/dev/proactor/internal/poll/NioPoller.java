package dev.proactor.internal.poll;

import dev.proactor.internal.schedule.Task;
import dev.proactor.internal.schedule.TaskState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The poller on {@code java.nio}: level-triggered, one selector. */
public final class NioPoller implements Poller {

    private final Selector selector;
    private final ConcurrentLinkedQueue<Task> closing = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<SelectionKey> looks = new ConcurrentLinkedQueue<>();

    // Owned by the leader.
    private final ArrayDeque<Task> deregistered = new ArrayDeque<>();
    private final ArrayDeque<SelectionKey> looking = new ArrayDeque<>();

    /** Opens a selector. */
    public NioPoller() {
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException("can't open a selector", e);
        }
    }

    @Override
    public void poll(long nanos, Ready ready) throws IOException {
        // Channels that were closed before this select are out of the selector after it, and not sooner.
        for (Task task = closing.poll(); task != null; task = closing.poll()) {
            deregistered.add(task);
        }
        armToLook();
        Consumer<SelectionKey> dispatch = key -> dispatch(key, ready);
        try {
            if (nanos <= 0 || !deregistered.isEmpty() || !looking.isEmpty()) {
                selector.selectNow(dispatch);
            } else if (nanos == Long.MAX_VALUE) {
                selector.select(dispatch, 0);
            } else {
                // Rounded up: a time-out must not come early.
                selector.select(dispatch, Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999)));
            }
        } catch (ClosedSelectorException closed) {
            // The proactor was closed meanwhile; whoever polls finds that out next.
            return;
        } finally {
            disarmAfterLook();
            for (Task task = deregistered.poll(); task != null; task = deregistered.poll()) {
                if (task.state().schedule(TaskState.DEREGISTERED)) {
                    ready.ready(task);
                }
            }
        }
    }

    /**
     * A key is ready. Its task is scheduled; where the task is not idle (it waits for a thread, or a thread is at it) the
     * operations are disarmed too, or the selector would report them again and again until it has finished. First disarmed,
     * then scheduled: after every disarming the task runs once more, and its owner arms before it lets go.
     */
    private static void dispatch(SelectionKey key, Ready ready) {
        Task task = (Task) key.attachment();
        try {
            int ops = key.readyOps();
            int reasons = reasons(ops);
            if (task.state().scheduleIfIdle(reasons)) {
                ready.ready(task);
                return;
            }
            key.interestOpsAnd(~ops);
            if (task.state().schedule(reasons)) {
                ready.ready(task);
            } else {
                ready.scheduled(task, reasons);
            }
        } catch (CancelledKeyException gone) {
            // Closed by its owner a moment ago, who hears of it through awaitDeregistered.
        }
    }

    private static int reasons(int ops) {
        int reasons = 0;
        if ((ops & SelectionKey.OP_READ) != 0) {
            reasons |= TaskState.READ;
        }
        if ((ops & SelectionKey.OP_WRITE) != 0) {
            reasons |= TaskState.WRITE;
        }
        if ((ops & SelectionKey.OP_CONNECT) != 0) {
            reasons |= TaskState.CONNECT;
        }
        if ((ops & SelectionKey.OP_ACCEPT) != 0) {
            reasons |= TaskState.ACCEPT;
        }
        return reasons;
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public Registration register(SelectableChannel channel, Task task, int ops) throws IOException {
        SelectionKey key = channel.register(selector, ops, task);
        return new Place(key);
    }

    private final class Place implements Registration {

        private final SelectionKey key;

        Place(SelectionKey key) {
            this.key = key;
        }

        @Override
        public boolean arm(int wanted) {
            try {
                if (key.interestOps() == wanted) {
                    return false;
                }
                key.interestOps(wanted);
                return true;
            } catch (CancelledKeyException closed) {
                return false;
            }
        }

        @Override
        public void lookForError() {
            looks.add(key);
        }
    }

    /**
     * A connected channel that is armed for connecting is ready only when it has an error. It must not stay so: to the system it
     * looks like waiting for output, and every select would return at once.
     */
    private void armToLook() {
        for (SelectionKey key = looks.poll(); key != null; key = looks.poll()) {
            try {
                key.interestOpsOr(SelectionKey.OP_CONNECT);
                looking.add(key);
            } catch (CancelledKeyException closed) {
                // Nothing to look at any more.
            }
        }
    }

    private void disarmAfterLook() {
        for (SelectionKey key = looking.poll(); key != null; key = looking.poll()) {
            try {
                key.interestOpsAnd(~SelectionKey.OP_CONNECT);
            } catch (CancelledKeyException closed) {
                // Closed by its owner meanwhile.
            }
        }
    }

    @Override
    public void awaitDeregistered(Task task) {
        closing.add(task);
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("can't close a selector", e);
        }
    }
}
