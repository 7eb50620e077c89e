package dev.proactor.internal.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DeadlinesTest {

    private final Deadlines deadlines = new Deadlines();
    private final TestTask a = new TestTask("a");
    private final TestTask b = new TestTask("b");
    private final TestTask c = new TestTask("c");

    private List<Task> expire(long nowNanos) {
        List<Task> expired = new ArrayList<>();
        deadlines.expire(nowNanos, expired::add);
        return expired;
    }

    @Test
    void thereIsNoneAtFirst() {
        assertThat(deadlines.earliestNanos()).isEqualTo(Deadlines.NONE);
        assertThat(expire(Long.MAX_VALUE - 1)).isEmpty();
    }

    @Test
    void theyExpireInTheirOrder() {
        deadlines.set(b, 20);
        deadlines.set(c, 30);
        deadlines.set(a, 10);

        assertThat(expire(100)).containsExactly(a, b, c);
        assertThat(deadlines.earliestNanos()).isEqualTo(Deadlines.NONE);
    }

    @Test
    void oneExpiresAtItsTimeAndNotBefore() {
        deadlines.set(a, 10);
        deadlines.set(b, 20);

        assertThat(expire(9)).isEmpty();
        assertThat(expire(10)).containsExactly(a);
        assertThat(deadlines.earliestNanos()).isEqualTo(20);
    }

    @Test
    void oneExpiresOnlyOnce() {
        deadlines.set(a, 10);

        assertThat(expire(10)).containsExactly(a);
        assertThat(expire(11)).isEmpty();
    }

    @Test
    void theSameTimeSetAgainAfterItExpiredExpiresAgain() {
        deadlines.set(a, 10);
        assertThat(expire(10)).containsExactly(a);

        assertThat(deadlines.set(a, 10)).isTrue();

        assertThat(expire(10)).containsExactly(a);
    }

    @Test
    void onlyANewEarliestIsWorthAWakeUp() {
        assertThat(deadlines.set(a, 100)).isTrue();
        assertThat(deadlines.set(b, 200)).isFalse();
        assertThat(deadlines.set(c, 100)).isFalse();
        assertThat(deadlines.set(b, 50)).isTrue();
        assertThat(deadlines.set(b, 50)).isFalse();
    }

    @Test
    void aMoveToALaterTimeLeavesTheHeapAlone() {
        deadlines.set(a, 10);

        assertThat(deadlines.set(a, 50)).isFalse();

        assertThat(a.heapNanos).isEqualTo(10);
        assertThat(deadlines.earliestNanos()).isEqualTo(10);
    }

    @Test
    void aMoveToALaterTimeIsLookedAtWhenTheFormerTimeIsOver() {
        deadlines.set(a, 10);
        deadlines.set(a, 50);

        assertThat(expire(10)).isEmpty();
        assertThat(deadlines.earliestNanos()).isEqualTo(50);
        assertThat(expire(49)).isEmpty();
        assertThat(expire(50)).containsExactly(a);
    }

    @Test
    void manyMovesToLaterTimesCountOnceWithTheLast() {
        deadlines.set(a, 10);
        for (long time = 20; time <= 1000; time += 10) {
            deadlines.set(a, time);
        }

        assertThat(expire(999)).isEmpty();
        assertThat(deadlines.earliestNanos()).isEqualTo(1000);
    }

    @Test
    void aMoveToAnEarlierTimeCountsAtOnce() {
        deadlines.set(a, 50);
        deadlines.set(b, 40);

        assertThat(deadlines.set(a, 10)).isTrue();

        assertThat(expire(10)).containsExactly(a);
        assertThat(expire(100)).containsExactly(b);
    }

    @Test
    void aMoveLaterAndBackAgainExpiresAtTheFirstTime() {
        deadlines.set(a, 10);
        deadlines.set(a, 50);
        deadlines.set(a, 10);

        assertThat(expire(10)).containsExactly(a);
    }

    @Test
    void aDeadlineSetToNoneNeverExpires() {
        deadlines.set(a, 10);
        deadlines.set(a, Deadlines.NONE);

        assertThat(expire(10)).isEmpty();
        assertThat(deadlines.earliestNanos()).isEqualTo(Deadlines.NONE);
        assertThat(a.heapIndex).isNegative();
    }

    @Test
    void aDeadlineSetToNoneCanBeSetAnew() {
        deadlines.set(a, 10);
        deadlines.set(a, Deadlines.NONE);
        expire(10);

        assertThat(deadlines.set(a, 20)).isTrue();

        assertThat(expire(20)).containsExactly(a);
    }

    @Test
    void aTaskWithoutADeadlineSetToNoneStaysOut() {
        assertThat(deadlines.set(a, Deadlines.NONE)).isFalse();
        assertThat(a.heapIndex).isNegative();
    }

    @Test
    void aRemovedTaskDoesNotExpire() {
        deadlines.set(a, 10);
        deadlines.set(b, 20);

        deadlines.remove(a);

        assertThat(deadlines.earliestNanos()).isEqualTo(20);
        assertThat(expire(100)).containsExactly(b);
    }

    @Test
    void aTaskThatIsNotInCanBeRemoved() {
        deadlines.set(b, 20);

        deadlines.remove(a);

        assertThat(expire(20)).containsExactly(b);
    }

    @Test
    void aTimeThatIsOverExpiresWithTheNextLook() {
        deadlines.set(a, 10);

        assertThat(expire(1000)).containsExactly(a);
        deadlines.set(a, 500);

        assertThat(expire(1000)).containsExactly(a);
    }

    @Test
    void timesBelowZeroAreTimes() {
        // System.nanoTime may start anywhere.
        deadlines.set(a, -10);
        deadlines.set(b, -20);

        assertThat(expire(-20)).containsExactly(b);
        assertThat(deadlines.earliestNanos()).isEqualTo(-10);
    }

    @Test
    void whateverHappensTheyExpireAsInAModel() {
        Random random = new Random(20260731);
        List<TestTask> tasks = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            tasks.add(new TestTask("task " + i));
        }
        Map<TestTask, Long> wanted = new HashMap<>();
        long now = 0;
        for (int step = 0; step < 100_000; step++) {
            TestTask task = tasks.get(random.nextInt(tasks.size()));
            int what = random.nextInt(100);
            if (what < 70) {
                long time = now + random.nextInt(1000);
                long earliestBefore = deadlines.earliestNanos();
                boolean earlier = deadlines.set(task, time);
                assertThat(earlier).isEqualTo(deadlines.earliestNanos() < earliestBefore);
                wanted.put(task, time);
            } else if (what < 75) {
                deadlines.set(task, Deadlines.NONE);
                wanted.remove(task);
            } else if (what < 80) {
                deadlines.remove(task);
                wanted.remove(task);
            } else {
                now += random.nextInt(100);
                long over = now;
                TreeSet<String> expected = new TreeSet<>();
                wanted.forEach((expiring, time) -> {
                    if (time <= over) {
                        expected.add(expiring.toString());
                    }
                });
                List<Task> expired = expire(now);
                assertThat(expired).extracting(Task::toString).containsExactlyInAnyOrderElementsOf(expected);
                for (Task gone : expired) {
                    wanted.remove((TestTask) gone);
                }
            }
            TreeMap<Long, TestTask> model = new TreeMap<>();
            wanted.forEach((in, time) -> model.put(time, in));
            if (!model.isEmpty()) {
                assertThat(deadlines.earliestNanos())
                        .as("never later than the earliest that is wanted")
                        .isLessThanOrEqualTo(model.firstKey());
            }
        }
        long end = now + 10_000;
        assertThat(expire(end)).hasSameSizeAs(wanted.keySet());
        assertThat(deadlines.earliestNanos()).isEqualTo(Deadlines.NONE);
    }
}
