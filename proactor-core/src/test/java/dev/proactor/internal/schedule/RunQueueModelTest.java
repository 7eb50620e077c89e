package dev.proactor.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.proactor.internal.schedule.RunQueue.Turn;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Plays random sequences of what threads can do, one step at a time, and looks at the invariant of {@link RunQueue} after each:
 * a thread stays parked only while a leader sleeps and the queue is empty, or while some thread is still to ask for its turn;
 * and a leader sleeps over no ready task and past no deadline. With a thread that stands by: it is signalled only when all others
 * are away, and then it is, or looks by itself; it takes nothing that waits for a handler, and what waits there was not asked for
 * anything that it could do.
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
        private TestTask owned;
        private boolean hasLed;
    }

    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int WITHOUT_HANDLER = TaskState.WRITE | TaskState.TICK;

    private Random random;
    private final Deadlines deadlines = new Deadlines();
    private final RunQueue queue = new RunQueue(() -> wakeupPending = true);
    private final List<Player> players = new ArrayList<>();
    private final List<TestTask> tasks = new ArrayList<>();
    private final Set<TestTask> forHandlers = new HashSet<>();
    private final Player standBy = new Player();
    private boolean standsBy;
    private boolean standByWaited;
    private int acted;
    private int promoted;
    private int handedOver;
    private boolean wakeupPending;
    private long sleepsUntilNanos;
    private long now;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nobodyStaysParkedOrAsleepWhileThereIsSomethingToDo(long seed) {
        play(seed, false);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void neitherDoesAnybodyWithAThreadThatStandsBy(long seed) {
        play(seed, true);

        assertThat(acted).as("times that it led or ran a task").isGreaterThan(500);
        assertThat(promoted).as("tasks promoted").isPositive();
        assertThat(handedOver).as("times that it stopped to act").isPositive();
    }

    private void play(long seed, boolean withStandBy) {
        random = new Random(seed);
        int threads = 1 + (int) (seed % 5);
        for (int i = 0; i < threads; i++) {
            players.add(new Player());
        }
        for (int i = 0; i < 6; i++) {
            tasks.add(new TestTask("task " + i));
        }
        for (int step = 0; step < 30_000; step++) {
            now += 1 + random.nextLong(3 * MILLI);
            standByWaited = standsBy && standBy.doing == Doing.PARKED && standBy.turn.waits();
            int choice = random.nextInt(withStandBy ? 6 : 4);
            if (choice == 0) {
                outside();
            } else if (choice < 4) {
                step(players.get(random.nextInt(threads)));
            } else {
                stepStandingBy();
            }
            assertInvariant();
            assertStandBy();
        }
    }

    private void outside() {
        TestTask task = tasks.get(random.nextInt(tasks.size()));
        switch (random.nextInt(4)) {
            case 0 -> queue.wakeLeader();
            case 1 -> {
                long time = now + random.nextLong(50 * MILLI);
                if (deadlines.set(task, time)) {
                    queue.wakeLeaderBefore(time);
                }
            }
            default -> {
                int reason = random.nextBoolean() ? TaskState.WAKE : TaskState.WRITE;
                if (task.state().schedule(reason)) {
                    queue.add(task, now);
                } else {
                    promote(task, reason);
                }
            }
        }
    }

    private void promote(TestTask task, int reason) {
        boolean expected = forHandlers.contains(task) && (reason & WITHOUT_HANDLER) != 0;
        assertThat(queue.promote(task, reason)).isEqualTo(expected);
        if (expected) {
            forHandlers.remove(task);
            promoted++;
        }
    }

    private void stepStandingBy() {
        if (!standsBy) {
            standBy.turn = new Turn();
            standsBy = queue.standBy(standBy.turn, now);
            assertThat(standsBy).isTrue();
            assertThat(queue.standBy(new Turn(), now)).as("a second one").isFalse();
            standBy.doing = Doing.ASKING;
            standBy.hasLed = false;
            return;
        }
        switch (standBy.doing) {
            case ASKING -> askStandingBy();
            case PARKED -> {
                if (random.nextInt(50) == 0) {
                    queue.endStandBy(standBy.turn);
                    standsBy = false;
                    standBy.doing = Doing.AWAY;
                } else if (!standBy.turn.waits() || random.nextInt(3) == 0) {
                    // Signalled, or its time is over, or for no reason at all.
                    standBy.doing = Doing.ASKING;
                }
            }
            case AWAY -> {
                TestTask task = standBy.owned;
                standBy.owned = null;
                standBy.doing = Doing.ASKING;
                if (random.nextInt(3) != 0) {
                    assertThat(task.state().requeue(TaskState.CONTINUE)).isTrue();
                    if (!task.state().isAskedFor(WITHOUT_HANDLER)) {
                        forHandlers.add(task);
                    }
                    queue.addForHandlers(task, WITHOUT_HANDLER);
                } else if (task.state().release()) {
                    queue.add(task, now);
                }
            }
            default -> lead(standBy);
        }
    }

    private void askStandingBy() {
        boolean led = standBy.hasLed;
        standBy.hasLed = false;
        switch (queue.nextStandingBy(standBy.turn, now)) {
            case RUN -> {
                TestTask task = (TestTask) standBy.turn.task();
                assertThat(forHandlers).as("taken by the one that stands by").doesNotContain(task);
                assertThat(task.state().begin()).as("one owner").isPositive();
                standBy.owned = task;
                standBy.doing = Doing.AWAY;
                acted++;
            }
            case LEAD -> {
                assertThat(players).noneMatch(other -> leads(other));
                assertThat(players).noneMatch(other -> other.doing == Doing.PARKED && other.turn.waits());
                standBy.doing = Doing.LEADING;
                acted++;
            }
            case PARK -> {
                standBy.doing = Doing.PARKED;
                handedOver += led ? 1 : 0;
            }
            default -> throw new AssertionError();
        }
    }

    private void step(Player player) {
        switch (player.doing) {
            case AWAY -> {
                if (standsBy && random.nextInt(8) != 0) {
                    // Handlers take long, or there is nothing to do for the one that stands by.
                    return;
                }
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
            default -> lead(player);
        }
    }

    private void lead(Player player) {
        switch (player.doing) {
            case LEADING -> {
                long own = random.nextBoolean() ? Deadlines.NONE : now + random.nextLong(100 * MILLI);
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
            default -> throw new AssertionError();
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
                TestTask task = (TestTask) player.turn.task();
                assertThat(task.state().begin()).as("one owner").isPositive();
                forHandlers.remove(task);
                player.owned = task;
                player.doing = Doing.AWAY;
            }
            case LEAD -> {
                assertThat(players).noneMatch(other -> leads(other));
                assertThat(leads(standBy)).isFalse();
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
        TestTask task = player.owned;
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
            } else {
                promote((TestTask) task, TaskState.TICK);
            }
        });
        queue.stopLeading(now);
        player.doing = Doing.ASKING;
        player.hasLed = true;
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
        // Whoever stands by and just looks is nobody to wait for.
        comes |= standBy.doing == Doing.LEADING || standBy.doing == Doing.LOOKING;
        comes |= standBy.doing == Doing.ASKING && standBy.hasLed;
        boolean standBySleeps = standBy.doing == Doing.SLEEPING;
        comes |= standBySleeps && wakeupPending;
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
        if (standBySleeps) {
            assertThat(waiting).as("parked, and the one that stands by sleeps").isZero();
            assertThat(queue.size())
                    .as("ready for the one that stands by, and it sleeps")
                    .isEqualTo(forHandlers.size());
            assertThat(sleepsUntilNanos).as("it sleeps past a deadline").isLessThanOrEqualTo(deadlines.earliestNanos());
        } else if (sleeps) {
            assertThat(queue.size()).as("ready, and the leader sleeps").isZero();
            assertThat(sleepsUntilNanos)
                    .as("the leader sleeps past a deadline")
                    .isLessThanOrEqualTo(deadlines.earliestNanos());
        } else {
            assertThat(waiting).as("parked, and nobody leads").isZero();
        }
    }

    private void assertStandBy() {
        for (TestTask task : forHandlers) {
            assertThat(task.state().isAskedFor(WITHOUT_HANDLER))
                    .as("waits for a handler with something else to do")
                    .isFalse();
        }
        if (!standsBy || standBy.doing != Doing.PARKED) {
            return;
        }
        boolean allAway = players.stream().allMatch(player -> player.doing == Doing.AWAY);
        boolean signalled = standByWaited && !standBy.turn.waits();
        if (signalled) {
            assertThat(standBy.turn.lookNanos())
                    .as("signalled where it looks by itself")
                    .isEqualTo(Long.MAX_VALUE);
            assertThat(players)
                    .as("signalled though another is there")
                    .noneMatch(player -> leads(player) || (player.doing == Doing.PARKED && player.turn.waits()));
        }
        if (allAway && standBy.turn.waits()) {
            assertThat(standBy.turn.lookNanos())
                    .as("parked for ever, and nobody is there")
                    .isLessThan(Long.MAX_VALUE);
        }
    }
}
