package dev.proactor.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.internal.schedule.RunQueue.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plays random sequences of what threads can do, one step at a time, and looks at the invariant of {@link RunQueue} after each:
 * a thread stays parked only while a leader sleeps and the queue is empty, or while some thread is still to ask for its turn;
 * and a leader sleeps over no ready task and past no deadline.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RunQueueModelTest {

    private enum Doing {
        /** Outside, in a handler or elsewhere, with a task or without. */
        AWAY,
        /** Is to call next: it came in, was signalled or has just stopped leading. */
        ASKING,
        /** Parked. */
        PARKED,
        /** Leads and has not begun to poll. */
        LEADING,
        /** Leads and polls without waiting. */
        LOOKING,
        /** Leads and sleeps in the poll. */
        SLEEPING
    }

    private static final class Player {
        private Turn turn = new Turn();
        private Doing doing = Doing.AWAY;
        private Task owned;
    }

    private Random random;
    private final Deadlines deadlines = new Deadlines();
    private final RunQueue queue = new RunQueue(() -> wakeupPending = true);
    private final List<Player> players = new ArrayList<>();
    private final List<TestTask> tasks = new ArrayList<>();
    private boolean wakeupPending;
    private long sleepsUntilNanos;
    private long now;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nobodyStaysParkedOrAsleepWhileThereIsSomethingToDo(long seed) {
        random = new Random(seed);
        int threads = 1 + (int) (seed % 5);
        for (int i = 0; i < threads; i++) {
            players.add(new Player());
        }
        for (int i = 0; i < 6; i++) {
            tasks.add(new TestTask("task " + i));
        }
        for (int step = 0; step < 30_000; step++) {
            now++;
            if (random.nextInt(4) == 0) {
                outside();
            } else {
                step(players.get(random.nextInt(threads)));
            }
            assertInvariant();
        }
    }

    private void outside() {
        TestTask task = tasks.get(random.nextInt(tasks.size()));
        switch (random.nextInt(4)) {
            case 0 -> queue.wakeLeader();
            case 1 -> {
                long time = now + random.nextInt(50);
                if (deadlines.set(task, time)) {
                    queue.wakeLeaderBefore(time);
                }
            }
            default -> {
                if (task.state().schedule(TaskState.WAKE)) {
                    queue.add(task, now);
                }
            }
        }
    }

    private void step(Player player) {
        switch (player.doing) {
            case AWAY -> {
                letGo(player);
                player.turn = new Turn();
                player.doing = Doing.ASKING;
            }
            case ASKING -> ask(player);
            case PARKED -> {
                if (!player.turn.waits()) {
                    player.doing = Doing.ASKING;
                } else if (random.nextInt(10) == 0) {
                    // Its time is over, or it was interrupted.
                    queue.leave(player.turn);
                    player.doing = Doing.AWAY;
                }
            }
            case LEADING -> {
                long own = random.nextBoolean() ? Deadlines.NONE : now + random.nextInt(100);
                long until = queue.fallAsleep(deadlines, own, now);
                sleepsUntilNanos = until;
                player.doing = until <= now ? Doing.LOOKING : Doing.SLEEPING;
            }
            case LOOKING -> {
                wakeupPending = false;
                polled(player);
            }
            case SLEEPING -> {
                // A poll returns by itself only if it has found something or its time is over.
                if (wakeupPending || random.nextInt(5) == 0) {
                    wakeupPending = false;
                    polled(player);
                }
            }
        }
    }

    private void ask(Player player) {
        if (random.nextInt(20) == 0) {
            queue.leave(player.turn);
            player.doing = Doing.AWAY;
            return;
        }
        boolean waits = random.nextInt(4) != 0;
        switch (queue.next(player.turn, waits, waits || random.nextBoolean(), now)) {
            case RUN -> {
                Task task = player.turn.task();
                assertThat(task.state().begin()).as("one owner").isPositive();
                player.owned = task;
                player.doing = Doing.AWAY;
            }
            case LEAD -> {
                assertThat(players).noneMatch(other -> leads(other));
                player.doing = Doing.LEADING;
            }
            case PARK -> player.doing = Doing.PARKED;
            case NOTHING -> {
                queue.leave(player.turn);
                player.doing = Doing.AWAY;
            }
            case CLOSED -> throw new AssertionError("nobody closed it");
        }
    }

    private void letGo(Player player) {
        Task task = player.owned;
        if (task != null) {
            player.owned = null;
            if (random.nextBoolean() ? task.state().release() : task.state().requeue(TaskState.CONTINUE)) {
                queue.add(task, now);
            }
        }
    }

    private void polled(Player player) {
        for (TestTask task : tasks) {
            if (random.nextInt(4) == 0 && task.state().scheduleIfIdle(TaskState.READ)) {
                queue.addByLeader(task, now);
            }
        }
        queue.awake();
        deadlines.expire(now, task -> {
            if (task.state().schedule(TaskState.TICK)) {
                queue.addByLeader(task, now);
            }
        });
        queue.stopLeading(now);
        player.doing = Doing.ASKING;
    }

    private static boolean leads(Player player) {
        return player.doing == Doing.LEADING || player.doing == Doing.LOOKING || player.doing == Doing.SLEEPING;
    }

    private void assertInvariant() {
        boolean comes = false;
        boolean sleeps = false;
        int waiting = 0;
        for (Player player : players) {
            switch (player.doing) {
                case ASKING, LEADING, LOOKING -> comes = true;
                case PARKED -> {
                    if (player.turn.waits()) {
                        waiting++;
                    } else {
                        comes = true;
                    }
                }
                case SLEEPING -> {
                    sleeps = true;
                    comes |= wakeupPending;
                }
                case AWAY -> {}
            }
        }
        int inQueue = 0;
        for (TestTask task : tasks) {
            if (task.state().toString().startsWith("QUEUED")) {
                inQueue++;
            }
        }
        assertThat(queue.size()).as("in the queue exactly while QUEUED").isEqualTo(inQueue);
        if (comes) {
            return;
        }
        if (sleeps) {
            assertThat(queue.size()).as("ready, and the leader sleeps").isZero();
            assertThat(sleepsUntilNanos)
                    .as("the leader sleeps past a deadline")
                    .isLessThanOrEqualTo(deadlines.earliestNanos());
        } else {
            assertThat(waiting).as("parked, and nobody leads").isZero();
        }
    }
}
